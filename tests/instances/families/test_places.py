"""Sites, pools and links: which lines, how many units, who reaches what."""

from __future__ import annotations

import numpy as np
import pytest

from sloplan.instances.families.layouts import LAYOUTS
from sloplan.instances.families.places import LINE_RATES_MBPS, RENTED_AT_MOST, Hubs, line_rate_mbps
from tests.instances.families.family_cases import SMALL, TINY, family, shared

SPECS = [*TINY.values(), *SMALL.values()]


@pytest.mark.parametrize(
    ("needed", "line"), [(0.0, 100), (100.0, 100), (100.1, 200), (99_000.0, 100_000), (200_001.0, 300_000)]
)
def test_line_rate(needed: float, line: int) -> None:
    """The smallest usual line that carries the traffic; beyond the largest, several."""
    assert line_rate_mbps(needed) == line


def test_reached_hubs() -> None:
    """The home hub comes first, then the next one, which of the last hub is the first; one hub is reached once."""
    three = Hubs(LAYOUTS["edge-cloud"], 3, 100.0)
    assert [three.reached(home) for home in range(3)] == [[0, 1], [1, 2], [2, 0]]
    assert Hubs(LAYOUTS["edge-cloud"], 1, 100.0).reached(0) == [0]
    assert Hubs(LAYOUTS["city"], 3, 100.0).reached(2) == [2]


@pytest.mark.parametrize("count", [1, 7, 8, 9, 63])
def test_hubs_are_split_over_centres(count: int) -> None:
    """Every hub hangs below one centre, neighbours below the same one; amounts are summed so."""
    hubs = Hubs(LAYOUTS["city"], count, 100.0)
    below = [hubs.centre_of(hub) for hub in range(count)]
    assert below == sorted(below)
    assert set(below) == set(hubs.centres)
    assert max(map(below.count, below)) <= 8
    amount = np.arange(1.0, count + 1)
    expected = [sum(amount[hub] for hub in range(count) if below[hub] == centre) for centre in hubs.centres]
    assert hubs.by_centre(amount).tolist() == expected


@pytest.mark.parametrize("spec", SPECS)
def test_shared_pools(spec: str) -> None:
    """Whole units, at least one, rentable threefold; utilizations above 0 that leave room in units of many."""
    pools = shared(spec, "pools")
    assert pools["units"].dtype.kind == "i"
    assert (pools["units"] >= 1).all()
    assert (pools["max_units"] == RENTED_AT_MOST * pools["units"]).all()
    assert pools["max_utilization"].between(0, 0.9, inclusive="right").all()
    # No unit more than needed: one fewer would be used beyond the usual.
    several = pools[pools["units"] > 1]
    assert (several["max_utilization"] * several["units"] / (several["units"] - 1) > 0.8).all()
    assert (pools["billing"] == "reserved").all()
    assert (pools["price_per_unit_hour"] > 0).all()


@pytest.mark.parametrize("spec", SPECS)
def test_shared_lines(spec: str) -> None:
    """Lines are of one usual rate, and none is asked to carry more than that."""
    lines = shared(spec, "links")
    assert lines["bandwidth_mbps"].nunique() == 1
    assert lines["bandwidth_mbps"].iloc[0] in LINE_RATES_MBPS
    assert lines["max_utilization"].between(0, 1, inclusive="right").all()
    layout = LAYOUTS[spec.partition(":")[0]]
    starts = lines["from_site"].str[0].value_counts().to_dict()
    sites = family(spec).table("sites")["site"]
    assert starts.get("e", 0) + starts.get("z", 0) == sites.str[0].isin(["e", "z"]).sum()
    assert (lines["to_site"] == "cloud").any() == layout.has_cloud


@pytest.mark.parametrize("spec", ["mixed:queries=60,load=0.01", "city:queries=60,load=0.02"])
def test_lines_get_the_rate_that_they_need(spec: str) -> None:
    """Where a load asks for more than the first rate of the lines, they get a faster one; nothing is cut off."""
    lines = shared(spec, "links")
    assert lines["max_utilization"].max() < 1
    assert lines["bandwidth_mbps"].nunique() == 1


def test_users_have_ways_of_their_own() -> None:
    """A user reaches its home hub and the next one, and is reached from these and from the cloud."""
    instance = family(SMALL["edge-cloud"])
    links = instance.table("links")
    own = links[links["scope"] == "query"]
    up = own[own["from_site"].str.startswith("u")]
    down = own[own["to_site"].str.startswith("u")]
    assert (up.groupby("from_site")["to_site"].nunique() == 2).all()
    assert (down.groupby("to_site")["from_site"].nunique() == 3).all()
    assert len(up) + len(down) == len(own)
    assert (up["price_per_gb"] == 0).all()
    assert (down.loc[down["from_site"] == "cloud", "price_per_gb"] > 0).all()
    # The next hub is farther away, and the cloud farther still.
    assert (up.groupby("from_site")["delay_ms"].nunique() == 2).all()
