"""What stands where in each family."""

from __future__ import annotations

import pytest

from sloplan.instances.families.applications import SETTINGS
from sloplan.instances.families.layouts import LAYOUTS, Layout, centre_count, default_sites, hub_count
from tests.instances.families.family_cases import FAMILIES, SMALL, family, shared, tiers


def test_the_seven_families() -> None:
    """The deployment spaces of the field are there, each with a line of its own."""
    assert set(LAYOUTS) == {"cloud-only", "edge-only", "edge-cloud", "mixed", "heterogeneous", "city", "burst"}
    assert len({layout.summary for layout in LAYOUTS.values()}) == len(LAYOUTS)
    assert sum(layout.bursts for layout in LAYOUTS.values()) == 1
    assert sum(layout.thin for layout in LAYOUTS.values()) == 1


@pytest.mark.parametrize(
    ("queries", "sites"), [(1, 6), (40, 6), (60, 7), (1_000, 31), (10_000, 100), (1_000_000, 1_000)]
)
def test_user_sites_grow_as_the_root(queries: int, sites: int) -> None:
    """The root of the queries, rounded down, and at least one per application; a city has three times as many."""
    assert default_sites(LAYOUTS["edge-cloud"], queries, 6) == sites
    in_city = default_sites(LAYOUTS["city"], queries, 6)
    assert 3 * (sites - 1) <= in_city <= 3 * (sites + 1) or in_city == 6


@pytest.mark.parametrize(("queries", "sites", "hubs"), [(6, 6, 1), (60, 7, 2), (1_000, 31, 6), (12, 600, 2), (1, 6, 1)])
def test_hubs(queries: int, sites: int, hubs: int) -> None:
    """One hub for six user sites, rounded up, but no more than one for six queries, and at least one."""
    assert hub_count(LAYOUTS["edge-cloud"], queries, sites) == hubs


@pytest.mark.parametrize(("hubs", "centres"), [(1, 1), (8, 1), (9, 2), (200, 25)])
def test_centres(hubs: int, centres: int) -> None:
    """One centre for eight hubs, rounded up, where the layout has any."""
    assert centre_count(LAYOUTS["city"], hubs) == centres
    assert centre_count(Layout("none"), hubs) == 0


@pytest.mark.parametrize("name", FAMILIES)
def test_tiers_and_own_machines(name: str) -> None:
    """Shared pools stand at the layout's tiers only; users own what the layout and their application give them."""
    spec, layout = SMALL[name], LAYOUTS[name]
    instance = family(spec)
    tier = instance.table("sites").set_index("site")["tier"]
    expected = {layout.hub_tier} | ({"cloud"} if layout.has_cloud else set())
    assert set(shared(spec, "pools")["site"].map(tier)) == expected
    assert set(tier) == expected | {"device"}
    pools = instance.table("pools")
    own = pools[pools["scope"] == "query"]
    assert set(own["site"].map(tier)) == {"device"}
    # Hardware of the edge does not stand in the cloud and the other way round, where only one of them may have it.
    edge = {kind for setting in SETTINGS.values() for kind in setting.edge}
    cloud = {kind for setting in SETTINGS.values() for kind in setting.cloud}
    standing = shared(spec, "pools")
    assert set(standing.loc[standing["site"].map(tier) == "edge", "hardware"]) <= edge
    assert set(standing.loc[standing["site"].map(tier) == "cloud", "hardware"]) <= cloud


def test_cloud_only() -> None:
    """No edge, and users own nothing but cameras."""
    pools = family(SMALL["cloud-only"]).table("pools")
    assert "edge" not in tiers(SMALL["cloud-only"])
    assert set(pools.loc[pools["scope"] == "query", "hardware"]) == {"camera"}


def test_edge_only() -> None:
    """No cloud, so results of traffic video go nowhere; others go back to the user."""
    instance = family(SMALL["edge-only"])
    assert "cloud" not in tiers(SMALL["edge-only"])
    queries = instance.table("queries")
    video = queries["application"] == "traffic-video"
    sink = queries["sink_site"].fillna("")
    assert video.any()
    assert (sink[video] == "").all()
    assert (sink[~video] == queries["source_site"][~video]).all()


def test_mixed_has_both_kinds_of_users() -> None:
    """Of every application there are users with a device and an edge site, and users who reach the cloud only."""
    instance = family("mixed:queries=1000,sites=48")
    links = instance.table("links")
    own = links[links["scope"] == "query"]
    up = own[own["from_site"].str.startswith("u")].groupby("from_site")["to_site"].agg(set)
    thin = {site for site, reached in up.items() if reached == {"cloud"}}
    queries = instance.table("queries")
    kinds = queries.assign(thin=queries["source_site"].isin(thin)).groupby("application")["thin"].agg(["min", "max"])
    assert not kinds["min"].any(), kinds
    assert kinds["max"].sum() >= len(SETTINGS) - 1, kinds
    pools = instance.table("pools")
    machines = pools[(pools["scope"] == "query") & (pools["hardware"] != "camera")]
    assert set(machines["site"]) == set(up.index) - thin


def test_heterogeneous_speeds() -> None:
    """Speeds of users' machines differ by a factor of ten."""
    pools = family("heterogeneous:queries=60,sites=24").table("pools")
    speeds = pools.loc[pools["scope"] == "query", "speed"]
    assert speeds.max() >= 10 * speeds.min()


def test_city() -> None:
    """Hundreds of sites, most with machines, and small pools at the edge."""
    spec = "city:queries=10000"
    counts = tiers(spec)
    assert counts["device"] >= 200
    assert counts["edge"] >= 200
    pools = shared(spec, "pools")
    hubs = pools[pools["site"].str.startswith("e")]
    assert len(pools) > 300
    assert hubs["site"].nunique() > 0.75 * 200
    assert hubs["units"].median() <= 3
    assert hubs["units"].max() <= 50


@pytest.mark.parametrize("name", FAMILIES)
def test_hubs_have_machines(name: str) -> None:
    """At 60 queries already there are ten reserved pools or more, and machines at most of the hubs."""
    spec = SMALL[name]
    pools = shared(spec, "pools")
    assert (pools["billing"] == "reserved").sum() >= 10
    hubs = {site for site in family(spec).table("sites")["site"] if site[0] in "ez"}
    assert len(hubs & set(pools["site"])) >= 0.6 * len(hubs)
