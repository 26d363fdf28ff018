"""Tests of `greedy`: valid, sensible, bounded, anytime and the same every time."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from sloplan.heuristics import greedy
from sloplan.heuristics.greedy import Greedy
from sloplan.instances.families.spec import generate_spec
from sloplan.pricing import plan_kernels
from sloplan.pricing.plan_arrays import PlanArrays, list_plans
from sloplan.pricing.plan_kernels import compile_kernels
from sloplan.problem.compiled import CompiledInstance
from sloplan.problem.errors import InputError, SizeLimitError
from sloplan.problem.instance import Instance
from sloplan.problem.run import Run
from sloplan.problem.servable import servable_value
from sloplan.problem.solution import Solution
from sloplan.problem.violation import Violation
from sloplan.solving import solve
from tests.conformance.brute_force import TinyInstance
from tests.conformance.brute_force_search import optimum
from tests.conformance.random_instances import random_tables
from tests.conformance.seeds import every
from tests.one_pool import one_pool
from tests.problem.test_stopping import Clock


def run_of(instance: Instance, **options: int) -> Run:
    """Return the run of `greedy` on an instance."""
    run = Run(instance)
    Greedy().solve(instance.compiled, run, **options)
    return run


def test_most_value_per_capacity_first() -> None:
    """With equal usage the most valuable queries are served, and the certificate proves that no more can be."""
    run = run_of(one_pool([1.0, 2.0, 4.0]))
    assert run.best_objective == 6000
    assert run.bound == 6000  # certified; all are worth 7000
    assert run.limit == "iterations"


def test_everything_fits() -> None:
    """Where all fits, greedy proves itself optimal and stops at once."""
    run = run_of(one_pool([1.0, 2.0]))
    assert (run.best_objective, run.bound, run.limit) == (3000, 3000, "gap")


def test_copies_take_whole_numbers() -> None:
    """Of a query's copies as many are served as fit, exactly."""
    run = run_of(one_pool([1.0, 3.0], counts=[7, 4], busy_ms=100.0))
    assert run.best_objective == 4 * 3000 + 6 * 1000


def test_copies_may_take_different_plans() -> None:
    """Copies that no longer fit by one plan go on to the next."""
    frames = one_pool([1.0], counts=[5]).to_frames()
    frames["pools"] = pd.concat([frames["pools"], frames["pools"].assign(pool="more")], ignore_index=True)
    run = run_of(Instance.from_frames(frames))
    assert run.best_objective == 4000
    assert run.best_solution is not None
    assert run.best_solution.plans["count"].tolist() == [2, 2]


def test_nothing_can_be_served() -> None:
    """Where no query has a plan, serving none is optimal and proved by the bound."""
    frames = one_pool().to_frames()
    frames["queries"]["slo_latency_ms"] = 1.0
    run = run_of(Instance.from_frames(frames))
    assert (run.best_objective, run.bound) == (0, 0)


def test_no_capacity() -> None:
    """A pool without units serves nobody."""
    run = run_of(one_pool(units=0))
    assert (run.best_objective, run.bound) == (0, 0)


@pytest.mark.parametrize("seed", every(3, range(60)))
def test_random_instances(seed: int) -> None:
    """On instances with every feature greedy is valid, never above the optimum, and its bound never below."""
    tables = random_tables(seed)
    instance = Instance.from_frames({name: pd.DataFrame(rows) for name, rows in tables.items()})
    best = optimum(TinyInstance(tables)).value_milli
    run = run_of(instance)
    assert run.message is None
    assert run.bound is not None
    assert run.bound >= best
    assert run.bound <= servable_value(instance.compiled)
    assert (run.best_objective or 0) <= best
    assert (run.best_objective is None) <= (best > 0)  # the empty answer is never put in place of none


@pytest.mark.parametrize("seed", every(3, range(60)))
def test_certificates_on_random_instances(seed: int) -> None:
    """The certificate is accepted, and proves no less than the optimum."""
    tables = random_tables(seed)
    instance = Instance.from_frames({name: pd.DataFrame(rows) for name, rows in tables.items()})
    run = run_of(instance)
    assert run.certified_bound is not None
    assert run.certified_bound >= optimum(TinyInstance(tables)).value_milli


