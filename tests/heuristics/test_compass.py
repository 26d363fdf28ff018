"""The method `compass`: what it refuses, what its options change, the same every time, and its bound."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import sloplan
from sloplan.heuristics import compass
from sloplan.heuristics.compass import EFFORT, HURRIED, Compass
from sloplan.heuristics.shortlists import Effort, Float, StageOne
from sloplan.instances.families.spec import generate_spec
from sloplan.pricing.plan_arrays import PlanArrays
from sloplan.problem.errors import InputError
from sloplan.problem.instance import Instance
from sloplan.problem.run import Run
from sloplan.problem.selections.selection import PlanSelection
from sloplan.problem.solution import Solution
from tests.conformance.cases import instance_from
from tests.conformance.random_instances import random_tables
from tests.one_pool import one_pool

SPEC = "edge-cloud:queries=30,seed=3"


def run_of(instance: Instance, *, seed: int = 0, threads: int = 1, **options: object) -> Run:
    """Return the run of `compass` on an instance."""
    run = Run(instance, seed=seed, threads=threads)
    Compass().solve(instance.compiled, run, **options)  # type: ignore[arg-type]
    return run


def test_the_best_two_of_three() -> None:
    """Two of three queries fit on one unit: those worth 2 and 4, proved by the prices, in seven steps."""
    run = run_of(one_pool())
    assert run.best_objective == 6000
    assert run.certified_bound == 6000
    assert run.statistics["steps"] == 7


def test_first_come_first_served_without_matching() -> None:
    """With the switch off the first two queries are served, those worth 1 and 2, and no bound is claimed but all."""
    run = run_of(one_pool(), matching=False)
    assert run.best_objective == 3000
    assert run.bound == 7000


def test_stage_one_hurries_and_leaves_time_for_stage_two(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 10 s the first quarter is searched in full, then less, and the last tenth not at all; unlimited, in full."""
    now, asked = [0.0], []

    class Watched(StageOne):
        def plans(self, price: Float, effort_now: Callable[[], Effort | None]) -> PlanArrays:
            for now[0] in (0.0, 2.4, 2.6, 8.9, 9.1):
                asked.append(effort_now())
            return super().plans(price, lambda: None)

    monkeypatch.setattr(compass, "StageOne", Watched)
    monkeypatch.setattr(compass, "compile_stages", lambda: 0.0)  # true seconds, which are taken off the clock
    monkeypatch.setattr(compass.plan_kernels, "compile_kernels", lambda _: 0.0)
    for time_limit in (10.0, None):
        now[0] = 0.0
        instance = one_pool()
        Compass().solve(instance.compiled, Run(instance, time_limit=time_limit, clock=lambda: now[0]))
    assert asked == [EFFORT, EFFORT, HURRIED, HURRIED, None, *[EFFORT] * 5]


def test_what_is_refused() -> None:
    """Plan selections, replicas and other objectives are refused in a line; an unknown list at once."""
    selection = PlanSelection.from_numbers(group=[0], value=[1], usage=[[1]], capacity=[1], must=[False], name="tiny")
    replicas = instance_from(random_tables(1), name="replicas", hosting="replicas")
    assert "instance" in str(Compass().unsupported(selection, "goodput"))
    assert "fluid" in str(Compass().unsupported(replicas.compiled, "goodput"))
    assert "cost" in str(Compass().unsupported(one_pool().compiled, "goodput-then-cost"))
    assert Compass().unsupported(one_pool().compiled, "cost") is None
    with pytest.raises(InputError, match="search, exact"):
        run_of(one_pool(), shortlist="none")


def test_the_same_every_time() -> None:
    """The same seed gives the same answer and steps, whatever the number of threads."""
    instance = generate_spec(SPEC)
    runs = [run_of(instance, seed=2), run_of(instance, seed=2, threads=2)]
    first, again = (run.best_solution for run in runs)
    assert isinstance(first, Solution)
    assert isinstance(again, Solution)
    assert first.plans.equals(again.plans)
    assert first.options.equals(again.options)
    assert runs[0].statistics == runs[1].statistics


