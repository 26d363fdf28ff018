"""The kernel that lists plans, against plain enumeration."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from sloplan.instances.families.spec import generate_spec
from sloplan.instances.library import load
from sloplan.pricing import plan_lister
from sloplan.pricing.plan_arrays import PlanArrays, list_plans
from sloplan.pricing.plan_lister import PlanLister
from sloplan.problem import plan_table
from sloplan.problem.compiled import CompiledInstance
from sloplan.problem.errors import SizeLimitError
from sloplan.problem.plan_table import PLAN_LIMIT, enumerate_plans
from tests.pricing.large_plan_space import large_instance
from tests.pricing.plain_arrays import plain_arrays
from tests.pricing.pricing_cases import HOSTINGS, compiled_case

FAMILIES = ("cloud-only", "edge-only", "edge-cloud", "mixed", "heterogeneous", "city", "burst")


def assert_same(found: PlanArrays, expected: PlanArrays) -> None:
    """Every array of both is the same, of one type and shape."""
    pairs = [(getattr(found, field.name), getattr(expected, field.name)) for field in dataclasses.fields(PlanArrays)]
    pairs += [(getattr(found.usage, name), getattr(expected.usage, name)) for name in ("start", "column", "amount")]
    for one, other in pairs:
        if isinstance(one, np.ndarray):
            assert one.dtype == other.dtype
            assert one.shape == other.shape
            assert np.array_equal(one, other)


def listed(compiled: CompiledInstance) -> PlanArrays:
    """Return the plans of all templates."""
    return list_plans(compiled, PLAN_LIMIT, lambda _: False)[0]


@pytest.mark.parametrize("hosting", HOSTINGS)
@pytest.mark.parametrize("seed", range(60))
def test_random_instances(seed: int, hosting: str) -> None:
    """Plans, their order and all figures are those of plain enumeration, whatever an instance has."""
    compiled = compiled_case(seed, hosting)
    assert_same(listed(compiled), plain_arrays(compiled))


@pytest.mark.parametrize("seed", range(20))
def test_rented_units(seed: int) -> None:
    """So they are with all units rented, whose capacities and rows differ."""
    compiled = compiled_case(seed, "fluid").under_cost.all_rented
    assert_same(listed(compiled), plain_arrays(compiled))


@pytest.mark.parametrize("slo", ["0.8-loose", "2-tight"])
@pytest.mark.parametrize("family", FAMILIES)
def test_smallest_of_the_library(family: str, slo: str) -> None:
    """The smallest instances of every family have the same plans."""
    compiled = load(f"{family}-xs-{slo}").compiled
    assert_same(listed(compiled), plain_arrays(compiled))


@pytest.mark.parametrize("family", FAMILIES)
def test_small_ones_of_the_library(family: str) -> None:
    """So have those of sixty queries."""
    compiled = load(f"{family}-s-1.2-tight").compiled
    assert_same(listed(compiled), plain_arrays(compiled))


def test_room_grows(monkeypatch: pytest.MonkeyPatch) -> None:
    """However little room there is at first, plans of earlier templates stay and none is written twice."""
    compiled = generate_spec("edge-cloud:queries=12,seed=1").compiled
    monkeypatch.setattr(plan_lister, "_FIRST_ROOM", 1)
    assert_same(listed(compiled), plain_arrays(compiled))


def refusal(compiled: CompiledInstance, template: int, limit: int) -> tuple[str | None, str | None]:
    """Return what the kernel and plain enumeration say of a limit."""
    said: list[str | None] = []
    for listing in (PlanLister(compiled, limit).add, lambda t: enumerate_plans(compiled, t, limit)):
        try:
            listing(template)
            said.append(None)
        except SizeLimitError as error:
            said.append(str(error))
    return said[0], said[1]


@pytest.mark.parametrize("seed", range(12))
def test_limits(seed: int) -> None:
    """Too many partial plans are refused at the same limits, and at the same operator."""
    compiled = compiled_case(seed, "fluid")
    for template in range(len(compiled.templates)):
        for limit in (*range(8), 12, 20, 40, 80, 250):
            by_kernel, plain = refusal(compiled, template, limit)
            assert by_kernel == plain


def test_far_too_many_plans(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 30 ** 8 plans the kernel lists no more than the limits allow before it says so, as enumeration does."""
    compiled = large_instance(1).compiled
    for limit, cells in ((5000, 10**9), (10**9, 20_000)):
        monkeypatch.setattr(plan_table, "CELL_LIMIT", cells)
        by_kernel, plain = refusal(compiled, 0, limit)
        assert by_kernel == plain
        assert plain is not None


def test_refused_templates_leave_nothing() -> None:
    """What a refused template has begun to list is not among the plans."""
    compiled = generate_spec("edge-cloud:queries=12,seed=1").compiled
    expected = plain_arrays(compiled)
    lengths = np.diff(expected.start)
    refused = int(np.argmax(lengths))
    lister = PlanLister(compiled, int(lengths[refused]) - 1)
    for template in range(len(compiled.templates)):
        if template == refused:
            with pytest.raises(SizeLimitError):
                lister.add(template)
        elif enumerates(compiled, template, int(lengths[refused]) - 1):
            lister.add(template)
    found = PlanArrays(*lister.take())
    kept = np.flatnonzero(np.isin(expected.template, np.flatnonzero(np.diff(found.start))))
    assert len(found) == len(kept) > 0
    assert_same(found, expected.taken(kept))


def enumerates(compiled: CompiledInstance, template: int, limit: int) -> bool:
    """Tell whether a template has at most so many partial plans."""
    try:
        enumerate_plans(compiled, template, limit)
    except SizeLimitError:
        return False
    return True


def test_listing_stops() -> None:
    """Only the templates before the stop have plans, and a lister that is emptied begins anew."""
    compiled = generate_spec("edge-cloud:queries=12,seed=1").compiled
    expected = plain_arrays(compiled)
    found, number = list_plans(compiled, PLAN_LIMIT, lambda num_listed: num_listed == 2)
    assert number == 2
    assert_same(found, expected.taken(np.flatnonzero(expected.template < 2)))
    lister = PlanLister(compiled, PLAN_LIMIT)
    lister.add(0)
    lister.take()
    lister.add(1)
    assert_same(PlanArrays(*lister.take()), expected.taken(np.flatnonzero(expected.template == 1)))