def test_the_certificate_proves_a_small_gap() -> None:
    """On a family instance that is short of capacity, the certified bound is within 10 % and near the float one."""
    result = solve(generate_spec("edge-cloud:queries=200,seed=1"), method="greedy", display=False)
    assert result.proof == "certified"
    assert result.bound == result.certified_bound
    assert result.gap is not None
    assert result.gap < 0.1
    assert result.prices is not None
    assert (result.prices >= 0).all()
    assert result.prices.max() > 0


def test_no_certificate_without_time_to_verify_it() -> None:
    """A run that ends at its time limit leaves no certificate that would take time beyond it."""
    instance = one_pool()
    run = Run(instance, time_limit=3600.0, clock=Clock())
    run._start -= 3599.999  # 1 ms is left, but checking three queries takes less
    Greedy().solve(instance.compiled, run)
    assert run.certified_bound is not None  # the test's clock stands still: listing took no time
    late = Run(instance, time_limit=30.0, clock=Ticking())
    Greedy().solve(instance.compiled, late)
    assert late.limit == "time"
    assert late.certified_bound is None


def test_the_same_every_time() -> None:
    """Every run and every seed gives the same solution."""
    instance = generate_spec("edge-cloud:queries=30,seed=4")
    solutions = []
    for seed in (0, 0, 9):
        run = Run(instance, seed=seed)
        Greedy().solve(instance.compiled, run)
        assert run.best_solution is not None
        solutions.append(run.best_solution)
    for other in solutions[1:]:
        pd.testing.assert_frame_equal(solutions[0].plans, other.plans)
        pd.testing.assert_frame_equal(solutions[0].options, other.options)


def test_more_passes_are_not_worse() -> None:
    """Passes only add: the best is kept."""
    instance = generate_spec("edge-cloud:queries=60,seed=1")
    once, often = run_of(instance, passes=1).best_objective, run_of(instance, passes=12).best_objective
    assert once is not None
    assert often is not None
    assert often > once


class Ticking(Clock):
    """A clock that moves on by a second whenever it is read."""

    def __call__(self) -> float:
        """Return the time, a second later each time."""
        self.now += 1.0
        return self.now


def test_stopped_before_listing_plans() -> None:
    """Out of time before any plan is listed, nothing is offered, and the bound is the value of all copies."""
    instance = generate_spec("edge-cloud:queries=12,seed=1")
    run = Run(instance, time_limit=1.0, clock=Ticking())
    Greedy().solve(instance.compiled, run)
    queries = instance.compiled.queries
    assert (run.limit, run.best_objective) == ("time", None)
    assert run.bound == int((queries.value_milli * queries.count).sum())


def test_stopped_while_listing_plans() -> None:
    """Out of time after some templates, their queries are served at once, and the bound stays the value of all."""
    instance = generate_spec("edge-cloud:queries=60,seed=1")
    compiled = instance.compiled
    assert len(compiled.templates) > 5
    run = Run(instance, time_limit=9.5, clock=Ticking())  # a few reads go before and between
    Greedy().solve(compiled, run)
    assert run.limit == "time"
    assert run.best_solution is not None
    position = {name: index for index, name in enumerate(compiled.names.queries)}
    served = {int(compiled.queries.template[position[name]]) for name in run.best_solution.plans["query"]}
    assert max(served) < len(compiled.templates) - 1
    assert run.bound == int((compiled.queries.value_milli * compiled.queries.count).sum())
    assert run.certified_bound is None


