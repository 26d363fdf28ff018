"""The front of goodput against cost: against brute force, and whatever ends it early."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

import sloplan as sp
from sloplan.pareto_front import ParetoFront
from sloplan.pareto_search import pareto
from sloplan.problem.compiled import CompiledInstance
from sloplan.problem.errors import InputError
from sloplan.problem.run import Run
from sloplan.solvers.milp_plans import PlansMilp
from tests.conformance.brute_force_cost import least_cost, most_goodput
from tests.conformance.cost_cases import CostCase, cost_case
from tests.conformance.seeds import every
from tests.fake_methods import install
from tests.one_pool import one_pool

SEEDS = (0, 2, 3, 55, 74, 79, 131, 149)
PLANS = {"method": "milp-plans", "in_process": True, "threads": 1, "display": False}


class Counting(PlansMilp):
    """`milp-plans` that counts its runs and can be interrupted in one of them, or keep its bounds from some."""

    name = "counting"
    runs = 0
    interrupted_in = 0
    without_bound: tuple[int, ...] = ()

    def solve(self, problem: CompiledInstance, run: Run) -> None:  # type: ignore[override]
        """Solve in process."""
        type(self).runs += 1
        if self.runs == self.interrupted_in:
            raise KeyboardInterrupt
        if self.runs in self.without_bound:
            run.report_bound = lambda bound, proof="method": None  # type: ignore[method-assign, misc, assignment]
        super().solve(problem, run, in_process=True)


@pytest.fixture
def counting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> type[Counting]:
    """Register `Counting`, as in no run yet; return the class that is loaded under its name."""
    monkeypatch.syspath_prepend(install(tmp_path / "site", counting=f"{__name__}:Counting"))
    from sloplan.problem.registry import find_method

    loaded: type[Counting] = type(find_method("counting"))  # type: ignore[assignment]
    for name, value in {"runs": 0, "interrupted_in": 0, "without_bound": ()}.items():
        monkeypatch.setattr(loaded, name, value)
    return loaded


def rented(values: tuple[float, ...] = (1.0, 2.0, 4.0, 8.0)) -> sp.Instance:
    """Queries of which two fit on a unit, units rented: the two greatest on one, all on two."""
    return one_pool(values, units=2, billing="reserved")


def figures(front: ParetoFront) -> list[tuple[int, int | None, int | None]]:
    """Floor, cost and bound of every point."""
    return [(point.floor, point.cost, point.bound) for point in front.points]


def case_front(case: CostCase, points: int) -> ParetoFront:
    """Solve a random case."""
    return pareto(case.instance, points, **PLANS)


@pytest.mark.parametrize("hosting", ["fluid", "replicas"])
@pytest.mark.parametrize("seed", every(2, SEEDS))
def test_every_point_is_the_least_cost(seed: int, hosting: str) -> None:
    """Cost and bound at each floor are brute force's, and the greatest floor is the greatest goodput."""
    case = cost_case(seed, hosting)
    front = case_front(case, 4)
    most = most_goodput(case.plain)
    assert [point.floor for point in front.points][-1:] == ([most] if most else [])
    for point in front.points:
        least = least_cost(case.plain, point.floor)
        assert least is not None, case
        assert (point.cost, point.bound, point.status) == (least.cost_pico, least.cost_pico, "optimal"), case
        assert point.solution is not None
        assert sp.check(case.instance, point.solution) == []
        assert point.goodput is not None
        assert point.goodput >= point.floor == point.solution.goodput_floor


def test_undominated_points() -> None:
    """Of floors with one optimum the greatest stays; the marked ones are worse than another point or equal to it."""
    front = pareto(rented(), 8, **PLANS)
    assert [point.goodput for point in front.points if not point.dominated] == [12000, 15000]
    kept = [point for point in front.points if not point.dominated]
    assert [point.cost for point in kept] == [10**9, 2 * 10**9]
    for point in front.points:
        others = [each for each in kept if each is not point]
        matched = any(each.cost <= point.cost and each.goodput >= point.goodput for each in others)
        assert matched == point.dominated


def test_a_floor_is_what_solve_takes() -> None:
    """`min_goodput` of a point gives the same floor and cost again."""
    instance = rented((1.0, 2.0, 4.0, 7.7))
    for point in pareto(instance, 3, **PLANS).points:
        result = sp.solve(instance, objective="cost", min_goodput=point.min_goodput, **PLANS)
        assert (result.exact.objective, result.solution.goodput_floor) == (point.cost, point.floor)


def test_floors_whose_neighbours_settle_them_are_not_solved(counting: type[Counting]) -> None:
    """Eight floors with two optima take the greatest goodput, both ends and what halves the rest."""
    front = pareto(rented(), 8, method="counting", display=False)
    assert counting.runs < 8
    assert counting.runs == 1 + sum(point.result is not None for point in front.points)
    assert figures(front) == figures(pareto(rented(), 8, **PLANS))
    settled = front.frame()[[point.result is None for point in front.points]]
    assert (settled["runtime_s"] == 0).all()
    assert (settled["status"] == "optimal").all()


def test_bounds_hold_at_greater_floors(counting: type[Counting]) -> None:
    """Runs that prove nothing still have the bound of the least floor."""
    counting.without_bound = (2, *range(4, 20))  # all under cost but the least floor's, which is the third run
    front = pareto(rented(), 4, method="counting", display=False)
    assert front.points[0].bound == front.points[0].cost == 10**9
    assert [point.bound for point in front.points] == [10**9] * 4
    assert [point.status for point in front.points] == ["optimal"] * 3 + ["feasible"]
    assert front.points[-1].result.bound is None


