"""The reference set: which instances it has."""

from __future__ import annotations

from collections import Counter

import pytest

from sloplan.instances.families.layouts import LAYOUTS
from sloplan.instances.families.parameters import TIGHTNESS, FamilyParameters
from sloplan.instances.families.spec import parse_spec
from sloplan.instances.reference import GRID_SIZES, REFERENCE, SIZES, XS_APPLICATIONS

BY_NAME = {reference.name: reference for reference in REFERENCE}


def test_names_are_unique() -> None:
    """No two instances share a name or a spec."""
    assert len(BY_NAME) == len(REFERENCE)
    assert len({reference.spec for reference in REFERENCE}) == len(REFERENCE)


@pytest.mark.parametrize("size", GRID_SIZES)
def test_grid(size: str) -> None:
    """Each size of the grid crosses seven families, three loads and two degrees of tightness."""
    names = {reference.name for reference in REFERENCE if reference.size == size}
    assert len(names) == 42
    assert names == {
        f"{family}-{size}-{load}-{slo}" for family in LAYOUTS for load in ("0.8", "1.2", "2") for slo in TIGHTNESS
    }


def test_large_instances() -> None:
    """Beyond the grid there are two families with 100,000 and 1,000,000 queries, and one of 10^8 query copies."""
    sizes = Counter(reference.size for reference in REFERENCE if reference.size not in GRID_SIZES)
    assert sizes == {"xl": 2, "xxl": 3}
    large = {name: parse_spec(reference.spec) for name, reference in BY_NAME.items() if reference.size in sizes}
    assert {name: (parameters.queries, parameters.copies) for name, parameters in large.items()} == {
        "mixed-xl-1.2-tight": (100_000, 1),
        "city-xl-1.2-tight": (100_000, 1),
        "mixed-xxl-1.2-tight": (1_000_000, 1),
        "city-xxl-1.2-tight": (1_000_000, 1),
        "mixed-xxl-1.2-tight-x100": (1_000_000, 100),
    }


@pytest.mark.parametrize("name", BY_NAME)
def test_specs_say_what_names_say(name: str) -> None:
    """Family, size, load and SLOs of the spec are those of the name; nothing but the applications of xs differs."""
    reference = BY_NAME[name]
    parameters = parse_spec(reference.spec)
    assert (parameters.family, parameters.slo) == (reference.family, reference.slo)
    assert (parameters.queries, parameters.load) == (SIZES[reference.size], float(reference.load))
    assert parameters == FamilyParameters(
        reference.family,
        queries=parameters.queries,
        copies=100 if name.endswith("-x100") else 1,
        load=parameters.load,
        slo=reference.slo,
        seed=0,
        **({"applications": tuple(XS_APPLICATIONS.split("+"))} if reference.size == "xs" else {}),
    )


def test_only_small_ones_are_stored() -> None:
    """The sizes xs and s are stored, 84 instances."""
    assert {reference.size for reference in REFERENCE if reference.is_stored} == {"xs", "s"}
    assert sum(reference.is_stored for reference in REFERENCE) == 84
