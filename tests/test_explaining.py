"""`explain`, on instances worked by hand: one machine, one operator, whose figures all fit in one's head."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from typing import Any

import pandas as pd
import pytest
from scipy.optimize import OptimizeResult

import sloplan
from sloplan.explained import Displaced, Standing
from sloplan.problem.instance import Instance
from sloplan.problem.solution import Solution
from tests.models.tiny_instances import CHAIN, TWO, tiny
from tests.one_pool import one_pool, serving


@pytest.fixture(autouse=True)
def _in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """What `explain` solves is solved in this process: to start one takes seconds. test_explain_page.py does."""
    monkeypatch.setattr("sloplan.explaining.solve", partial(sloplan.solve, in_process=True))


def changed(instance: Instance, **tables: dict[str, Any]) -> Instance:
    """Return an instance with some columns of some tables set to one value."""
    frames = instance.to_frames()
    for table, columns in tables.items():
        frames[table] = frames[table].assign(**columns)
    return Instance.from_frames(frames, name=instance.name, hosting=instance.compiled.hosting)


def test_latency_that_no_plan_meets() -> None:
    """The machine takes 400 ms; 100 ms are asked for: four times as much would do, and the operator is to blame."""
    alone = sloplan.explain(changed(one_pool(), queries={"slo_latency_ms": 100.0}), "q0").alone
    (only,) = alone.relaxations
    assert (only.dimension, only.asked, only.needed, only.culprits) == ("latency", 100.0, 400.0, ("operator detect",))
    assert only.plan == ("detect: m on gpus (default)",)
    assert (alone.feasible, alone.faults, alone.common_factor) == (False, (), 4.0)


def test_cost_that_no_plan_meets() -> None:
    """0.4 s of a machine at 3.6 USD/h are 0.4 USD for 1,000 requests."""
    alone = sloplan.explain(changed(one_pool(), queries={"slo_cost_per_1k": 0.1}), "q0").alone
    (only,) = alone.relaxations
    assert (only.dimension, only.asked, only.needed) == ("cost", 0.1, 0.4)
    assert alone.common_factor == 4.0


def test_the_least_accuracy_is_given_and_would_do() -> None:
    """The model is right in half of the cases; with what is said to do, the query has a plan."""
    frames = changed(one_pool(), queries={"slo_accuracy": 0.8}).to_frames()
    frames["accuracy"] = (
        frames["accuracy"].reindex([0]).assign(factor="map", operators="detect", configurations="m", accuracy=0.5)
    )
    instance = Instance.from_frames(frames)
    alone = sloplan.explain(instance, "q0").alone
    (only,) = alone.relaxations
    assert (only.dimension, only.asked, only.culprits) == ("accuracy", 0.8, ("factor map",))
    assert only.needed == pytest.approx(0.5, abs=2e-8)
    assert alone.common_factor == pytest.approx(1.6)
    assert sloplan.explain(changed(instance, queries={"slo_accuracy": only.needed}), "q0").alone.feasible


def test_two_slos_that_only_together_leave_no_plan() -> None:
    """Neither alone can be blamed when both are missed: no relaxation of one, but a common factor of the worse one."""
    asked = {"slo_latency_ms": 100.0, "slo_cost_per_1k": 0.2}
    alone = sloplan.explain(changed(one_pool(), queries=asked), "q0").alone
    assert (alone.relaxations, alone.common_factor) == ((), 4.0)


def test_batches_that_need_a_greater_rate() -> None:
    """One request/s does not fill the batch of an operator that needs five."""
    alone = sloplan.explain(changed(one_pool(units=9), profiles={"min_rate_rps": 5.0}), "q0").alone
    (only,) = alone.relaxations
    assert (only.dimension, only.asked, only.needed) == ("rate", 1.0, 5.0)
    assert only.culprits == ("operator detect: needs 5 requests/s",)


def test_a_greater_rate_has_to_fit_too() -> None:
    """One machine carries 2.5 requests/s; the batch needs five, so no rate would do. On two machines five do."""
    needs_five = {"profiles": {"min_rate_rps": 5.0}}
    assert sloplan.explain(changed(one_pool(), **needs_five), "q0").alone.relaxations == ()
    (only,) = sloplan.explain(changed(one_pool(units=2), **needs_five), "q0").alone.relaxations
    assert only.needed == 5.0


def test_a_lower_rate_may_need_a_dominated_option() -> None:
    """Option a is better at the 800 requests/s asked for, but needs 700 of them; the uplink carries 500, with b."""
    instance = tiny(
        {"a": {"a": 0.1, "b": 0.2}},
        query={"rate_rps": 800.0},
        placement=[{"operator": "a", "allowed": "site", "value": "edge"}],
        links=[{"link": "up", "from_site": "device", "to_site": "edge", "bandwidth_mbps": 8, "delay_ms": 3,
                "scope": "query"}],
        profiles=[{"operator": "a", "configuration": name, "hardware": "fast", "latency_ms": busy, "busy_ms": busy,
                   "min_rate_rps": rate} for name, busy, rate in (("a", 0.1, 700.0), ("b", 0.2, None))],
        configurations=[{"operator": "a", "configuration": name, "output_kb": 1.0} for name in "ab"],
    )  # fmt: skip
    (only,) = sloplan.explain(instance, "q").alone.relaxations
    assert (only.dimension, only.needed, only.plan) == ("rate", 500.0, ("a: b on server (default)",))


def test_an_uplink_that_is_too_slow() -> None:
    """Input of 2 kB over 8 Mbit/s of one's own carries 500 requests/s."""
    instance = tiny(
        {"a": {"s": 0.1}},
        query={"rate_rps": 800.0},
        placement=[{"operator": "a", "allowed": "site", "value": "edge"}],
        links=[{"link": "up", "from_site": "device", "to_site": "edge", "bandwidth_mbps": 8, "delay_ms": 3,
                "scope": "query"}],
    )  # fmt: skip
    (only,) = sloplan.explain(instance, "q").alone.relaxations
    assert (only.dimension, only.needed) == ("rate", 500.0)
    assert only.culprits == ("own link up: carries 500 requests/s",)


