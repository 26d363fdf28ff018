"""Queries served one after another by planners made for one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sloplan.heuristics import one_after_another
from sloplan.heuristics.evaluator import Evaluator
from sloplan.heuristics.jellybean import JellyBean, JellyBeanPlanner
from sloplan.heuristics.one_after_another import OneAfterAnother
from sloplan.heuristics.searches import FoundPlans, Searches
from sloplan.problem.cost_problem import goodput_floor
from sloplan.problem.instance import Instance
from sloplan.problem.objective import COST
from sloplan.problem.run import Run
from tests.heuristics.test_query_groups import with_queries
from tests.models.tiny_instances import tiny
from tests.one_pool import one_pool
from tests.problem.test_stopping import Clock

SERVER = {"pool": "server", "site": "device", "hardware": "fast", "units": 1, "memory_gb": 8}


def two_pools() -> Instance:
    """Nine queries of one model, on a cheap and a dear machine at the source; each carries three of 1 request/s."""
    pools = [SERVER | {"pool": name, "price_per_unit_hour": price} for name, price in (("cheap", 1.0), ("dear", 2.0))]
    return with_queries(tiny({"x": {"s": 300.0}}, pools=pools), rate_rps=[1.0] * 9)


def solved(instance: Instance, **settings: float) -> Run:
    """Let JellyBean's planner serve an instance."""
    run = Run(instance, **settings)  # type: ignore[arg-type]
    JellyBean().solve(instance.compiled, run)
    return run


def test_the_best_order_is_kept() -> None:
    """Queries worth 1, 2 and 4 of which two fit: as given or by rate 3 or 5 are served, by value 6."""
    assert solved(one_pool()).best_objective == 6_000
    assert solved(one_pool((4.0, 2.0, 1.0))).best_objective == 6_000


def test_left_over_queries_are_searched_again() -> None:
    """The planner knows the cheapest machine of a tier only; once that is full it finds the next one, then none."""
    run = solved(two_pools())
    assert run.best_objective == 6_000
    assert run.best_solution is not None
    pools = run.best_solution.plans.merge(run.best_solution.options, left_index=True, right_on="plan")
    assert pools.groupby("pool")["count"].sum().to_dict() == {"cheap": 3, "dear": 3}
    assert run.statistics["steps"] > 0


def test_copies_take_what_fits() -> None:
    """Of a query of many copies as many are served as there is room for, on one machine and the other."""
    frames = two_pools().to_frames()
    frames["queries"] = frames["queries"].head(1).assign(count=9)
    assert solved(Instance.from_frames(frames)).best_objective == 6_000


def test_cost_serves_as_many_as_asked_for() -> None:
    """Under `cost` one more unit is rented only if the goodput asked for needs it."""
    instance = one_pool((1.0,) * 6, units=3, billing="reserved", price=3.6)  # a unit carries two queries
    for fraction, units in ((0.0, 0), (0.1, 1), (0.3, 1), (0.5, 2), (1.0, 3)):
        run = Run(instance, objective=COST, goodput_floor=goodput_floor(instance, fraction))
        JellyBean().solve(instance.compiled, run)
        assert run.best_objective == units * 10**9, fraction


def test_cost_out_of_reach() -> None:
    """Where the goodput asked for is not reached there is no solution, and no failure."""
    instance = one_pool((1.0, 1.0, 1.0), units=1, billing="reserved")
    run = Run(instance, objective=COST, goodput_floor=goodput_floor(instance, 1.0))
    JellyBean().solve(instance.compiled, run)
    assert run.best_solution is None
    assert run.message is None


def test_out_of_time_before_anything_is_found() -> None:
    """A run whose time is up searches nothing and says so: nobody is served."""
    instance, clock = one_pool(), Clock()
    run = Run(instance, time_limit=1.0, clock=clock)
    clock.now += 2.0
    JellyBean().solve(instance.compiled, run)
    assert run.limit == "time"
    assert run.best_objective == 0
    assert run.statistics.get("steps", 0) == 0


def test_out_of_time_after_the_first_order() -> None:
    """What the first order served is kept when time is up after it."""
    instance, clock = two_pools(), Clock()
    run = Run(instance, time_limit=1.0, clock=clock)
    queries = OneAfterAnother(instance.compiled, run, Evaluator(instance.compiled), JellyBeanPlanner(10))
    first = queries.first_plans()
    clock.now += 2.0
    queries.serve_in(next(queries.orders(first)), first)
    assert run.best_objective == 3_000  # no time to search again for those left over
    assert run.limit == "time"


def test_every_part_has_its_share_of_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A planner that takes all the time it may leaves time for the groups after, and for serving; it is said."""
    monkeypatch.setattr(one_after_another, "_SEARCHED_TOGETHER", 1)
    instance = with_queries(tiny({"x": {"s": 1.0}}), rate_rps=[1.0] * 4, slo_latency_ms=[50, 60, 70, 80])
    clock = Clock()
    run = Run(instance, time_limit=100.0, clock=clock)
    spent = []

    class Slow(JellyBeanPlanner):
        def plans(self, searches: Searches, evaluator: Evaluator, should_stop: Callable[[], bool]) -> FoundPlans:
            found, began = super().plans(searches, evaluator, should_stop), clock.now
            while not should_stop():
                clock.now += 0.5
            spent.append(clock.now - began)
            return found

    queries = OneAfterAnother(instance.compiled, run, Evaluator(instance.compiled), Slow(10))
    queries.place()
    assert len(spent) == 4
    assert 10 < min(spent) <= max(spent) < 20
    assert sum(spent) < 60
    assert run.best_objective == 4_000
    assert run.limit == "time"


@pytest.mark.parametrize("caching", [True, False])
def test_without_template_caching_each_query_is_searched(caching: bool) -> None:
    """Nine queries alike are one search, or nine."""
    instance = two_pools()
    run = Run(instance)
    JellyBean().solve(instance.compiled, run, template_caching=caching, profiles_known=False)
    shared = Run(instance)
    JellyBean().solve(instance.compiled, shared, profiles_known=False)
    assert run.best_objective == shared.best_objective
    assert run.statistics["profiled"] == shared.statistics["profiled"] == 1
    times = 1 if caching else 9
    assert run.statistics["profiling_s"] == pytest.approx(times * shared.statistics["profiling_s"])
    assert (run.statistics["steps"] > shared.statistics["steps"]) == (not caching)


def test_orders() -> None:
    """By value per use, by rate, as given; of queries that have a plan."""
    frames = with_queries(
        tiny({"x": {"s": 100.0}}, pools=[SERVER]), rate_rps=[1.0, 3.0, 2.0, 1.0], slo_latency_ms=[900, 900, 900, 1]
    ).to_frames()
    frames["queries"]["value"] = [1.0, 9.0, 9.0, 9.0]
    instance = Instance.from_frames(frames)
    run = Run(instance)
    queries = OneAfterAnother(instance.compiled, run, Evaluator(instance.compiled), JellyBeanPlanner(10))
    by_value, by_rate, as_given = queries.orders(queries.first_plans())
    assert as_given.tolist() == [0, 1, 2]
    assert by_rate.tolist() == [1, 2, 0]
    assert by_value.tolist() == [2, 1, 0]
