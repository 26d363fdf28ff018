"""Local search: better and better, within all rows, the same for the same seed however it is cut into calls."""

from __future__ import annotations

import numpy as np
import pytest

from sloplan.decomposition.assignment import Assignment
from sloplan.decomposition.coupled_problem import coupled_selection
from sloplan.decomposition.least_supplies import least_supplies
from sloplan.decomposition.local_search import LocalSearch
from sloplan.decomposition.priced_greedy import by_return, serve_by_price
from sloplan.decomposition.recovery import recover
from sloplan.problem.errors import InputError
from tests.decomposition.coupled_cases import OBJECTIVES
from tests.decomposition.recovery_cases import crowded_selection, same, settled


@pytest.mark.parametrize("most", [1, 30])
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_ever_better(objective: str, most: int) -> None:
    """Every answer is valid and none is worse than the one before; the last is close to the bound."""
    problem = coupled_selection(crowded_selection(3, objective=objective, most=most))
    response = settled(problem)
    found = recover(problem, response, 0)
    assert found is not None
    search, before = LocalSearch(problem, found, response, 0), found.worth(problem)
    for _ in range(20):
        found = search.improve(1000)
        assert found.is_valid(problem)
        assert before <= found.worth(problem) <= response.bound + 1e-6 * abs(response.bound)
        before = found.worth(problem)
    # Whole units leave a gap of their own: about one of each of the four.
    assert response.bound - before <= (0.03 if objective == "goodput" else 0.12) * abs(response.bound)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_same_seed_same_answer(objective: str) -> None:
    """Calls of other lengths do not matter, and another seed goes another way."""
    problem = coupled_selection(crowded_selection(5, objective=objective, most=3))
    response = settled(problem)
    found = serve_by_price(problem, response, by_return(response, 0)[::-1])  # far from the best
    whole = LocalSearch(problem, found, response, 7).improve(3000)
    cut = LocalSearch(problem, found, response, 7)
    for _ in range(30):
        last = cut.improve(100)
    assert same(whole, last)
    others = [LocalSearch(problem, found, response, seed).improve(60) for seed in range(6)]
    assert not all(same(others[0], other) for other in others)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_supplies_follow(objective: str) -> None:
    """The answer's supplies are the fewest that carry it, however many stood before."""
    problem = coupled_selection(crowded_selection(9, objective=objective))
    response = settled(problem)
    found = recover(problem, response, 0)
    assert found is not None
    lavish = Assignment(found.group, found.plan, found.count, problem.supplies.maximum)
    better = LocalSearch(problem, lavish, response, 0).improve(2000)
    assert better.worth(problem) >= found.worth(problem)
    least = least_supplies(problem, better.group, better.plan, better.count)
    assert least is not None
    assert np.array_equal(better.amount, least)


def test_an_assignment_that_overflows_is_refused() -> None:
    """The search begins within all rows, and says which row is not."""
    problem = coupled_selection(crowded_selection(1))
    response = settled(problem)
    groups = np.arange(len(problem.groups))
    everybody = Assignment(groups, response.plan, problem.groups.count, np.zeros(0, dtype=np.int64))
    with pytest.raises(InputError, match="a row does not hold"):
        LocalSearch(problem, everybody, response, 0)
