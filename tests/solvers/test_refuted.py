"""Wrong answers of the engine: cut off alone, never reported, and solving goes on."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

import numpy as np
import pytest

from sloplan.models import compact_milp
from sloplan.problem.instance import Instance
from sloplan.problem.objective import COST
from sloplan.problem.run import Run
from sloplan.solvers import highs
from sloplan.solvers.compact_job import Answer, _Columns
from sloplan.solvers.engine import EngineAnswer, EngineError
from sloplan.solvers.highs import Highs
from sloplan.solvers.milp import CompactMilp
from sloplan.solvers.refuted import Loads, Refutation
from sloplan.solvers.standard_form import StandardForm, standard_form
from tests.models.test_compact import feasible_plans
from tests.models.tiny_instances import (
    CHAIN,
    TWO,
    accuracy_of_a_joint_factor,
    cost_of_machines_and_traffic,
    latency_of_a_chain,
    latency_of_a_diamond,
    shared_link,
    tiny,
)


class CarelessHighs(Highs):
    """Ignores all inequalities of the model in its first solves, and likes what they would forbid."""

    careless_solves = 0
    solves = 0

    def __init__(self, form: StandardForm, **settings: Any) -> None:
        super().__init__(form, **settings)
        type(self).solves = 0
        equal = form.row_lower == form.row_upper
        appetite = abs(form.matrix[~equal]).sum(axis=0)
        lax = dataclasses.replace(
            form,
            cost=form.cost * 1e6 - appetite * form.integer,
            matrix=form.matrix[equal],
            row_lower=form.row_lower[equal],
            row_upper=form.row_upper[equal],
        )
        self._lax = Highs(lax, **settings)

    def add_row(self, columns: Any, limit: float, coefficients: Any = None) -> None:
        """Add the row to both."""
        super().add_row(columns, limit, coefficients)
        self._lax.add_row(columns, limit, coefficients)

    def solve(self, seconds: float) -> EngineAnswer:
        """Solve carelessly, or as HiGHS does."""
        type(self).solves += 1
        if self.solves > self.careless_solves:
            return super().solve(seconds)
        return EngineAnswer("optimal", self._lax.solve(seconds).values, None)


def careless_run(monkeypatch: pytest.MonkeyPatch, instance: Instance, careless_solves: int) -> Run:
    """Solve `instance` with an engine that is careless so many times."""
    monkeypatch.setattr(CarelessHighs, "careless_solves", careless_solves)
    monkeypatch.setattr(highs, "Highs", CarelessHighs)
    run = Run(instance, time_limit=60.0)
    CompactMilp().solve(instance.compiled, run, presolve=False, in_process=True)  # leaves too little to be wrong about
    return run


@pytest.mark.parametrize("make", [latency_of_a_chain, latency_of_a_diamond, cost_of_machines_and_traffic])
def test_engine_that_never_minds_the_rules_is_led_to_a_valid_answer(monkeypatch: pytest.MonkeyPatch, make: Any) -> None:
    """Cutting off one wrong answer after the other leaves only valid ones."""
    instance = make()
    run = careless_run(monkeypatch, instance, careless_solves=10**6)
    assert CarelessHighs.solves > 1
    assert run.best_objective == instance.compiled.queries.value_milli[0]


def competing() -> Instance:
    """Three queries of which the server carries two; nothing runs on the phone."""
    rows = [
        {"query": name, "application": "app", "source_site": "device", "rate_rps": 40.0, "value": value}
        for name, value in (("p", 3.0), ("q", 5.0), ("r", 4.0))
    ]
    placement = [{"operator": name, "allowed": "site", "value": "edge"} for name in "ab"]
    return tiny({"a": {"s": 4.0}, "b": {"s": 8.0}}, edges=CHAIN, queries=rows, placement=placement)


def test_overloaded_row_is_cut_off_and_the_optimum_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a wrong answer the engine goes on to the optimum, with its bound."""
    run = careless_run(monkeypatch, competing(), careless_solves=1)
    assert CarelessHighs.solves == 2
    assert (run.best_objective, run.bound) == (9000, 9000)
    assert all(event.objective in (None, 9000) for event in run.trajectory)


