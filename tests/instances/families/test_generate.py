"""Instances of the families: pinned bytes, queries that can be served, figures that are short."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sloplan.instances.families.applications import SETTINGS
from sloplan.instances.families.generate import STATED_VALUES_PERCENT, VALUES
from sloplan.instances.families.spec import generate_spec
from tests.instances.families.family_cases import FAMILIES, SMALL, family, has_plan

# What is changed on purpose in a family or in the catalogue changes these: tools/update_family_pins.py renews them.
PINS = {
    "cloud-only:queries=20,seed=1": "3f387f3cebe83371afc4ff8035c364b518ad87545a3959ac8720ccbeea8bb661",
    "edge-only:queries=20,seed=1": "5b946e735c07118aaf5f0e127928e38ad31b72db554d811e4fccddce9e92711c",
    "edge-cloud:queries=20,seed=1": "6c6f076f616755dc102c40e5dcb7a26337f94956452a981c15534396ed798dc3",
    "mixed:queries=20,seed=1": "c0a53904ee6793e3c4b08b613e392922d6519af5c815be437fd1628a31f4d455",
    "heterogeneous:queries=20,seed=1": "01dedf01e2b3ff8a98b5a72ffc64d07c5d15049a6b33ef401ee8eb2e6caf94ff",
    "city:queries=20,seed=1": "5574a585c2cfbba9c61efcfa885c7b5d1bb01836b313ace922d0dd675cb70822",
    "burst:queries=20,seed=1": "b43419cf76a3e7d45790e4a53905c31a2c47f3ba51f0fa9df0661fd6b857d2f1",
    "mixed:queries=20,seed=1,hosting=replicas": "a04b6428355c22c526eb70efac109865fe5e5daca7ac5cf9dc195c6724df03f8",
    "edge-cloud:queries=20,seed=1,copies=1000": "d240b1a3564d8da78d0cdba5fdb24e0640baac7bd68cfce9a45ed25366a5ebbb",
    "city:queries=20,seed=1,slo_latency=loose": "d93037a0276263317927be36637fd756eaa966db7f053db18f1774bff59db35b",
    "city:queries=20,slo=loose,slo_cost=tight": "b96a30ec87145862073c47e654d366b3c083e0e700e41b046144809388645ada",
    "city:queries=400,seed=1,load=0.8": "c770a4c58481746a9b289c60c20cbce62d6a5434ff1deb5965ec22731fbda99a",
}


@pytest.mark.parametrize("spec", PINS)
def test_same_spec_same_content(spec: str) -> None:
    """The content hashes of these specs are pinned: on any machine the figures are the same."""
    assert family(spec).sha256 == PINS[spec]


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
