"""What is left of the gap that prices leave, and what engines have after the same time: the study `anytime`.

Run as ``python benchmarks/root_gaps.py [DIR]``. It reads a study's rows, finds the prices of every instance anew (a
second at a thousand queries), and prints a Markdown table: for each instance the rows with a price, the queries for
each of them, the gap between the bound of the prices and the answer of `lagrangian`, what of it is left to the
certified bound, that as a share of (bound at zero prices - certified bound), and the gaps of the engines to bounds of
their own.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

import sloplan as sp
from sloplan.decomposition.coupled_problem import coupled_instance
from sloplan.decomposition.cutting_planes import cutting_planes
from sloplan.decomposition.lagrangian import Prices, respond
from sloplan.study.folder import StudyFolder

FOLDER: Final = Path(__file__).parents[1] / "docs" / "benchmarks" / "anytime"
ENGINES: Final = ("milp-plans", "cp")
COLUMNS: Final = (
    "instance", "rows with a price", "queries for each", "gap of prices", "gap left", "share of it",
    "of (bound at zero prices - bound)", *(f"`{engine}`" for engine in ENGINES),
)  # fmt: skip


def main() -> None:
    """Print the table, and means by size."""
    folder = StudyFolder(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
    rows: dict[str, dict[str, dict[str, Any]]] = {}
    for row in folder.rows():
        rows.setdefault(row["instance"], {})[row["method_name"]] = row
    sys.stdout.write("| " + " | ".join(COLUMNS) + " |\n" + "|---" * len(COLUMNS) + "|\n")
    shares: dict[str, list[tuple[float, float]]] = {}
    for instance, by_method in rows.items():
        own = by_method.get("lagrangian")
        if own is None or own["objective"] is None or own["certified_bound"] is None:
            continue
        tight, root, at_zero = _bounds(instance)
        answer, bound = own["objective"], own["certified_bound"]
        left, of_prices = bound - answer, root - answer
        share = left / of_prices if of_prices > 0 else 0.0
        shares.setdefault(instance.split("-")[-3], []).append((left / bound, share))
        cells = [instance, str(tight), f"{own['queries'] / max(tight, 1):.0f}", f"{of_prices / bound:.3%}"]
        cells += [f"{left / bound:.3%}", f"{share:.0%}", f"{left / (at_zero - bound):.2%}" if at_zero > bound else "-"]
        cells += [_engine_gap(by_method.get(engine)) for engine in ENGINES]
        sys.stdout.write("| " + " | ".join(cells) + " |\n")
    for size, pairs in shares.items():
        gap, share = np.array(pairs).T
        sys.stdout.write(
            f"\n{size}: gap left {np.exp(np.log(np.maximum(gap, 1e-6)).mean()):.3%} (geometric mean of {len(gap)}), "
            f"share of the gap of prices {np.median(share):.0%} (median), {share.min():.0%} to {share.max():.0%}, "
            f"half or less on {np.count_nonzero(share <= 0.5)}\n"
        )


def _bounds(instance: str) -> tuple[int, float, float]:
    """Return the rows with a price, the bound of settled prices and that of none."""
    problem = coupled_instance(sp.load(instance).compiled, "goodput")
    assert problem is not None
    *_, last = cutting_planes(problem, partial(respond, problem))
    nothing = respond(problem, Prices(np.zeros(len(problem.rows))))
    tight = int(np.count_nonzero(last.best.prices.row > 1e-9 * last.best.prices.row.max(initial=0.0)))
    return tight, last.best.bound / 1000, nothing.bound / 1000


def _engine_gap(row: dict[str, Any] | None) -> str:
    if row is None:
        return "not run"
    if row["objective"] is None:
        return "nothing found" if row["claimed_bound"] is not None else row["outcome"]
    if row["claimed_bound"] is None:
        return "no bound"
    return f"{(row['claimed_bound'] - row['objective']) / row['claimed_bound']:.3%}"


if __name__ == "__main__":
    main()