def test_wrong_plan_is_cut_off_for_all_copies_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is wrong for one copy of a query is cut off for its other copies as well, and for no other query's."""
    rows = [
        {"query": name, "application": "app", "source_site": "device", "rate_rps": 1.0, "count": count,
         "slo_latency_ms": 30.0}
        for name, count in (("p", 3), ("r", 1))
    ]  # fmt: skip
    instance = tiny(TWO, edges=CHAIN, queries=rows)
    model = compact_milp(instance)
    form = standard_form(model)
    columns = _Columns(instance.compiled, model.index, form)
    options = [int(part[-1]) for part in instance.compiled.template_options(0)]
    answer = Answer(np.array([0, 1]), np.array([options, options]))
    place = form.column_of()
    column = [[place[id(model.choose[copy, option])] for option in options] for copy in range(4)]
    copies = np.array([1, 3])
    assert columns.of_choices(copies, answer, [(0, 0), (0, 1)]) == {tuple(sorted(column[copy])) for copy in range(3)}
    assert columns.of_choices(copies, answer, [(1, 0)]) == {(column[3][0],)}
    both = columns.of_choices(copies, answer, [(0, 0), (1, 0)])  # a cover over two queries
    assert both == {tuple(sorted((column[copy][0], column[3][0]))) for copy in range(3)}


def test_cover_over_copies_alike_keeps_them_apart() -> None:
    """A cover of several copies of one query becomes covers of as many others, never of one copy twice."""
    instance = tiny(TWO, edges=CHAIN, query={"count": 3})
    model = compact_milp(instance)
    columns = _Columns(instance.compiled, model.index, standard_form(model))
    small, large = ([int(part[place]) for part in instance.compiled.template_options(0)] for place in (0, -1))
    answer = Answer(np.array([0, 0]), np.array([small, large]))
    rows = columns.of_choices(np.array([0, 1]), answer, [(0, 0), (1, 0)])
    assert len(rows) == 3
    assert all(len(set(row)) == 2 for row in rows)


