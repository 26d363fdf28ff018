"""The linear relaxation against one LP with every plan of every query as a column."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from scipy.optimize import linprog

from sloplan.instances.families.spec import generate_spec
from sloplan.pricing.plan_arrays import PlanArrays
from sloplan.pricing.plan_kernels import allowed_by
from sloplan.pricing.relaxation import greatest_value, smallest_factor
from sloplan.pricing.undominated import undominated
from sloplan.problem.compiled import CompiledInstance, Int
from tests.conformance.cases import instance_from, random_case
from tests.conformance.random_instances import random_tables
from tests.pricing.test_plan_arrays import all_plans

Float = npt.NDArray[np.float64]

SEEDS = range(20)


def compiled_case(seed: int, hosting: str) -> CompiledInstance:
    """Return a random tiny instance, compiled."""
    if hosting == "fluid":
        return random_case(seed).instance.compiled
    return instance_from(random_tables(seed), hosting=hosting).compiled


def open_plans(compiled: CompiledInstance, plans: PlanArrays, query: int) -> Int:
    """Return the plans that a query may take."""
    template = compiled.queries.template[query]
    own = np.arange(plans.start[template], plans.start[template + 1])
    return own[(plans.needs[own] <= allowed_by(compiled.queries)[query]).all(axis=1)]


def whole_lp(compiled: CompiledInstance, plans: PlanArrays, *, everybody: bool) -> float:
    """Return the optimum of the LP with a column for every plan of every query; infinite if there is no solution."""
    queries, num_rows = compiled.queries, len(compiled.rows)
    usage = np.zeros((len(plans), num_rows))
    usage[plans.usage.row_of_entry, plans.usage.column] = plans.usage.amount
    pairs = [(query, plan) for query in range(len(queries.rate_milli)) for plan in open_plans(compiled, plans, query)]
    if not pairs:
        return 0.0
    query, plan = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    asking = np.unique(query)
    choice = (asking[:, None] == query).astype(np.float64)
    brought = np.zeros((len(compiled.supplies), num_rows))
    if len(compiled.supplies):
        brought[compiled.supplies.brought.row_of_entry, compiled.supplies.brought.column] = (
            compiled.supplies.brought.amount
        )
    capacity = compiled.rows.capacity.astype(np.float64)
    rate = queries.rate_milli[query] * queries.count[query].astype(np.float64)
    used = usage[plan] * rate[:, None]
    scale = np.maximum(np.maximum(used.max(axis=0, initial=0.0), capacity), 1.0)
    other = np.zeros((len(asking), len(brought)))
    if everybody:
        bounds = [(0, None)] * (len(pairs) + len(brought) + 1)
        found = linprog(
            np.append(np.zeros(len(pairs) + len(brought)), 1.0),
            A_ub=np.vstack([used, -brought, -capacity]).T / scale[:, None],
            b_ub=np.zeros(num_rows),
            A_eq=np.column_stack([choice, other, np.zeros(len(asking))]),
            b_eq=np.ones(len(asking)),
            bounds=bounds,
        )
        return float(found.fun) if found.status == 0 else np.inf
    value = queries.value_milli[query] * queries.count[query].astype(np.float64)
    found = linprog(
        np.append(-value, np.zeros(len(brought))),
        A_ub=np.vstack([np.vstack([used, -brought]).T / scale[:, None], np.column_stack([choice, other])]),
        b_ub=np.append(capacity / scale, np.ones(len(asking))),
        bounds=[(0, None)] * len(pairs) + [(0, most) for most in compiled.supplies.maximum.tolist()],
    )
    assert found.status == 0, found.message
    return -float(found.fun)


@pytest.mark.parametrize("hosting", ["fluid", "replicas"])
def test_smallest_factor_is_that_of_the_whole_lp(hosting: str) -> None:
    """Value and bound meet at the optimum of the whole LP, the bound from below; infinite if it has no solution."""
    finite = 0
    for seed in SEEDS:
        compiled = compiled_case(seed, hosting)
        plans = all_plans(compiled)
        capacity = compiled.rows.capacity.astype(np.float64)
        relaxed = smallest_factor(plans, compiled.queries, capacity, compiled.supplies)
        expected = whole_lp(compiled, plans, everybody=True)
        if np.isinf(expected):
            assert relaxed.value == relaxed.bound == np.inf, seed
            continue
        assert relaxed.value == pytest.approx(expected, rel=1e-5, abs=1e-9), seed
        assert relaxed.bound == pytest.approx(expected, rel=1e-5, abs=1e-9), seed
        assert relaxed.bound <= expected * (1 + 1e-6), seed
        assert (relaxed.prices >= 0).all()
        finite += expected > 0
    assert finite >= len(SEEDS) / 4


@pytest.mark.parametrize("hosting", ["fluid", "replicas"])
def test_greatest_value_is_that_of_the_whole_lp(hosting: str) -> None:
    """Value and bound meet at the optimum of the whole LP, the bound from above."""
    positive = 0
    for seed in SEEDS:
        compiled = compiled_case(seed, hosting)
        plans = all_plans(compiled)
        capacity = compiled.rows.capacity.astype(np.float64)
        relaxed = greatest_value(plans, compiled.queries, capacity, compiled.supplies)
        expected = whole_lp(compiled, plans, everybody=False)
        assert relaxed.value == pytest.approx(expected, rel=1e-5, abs=1e-6), seed
        assert relaxed.bound == pytest.approx(expected, rel=1e-5, abs=1e-6), seed
        assert relaxed.bound >= expected * (1 - 1e-6), seed
        if hosting == "fluid":
            assert (relaxed.use <= capacity * (1 + 1e-6) + 1e-6).all(), seed
        positive += expected > 0
    assert positive >= len(SEEDS) / 4


def test_no_solution_is_worth_more() -> None:
    """The relaxation is worth no less than the best selection of whole plans, found by brute force."""
    for seed in SEEDS:
        case = random_case(seed)
        compiled = case.instance.compiled
        plans = all_plans(compiled)
        relaxed = greatest_value(plans, compiled.queries, compiled.rows.capacity.astype(np.float64))
        assert min(relaxed.value, relaxed.bound) >= case.optimum.value_milli * (1 - 1e-6), case


def test_undominated_plans_suffice() -> None:
    """Plans that others replace change neither answer."""
    for seed in SEEDS:
        compiled = random_case(seed).instance.compiled
        plans = all_plans(compiled)
        fewer, capacity = undominated(plans, compiled), compiled.rows.capacity.astype(np.float64)
        for question in (smallest_factor, greatest_value):
            values = [question(some, compiled.queries, capacity).value for some in (plans, fewer)]
            assert values[0] == pytest.approx(values[1], rel=1e-5, abs=1e-6), seed


@pytest.fixture(scope="module")
def edge() -> tuple[CompiledInstance, PlanArrays, Float]:
    """An instance of a family, its plans and capacities."""
    compiled = generate_spec("edge-cloud:queries=40,load=2,seed=1").compiled
    return compiled, undominated(all_plans(compiled), compiled), compiled.rows.capacity.astype(np.float64)


def test_both_questions_on_a_family(edge: tuple[CompiledInstance, PlanArrays, Float]) -> None:
    """The answers on dozens of queries and a thousand plans are those of the whole LP."""
    compiled, plans, capacity = edge
    factor = smallest_factor(plans, compiled.queries, capacity)
    assert factor.value == pytest.approx(whole_lp(compiled, plans, everybody=True), rel=1e-5)
    assert (factor.use <= capacity * factor.value * (1 + 1e-6)).all()
    value = greatest_value(plans, compiled.queries, capacity)
    assert value.value == pytest.approx(whole_lp(compiled, plans, everybody=False), rel=1e-5)


@pytest.mark.parametrize("price", [0.0, 1e-12, 1.0])
def test_first_prices_do_not_change_the_answer(edge: tuple[CompiledInstance, PlanArrays, Float], price: float) -> None:
    """Whatever row prices it begins with, the factor is the same."""
    compiled, plans, capacity = edge
    begun = smallest_factor(plans, compiled.queries, capacity, first_prices=np.full(len(capacity), price))
    assert begun.value == pytest.approx(smallest_factor(plans, compiled.queries, capacity).value, rel=2e-6)
    assert begun.bound == pytest.approx(begun.value, rel=2e-6)


def test_factor_and_capacity_trade_off(edge: tuple[CompiledInstance, PlanArrays, Float]) -> None:
    """At twice the capacity half the factor does; at the factor the whole value is served, below it is not."""
    compiled, plans, capacity = edge
    factor = smallest_factor(plans, compiled.queries, capacity).value
    assert smallest_factor(plans, compiled.queries, 2 * capacity).value == pytest.approx(factor / 2, rel=2e-6)
    queries = compiled.queries
    asking = [len(open_plans(compiled, plans, query)) > 0 for query in range(len(queries.rate_milli))]
    everything = float((queries.value_milli * queries.count)[asking].sum())
    assert greatest_value(plans, queries, capacity * factor).value == pytest.approx(everything, rel=1e-5)
    assert greatest_value(plans, queries, capacity * factor * 0.99).value < everything * (1 - 1e-5)


def test_tolerance_saves_rounds(edge: tuple[CompiledInstance, PlanArrays, Float]) -> None:
    """At a loose tolerance there are fewer rounds, and the optimum still lies between bound and value."""
    compiled, plans, capacity = edge
    close = smallest_factor(plans, compiled.queries, capacity)
    loose = smallest_factor(plans, compiled.queries, capacity, tolerance=0.2)
    assert loose.rounds < close.rounds
    assert loose.bound <= close.value * (1 + 1e-9)
    assert loose.value >= close.bound * (1 - 1e-9)
    assert loose.value - loose.bound <= 0.2 * loose.value


def test_prices_prove_the_bound(edge: tuple[CompiledInstance, PlanArrays, Float]) -> None:
    """The bound follows from the row prices: what serving everybody costs at least, over what capacity is worth."""
    compiled, plans, capacity = edge
    relaxed = smallest_factor(plans, compiled.queries, capacity)
    price, least = plans.priced(relaxed.prices), 0.0
    for query in range(len(compiled.queries.rate_milli)):
        own = open_plans(compiled, plans, query)
        copies = int(compiled.queries.rate_milli[query] * compiled.queries.count[query])
        least += copies * float(price[own].min(initial=np.inf)) if len(own) else 0.0
    assert least / float(relaxed.prices @ capacity) == pytest.approx(relaxed.bound, rel=1e-9)


def test_nothing_can_be_served(edge: tuple[CompiledInstance, PlanArrays, Float]) -> None:
    """Queries without an open plan ask for nothing and are worth nothing."""
    compiled, plans, capacity = edge
    hopeless = replace(compiled.queries, slo_latency_us=np.zeros_like(compiled.queries.slo_latency_us))
    factor, value = smallest_factor(plans, hopeless, capacity), greatest_value(plans, hopeless, capacity)
    assert (factor.value, factor.bound, value.value) == (0.0, 0.0, 0.0)
    assert value.bound == pytest.approx(0.0, abs=1e-6)
    assert not factor.use.any()


def test_rows_without_capacity(edge: tuple[CompiledInstance, PlanArrays, Float]) -> None:
    """Plans on a row without capacity are left out; where nobody can do without, no factor serves all."""
    compiled, plans, capacity = edge
    nothing = smallest_factor(plans, compiled.queries, np.zeros(len(capacity)))
    assert nothing.value == nothing.bound == np.inf
    row = int(np.argmax(smallest_factor(plans, compiled.queries, capacity).use))
    closed = np.where(np.arange(len(capacity)) == row, 0.0, capacity)
    without = plans.taken(
        np.flatnonzero(
            np.bincount(plans.usage.row_of_entry, weights=plans.usage.column == row, minlength=len(plans)) == 0
        )
    )
    changed = replace(compiled, rows=replace(compiled.rows, capacity=closed.astype(np.int64)))
    if all(
        len(open_plans(compiled, without, query)) > 0 or len(open_plans(compiled, plans, query)) == 0
        for query in range(len(compiled.queries.rate_milli))
    ):
        expected = whole_lp(changed, without, everybody=True)
    else:
        expected = np.inf
    assert smallest_factor(plans, compiled.queries, closed).value == pytest.approx(expected, rel=1e-5)
    served = greatest_value(plans, compiled.queries, closed)
    assert served.value == pytest.approx(whole_lp(changed, plans, everybody=False), rel=1e-5)
    assert served.use[row] <= 1e-6


def test_no_shared_rows_are_needed(edge: tuple[CompiledInstance, PlanArrays, Float]) -> None:
    """Where plans use nothing that is shared, factor 0 serves all, and the value is the whole one."""
    compiled, plans, capacity = edge
    usage = replace(
        plans.usage,
        start=np.zeros_like(plans.usage.start),
        column=plans.usage.column[:0],
        amount=plans.usage.amount[:0],
    )
    free = replace(plans, usage=usage)
    factor = smallest_factor(free, compiled.queries, capacity)
    assert (factor.value, factor.bound) == (0.0, 0.0)
    assert factor.rounds < 5
    value = greatest_value(free, compiled.queries, capacity)
    assert value.value == pytest.approx(whole_lp(compiled, free, everybody=False))
    assert value.bound == pytest.approx(value.value)