def test_switches() -> None:
    """Each switch leaves valid answers within the bound; without similarity more steps count, exact takes none."""
    instance = generate_spec(SPEC)
    usual = run_of(instance)
    assert usual.certified_bound is not None
    for switch in (
        "within_similarity",
        "across_similarity",
        "slo_decomposition",
        "neighbours",
        "matching",
    ):
        run = run_of(instance, **{switch: False})
        assert run.best_objective is not None
        assert run.best_objective <= usual.certified_bound
        if switch in ("within_similarity", "across_similarity"):
            assert run.statistics["steps"] > usual.statistics["steps"]
        if switch == "neighbours":
            assert run.statistics["steps"] < usual.statistics["steps"]
        if switch == "matching":
            assert run.statistics == usual.statistics
            assert usual.best_objective is not None
            assert run.best_objective <= usual.best_objective
    exact = run_of(instance, shortlist="exact")
    assert exact.statistics["steps"] == 0
    assert exact.best_objective is not None


def test_what_is_found_for_one_source_spares_the_next_one_steps() -> None:
    """Where several sources send queries of an application, what is found for one saves steps and loses little."""
    instance = generate_spec("edge-cloud:queries=300,seed=3")
    usual, alone = run_of(instance), run_of(instance, group_frontiers=False)
    assert usual.statistics["steps"] < 0.8 * alone.statistics["steps"]
    assert usual.best_objective is not None
    assert alone.certified_bound is not None
    assert 0.99 * alone.certified_bound <= usual.best_objective <= alone.certified_bound


def test_profiles_unknown() -> None:
    """Where profiles are measured first, that is counted; the answer is the same."""
    instance = generate_spec(SPEC)
    known, unknown = run_of(instance), run_of(instance, profiles_known=False)
    assert unknown.best_objective == known.best_objective
    assert unknown.statistics["profiled"] > 0
    assert unknown.statistics["profiling_s"] > 0
    assert known.statistics["profiled"] == 0


def test_many_copies() -> None:
    """A million copies of a query go together in the search, and fill the units to the last one that fits."""
    instance = one_pool((1.0, 3.0), counts=(1_000_000, 400_000), units=400_000)
    run = run_of(instance)
    assert run.best_objective == 1000 * (600_000 + 3 * 400_000)
    assert run.certified_bound is not None
    assert run.certified_bound <= run.best_objective + 1000  # prices are in floating point


def test_nothing_to_serve() -> None:
    """Where no plan meets the SLOs, nobody is served, and that is the optimum; no floor is reached."""
    queries = one_pool().to_frames()["queries"].assign(slo_latency_ms=1.0)
    instance = one_pool().replace(queries=queries)
    for shortlist in ("search", "exact"):
        run = run_of(instance, shortlist=shortlist)
        assert (run.best_objective, run.certified_bound) == (0, 0)
    result = sloplan.solve(instance, "compass", "cost", min_goodput=1.0, display=False)
    assert result.solution is None


@pytest.mark.parametrize("options", [{}, {"shortlist": "exact"}, {"slo_decomposition": False}, {"matching": False}])
def test_nothing_is_shared(options: dict[str, Any]) -> None:
    """Where every pool is a query's own there is no row, and everybody is served."""
    instance = one_pool()
    alone = instance.replace(pools=instance.table("pools").assign(scope="query", billing="usage"))
    assert len(alone.compiled.rows) == 0
    result = sloplan.solve(alone, "compass", display=False, **options)
    assert result.exact.objective == sloplan.solve(alone, "milp", display=False, in_process=True).exact.objective
    assert sloplan.check(alone, result.solution) == []


@pytest.mark.parametrize("options", [{}, {"slo_decomposition": False}, {"across_similarity": False}])
def test_no_option_is_open(options: dict[str, Any]) -> None:
    """Where an operator's options all need more than anybody's rate nobody is served, and there is no error."""
    instance = one_pool()
    closed = instance.replace(profiles=instance.table("profiles").assign(min_rate_rps=1e6))
    result = sloplan.solve(closed, "compass", display=False, **options)
    assert (result.objective, result.certified_bound) == (0, 0)