@pytest.mark.parametrize("hosting", ["fluid", "replicas"])
def test_more_than_fits_with_nobody_else_there(hosting: str) -> None:
    """One machine carries 2.5 requests/s of 400 ms each."""
    frames = changed(one_pool(), queries={"rate_rps": 5.0}).to_frames()
    explanation = sloplan.explain(Instance.from_frames(frames, hosting=hosting), "q0")
    (only,) = explanation.alone.relaxations
    assert (only.dimension, only.asked, only.needed) == ("capacity", 5.0, 2.5)
    assert "at most 2.5 requests/s fit alone" in str(explanation)


@pytest.mark.parametrize(
    ("tables", "fault"),
    [
        ({"placement": [{"operator": "a", "allowed": "site", "value": "cloud"}]}, "operator a: no option anywhere"),
        ({"links": [{"link": "down", "from_site": "edge", "to_site": "device", "bandwidth_mbps": 8, "delay_ms": 3}],
          "placement": [{"operator": "a", "allowed": "site", "value": "edge"}]}, "operator a: none of its 3 options"),
        ({"query": {"sink_site": "cloud"}}, "no route from b to the sink"),
    ],
)  # fmt: skip
def test_no_plan_whatever_is_asked_for(tables: dict[str, Any], fault: str) -> None:
    """The operator or the way that is to blame is named."""
    alone = sloplan.explain(tiny(TWO, edges=CHAIN, **tables), "q").alone
    assert (alone.relaxations, alone.common_factor) == ((), None)
    assert len(alone.faults) == 1
    assert alone.faults[0].startswith(fault)


def test_who_would_be_displaced() -> None:
    """Of three queries two fit. Serving the one worth 4 displaces the one worth 1.

    In the relaxation half of q0 is served: 400 ms are worth 1.
    """
    instance = one_pool()
    explanation = sloplan.explain(instance, "q2", serving(instance, "q0", "q1"))
    assert explanation.alone.feasible
    service = explanation.service
    assert service is not None
    assert (service.source, service.served, service.count) == ("the solution given", 0, 1)
    assert (service.value, service.worth, service.price_source) == (4.0, 4.0, "the LP relaxation")
    assert service.priced_at == pytest.approx(1.0)
    (row,) = service.rows
    assert (row.row, row.usage, row.room) == ("pool:gpus", 400_000_000, 200_000_000)
    assert service.displaced == (Displaced("q0", 1, 1.0),)
    assert "would displace at least 1 of q0: value 1" in str(explanation)


def test_some_copies_served_and_room_for_more() -> None:
    """Of three copies one is served, and the machine has room for another."""
    instance = one_pool((1.0,), counts=(3,))
    service = sloplan.explain(instance, "q0", serving(instance, "q0")).service
    assert service is not None
    assert (service.served, service.count, service.displaced) == (1, 3, ())


