"""Dominated options: what must agree before one option takes another's place, condition by condition."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sloplan.problem.instance import Instance
from sloplan.problem.presolving.dominance import replacements
from tests.models.tiny_instances import tiny

BOTH = {"a": {"s": 2.0, "t": 2.0}}
"""One operator with two configurations that are alike until a table says otherwise."""

ASKED = {"slo_latency_ms": 50.0, "slo_accuracy": 0.5, "slo_cost_per_1k": 9.0}


def two(query: dict[str, Any] | None = None, hosting: str = "fluid", **of_t: Any) -> Instance:
    """Return an instance where `t` differs from `s` by what is given; both send 1 kB and stand on one server."""
    profile = {"operator": "a", "hardware": "fast", "latency_ms": 2.0, "busy_ms": 2.0, "memory_gb": 1.0, "share": 1.0}
    instance = tiny(
        BOTH,
        query=ASKED | (query or {}),
        pools=[
            {"pool": "server", "site": "edge", "hardware": "fast", "units": 1, "memory_gb": 8, "price_per_unit_hour": 1}
        ],
        configurations=[{"operator": "a", "configuration": c, "output_kb": 1.0} for c in "st"],
        profiles=[profile | {"configuration": "s"}, profile | {"configuration": "t"} | of_t],
        accuracy=[
            {"factor": "f", "operators": "a", "configurations": c, "accuracy": 0.9} for c in "st"
        ],
    )  # fmt: skip
    return Instance.from_frames(instance.to_frames(), hosting=hosting)


def stay(instance: Instance, objective: str = "goodput") -> str:
    """Return the configurations whose option stays."""
    compiled = instance.compiled
    kept = np.unique(replacements(compiled, objective))
    return "".join(compiled.names.configurations[compiled.options.configuration[kept]])


def edited(table: str, row: int, **changes: Any) -> Instance:
    """Return two equal options after a change of a table."""
    frames = two().to_frames()
    for column, value in changes.items():
        frames[table].loc[row, column] = value
    return Instance.from_frames(frames)


@pytest.mark.parametrize("hosting", ["fluid", "replicas"])
def test_of_equal_options_the_first_stays(hosting: str) -> None:
    """Each could take the other's place; exactly one does."""
    instance = two(hosting=hosting)
    assert stay(instance) == "s"
    assert replacements(instance.compiled, "goodput").tolist() == [0, 0]


@pytest.mark.parametrize("better", [{"latency_ms": 1.0}, {"busy_ms": 1.0}])
def test_the_better_one_stays(better: dict[str, float]) -> None:
    """Whichever stands first."""
    assert stay(two(**better)) == "t"


@pytest.mark.parametrize(
    "of_t",
    [
        {"latency_ms": 1.0, "busy_ms": 3.0},
        {"latency_ms": 3.0, "busy_ms": 1.0},
        {"busy_ms": 1.0, "min_rate_rps": 5.0},
    ],
)
def test_who_is_better_at_one_thing_and_worse_at_another_stays(of_t: dict[str, float]) -> None:
    """Nothing takes the place of either."""
    assert stay(two(**of_t)) == "st"


def test_least_rate_that_every_query_has_does_not_count() -> None:
    """The query asks for 1 request/s, so an option that needs as much may take the other's place."""
    assert stay(two(busy_ms=1.0, min_rate_rps=1.0)) == "t"


def test_what_nobody_asks_for_is_not_compared() -> None:
    """Without a latency SLO a slower option that is lighter takes the other's place."""
    assert stay(two(query={"slo_latency_ms": None}, latency_ms=9.0, busy_ms=1.0)) == "t"


def test_less_accurate_option_does_not_take_the_place() -> None:
    """It loads less, but queries ask for accuracy; one as accurate takes the place."""
    frames = two(busy_ms=1.0).to_frames()
    frames["accuracy"].loc[1, "accuracy"] = 0.8
    assert stay(Instance.from_frames(frames)) == "st"
    frames["accuracy"].loc[1, "accuracy"] = 0.9
    assert stay(Instance.from_frames(frames)) == "t"


def test_output_counts_where_it_is_sent() -> None:
    """Larger output keeps an option from taking the place, unless its output goes nowhere."""
    frames = two(busy_ms=1.0).to_frames()
    frames["configurations"].loc[1, "output_kb"] = 2.0
    assert stay(Instance.from_frames(frames)) == "t"
    frames["queries"].loc[0, "sink_site"] = "device"
    assert stay(Instance.from_frames(frames)) == "st"


def test_bills_count_under_cost() -> None:
    """On a usage pool a lighter option bills less; without it the lighter and slower pair would both stay anyway."""
    assert stay(two(busy_ms=1.0), "cost") == "t"
    assert stay(two(busy_ms=1.0, latency_ms=3.0), "cost") == "st"


@pytest.mark.parametrize(
    ("of_t", "expected"),
    [
        ({"busy_ms": 1.0}, "t"),
        ({"memory_gb": 2.0}, "s"),
        ({"memory_gb": 0.5}, "t"),
        ({"busy_ms": 1.0, "memory_gb": 2.0}, "st"),
        ({"share": 0.5}, "t"),
        ({"share": 0.5, "busy_ms": 3.0}, "st"),
    ],
)
def test_replicas_must_carry_as_much_and_take_no_more(of_t: dict[str, float], expected: str) -> None:
    """A replica of half the share carries half as much busy time: as many requests if each takes half of it too."""
    assert stay(two(hosting="replicas", **of_t)) == expected


def test_what_goes_with_fewer_configurations_does_not_take_the_place() -> None:
    """`t` is lighter, but goes with one configuration of b only."""
    pairs = [("s", "x"), ("s", "y"), ("t", "x")]
    instance = tiny(
        {"a": {"s": 2.0, "t": 1.0}, "b": {"x": 1.0, "y": 1.0}},
        edges=(("a", "b"),),
        configurations=[
            {"operator": o, "configuration": c, "output_kb": 1.0}
            for o, both in (("a", "st"), ("b", "xy"))
            for c in both
        ],
        compatible=[
            {"operator": "a", "configuration": a, "other_operator": "b", "other_configuration": b} for a, b in pairs
        ],
    )
    compiled = instance.compiled
    kept = np.unique(replacements(compiled, "goodput"))
    assert set(compiled.names.configurations[compiled.options.configuration[kept]]) == {
        "s",
        "t",
        "x",
    }  # x goes with what y goes with
