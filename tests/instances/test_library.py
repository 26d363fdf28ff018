"""The library: what is stored is what the specs give, found by name; small instances against brute force."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

import sloplan
from sloplan.instances import library
from sloplan.instances.families.layouts import LAYOUTS
from sloplan.instances.reference import REFERENCE, SIZES
from sloplan.problem.errors import InputError
from sloplan.problem.servable import servable_queries, servable_value
from tests.conformance.brute_force import TinyInstance
from tests.conformance.brute_force_search import optimum

STORED = Path(library.__file__).parent / "library"
SAMPLE = {
    f"{family}-{size}-1.2-{slo}"
    for family, size, slo in zip(
        LAYOUTS, ["xs", "s"] * len(LAYOUTS), ["tight", "tight", "loose", "loose"] * len(LAYOUTS), strict=False
    )
}
"""One instance of each family, sizes and tightness in turn."""
LEAST_SERVABLE = {"city": 0.75}
"""Where fewer than eight in ten queries of size s can be served alone: a city's edge sites are small."""


def small(size: str, quick: Iterable[str]) -> list[Any]:
    """Return the stored names of a size ("" for all); those that are not `quick` are marked slow."""
    quick = set(quick)
    names = [reference.name for reference in REFERENCE if reference.is_stored and size in ("", reference.size)]
    assert quick <= set(names)
    return [pytest.param(name, marks=[] if name in quick else [pytest.mark.slow]) for name in names]


@pytest.mark.parametrize("name", small("", SAMPLE))
def test_stored_files_are_what_the_spec_gives(name: str) -> None:
    """Generating again gives the stored instance: content, name and description (bytes depend on zlib's version)."""
    stored, made = library.load(name), library.generated(name)
    assert (stored.sha256, stored.name, stored.description) == (made.sha256, name, made.description)


def test_every_file_is_listed() -> None:
    """What is stored is what is listed."""
    assert {file.name for file in STORED.iterdir()} == {f"{name}.zip" for name in library.stored_names()}


@pytest.mark.parametrize("name", library.stored_names())
def test_description(name: str) -> None:
    """Each stored instance has the queries of its size and states its spec and the load that was reached."""
    instance = library.load(name)
    (reference,) = (reference for reference in REFERENCE if reference.name == name)
    assert len(instance.table("queries")) == SIZES[reference.size]
    assert instance.description.startswith(f"{reference.spec}; load ")


@pytest.mark.parametrize("name", small("xs", (name for name in library.stored_names() if "-xs-1.2-" in name)))
def test_xs_against_brute_force(name: str) -> None:
    """The optimum of a smallest instance is that of all combinations of all plans, worked out from its raw tables."""
    instance = library.load(name)
    plain = TinyInstance({table: frame.to_dict("records") for table, frame in instance.to_frames().items()})
    best = optimum(plain).value_milli
    result = sloplan.solve(instance, method="milp", display=False, in_process=True)
    assert (result.status, result.exact.objective, result.exact.bound) == ("optimal", best, best)
    assert 0 < best <= servable_value(instance.compiled)


@pytest.mark.parametrize("name", small("s", (name for name in library.stored_names() if "-s-2-tight" in name)))
def test_most_queries_could_be_served_alone(name: str) -> None:
    """At least eight queries in ten have a plan that fits the empty infrastructure; three in four in a city."""
    family = name.partition("-s-")[0]
    assert servable_queries(library.load(name).compiled).mean() >= LEAST_SERVABLE.get(family, 0.8)


def test_a_generated_instance() -> None:
    """An instance that is not stored is generated from its spec, under its own name."""
    name = "edge-cloud-m-1.2-tight"
    assert name not in library.stored_names()
    instance = library.load(name)
    assert (instance.name, len(instance.table("queries"))) == (name, 1000)


def test_unknown_name() -> None:
    """The message names close ones."""
    with pytest.raises(InputError, match=r"did you mean edge-cloud-\w+-"):
        library.load("edge-cloud-l-1.3-tight")
