"""From fractional to whole: settled groups stay, the rest is decided as well as it can be."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from sloplan.decomposition.column_generation import column_generation
from sloplan.decomposition.coordination import Step
from sloplan.decomposition.core_problem import solve_core
from sloplan.decomposition.coupled_problem import CoupledProblem, coupled_instance
from sloplan.decomposition.lagrangian import respond
from sloplan.decomposition.rounding import rounding_core
from sloplan.loading import load
from sloplan.problem.instance import Instance


@pytest.fixture(scope="module")
def settled() -> tuple[CoupledProblem, Step]:
    """A problem of sixty queries and its linear program's optimum, some of it fractional."""
    instance = load("edge-cloud-s-1.2-tight")
    assert isinstance(instance, Instance)
    problem = coupled_instance(instance.compiled, "goodput", 0, lambda *_: False)
    assert problem is not None
    *_, step = column_generation(problem, partial(respond, problem))
    assert step.settled
    return problem, step


@pytest.mark.parametrize("most_pairs", [0, 200])
def test_settled_groups_stay(settled: tuple[CoupledProblem, Step], most_pairs: int) -> None:
    """What the optimum takes whole is in the core alone and is served; what it splits may be left out."""
    problem, step = settled
    fractional = step.fractional
    assert fractional is not None
    core = rounding_core(fractional, step.best, most_pairs)
    split = np.unique(fractional.group[fractional.weight < 1 - 1e-6])
    whole = np.setdiff1d(fractional.group, split)
    assert len(split)
    assert len(whole) > len(problem.groups) / 2
    for group in whole:
        assert (
            core.pairs.plan[core.pairs.group == group].tolist() == fractional.plan[fractional.group == group].tolist()
        )
        assert core.least_served[group] == 1
    assert not core.least_served[split].any()
    assert np.all(np.diff(core.pairs.group) >= 0)
    taken = set(zip(fractional.group.tolist(), fractional.plan.tolist(), strict=True))
    inside = set(zip(core.pairs.group.tolist(), core.pairs.plan.tolist(), strict=True))
    assert taken <= inside
    assert (inside == taken) == (most_pairs == 0)
    assert len(inside) <= len(taken) + most_pairs


def test_more_pairs_are_worth_no_less(settled: tuple[CoupledProblem, Step]) -> None:
    """Both cores hold valid answers, below the bound; the larger one holds the smaller one's."""
    problem, step = settled
    assert step.fractional is not None
    worths = []
    for most_pairs in (0, 200):
        answer = solve_core(problem, rounding_core(step.fractional, step.best, most_pairs), seconds=60)
        assert answer.ended == "optimal"
        assert answer.best is not None
        assert answer.best.is_valid(problem)
        worths.append(answer.best.worth(problem))
    assert 0 < worths[0] <= worths[1] <= step.best.bound
