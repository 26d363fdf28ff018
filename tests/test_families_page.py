"""The page on families: its tables are those of the code, and every spec on it makes an instance."""

from __future__ import annotations

import re
from dataclasses import fields
from math import isnan

import pytest

import sloplan as sp
from sloplan.instances.catalogue import rule
from sloplan.instances.families import capacities, generate, layouts, parameters, places
from sloplan.instances.families.applications import SETTINGS
from sloplan.instances.families.layouts import LAYOUTS, Layout
from sloplan.instances.families.parameters import FamilyParameters
from sloplan.instances.families.spec import parse_spec
from tests.worked_page import DOCS, rows_under

PAGE = DOCS / "families.md"
TEXT = PAGE.read_text(encoding="utf-8")
SPECS = sorted(set(re.findall(rf"\b(?:{'|'.join(LAYOUTS)}):[^\s`\"]+", TEXT)))


def bare(cell: str) -> str:
    """Return a cell without the marks of code."""
    return cell.replace("`", "")


def levels(values: tuple[float, ...]) -> str:
    """Return levels as the page writes them."""
    return ", ".join("-" if isnan(value) else f"{value:g}" for value in values)


def test_parameters() -> None:
    """The table names every parameter in order, with its default and its range."""
    rows = {bare(row["parameter"]): row for row in rows_under(PAGE, "Parameters")}
    stated = [field for field in fields(FamilyParameters) if field.name != "family"]
    assert list(rows) == [field.name for field in stated]
    for field in stated:
        default, written = field.default, bare(rows[field.name]["default"])
        if field.name == "applications":
            assert written == "all six"
            assert default == tuple(SETTINGS)
        else:
            assert written == ("as slo" if default == "" else str(default))
    ranges = {name: bare(row["range"]) for name, row in rows.items()}
    assert ranges["queries"] == f"1 to {parameters.MOST_QUERIES:,}"
    assert ranges["copies"] == f"1 to {parameters.MOST_COPIES:,}"
    assert ranges["sites"] == f"0, or the number of applications to {parameters.MOST_SITES:,}"
    assert ranges["load"] == f"{parameters.LEAST_LOAD:g} to {parameters.MOST_LOAD:g}"
    assert ranges["hosting"] == ", ".join(parameters.HOSTINGS)
    assert {ranges[name] for name in ranges if name.startswith("slo")} == {", ".join(parameters.TIGHTNESS)}
    assert ranges["applications"] == f"some of {', '.join(SETTINGS)}, each once"


def test_layouts() -> None:
    """The table of layouts is LAYOUTS."""
    rows = rows_under(PAGE, "The seven layouts")
    assert [bare(row.pop("family")) for row in rows] == list(LAYOUTS)

    def written(layout: Layout) -> dict[str, str]:
        owns = "every second site" if layout.thin else "yes" if layout.owns_device else "no"
        return {
            "hubs": layout.hub_tier,
            "centres": "yes" if layout.centres else "no",
            "a cloud": "yes" if layout.has_cloud else "no",
            "users own machines": owns,
            "speeds of these": levels(layout.speeds) if layout.owns_device else "-",
            "user sites / root of queries": f"{layout.user_sites:g}",
            "user sites per hub": f"{layout.users_per_hub:g}",
            "ways to the next hub": "yes" if layout.next_hub else "no",
        }

    assert rows == [written(layout) for layout in LAYOUTS.values()]


def test_what_is_asked() -> None:
    """Rates and SLO levels are those of SETTINGS."""
    rows = rows_under(PAGE, "What is asked")
    assert [bare(row["application"]) for row in rows] == list(SETTINGS)
    for row, setting in zip(rows, SETTINGS.values(), strict=True):
        assert list(row.values())[1:] == [
            levels(setting.rates_rps),
            *(
                levels(dimension[tightness])
                for dimension in (setting.latency_ms, setting.accuracy, setting.cost_per_1k)
                for tightness in ("loose", "tight")
            ),
        ]


def test_machines() -> None:
    """Devices, networks, machines and parts are those of SETTINGS."""
    rows = rows_under(PAGE, "Which machines")
    assert [bare(row["application"]) for row in rows] == list(SETTINGS)
    for row, setting in zip(rows, SETTINGS.values(), strict=True):
        assert [bare(cell) for cell in list(row.values())[1:]] == [
            ", ".join(f"{device} ({access})" for device, access in setting.devices),
            ", ".join(setting.own) or "-",
            *(", ".join(f"{kind} {part:g}" for kind, part in tier.items()) for tier in (setting.edge, setting.cloud)),
        ]


@pytest.mark.parametrize(
    ("sentence", "figures"),
    [
        (r"one for up to (\d+|eight) hubs", [layouts.HUBS_PER_CENTRE]),
        (r"no more than one hub for (\w+) queries", [layouts.LEAST_QUERIES_PER_HUB]),
        (r"Of 100 queries about (\d+) are drawn among", [100 - generate.OUT_OF_REACH_PERCENT]),
        (r"state a value of (\d+), (\d+), (\d+) or (\d+)", generate.VALUES),
        (r"units, one used to ([0-9.]+), split", [places.MAX_UTILIZATION]),
        (r"hubs ([0-9.]+) and cloud or centres ([0-9.]+)", capacities.LEVEL_PARTS[False, True].values()),
        (r"hubs ([0-9.]+), centres ([0-9.]+), cloud ([0-9.]+)\)", capacities.LEVEL_PARTS[True, True].values()),
        (r"each in (\d+) rounds", [capacities.ROUNDS]),
        (r"Up to (\d+) shared rows", [capacities.ROWS_FOR_LP]),
        (r"rounded to (\w+) decimals", [capacities.FACTOR_DIGITS]),
        (r"times (\d+) s as the conversation trace", [rule("stay_s_per_token")]),
    ],
)
def test_figures_in_the_text(sentence: str, figures: list[float]) -> None:
    """What sentences of the page say is what the code does."""
    found = re.search(sentence, " ".join(TEXT.split()))
    assert found is not None
    words = {"four": 4, "six": 6, "eight": 8}
    assert [float(words.get(figure, figure)) for figure in found.groups()] == list(figures)
    assert capacities.LEVEL_PARTS[True, False] == {"hubs": 0.6, "centres": 0.4}


@pytest.mark.parametrize("spec", SPECS)
def test_every_spec_makes_an_instance(spec: str) -> None:
    """Each spec on the page, in a command, in code or in the text, is one, and small enough to try."""
    stated = parse_spec(spec)
    assert stated.queries <= 60
    instance = sp.load(spec)
    assert isinstance(instance, sp.Instance)
    assert len(instance.table("queries")) == stated.queries
    assert f"of {stated.load:g} asked" in instance.description


def test_specs_of_all_families() -> None:
    """The page shows a spec of every family."""
    assert {spec.partition(":")[0] for spec in SPECS} == set(LAYOUTS)