def test_room_where_nobody_is_served_and_nothing_stands() -> None:
    """An empty solution has no plan that could leave: what has to stand is said instead, a replica or a unit."""
    hosted = Instance.from_frames(one_pool((1.0,)).to_frames(), hosting="replicas")
    service = sloplan.explain(hosted, "q0", Solution(hosted.sha256)).service
    assert service is not None
    assert (service.displaced, service.standing) == ((), (Standing("gpus/detect/m/default", 1),))
    explanation = sloplan.explain(one_pool(billing="reserved"), "q0", objective="cost", min_goodput=0.0)
    assert explanation.service is not None
    assert (explanation.service.displaced, explanation.service.standing) == ((), (Standing("unit:gpus", 1),))
    assert "would displace nobody: it fits\n  needs 1 more unit of gpus" in str(explanation)


def test_one_more_unit_is_rented_before_anybody_leaves() -> None:
    """Two queries fill a rented unit; a third has room on a second unit if there is one, else the least leaves."""
    for units, expected in (
        (2, ((), (Standing("unit:gpus", 1),))),
        (1, ((Displaced("q0", 1, 1.0),), ())),
    ):
        instance = one_pool(units=units, billing="reserved")
        served = replace(
            serving(instance, "q0", "q1"),
            supply=pd.DataFrame({"supply": ["unit:gpus"], "amount": [1]}),
            objective="cost",
            goodput_floor=0,
        )
        service = sloplan.explain(instance, "q2", served).service
        assert service is not None
        assert (service.displaced, service.standing) == expected


@pytest.mark.parametrize(
    ("memory_gb", "share", "expected"),
    [
        (4.0, 0.5, ((), (Standing("gpus/detect/m/default", 1),))),
        (4.0, 1.0, ((Displaced("q0", 1, 1.0),), ())),
        (12.0, 0.5, ((Displaced("q0", 1, 1.0),), ())),
    ],
)
def test_a_replica_is_started_where_share_and_memory_leave_room(
    memory_gb: float, share: float, expected: tuple[object, object]
) -> None:
    """Two queries fill a replica. Another one fits on the machine unless it takes all shares or most of the memory."""
    profile = {"share": share, "memory_gb": memory_gb}
    frames = changed(one_pool(), profiles=profile).to_frames()
    instance = Instance.from_frames(frames, hosting="replicas")
    standing = pd.DataFrame({"supply": ["gpus/detect/m/default"], "amount": [1]})
    service = sloplan.explain(instance, "q2", replace(serving(instance, "q0", "q1"), supply=standing)).service
    assert service is not None
    assert (service.displaced, service.standing) == expected


def test_served() -> None:
    """A query that is served shows its plan; without a solution the instance is solved, which is said."""
    service = sloplan.explain(one_pool(), "q2").service
    assert service is not None
    assert (service.served, service.plan) == (1, ("detect: m on gpus (default)",))
    assert service.source == "solved here by milp-plans within 10 s: optimal"


def test_a_result_is_a_solution_too() -> None:
    """Its prices are used where it has them; the built-in exact methods have none."""
    instance = one_pool()
    result = sloplan.solve(instance, "milp-plans", display=False, in_process=True)
    service = sloplan.explain(instance, "q0", result).service
    assert service is not None
    assert service.displaced == (Displaced("q1", 1, 2.0),)


def test_prices_of_a_result_under_cost() -> None:
    """Half of 7 at the result's own prices, a unit of value 0.36 USD/h; they are said to be the result's."""
    instance = one_pool()
    result = sloplan.solve(instance, "lagrangian", "cost", min_goodput=0.5, display=False)
    service = sloplan.explain(instance, "q0", result).service
    assert service is not None
    assert service.price_source == "the result"
    assert (service.worth, service.priced_at) == pytest.approx((0.36, 1.44))
    assert result.solution is not None
    without = replace(result, solution=replace(result.solution, certificate=None, bound=None))
    service = sloplan.explain(instance, "q0", without).service
    assert service is not None
    assert service.price_source == "the LP relaxation"