def test_interrupted(counting: type[Counting]) -> None:
    """Ctrl-C in a run leaves the points until there, and the started one with what it started from."""
    counting.interrupted_in = 3
    front = pareto(rented(), 4, method="counting", display=False)
    assert front.limit == "interrupted"
    assert counting.runs == 3
    assert [point.floor for point in front.points] == [3750, 15000]
    assert [point.cost for point in front.points] == [2 * 10**9] * 2
    assert [point.status for point in front.points] == ["feasible", "optimal"]


def test_interrupted_before_any_point(counting: type[Counting]) -> None:
    """Ctrl-C while the greatest goodput is looked for leaves no point."""
    counting.interrupted_in = 1
    front = pareto(rented(), 4, method="counting", display=False)
    assert (front.limit, front.points, counting.runs) == ("interrupted", (), 1)
    assert front.frame().empty


def test_interrupted_between_runs(counting: type[Counting], monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C outside a run keeps the points, too."""
    import sloplan.pareto_search as module

    solve, calls = module.solve, []

    def once(*given: Any, **more: Any) -> Any:
        calls.append(given)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return solve(*given, **more)

    monkeypatch.setattr(module, "solve", once)
    front = pareto(rented(), 4, method="counting", display=False)
    assert (front.limit, [point.floor for point in front.points]) == ("interrupted", [15000])


def test_time_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """When time is up no further floor is begun, and the front says why; each run had its share."""
    import sloplan.pareto_search as module

    now, limits = [0.0], []
    solve = module.solve

    def slow(*given: Any, time_limit: float, **more: Any) -> Any:
        limits.append(time_limit)
        now[0] += 7.0
        return solve(*given, **more)

    monkeypatch.setattr(module, "solve", slow)
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: now[0]))
    front = pareto(one_pool((1.0,) * 6, units=3, billing="reserved"), 3, time_limit=20.0, **PLANS)
    assert limits == [20 / 4, 13 / 3, 6 / 2]
    assert (front.limit, [point.floor for point in front.points]) == ("time", [2000, 6000])


def test_nothing_can_be_served() -> None:
    """Where no goodput can be had, the front has no point but the one at nothing."""
    instance = rented()
    front = pareto(instance.replace(queries=instance.table("queries").assign(slo_latency_ms=1.0)), 3, **PLANS)
    assert (front.points, front.limit) == ((), None)
    assert front.most_goodput.exact.goodput == 0
    assert list(front.frame().columns)[:3] == ["min_goodput", "goodput_floor", "goodput"]


def test_no_goodput_for_want_of_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """No floors because nobody looked for long enough is not the same as nothing that can be served."""
    monkeypatch.setattr("sloplan.problem.run.Run.should_stop", lambda run: setattr(run, "limit", "time") or True)
    front = pareto(one_pool(), method="greedy", points=3, time_limit=5, display=False)
    assert (front.points, front.limit, front.most_goodput.limit) == ((), "time", "time")


def test_frame() -> None:
    """A row per point in the user's units."""
    front = pareto(rented(), 2, **PLANS)
    frame = front.frame()
    assert frame["goodput_floor"].tolist() == [7.5, 15.0]
    assert frame["cost_usd_per_hour"].tolist() == [3.6, 7.2]
    assert frame["bound"].tolist() == [3.6, 7.2]
    assert frame["gap"].tolist() == [0.0, 0.0]
    assert frame["dominated"].tolist() == [False, False]
    assert front.solutions == tuple(point.solution for point in front.points)
    assert frame["min_goodput"].tolist() == [0.5, 1.0]


def test_more_units_than_stand() -> None:
    """The greatest floor counts units that can be rented beyond those that stand under goodput."""
    instance = one_pool((1.0, 2.0, 4.0, 8.0), units=1, billing="reserved")
    pools = instance.table("pools").assign(max_units=pd.array([2], dtype="Int64"))
    assert pareto(instance.replace(pools=pools), 1, **PLANS).points[0].floor == 15000


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"points": 0}, "points"),
        ({"points": 2.5}, "points"),
        ({"points": True}, "points"),
        ({"time_limit": 0}, "time_limit"),
        ({"time_limit": "long"}, "time_limit"),
        ({"method": "milp-plan"}, "method"),
        ({"unheard": 1}, "unheard"),
    ],
)
def test_unusable_arguments(arguments: dict[str, Any], field: str) -> None:
    """What cannot be used is refused, naming the argument."""
    with pytest.raises(InputError, match=field):
        pareto(rented(), **{"display": False, **arguments})


def test_it_stays_a_function() -> None:
    """No module of its name takes its place in the package once it is loaded."""
    assert sp.pareto is pareto
    assert sp.pareto is pareto


def test_what_a_front_decides_itself() -> None:
    """Objective, floors and starts are not the caller's."""
    with pytest.raises(InputError, match="objective = 'cost': a front decides this itself; next: leave objective out"):
        pareto(one_pool(), objective="cost")


def test_a_plan_selection_is_refused() -> None:
    """It has one objective."""
    with pytest.raises(InputError, match="one objective"):
        pareto("khan:groups=3,items=2,resources=2")
