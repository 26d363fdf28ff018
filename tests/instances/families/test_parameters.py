"""Parameters of the families: defaults, ranges, each mistake with its own message."""

from __future__ import annotations

from typing import Any

import pytest

from sloplan.instances.families.applications import SETTINGS
from sloplan.instances.families.parameters import MOST_COPIES, MOST_QUERIES, MOST_SITES, FamilyParameters
from sloplan.problem.errors import InputError


def test_defaults() -> None:
    """A family alone is sixty queries of all applications."""
    parameters = FamilyParameters("mixed")
    assert (parameters.queries, parameters.copies, parameters.load, parameters.hosting) == (60, 1, 1.2, "fluid")
    assert parameters.applications == tuple(SETTINGS)
    assert (parameters.user_sites, parameters.hubs) == (7, 2)
    assert parameters.layout.thin


def test_tightness_of_one_dimension() -> None:
    """A dimension is as tight as `slo` says unless it says so itself."""
    parameters = FamilyParameters("city", slo="loose", slo_cost="tight")
    assert [parameters.tightness(dimension) for dimension in ("latency", "accuracy", "cost")] == [
        "loose", "loose", "tight",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value"),
    [("queries", 1), ("queries", MOST_QUERIES), ("copies", MOST_COPIES), ("sites", 6), ("sites", MOST_SITES),
     ("load", 0.01), ("load", 100.0), ("seed", 0), ("slo_accuracy", "loose"), ("hosting", "replicas")],
)  # fmt: skip
def test_allowed(field: str, value: Any) -> None:
    """What stands at the end of a range is allowed."""
    assert getattr(FamilyParameters("city", **{field: value}), field) == value


@pytest.mark.parametrize(
    ("field", "value", "allowed"),
    [
        ("family", "town", "cloud-only, edge-only, edge-cloud, mixed, heterogeneous, city, burst"),
        ("queries", 0, "1 to 10000000"),
        ("queries", MOST_QUERIES + 1, "1 to 10000000"),
        ("copies", 0, "1 to 1000000"),
        ("copies", MOST_COPIES + 1, "1 to 1000000"),
        ("sites", 5, r"6 \(one per application\) to 100000"),
        ("sites", -1, r"6 \(one per application\) to 100000"),
        ("sites", MOST_SITES + 1, r"6 \(one per application\) to 100000"),
        ("load", 0.009, "0.01 to 100"),
        ("load", 100.1, "0.01 to 100"),
        ("load", float("nan"), "0.01 to 100"),
        ("slo", "", "loose or tight"),
        ("slo", "medium", "loose or tight"),
        ("slo_latency", "medium", "loose or tight"),
        ("slo_accuracy", "Tight", "loose or tight"),
        ("slo_cost", "none", "loose or tight"),
        ("hosting", "serverless", "fluid or replicas"),
        ("seed", -1, "0 or more"),
        ("applications", (), "some of vqa, traffic-video, .*, each once"),
        ("applications", ("vqa", "vqa"), "some of vqa"),
        ("applications", ("vqa", "chess"), "some of vqa"),
    ],
)
def test_refused(field: str, value: Any, allowed: str) -> None:
    """A bad value is refused by the name of its parameter, with what is allowed."""
    stated = {"family": "city", field: value}
    with pytest.raises(InputError, match=f"{field} = .*: bad parameter; allowed: {allowed}"):
        FamilyParameters(**stated)
