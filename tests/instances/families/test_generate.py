"""Instances of the families: pinned bytes, queries that can be served, figures that are short."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sloplan.instances.families.applications import SETTINGS
from sloplan.instances.families.capacities import Capacities
from sloplan.instances.families.generate import STATED_VALUES_PERCENT, VALUES, _description
from sloplan.instances.families.parameters import FamilyParameters
from sloplan.instances.families.spec import generate_spec
from tests.instances.families.family_cases import FAMILIES, SMALL, family, has_plan

# What is changed on purpose in a family or in the catalogue changes these: tools/update_family_pins.py renews them.
PINS = {
    "cloud-only:queries=20,seed=1": "d41339f6f8a785de32fc6d8ce6f196f97c3b68f342307d31b2a1ba74fe7f3415",
    "edge-only:queries=20,seed=1": "7ac24c3225ca73aaad867cff7f306fb44e697f0c8548cc44f6b472f4e176758b",
    "edge-cloud:queries=20,seed=1": "ba37bdce0637c553da5f664793d0d559ab6bf36e3f1f713265f8315893e35217",
    "mixed:queries=20,seed=1": "785ffdabbc21b68826548346d24a79ddc5d5a09d62bdd01f50e88efdcb4e968a",
    "heterogeneous:queries=20,seed=1": "2a1bfdc1732ad5a4a8eb452bfb3ef052b32a77c12c30934fff0a63dcc1859cf9",
    "city:queries=20,seed=1": "b67ff80bfb390883e44bb71d9ee50bd83bb502852ebd4b58b4b49fb1986b1a45",
    "burst:queries=20,seed=1": "bdea977cdb0fc1fb7181ca0ff00cc90cbf0335874c6a9f8564a06ca3e3dec1d9",
    "mixed:queries=20,seed=1,hosting=replicas": "4cf03c6d1f5acfb4eeb5d155ec69a1685f8ff6de8e4ac67758d51651efbe1919",
    "edge-cloud:queries=20,seed=1,copies=1000": "221cbb1dc162f2f02725607a0a0592871973e454153378c85b4eaa93aa45ca34",
    "city:queries=20,seed=1,slo_latency=loose": "eafdc5807831e323341770011d1c2b00063cac27b8cc3e1751a68630c7b11187",
    "city:queries=20,slo=loose,slo_cost=tight": "1d187351b3cbc5690d3a82c2a1e8390a524e57e70e5460f38bd3c902b81497c5",
    "city:queries=400,seed=1,load=0.8": "73fbfa2b8e858da964f5888504c53cab3e03ea640287d3cb7d3151f420715ab0",
    "edge-only:queries=500,sites=110,slo=loose": "b15941afb197d5349f2ae1f9f524e92ec4f058fe86d7632bd225df07aa6270d0",
}


@pytest.mark.parametrize("spec", PINS)
def test_same_spec_same_content(spec: str) -> None:
    """The content hashes of these specs are pinned: on any machine the figures are the same."""
    assert family(spec).sha256 == PINS[spec]


@pytest.mark.parametrize(
    ("least", "most", "reached"),
    [
        (1.2, 1.2, "1.2"),
        (1.19997, 1.2, "1.2"),
        (1.17096, 1.2, "1.17 to 1.2"),
        (1.2 * 0.975, 1.2, "1.17 to 1.2"),
        (0.78999, 0.80001, "0.7899 to 0.8001"),
        (0.0, 0.0, "0"),
    ],
)
def test_the_description_rounds_outwards(least: float, most: float, reached: str) -> None:
    """A load that is known in four digits is one figure; two ends are rounded away from each other."""
    capacities = Capacities({}, {}, least_load=least, most_load=most)
    assert _description(FamilyParameters("city"), capacities) == f"load {reached} of 1.2 asked"


@pytest.mark.parametrize("name", ["cloud-only", "mixed", "burst"])
def test_seeds_differ(name: str) -> None:
    """Another seed is another instance; the same one, made again, is the same."""
    assert family(f"{name}:queries=20,seed=2").sha256 != family(f"{name}:queries=20,seed=1").sha256
    assert generate_spec(f"{name}:queries=20,seed=2").sha256 == family(f"{name}:queries=20,seed=2").sha256


@pytest.mark.parametrize(
    "spec", [*SMALL.values(), *(f"{name}:queries=60,slo=loose" for name in ("cloud-only", "edge-only", "mixed"))]
)
def test_most_queries_have_a_plan(spec: str) -> None:
    """Of 100 queries 90 or more can be served if nobody else is there."""
    assert has_plan(spec).mean() >= 0.9


def test_some_queries_ask_for_what_there_is_not() -> None:
    """A few queries are drawn without asking whether a plan serves them."""
    share = has_plan("cloud-only:queries=1000,load=0.8").mean()
    assert 0.9 < share < 1


@pytest.mark.parametrize("name", FAMILIES)
def test_figures_are_short_decimals(name: str) -> None:
    """No stated figure has more than twelve digits, no utilization more than five: no machine's last digit is in it."""
    for table, frame in family(SMALL[name]).to_frames().items():
        for column in frame.select_dtypes("float"):
            values: pd.Series[float] = frame[column].dropna()
            digits = 5 if column == "max_utilization" else 12
            assert all(float(f"{value:.{digits}g}") == value for value in values), (table, column)


