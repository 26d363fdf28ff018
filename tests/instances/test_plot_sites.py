"""Tests of grouping sites by likeness."""

from __future__ import annotations

import pandas as pd

from sloplan.instances.plot_sites import MAX_GROUPS, Hardware, Links, group_sites, tiers
from sloplan.problem.instance import Instance
from tests.one_pool import one_pool


def with_homes(hardware: list[str], mbps: list[float], units: list[int] | None = None) -> Instance:
    """Return `one_pool` with homes, each with hardware of its own and a link to the cloud and back."""
    frames = one_pool([1.0] * len(hardware)).to_frames()
    homes = [f"home{number:03d}" for number in range(len(hardware))]
    frames["sites"] = pd.DataFrame({"site": ["cloud", *homes], "tier": ["cloud"] + ["device"] * len(homes)})
    own = pd.DataFrame(
        {
            "pool": homes,
            "site": homes,
            "hardware": hardware,
            "units": units or [1] * len(homes),
            "memory_gb": 1.0,
            "scope": "query",
        }
    )
    frames["pools"] = pd.concat([frames["pools"], own], ignore_index=True)
    frames["links"] = pd.concat(
        [
            pd.DataFrame(
                {
                    "link": [f"{home}-{way}" for home in homes],
                    "from_site": homes if way == "up" else "cloud",
                    "to_site": "cloud" if way == "up" else homes,
                    "bandwidth_mbps": [rate * factor for rate in mbps],
                    "delay_ms": [float(number) for number in range(len(homes))],
                    "scope": "query",
                }
            )
            for way, factor in (("up", 1), ("down", 2))
        ],
        ignore_index=True,
    )
    frames["queries"]["source_site"] = homes
    return Instance.from_frames(frames, name="homes")


def test_tiers_begin_at_the_users() -> None:
    """Device, edge and cloud come in this order; other tiers after them, those of many sites first."""
    assert tiers(with_homes(["phone"], [1.0])) == ["device", "cloud"]
    frames = one_pool().to_frames()
    frames["sites"] = pd.DataFrame({"site": ["cloud", "a", "b", "c"], "tier": ["cloud", "fog", "van", "van"]})
    assert tiers(Instance.from_frames(frames)) == ["cloud", "van", "fog"]


def test_alike_sites_are_one_group() -> None:
    """Equal hardware and links make a group, whatever the delays; its figures are sums and distinct values."""
    groups = group_sites(with_homes(["phone", "tablet", "phone"], [10.0, 20.0, 10.0]))
    phones, tablets = groups["device"]
    assert phones.sites == ("home000", "home002")
    assert phones.hardware == (Hardware("phone", (1, 1), query_scope=True),)
    assert phones.links == (Links("cloud", (10.0,), (20.0,), (0.0, 2.0), query_scope=True),)
    assert (phones.copies, tablets.copies) == (2, 1)
    assert [group.links for group in groups["cloud"]] == [()]


def test_groups_that_would_be_many_differ_in_less() -> None:
    """Where units make too many groups the kinds of hardware do; where those are too many, the links; then nothing."""
    by_units = with_homes(["phone"] * 8 + ["tablet"] * 8, [10.0] * 16, list(range(1, 17)))
    assert [len(group.sites) for group in group_sites(by_units)["device"]] == [8, 8]
    assert group_sites(by_units)["device"][0].hardware[0].units == tuple(range(1, 9))
    by_links = with_homes([f"kind{number % 8}" for number in range(16)], [10.0, 20.0] * 8)
    assert [group.links[0].up_mbps for group in group_sites(by_links)["device"]] == [(10.0,), (20.0,)]
    (everything,) = group_sites(with_homes([f"kind{n}" for n in range(16)], [float(n + 1) for n in range(16)]))[
        "device"
    ]
    assert len(everything.sites) == 16


def test_few_boxes_however_many_sites() -> None:
    """400 sites are a few boxes, and none of them is lost."""
    instance = with_homes([f"kind{n % 7}" for n in range(400)], [float(n % 5 + 1) for n in range(400)])
    groups = group_sites(instance)["device"]
    assert 1 <= len(groups) <= MAX_GROUPS
    assert sum(len(group.sites) for group in groups) == 400
