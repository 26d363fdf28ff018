"""What recovery is tried on: coupled problems with prices that are nearly the best."""

from __future__ import annotations

from functools import partial

import numpy as np

from sloplan.decomposition.assignment import Assignment
from sloplan.decomposition.coupled_problem import CoupledProblem
from sloplan.decomposition.cutting_planes import cutting_planes
from sloplan.decomposition.lagrangian import Response, respond
from sloplan.problem.selections.selection import PlanSelection


def settled(problem: CoupledProblem) -> Response:
    """Return the response at the prices of least bound."""
    steps = list(cutting_planes(problem, partial(respond, problem)))
    return steps[-1].best


def same(one: Assignment, other: Assignment) -> bool:
    """Tell whether two assignments are equal, entry by entry."""
    return all(
        np.array_equal(getattr(one, name), getattr(other, name)) for name in ("group", "plan", "count", "amount")
    )


def crowded_selection(seed: int, *, must: float = 0.0, objective: str = "goodput", most: int = 1) -> PlanSelection:
    """Return 40 groups of up to `most` copies with five plans each, four rows that hold about half of all."""
    rng = np.random.default_rng(seed)
    groups, plans, rows = 40, 5, 4
    count = rng.integers(1, most + 1, groups)
    usage = rng.integers(1, 30, (groups * plans, rows)) * rng.integers(0, 2, (groups * plans, rows))
    value = np.repeat(rng.integers(5, 60, groups), plans)
    room = int(0.5 * usage.sum() / plans * count.mean() / rows)
    return PlanSelection.from_numbers(
        group=np.repeat(np.arange(groups), plans).tolist(),
        value=value.tolist(),
        cost=rng.integers(1, 20, groups * plans).tolist(),
        usage=usage.tolist(),
        capacity=[room] * rows if objective == "goodput" else [0] * rows,
        count=count.tolist(),
        must=(rng.random(groups) < must).tolist(),
        maximum=[] if objective == "goodput" else [12] * rows,
        price=[] if objective == "goodput" else rng.integers(20, 90, rows).tolist(),
        brought=[] if objective == "goodput" else (np.eye(rows, dtype=int) * (room // 8)).tolist(),
        objective=objective,
        goodput_floor=int(0.7 * value[::plans] @ count) if objective == "cost" else None,
        name=f"crowded {seed}",
    )
