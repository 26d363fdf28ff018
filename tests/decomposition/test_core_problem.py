"""The core problem against brute force: fixing loses nothing that is better, and the engines' answers are optima."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from sloplan.decomposition import core_problem
from sloplan.decomposition.core_problem import CoreAnswer, Engine, solve_core
from sloplan.decomposition.coupled_problem import CoupledProblem
from sloplan.decomposition.fixing import bounded_survivors, loss_allowed, survivors
from sloplan.decomposition.lagrangian import Prices, Response, respond
from sloplan.decomposition.objective_step import objective_step
from sloplan.solvers.highs import Highs
from tests.conformance.seeds import ANY_SEEDS, CONTENDED_SEEDS
from tests.decomposition.problems import cost_problem, goodput_problem, selection_problem, settled

FEW_SEEDS = (*ANY_SEEDS[:8], *CONTENDED_SEEDS[:12])


def all_problems(seed: int) -> Iterator[tuple[CoupledProblem, int | None]]:
    """Yield one problem of every kind."""
    yield goodput_problem(seed)
    yield cost_problem(seed)
    yield cost_problem(seed, "replicas")
    yield selection_problem(seed, "goodput")
    yield selection_problem(seed, "cost")


def solved(problem: CoupledProblem, response: Response, best: int | None, engine: Engine) -> CoreAnswer:
    """Solve what survives of solutions worth the optimum or more."""
    if best is None:
        return solve_core(problem, survivors(response, np.inf), seconds=60, engine=engine)
    return solve_core(problem, survivors(response, loss_allowed(response, best)), seconds=60, engine=engine)


@pytest.mark.parametrize("engine", ["cp", "highs"])
@pytest.mark.parametrize("seed", FEW_SEEDS)
def test_core_of_what_the_optimum_may_lose_holds_the_optimum(seed: int, engine: Engine) -> None:
    """Fixing with the optimum's worth as the incumbent keeps an optimum, and the core's bound is its worth."""
    for problem, best in all_problems(seed):
        response = settled(problem)
        if not np.isfinite(response.bound):
            assert best is None
            continue
        answer = solved(problem, response, best, engine)
        if best is None:
            assert answer.ended == "infeasible"
            assert answer.best is None
        else:
            assert answer.best is not None
            assert answer.best.is_valid(problem)
            assert (answer.ended, answer.best.worth(problem), answer.bound) == ("optimal", best, best)


@pytest.mark.parametrize("seed", CONTENDED_SEEDS[:20])
def test_fixing_holds_at_any_prices(seed: int) -> None:
    """At prices far from the best the optimum survives too; fixing is a matter of losses, not of good prices."""
    problem, best = goodput_problem(seed)
    rng = np.random.default_rng(seed)
    paid = rng.exponential(1.0, len(problem.rows)) * problem.groups.value.max() / np.maximum(problem.most_supplied, 1)
    response = respond(problem, Prices(paid))
    answer = solved(problem, response, best, "highs")
    assert answer.best is not None
    assert answer.best.worth(problem) == best


@pytest.mark.parametrize("seed", CONTENDED_SEEDS[:20])
def test_nothing_survives_that_would_be_better_than_the_optimum(seed: int) -> None:
    """Asked for one step more than the optimum, the core has no solution of that worth."""
    problem, best = goodput_problem(seed)
    response = settled(problem)
    allowed = loss_allowed(response, best + objective_step(problem))
    if allowed < 0:
        return
    answer = solve_core(problem, survivors(response, allowed), seconds=60, engine="cp")
    assert answer.best is None or answer.best.worth(problem) <= best


def test_a_start_is_let_in_and_kept() -> None:
    """A start whose pairs lose too much is let in, and comes back where nothing in the core is better."""
    for seed in CONTENDED_SEEDS[:10]:
        problem, best = goodput_problem(seed)
        response = settled(problem)
        start = solved(problem, response, best, "highs").best
        assert start is not None
        for engine in ("cp", "highs"):
            answer = solve_core(problem, survivors(response, 0.0), seconds=60, start=start, engine=engine)
            assert answer.best is not None
            assert answer.best.worth(problem) == best


def test_a_bounded_core_holds_the_pairs_that_lose_least() -> None:
    """Of more pairs than asked for those of least loss are kept; where all fit, all are."""
    problems = [goodput_problem(seed)[0] for seed in CONTENDED_SEEDS[:20]]
    responses = [response for problem in problems if len(survivors(response := settled(problem), 1e6)) > 3]
    assert responses
    for response in responses:
        every = survivors(response, 1e6)
        kept, _ = bounded_survivors(response, 1e6, 3)
        assert kept.pairs.loss.max() <= np.sort(every.pairs.loss)[2] + 1e-6
        whole, lost = bounded_survivors(response, 1e6, len(every))
        assert (len(whole), lost) == (len(every), 1e6)


def test_improvements_are_told_as_they_come() -> None:
    """Every assignment that is told of is valid and better than the one before."""
    problem, best = goodput_problem(CONTENDED_SEEDS[5])
    told: list[int] = []
    answer = solve_core(
        problem, survivors(settled(problem), np.inf), seconds=60,
        on_better=lambda found: told.append(found.worth(problem)),
    )  # fmt: skip
    assert told == sorted(set(told))
    assert answer.best is not None
    assert told[-1] == answer.best.worth(problem) == best


def test_asked_to_stop_it_ends_without_a_proof() -> None:
    """Whoever has enough gets what there is, and no claim."""
    problem, _ = goodput_problem(CONTENDED_SEEDS[5])
    answer = solve_core(problem, survivors(settled(problem), np.inf), seconds=0.0)
    assert answer.ended in ("limit", "optimal")
    assert answer.ended == "optimal" or answer.best is None or answer.best.is_valid(problem)


def test_large_cores_are_not_presolved(monkeypatch: pytest.MonkeyPatch) -> None:
    """HiGHS's presolve looks at no clock: it took 17 s on 17,000 columns. Without it the optimum is the same."""
    problem, best = goodput_problem(CONTENDED_SEEDS[0])
    core = survivors(settled(problem), np.inf)
    asked: list[bool] = []
    made = Highs.__init__

    def noted(self: Highs, *args: Any, presolve: bool = True, **options: Any) -> None:
        asked.append(presolve)
        made(self, *args, presolve=presolve, **options)

    monkeypatch.setattr(Highs, "__init__", noted)
    for limit, presolved in ((len(core), True), (len(core) - 1, False)):
        monkeypatch.setattr(core_problem, "_MOST_PRESOLVED", limit)
        answer = solve_core(problem, core, seconds=60)
        assert asked.pop() is presolved
        assert answer.best is not None
        assert (answer.ended, answer.best.worth(problem)) == ("optimal", best)
