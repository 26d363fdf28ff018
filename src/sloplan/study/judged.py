"""The rows of a study as a table, every claim held against what all runs together have shown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
import pandas as pd

from sloplan.problem.objective import GOODPUT_THEN_COST, Objective, find_objective
from sloplan.study.row import COLUMNS
from sloplan.study.rows import Row

PROBLEM: Final = ["instance_sha256", "objective_name", "min_goodput"]
"""What runs must share to be about the same problem."""

RUNTIME_SLACK_S: Final = 0.5
RUNTIME_SLACK: Final = 0.1
"""A claimed runtime that is shorter than the measured one by more than both is false. The claim is made by the method's
process before it hands over its answer, so some seconds' fraction is nobody's fault."""

_NO_NUMBERS: Final = frozenset(
    (
        *("run", "method", "method_name", "options", "instance", "instance_sha256", "objective_name"),
        *("outcome", "message", "claimed_status", "claimed_limit", "claimed_proof", "verified", "refusal"),
        *("started", "cpu", "system", "commit", "versions"),
    )
)


def judged_frame(rows: Iterable[Row]) -> pd.DataFrame:
    """Return the rows as a table with verdicts.

    A claimed bound is *refuted* if a verified solution of the same problem, of any run or the best known one, is
    better. It does not count then, and the certified bound stands in its place. Nor does "infeasible" where there is
    a verified solution. Under "goodput-then-cost" cost counts at the greatest goodput that any run reached: other runs
    have answered another question, and their `objective` is unknown. So is what they claimed of it, unless that was
    false or called optimal. Whoever claims "optimal" or "infeasible" is believed as far as this goes.

    Parameters
    ----------
    rows : iterable of dict

    Returns
    -------
    DataFrame
        The columns of `row.COLUMNS`, and

        `bound`, `bound_exact`
            The claimed bound unless it is refuted or the certified one is tighter, else the certified one.
        `bound_refuted`, `runtime_false`
            Whether a verified solution contradicts the claimed bound; whether the claimed runtime is too short.
        `status`
            optimal, feasible, infeasible or unknown, by what was verified: optimal if `objective` equals `bound`.

        Exact integers are Python's; other unknown figures are NaN.
    """
    frame = pd.DataFrame(list(rows), columns=list(COLUMNS), dtype=object)
    # Exact integers stay as they are: beside a None they would become floats and lose digits.
    numbers = [column for column in COLUMNS if not (column in _NO_NUMBERS or column.endswith("_exact"))]
    frame[numbers] = frame[numbers].apply(pd.to_numeric)
    bounds = pd.Series(None, index=frame.index, dtype=object)
    refuted = pd.Series(False, index=frame.index)
    solved = pd.Series(False, index=frame.index)
    _keep_greatest_goodput(frame)
    for (_, name, _), group in frame.groupby(PROBLEM, dropna=False):
        objective = find_objective(str(name))
        reached = _best_reached(group, objective)
        solved[group.index] = reached is not None
        for place in group.index:
            claimed = _known(group.at[place, "claimed_bound_exact"])
            certified = _known(group.at[place, "certified_bound_exact"])
            if claimed is not None and reached is not None and objective.contradicts(reached, claimed):
                refuted[place], claimed = True, None
            bounds[place] = certified if claimed is None or _tighter(objective, certified, claimed) else claimed
    frame["bound_exact"] = bounds
    frame["bound"] = pd.Series(
        [np.nan if bound is None else bound * unit for bound, unit in zip(bounds, frame["unit"], strict=True)],
        index=frame.index,
        dtype=np.float64,
    )
    frame["bound_refuted"] = refuted
    frame["runtime_false"] = _runtime_false(frame)
    in_order = frame["objective_name"] == GOODPUT_THEN_COST.name
    cases = zip(frame["objective_exact"], bounds, frame["claimed_status"], solved, in_order, strict=True)
    frame["status"] = [_status(*case) for case in cases]
    return frame


def _keep_greatest_goodput(frame: pd.DataFrame) -> None:
    """Forget the cost of runs that reached less goodput than another, where goodput comes first.

    Their claim of it goes, too, if it was checked and they left open whether their goodput is the greatest.
    """
    first = frame["objective_name"] == GOODPUT_THEN_COST.name
    most = frame[first].groupby(PROBLEM, dropna=False)["goodput"].transform("max")
    less = most.index[frame.loc[most.index, "goodput"] < most]
    there = frame.loc[less]
    off = (there["claimed_objective"] - there["objective"]).abs()
    modest = less[(there["claimed_status"] != "optimal") & (off <= there["unit"] / 2)]
    frame.loc[modest, "claimed_objective"] = np.nan
    frame.loc[less, "objective"] = np.nan
    frame.loc[less, "objective_exact"] = None


def _known(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _tighter(objective: Objective, certified: int | None, claimed: int) -> bool:
    return certified is not None and objective.is_tighter(certified, claimed)


def _best_reached(group: pd.DataFrame, objective: Objective) -> int | None:
    reached = [
        value
        for column in ("objective_exact", "best_known_objective_exact")
        for value in map(_known, group[column])
        if value is not None
    ]
    return None if not reached else (max if objective.maximise else min)(reached)


def _runtime_false(frame: pd.DataFrame) -> pd.Series:
    slack = np.maximum(RUNTIME_SLACK_S, RUNTIME_SLACK * frame["runtime_s"])
    return frame["claimed_runtime_s"] < frame["runtime_s"] - slack


def _status(objective: object, bound: object, claimed: object, solved: bool, in_order: bool) -> str:
    """Return what is known; where goodput comes first, only the method can say that its goodput is the greatest."""
    if _known(objective) is None:
        return "infeasible" if claimed == "infeasible" and not solved else "unknown"
    settled = objective == bound and (claimed == "optimal" or not in_order)
    return "optimal" if settled else "feasible"