def test_wrong_infeasible_is_an_error_of_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Serving nothing is always feasible, so "infeasible" cannot be right."""
    monkeypatch.setattr(Highs, "solve", lambda *_: EngineAnswer("infeasible", None, None))
    instance = competing()
    with pytest.raises(EngineError, match="infeasible"):
        CompactMilp().solve(instance.compiled, Run(instance), in_process=True)


def test_cut_of_a_plan_spares_all_feasible_plans() -> None:
    """For each wrong plan: all its choices are named, so no other plan is cut off."""
    for make in (latency_of_a_chain, accuracy_of_a_joint_factor, shared_link):
        instance = make()
        compiled = instance.compiled
        feasible, _ = feasible_plans(instance)
        query = np.zeros(1, dtype=np.int64)
        for plan in itertools.product(*(part.tolist() for part in compiled.template_options(0))):
            every_choice = [(0, position) for position in range(len(plan))]
            wrong = Loads(compiled, query, np.array([plan])).refuted()
            assert bool(wrong) == (plan not in feasible)
            assert all(refutation.choices == every_choice for refutation in wrong)


def test_cover_is_small_and_overloads_the_row() -> None:
    """The cover of an overloaded pool names what runs there and leaves out what is not needed."""
    instance = tiny({"a": {"s": 4.0}, "b": {"s": 8.0}}, edges=CHAIN, queries=[
        {"query": name, "application": "app", "source_site": "device", "rate_rps": rate}
        for name, rate in (("p", 1.0), ("q", 60.0), ("r", 40.0))
    ])  # fmt: skip
    compiled = instance.compiled
    a_phone, a_server, b_phone, b_server = range(4)
    sites = [str(compiled.names.pools[pool]) for pool in compiled.options.pool]
    assert sites == ["phone", "server", "phone", "server"]
    query = np.arange(3, dtype=np.int64)
    on_server = np.array([[a_server, b_server]] * 3)
    assert Loads(compiled, query, on_server).refuted() == [Refutation([(2, 0), (2, 1), (1, 0), (1, 1)])]
    split = np.array([[a_phone, b_server]] * 3)
    assert Loads(compiled, query, split).refuted() == []
    assert b_phone not in split


def rented(hosting: str = "fluid") -> Instance:
    """Three queries on a server of which up to three units are rented; two units carry two of them."""
    pools = [
        {"pool": "server", "site": "edge", "hardware": "fast", "units": 1, "memory_gb": 8, "billing": "reserved",
         "price_per_unit_hour": 3.6, "max_units": 3},
    ]  # fmt: skip
    rows = [
        {"query": name, "application": "app", "source_site": "device", "rate_rps": rate, "value": value}
        for name, rate, value in (("p", 60.0, 3.0), ("q", 70.0, 5.0), ("r", 80.0, 4.0))
    ]
    placement = [{"operator": name, "allowed": "site", "value": "edge"} for name in "ab"]
    links = [
        {"link": "up", "from_site": "device", "to_site": "edge", "bandwidth_mbps": 8, "delay_ms": 3, "price_per_gb": 2},
    ]
    operators = {"a": {"s": 4.0}, "b": {"s": 8.0}}
    instance = tiny(operators, edges=CHAIN, queries=rows, placement=placement, pools=pools, links=links)
    return instance.replace(hosting=hosting)


@pytest.mark.parametrize("hosting", ["fluid", "replicas"])
@pytest.mark.parametrize("floor", [1, 5000, 9000, 12_000])
def test_missed_floors_and_missing_units_are_cut_off(monkeypatch: pytest.MonkeyPatch, hosting: str, floor: int) -> None:
    """An engine that minds neither floor nor rows, only the bill, is led to the least cost by the cuts alone."""
    instance = rented(hosting)

    def least_cost() -> Run:
        run = Run(instance, objective=COST, goodput_floor=floor, time_limit=60.0)
        CompactMilp().solve(instance.compiled, run, presolve=False, in_process=True)
        return run

    expected = least_cost()
    assert expected.best_objective == expected.bound
    monkeypatch.setattr(CarelessHighs, "careless_solves", 10**6)
    monkeypatch.setattr(highs, "Highs", CarelessHighs)
    run = least_cost()
    assert CarelessHighs.solves > 2
    assert run.best_objective == expected.best_objective
    monkeypatch.setattr(CarelessHighs, "careless_solves", 2)
    assert least_cost().bound == expected.bound


@pytest.mark.parametrize("hosting", ["fluid", "replicas"])
def test_floor_beyond_reach(monkeypatch: pytest.MonkeyPatch, hosting: str) -> None:
    """A floor above all values needs no engine to be called out of reach; one that the rows forbid does."""
    instance = rented(hosting)
    for floor, engine in ((12_001, False), (12_000, True)):
        fewer = instance.replace(pools=instance.table("pools").assign(max_units=2))
        run = Run(fewer, objective=COST, goodput_floor=floor, time_limit=60.0)
        if not engine:
            monkeypatch.setattr(highs, "Highs", None)
        CompactMilp().solve(fewer.compiled, run, in_process=True)
        monkeypatch.undo()
        assert (run.infeasible, run.best_solution) == (True, None)


def test_too_few_units_are_refuted_by_what_needs_more() -> None:
    """Of a unit too few, the cover names the choices that load the pool, and what they take at least."""
    for hosting, amounts in (("fluid", {0: 1}), ("replicas", {0: 1, 1: 2, 2: 1})):
        compiled = rented(hosting).compiled.under_cost.compiled
        options = [int(part[0]) for part in compiled.template_options(0)]
        loads = Loads(compiled, np.array([0, 2]), np.array([options, options]))  # 1.68 units: 0.56 of a and 1.12 of b
        assert loads.needed.tolist() == ([2] if hosting == "fluid" else [1, 2, 3])
        found = loads.refuted(amounts)
        assert loads.refuted() == []
        if hosting == "fluid":
            assert found == [Refutation([(0, 0), (0, 1), (1, 0), (1, 1)], 0, 2)]
        else:
            assert [(one.supply, one.needed) for one in found] == [(2, 3)]
            assert sorted(found[0].choices) == [(0, 0), (0, 1), (1, 0), (1, 1)]