def test_values() -> None:
    """About half of the queries state a value, one of four; the others are worth their rate."""
    instance = family("cloud-only:queries=1000,load=0.8")
    value, queries = instance.table("queries")["value"], instance.compiled.queries
    stated = value.notna().to_numpy()
    assert abs(100 * stated.mean() - STATED_VALUES_PERCENT) < 5
    assert set(value.dropna()) == set(VALUES)
    assert np.array_equal(queries.value_milli[~stated], queries.rate_milli[~stated])


def test_copies() -> None:
    """Each row stands for the stated number of copies; who asks for what is the same as without."""
    many, one = (family(f"edge-cloud:queries=20,seed=1,copies={copies}").table("queries") for copies in (1000, 1))
    assert (many["count"] == 1000).all()
    assert many.drop(columns="count").equals(one.drop(columns="count"))


def test_hosting_changes_nothing_else() -> None:
    """With replicas the tables are those of the fluid instance."""
    fluid, replicas = (family(f"mixed:queries=20,seed=1,hosting={hosting}") for hosting in ("fluid", "replicas"))
    assert replicas.hosting == "replicas"
    frames = fluid.to_frames()
    assert all(frame.equals(frames[name]) for name, frame in replicas.to_frames().items())


@pytest.mark.parametrize("application", SETTINGS)
def test_one_application_alone(application: str) -> None:
    """An instance may hold one application only, with nobody else's machines."""
    instance = family(f"edge-cloud:queries=12,applications={application}")
    setting = SETTINGS[application]
    devices = {device for device, _ in setting.devices}
    assert set(instance.table("queries")["application"]) == {application}
    assert set(instance.table("pools")["hardware"]) <= {*setting.edge, *setting.cloud, *setting.own, *devices}


@pytest.mark.parametrize("name", FAMILIES)
def test_one_query(name: str) -> None:
    """The smallest instances are instances too."""
    instance = family(f"{name}:queries=1,load=0.8")
    assert len(instance.table("queries")) == 1
    assert len(instance.compiled.rows) >= 1


@pytest.mark.parametrize("name", ["cloud-only", "mixed"])
def test_users_take_applications_in_turn(name: str) -> None:
    """User sites of the applications differ by one at most, and every query asks for its user's application."""
    spec = f"{name}:queries=60,sites=24"
    pools, queries = family(spec).table("pools"), family(spec).table("queries")
    of_user = queries.groupby("source_site")["application"].agg(set)
    assert (of_user.map(len) == 1).all()
    expected = dict(zip([f"u{number:03d}" for number in range(24)], list(SETTINGS) * 4, strict=True))
    assert {user: {expected[user]} for user in of_user.index} == of_user.to_dict()
    cameras = pools.loc[pools["hardware"] == "camera", "site"]
    assert set(cameras) == {user for user, application in expected.items() if application == "traffic-video"}