def test_a_tight_limit_still_gives_a_full_pass() -> None:
    """With time for one pass only, the answer is that of a full pass, and every query's plan was looked at."""
    instance = generate_spec("edge-cloud:queries=60,seed=1")
    once = run_of(instance, passes=1)
    run = Run(instance, time_limit=60.0, clock=Clock())
    offer = run.offer

    def slow_offer(solution: Solution) -> list[Violation]:
        violations = offer(solution)
        run._start -= 50.0  # the check took 50 of the 60 seconds
        return violations

    run.offer = slow_offer  # type: ignore[method-assign]
    Greedy().solve(instance.compiled, run)
    assert (run.limit, run.best_objective, run.bound) == ("time", once.best_objective, once.bound)
    assert len([event for event in run.trajectory if event.objective is not None]) == 1


def test_stopped_within_a_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """Out of time in the middle of a pass, what was served by then is offered."""
    instance = one_pool([1.0] * 50, units=100)
    monkeypatch.setattr(greedy, "_LOOKS_PER_CALL", 10)
    full = Run(instance)
    Greedy().solve(instance.compiled, full)
    assert full.best_objective == 50_000
    reads = iter(range(100))
    monkeypatch.setattr(greedy, "_is_time_up", lambda *_: next(reads) >= 5)
    run = Run(instance)
    Greedy().solve(instance.compiled, run)
    assert run.best_objective is not None
    assert 0 < run.best_objective < 50_000
    assert run.bound == 50_000


def test_time_is_kept_back_for_checking() -> None:
    """A run stops in time for its solution to be checked."""
    run = Run(one_pool(), time_limit=1.0, clock=Clock())
    assert not greedy._is_time_up(run, 0.02)
    run._start -= 0.985  # 15 ms are left, checking takes 20
    assert greedy._is_time_up(run, 0.02)
    assert run.limit == "time"


def test_time_is_kept_back_for_sifting(monkeypatch: pytest.MonkeyPatch) -> None:
    """The longer listing takes, the more time is kept back for what follows it."""
    run = Run(one_pool(), time_limit=10.0, clock=Clock())
    stopped = []

    def listing(compiled: CompiledInstance, limit: int, should_stop: Callable[[int], bool]) -> tuple[PlanArrays, int]:
        run._start -= 3.5
        stopped.append(should_stop(0))  # 6.5 s left, 5.25 to keep
        run._start -= 1.0
        stopped.append(should_stop(0))  # 5.5 s left, 6.75 to keep
        return list_plans(compiled, limit, lambda _: True)

    monkeypatch.setattr(greedy, "list_plans", listing)
    Greedy().solve(run.problem.compiled, run)
    assert stopped == [False, True]
    assert run.limit == "time"


def test_too_many_plans() -> None:
    """Beyond the limit of enumeration there is one clear error, with what to do."""
    instance = generate_spec("edge-cloud:queries=12,seed=1")
    with pytest.raises(SizeLimitError, match=r"more than 5 partial plans .*; next: "):
        run_of(instance, plan_limit=5)


@pytest.mark.parametrize("option", [{"passes": 0}, {"passes": 1.5}, {"plan_limit": -1}, {"passes": True}])
def test_bad_options(option: dict[str, int]) -> None:
    """An unusable option is refused with its name."""
    with pytest.raises(InputError, match=next(iter(option))):
        run_of(one_pool(), **option)


def test_unsupported() -> None:
    """What is not built yet is said in one line."""
    instance = one_pool()
    assert Greedy().unsupported(instance.compiled, "goodput") is None
    assert "does not have objective 'cost' yet" in str(Greedy().unsupported(instance.compiled, "cost"))
    replicas = instance.replace(hosting="replicas")
    assert "does not have hosting 'replicas' yet" in str(Greedy().unsupported(replicas.compiled, "goodput"))


def test_compilation_is_reported_apart() -> None:
    """Kernel compilation is told to the run, so that it does not count."""
    run = run_of(one_pool())
    assert run.compile_time > 0


def test_nothing_is_compiled_after_the_clock_starts() -> None:
    """Each kernel is compiled for one set of types: those before the clock starts are those of the passes."""
    instance = generate_spec("edge-cloud:queries=12,seed=1")
    compile_kernels(instance.compiled.queries)
    run_of(instance)
    for kernel in (plan_kernels._prefer, plan_kernels._serve, plan_kernels._keep_undominated):
        assert len(kernel.signatures) == 1