def test_the_floor_drives_the_bill() -> None:
    """Half of 7 must be served: 3.5 of the query worth 4, at 1.44 USD/h for all of it."""
    instance = one_pool()
    explanation = sloplan.explain(instance, "q2", objective="cost", min_goodput=0.5)
    bill = explanation.bill
    assert bill is not None
    assert (bill.goodput_floor, bill.usd_per_hour, bill.floor_price) == pytest.approx((3.5, 1.26, 0.36))
    assert [(one.name, one.usd_per_hour) for one in bill.savings] == [
        ("the query's value in the floor", pytest.approx(1.26))
    ]
    other = sloplan.explain(instance, "q0", objective="cost", min_goodput=0.5)
    assert other.bill is not None
    assert other.bill.savings[0].usd_per_hour == pytest.approx(0.36)
    assert other.service is not None
    assert (other.service.served, other.service.unit) == (0, "USD/h")
    assert (other.service.worth, other.service.priced_at) == pytest.approx((0.36, 1.44))


def test_an_slo_drives_the_bill() -> None:
    """A fast model costs twice as much busy time; without the latency SLO the slow one would do."""
    frames = changed(one_pool((1.0,)), queries={"slo_latency_ms": 200.0}).to_frames()
    for table in ("configurations", "profiles"):
        frames[table] = frames[table].loc[[0, 0]].reset_index(drop=True).assign(configuration=["f", "m"])
    frames["profiles"] = frames["profiles"].assign(latency_ms=[100.0, 400.0], busy_ms=[800.0, 400.0])
    bill = sloplan.explain(Instance.from_frames(frames), "q0", objective="cost").bill
    assert bill is not None
    assert bill.usd_per_hour == pytest.approx(2.88)
    assert {one.name: one.usd_per_hour for one in bill.savings} == pytest.approx(
        {"the query's value in the floor": 2.88, "the query's latency SLO": 1.44}
    )


def test_rented_units_stand_in_the_bill() -> None:
    """On a reserved pool the relaxation rents 0.35 of a unit for 3.5 of 4; the query's plan alone is free."""
    explanation = sloplan.explain(one_pool(billing="reserved"), "q2", objective="cost", min_goodput=0.5)
    assert explanation.bill is not None
    assert explanation.bill.usd_per_hour == pytest.approx(3.6 * 0.4 * 3.5 / 4)


def test_a_result_without_a_solution_keeps_its_question() -> None:
    """A result under cost that found nothing is about cost; asking it about goodput is refused."""
    instance = one_pool()
    for objective in ("cost", "goodput-then-cost"):
        solved = sloplan.solve(
            instance, "milp-plans", objective="cost", min_goodput=0.5, display=False, in_process=True
        )
        empty = replace(solved, objective_name=objective, solution=None)
        explanation = sloplan.explain(instance, "q2", empty, min_goodput=0.5)
        assert explanation.objective == "cost"
        assert explanation.bill is not None
        with pytest.raises(sloplan.InputError, match="another objective"):
            sloplan.explain(instance, "q2", empty, "goodput")


def test_a_relaxation_that_is_not_solved_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the engine gives up there is no bill, which the text says; the rest is answered, at prices of value."""
    stopped = OptimizeResult(status=4, message="Numerical difficulties.")
    monkeypatch.setattr("sloplan.explain_bill.linprog", lambda *_, **__: stopped)
    explanation = sloplan.explain(one_pool(), "q0", objective="cost", min_goodput=0.5)
    assert explanation.bill is None
    assert explanation.service is not None
    assert (explanation.service.displaced, explanation.service.unit) == ((), "")
    assert "bill: not known (the LP relaxation was not solved: Numerical difficulties.)" in str(explanation)


def test_json_holds_the_same() -> None:
    """Plain data, named as the fields are."""
    instance = one_pool()
    explanation = sloplan.explain(instance, "q2", serving(instance, "q0", "q1"))
    told = json.loads(json.dumps(explanation.to_json(), allow_nan=False))
    assert told["service"]["displaced"] == [{"query": "q0", "copies": 1, "value": 1.0}]
    assert told["alone"]["feasible"] is True


def test_unusable_input() -> None:
    """No such query; a solution that is not valid, or for another objective; a plan selection."""
    instance = one_pool()
    with pytest.raises(sloplan.InputError, match="query = 'nobody': no such query"):
        sloplan.explain(instance, "nobody")
    with pytest.raises(sloplan.InputError, match="the solution is not valid"):
        sloplan.explain(instance, "q0", serving(instance, "q0", "q1", "q2"))
    with pytest.raises(sloplan.InputError, match="another objective"):
        sloplan.explain(instance, "q0", serving(instance, "q0"), "cost")
    with pytest.raises(sloplan.UnsupportedError, match="plan selection"):
        sloplan.explain("khan:groups=3", "q0")
