"""Family specs: what they say, and what is refused."""

from __future__ import annotations

import pytest

from sloplan.instances.families.applications import SETTINGS
from sloplan.instances.families.spec import canonical_spec, family_names, generate_spec, is_spec, parse_spec
from sloplan.problem.errors import InputError

ALL = "+".join(SETTINGS)


def test_stated_and_default_parameters() -> None:
    """Stated parameters are read, the others have their defaults."""
    parameters = parse_spec("edge-cloud:queries=1000,seed=3,applications=vqa+ar-pose")
    assert (parameters.queries, parameters.seed, parameters.applications) == (1000, 3, ("vqa", "ar-pose"))
    assert (parameters.load, parameters.slo, parameters.user_sites) == (1.2, "tight", 31)
    assert parse_spec("edge-cloud") == parse_spec("edge-cloud:")


def test_every_parameter_is_read() -> None:
    """Each parameter of a family can be stated."""
    parameters = parse_spec(
        "city:queries=8,copies=2,sites=9,load=2.5,slo=loose,slo_latency=tight,slo_accuracy=loose,slo_cost=tight,"
        "hosting=replicas,seed=4,applications=vqa"
    )
    assert (parameters.family, parameters.copies, parameters.sites, parameters.load) == ("city", 2, 9, 2.5)
    assert (parameters.slo, parameters.slo_latency, parameters.slo_accuracy, parameters.slo_cost) == (
        "loose", "tight", "loose", "tight",
    )  # fmt: skip
    assert (parameters.hosting, parameters.seed, parameters.applications) == ("replicas", 4, ("vqa",))


def test_spaces_do_not_count() -> None:
    """Blanks around names, values and the plus of applications are no part of them."""
    spaced = parse_spec("edge-cloud: queries = 50 , applications = vqa + ar-pose")
    assert spaced == parse_spec("edge-cloud:queries=50,applications=vqa+ar-pose")


@pytest.mark.parametrize(
    ("spec", "full"),
    [
        (
            "edge-cloud:load=0.75,queries=50",
            "edge-cloud:queries=50,copies=1,sites=7,load=0.75,slo=tight,hosting=fluid,seed=0,applications=" + ALL,
        ),
        (
            "city:slo=loose,slo_cost=tight,slo_latency=loose,applications=vqa",
            "city:queries=60,copies=1,sites=23,load=1.2,slo=loose,slo_cost=tight,hosting=fluid,seed=0,applications=vqa",
        ),
    ],
)
def test_canonical_spec_reads_back(spec: str, full: str) -> None:
    """The full spec means the same; sites are written out, a dimension only where it differs from `slo`."""
    assert canonical_spec(parse_spec(spec)) == full
    assert canonical_spec(parse_spec(full)) == full


def test_the_full_spec_is_the_name() -> None:
    """An instance bears its full spec, and that makes the same instance."""
    instance = generate_spec("edge-only:queries=10,applications=vqa")
    assert instance.name == canonical_spec(parse_spec("edge-only:queries=10,applications=vqa"))
    again = generate_spec(instance.name)
    assert (again.sha256, again.name) == (instance.sha256, instance.name)


def test_what_is_a_spec() -> None:
    """A family's name begins a spec; library names and paths do not."""
    assert family_names() == ("cloud-only", "edge-only", "edge-cloud", "mixed", "heterogeneous", "city", "burst")
    assert all(is_spec(name) for name in family_names())
    assert is_spec("edge-cloud:whatever")
    assert not is_spec("edge-cloud-s")
    assert not is_spec("./edge-cloud")


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("edge-clod:queries=3", r"unknown family \(did you mean edge-cloud\?\); allowed: cloud-only, edge-only"),
        (
            "edge-cloud:querys=3",
            r"unknown parameter of edge-cloud \(did you mean queries\?\); allowed: queries, copies",
        ),
        ("edge-cloud:queries", "parameter without a value; allowed: name=value"),
        ("edge-cloud:seed=1,seed=2", "seed = '2': parameter given twice"),
        ("edge-cloud:queries=3.5", "queries = '3.5': not a whole number"),
        ("edge-cloud:queries=--3", "queries = '--3': not a whole number"),
        ("edge-cloud:copies=1e3", "copies = '1e3': not a whole number"),
        ("edge-cloud:seed=1234567890123456789", "not a whole number; allowed: up to 18 digits"),
        ("edge-cloud:queries=", "queries = .*: parameter without a value"),
        ("edge-cloud:queries=0", "queries = 0: bad parameter; allowed: 1 to 10000000"),
        ("edge-cloud:queries=99999999999", "allowed: 1 to 10000000"),
        ("edge-cloud:sites=2", r"sites = 2: bad parameter; allowed: 6 \(one per application\) to 100000"),
        ("edge-cloud:load=0", "load = 0.0: bad parameter; allowed: 0.01 to 100"),
        ("edge-cloud:load=-1", "load = -1.0: bad parameter; allowed: 0.01 to 100"),
        ("edge-cloud:load=1e-300", "load = '1e-300': not a number; allowed: a decimal"),
        ("edge-cloud:load=1_0", "load = '1_0': not a number"),
        ("edge-cloud:load=\uff11", "load = '\uff11': not a number"),
        ("edge-cloud:load=.5", "load = '.5': not a number"),
        ("edge-cloud:seed=\uff11", "seed = '\uff11': not a whole number"),
        ("edge-cloud:load=nan", "load = 'nan': not a number"),
        ("edge-cloud:slo=medium", "slo = 'medium': bad parameter; allowed: loose or tight"),
        ("edge-cloud:slo_cost=medium", "slo_cost = 'medium': bad parameter; allowed: loose or tight"),
        ("edge-cloud:hosting=none", "hosting = 'none': bad parameter; allowed: fluid or replicas"),
        ("edge-cloud:seed=-1", "seed = -1: bad parameter; allowed: 0 or more"),
        ("edge-cloud:applications=vqa+speech", "applications = .*: bad parameter; allowed: some of vqa, traffic-video"),
        ("edge-cloud:applications=vqa+vqa", "applications = .*: bad parameter"),
        ("edge-cloud:applications=", "applications = .*: parameter without a value"),
    ],
)
def test_refused(spec: str, message: str) -> None:
    """Each mistake gets a message that names what is allowed."""
    with pytest.raises(InputError, match=message):
        parse_spec(spec)
