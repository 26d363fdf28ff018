"""Large-neighbourhood steps never make an incumbent worse, and reach the optimum of small instances."""

from __future__ import annotations

from itertools import islice

import numpy as np

from sloplan.decomposition.assignment import Assignment
from sloplan.decomposition.neighbourhoods import neighbourhood_steps
from tests.conformance.seeds import CONTENDED_SEEDS
from tests.decomposition.problems import goodput_problem, settled


def test_from_nothing_to_the_optimum() -> None:
    """On instances that are free as a whole, the first step finds the optimum, and the steps end by themselves."""
    none = np.zeros(0, dtype=np.int64)
    for seed in CONTENDED_SEEDS[:8]:
        problem, best = goodput_problem(seed)
        start = Assignment(none, none, none, np.zeros(len(problem.supplies), dtype=np.int64))
        steps = list(islice(neighbourhood_steps(settled(problem), start, seconds=60), 20))
        worth = [step.worth(problem) for step in steps]
        assert all(step.is_valid(problem) for step in steps)
        assert worth == sorted(worth)
        assert not worth or worth[-1] == best


def test_the_same_seed_does_the_same() -> None:
    """Two runs of one seed give the same assignments."""
    none = np.zeros(0, dtype=np.int64)
    problem, _ = goodput_problem(CONTENDED_SEEDS[9])
    start = Assignment(none, none, none, np.zeros(len(problem.supplies), dtype=np.int64))
    runs = [list(neighbourhood_steps(settled(problem), start, seconds=60, seed=3)) for _ in range(2)]
    assert [step.plan.tolist() for step in runs[0]] == [step.plan.tolist() for step in runs[1]]
