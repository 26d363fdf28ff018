"""Solve instances and keep what is better than the best-known solutions.

Run as ``python benchmarks/best_known.py NAME... --method M --time-limit S``; NAME is a library name or a family
spec. Prints a line per instance; the entries go to the package's folder, or to ``--folder DIR``.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import sloplan as sp
from sloplan.best_known_update import Outcome, update_from_result
from sloplan.instances.best_known import named_instance

LINE = "{:40s} {:12s} {:>12s} {:>12s} {:>12s} {:>8s}  {}\n"


def main() -> None:
    """Solve each instance, update its entry, print a line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="+", metavar="NAME")
    parser.add_argument("--method", default="auto")
    parser.add_argument("--time-limit", type=float, metavar="S")
    parser.add_argument("--folder", type=Path, metavar="DIR")
    arguments = parser.parse_args()
    sys.stdout.write(LINE.format("instance", "method", "value", "bound", "certified", "gap", "better"))
    for name in arguments.names:
        instance = named_instance(name)
        if instance is None:
            parser.error(f"{name} is neither a library instance nor a spec")
        result = sp.solve(instance, method=arguments.method, time_limit=arguments.time_limit, display=False)
        sys.stdout.write(line(result.method, update_from_result(instance, result, arguments.folder)))
        sys.stdout.flush()


def line(method: str, outcome: Outcome) -> str:
    """Return the line of an entry as it stands now, figures in base units, and what the run made better."""
    entry = outcome.entry
    if entry is None:
        return f"{outcome.message}\n"
    figures = (entry.value, entry.bound, entry.certified_bound)
    shown = ("-" if figure is None else f"{figure:,}" for figure in figures)
    gap = "-" if entry.gap is None else f"{entry.gap:.3%}"
    return LINE.format(entry.instance[:40], method, *shown, gap, ", ".join(outcome.changed) or "nothing")


if __name__ == "__main__":
    main()
