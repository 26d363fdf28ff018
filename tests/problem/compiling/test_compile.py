"""Compiling: order and structure, what is excluded, defaults, limits. Figures: `test_worked_example`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sloplan.problem.compiled import NO_LIMIT, Application, CompiledInstance
from sloplan.problem.compiling.compile import compile_tables
from sloplan.problem.errors import SizeLimitError
from sloplan.problem.instance import Instance
from tests.problem.compiling.integers_page import instance_frames

DIAMOND = {
    "sites": [("site", "tier"), ("cloud", "cloud"), ("edge", "edge"), ("phone", "device")],
    "pools": [
        ("pool", "site", "hardware", "units", "memory_gb", "price_per_unit_hour", "billing", "scope"),
        ("c", "cloud", "gpu", 4, 24.0, 3.6, "reserved", "shared"),
        ("e", "edge", "gpu", 2, 0.3, 3.6, "usage", "shared"),
        ("p", "phone", "gpu", 1, 8.0, 3.6, "usage", "query"),
    ],
    "links": [
        ("link", "from_site", "to_site", "bandwidth_mbps", "delay_ms", "scope"),
        ("up", "phone", "edge", 8.0, 1.0, "query"),
        ("wan", "edge", "cloud", 8.0, 1.0, "shared"),
    ],
    "operators": [
        ("operator", "application", "input_kb"),
        ("join", "app", math.nan),
        ("left", "app", math.nan),
        ("right", "app", math.nan),
        ("split", "app", 1.0),
        ("alone", "other", 2.0),
    ],
    "edges": [
        ("from_operator", "to_operator"),
        ("left", "join"), ("right", "join"), ("split", "right"), ("split", "left"),
    ],
    "configurations": [
        ("operator", "configuration", "output_kb"),
        *[(name, configuration, 1.0) for name in ("alone", "join", "left", "right", "split") for configuration in "ab"],
    ],
    "profiles": [
        ("operator", "configuration", "hardware", "allocation", "latency_ms", "busy_ms", "memory_gb"),
        *[(name, configuration, "gpu", "default", 1.0, 1.0, 0.4 if configuration == "b" else 0.3)
          for name in ("alone", "join", "left", "right", "split") for configuration in "ab"],
        ("alone", "a", "gpu", "batch", 1.0, 1.0, 0.0),
        ("alone", "a", "npu", "default", 1.0, 1.0, 0.0),
    ],
    "queries": [
        ("query", "application", "source_site", "sink_site", "rate_rps"),
        ("q1", "app", "phone", "", 1.0),
        ("q2", "app", "phone", "", 2.0),
        ("q3", "app", "phone", "phone", 1.0),
        ("q4", "other", "edge", "", 1.0),
    ],
}  # fmt: skip
"""Two applications, one of them a diamond: split -> (left, right) -> join."""


def frames(**tables: list[tuple[Any, ...]]) -> dict[str, pd.DataFrame]:
    """Return the diamond's frames with some tables replaced; first rows are headers."""
    return {name: pd.DataFrame(rows[1:], columns=list(rows[0])) for name, rows in {**DIAMOND, **tables}.items()}


def compiled(hosting: str = "fluid", **tables: list[tuple[Any, ...]]) -> CompiledInstance:
    """Return the diamond in integers with some tables replaced."""
    return Instance.from_frames(frames(**tables), hosting=hosting).compiled


def changed(name: str, field: str, row: int, value: Any) -> dict[str, list[tuple[Any, ...]]]:
    """Return a table of the diamond with one figure changed, as keyword for `compiled`."""
    header, *rows = DIAMOND[name]
    if field not in header:
        header, rows = (*header, field), [(*one, math.nan) for one in rows]
    rows[row] = tuple(value if column == field else old for column, old in zip(header, rows[row], strict=True))
    return {name: [header, *rows]}


def operator_names(c: CompiledInstance, application: Application) -> list[str]:
    """Return an application's operators by local position."""
    return c.names.operators[application.operators].tolist()


def test_operators_are_in_topological_order_with_ties_by_name() -> None:
    """The diamond reads split, left, right, join; edges, roots and leaves are local positions."""
    c = compiled()
    diamond, single = c.applications
    assert operator_names(c, diamond) == ["split", "left", "right", "join"]
    assert diamond.edges.tolist() == [[0, 1], [0, 2], [1, 3], [2, 3]]
    assert (diamond.roots.tolist(), diamond.leaves.tolist()) == ([0], [3])
    assert operator_names(c, single) == ["alone"]
    assert (single.edges.shape, single.roots.tolist(), single.leaves.tolist()) == ((0, 2), [0], [0])


def test_ties_by_name_hold_at_every_step() -> None:
    """Of all operators that are ready, the first by name comes next."""
    edges = [("from_operator", "to_operator"), ("right", "join"), ("right", "left")]
    operators = [*DIAMOND["operators"][:3], ("right", "app", 1.0), ("split", "app", 1.0), DIAMOND["operators"][5]]
    c = compiled(edges=edges, operators=operators)
    assert operator_names(c, c.applications[0]) == ["right", "join", "left", "split"]


def option_names(c: CompiledInstance) -> list[tuple[str, str, str, str]]:
    """Return every option as (operator, configuration, pool, allocation)."""
    columns = (
        c.names.operators[c.options.operator],
        c.names.configurations[c.options.configuration],
        c.names.pools[c.options.pool],
        c.names.allocations[c.options.allocation],
    )
    return list(zip(*columns, strict=True))


def test_options_are_sorted_and_fit_into_memory() -> None:
    """Options come by operator, configuration, pool, allocation; 0.4 GB do not fit into the edge's 0.3 GB."""
    names = option_names(compiled())
    assert names == sorted(names)
    assert [name[1:] for name in names if name[0] == "alone"] == [
        ("a", "c", "batch"), ("a", "c", "default"), ("a", "e", "batch"), ("a", "e", "default"),
        ("a", "p", "batch"), ("a", "p", "default"), ("b", "c", "default"), ("b", "p", "default"),
    ]  # fmt: skip


def test_memory_is_compared_as_written() -> None:
    """0.30000000000000004 GB do not fit into 0.3 GB, 0.3 GB do."""
    alone = ("alone", "b", "e", "default")
    assert alone not in option_names(compiled(**changed("profiles", "memory_gb", 1, 0.1 + 0.2)))
    assert alone in option_names(compiled(**changed("profiles", "memory_gb", 1, 0.3)))


def pools_of(c: CompiledInstance, operator: str) -> dict[str, bool]:
    """Return the pools open to configuration a of an operator, and whether only to their own site's queries."""
    return {
        name[2]: bool(c.options.source_only[i])
        for i, name in enumerate(option_names(c))
        if name[:2] == (operator, "a") and name[3] == "default"
    }


def test_placement_rules_are_a_union() -> None:
    """Tier, site and source rows each open places; only what no tier or site row opens is bound to the source."""
    placement = [
        ("operator", "allowed", "value"),
        ("join", "tier", "cloud"), ("left", "site", "edge"), ("left", "tier", "cloud"),
        ("right", "source", ""), ("split", "source", ""), ("split", "site", "edge"),
    ]  # fmt: skip
    c = compiled(placement=placement)
    assert pools_of(c, "join") == {"c": False}
    assert pools_of(c, "left") == {"c": False, "e": False}
    assert pools_of(c, "right") == {"c": True, "e": True, "p": True}
    assert pools_of(c, "split") == {"c": True, "e": False, "p": True}
    assert pools_of(c, "alone") == {"c": False, "e": False, "p": False}


def test_reserved_pools_bill_no_busy_time() -> None:
    """Busy time costs the same everywhere and is billed everywhere but on reserved pools."""
    options = compiled().options
    pool = compiled().names.pools[options.pool]
    assert set(options.cost_nano.tolist()) == {1000}
    assert set(options.billed_cost_nano[pool == "c"].tolist()) == {0}
    assert set(options.billed_cost_nano[pool != "c"].tolist()) == {1000}
    assert compiled().pools.reserved.tolist() == [True, False, False]


def test_rows_of_shared_resources() -> None:
    """Shared pools and links have rows; what has scope query has none."""
    c = compiled()
    assert c.rows.name.tolist() == ["pool:c", "pool:e", "link:wan"]
    assert c.pools.row.tolist() == [0, 1, -1]
    assert c.links.row.tolist() == [-1, 2]
    assert (len(c.supplies), set(c.options.deployment.tolist())) == (0, {-1})


def test_rows_under_replicas() -> None:
    """Deployments of shared pools come first and number their options; pools have no busy row."""
    c = compiled("replicas")
    names = option_names(c)
    assert c.pools.row.tolist() == [-1, -1, -1]
    for i, (operator, configuration, pool, allocation) in enumerate(names):
        deployment = c.options.deployment[i]
        if pool == "p":
            assert deployment == -1
        else:
            assert c.supplies.name[deployment] == f"{pool}/{operator}/{configuration}/{allocation}"
            assert c.rows.name[deployment] == f"deployment:{c.supplies.name[deployment]}"
    count = len(c.supplies)
    assert c.rows.name[count:].tolist() == ["share:c", "share:e", "memory:c", "memory:e", "link:wan"]
    assert c.links.row.tolist() == [-1, count + 4]


def test_replicas_without_memory_need() -> None:
    """A deployment that needs no memory is limited by shares only and takes none."""
    c = compiled("replicas")
    deployment = c.supplies.name.tolist().index("e/alone/a/batch")
    assert c.supplies.maximum[deployment] == 2
    rows, amounts = c.supplies.brought.row(deployment)
    assert dict(zip(c.rows.name[rows], amounts.tolist(), strict=True)) == {
        "deployment:e/alone/a/batch": 10**9, "share:e": -1,
    }  # fmt: skip


def test_a_pool_without_units() -> None:
    """No units: capacity 0, and no replica may stand there."""
    c = compiled("replicas", **changed("pools", "units", 1, 0))
    on_e = np.array([name.startswith("e/") for name in c.supplies.name])
    assert c.supplies.maximum[on_e].max() == 0
    assert compiled(**changed("pools", "units", 1, 0)).rows.capacity.tolist() == [4 * 10**9, 0, 10**9]


def test_templates() -> None:
    """Queries of one application, source and sink share a template; no sink is -1."""
    c = compiled()
    listed = zip(c.templates.application, c.templates.source, c.templates.sink, strict=True)
    phone, edge = (c.names.sites.tolist().index(site) for site in ("phone", "edge"))
    assert list(listed) == [(0, phone, -1), (0, phone, phone), (1, edge, -1)]
    assert c.queries.template.tolist() == [0, 0, 1, 2]


def test_absent_slos_are_met_by_everything() -> None:
    """Queries that state no SLO get the largest integer, their rate as value, and one copy."""
    queries = compiled().queries
    for slo in (queries.slo_latency_us, queries.slo_accuracy, queries.slo_cost_nano):
        assert slo.tolist() == [NO_LIMIT] * 4
    assert queries.value_milli.tolist() == queries.rate_milli.tolist() == [1000, 2000, 1000, 1000]
    assert queries.count.tolist() == [1, 1, 1, 1]


def test_a_value_of_zero_is_a_value() -> None:
    """Only an absent value is replaced by the rate."""
    assert compiled(**changed("queries", "value", 1, 0.0)).queries.value_milli.tolist() == [1000, 0, 1000, 1000]


@pytest.mark.parametrize(
    "rows", [[("left", "a", "right", "b"), ("left", "b", "right", "a")], [("right", "b", "left", "a")]]
)
def test_compatible_pairs(rows: list[tuple[str, ...]]) -> None:
    """Pairs are listed by local positions, first below second, whichever side the instance names first."""
    header = ("operator", "configuration", "other_operator", "other_configuration")
    c = compiled(compatible=[header, *rows])
    (pair,) = c.applications[0].compatibilities
    assert (pair.first, pair.second) == (1, 2)
    names = [tuple(c.names.configurations[list(allowed)]) for allowed in pair.allowed.tolist()]
    assert names == [("a", "b"), ("b", "a")][: len(rows)]
    assert c.configuration_operator[pair.allowed].tolist() == [[2, 3]] * len(rows)
    assert c.applications[1].compatibilities == ()


def test_accuracy_factors() -> None:
    """Joint factors keep operators and configurations together, whatever order the rows name them in."""
    accuracy = [
        ("factor", "operators", "configurations", "accuracy"),
        *[("joint", "split;join", f"{split};{join}", 0.9 if split == "a" else 0.8) for split in "ab" for join in "ab"],
        ("single", "alone", "a", 1.0), ("single", "alone", "b", 0.5),
    ]  # fmt: skip
    c = compiled(accuracy=accuracy, **changed("queries", "slo_accuracy", 0, 0.5))
    (joint,), (single,) = (application.factors for application in c.applications)
    assert (joint.name, joint.positions.tolist()) == ("joint", [0, 3])
    assert c.configuration_operator[joint.configurations].tolist() == [[4, 1]] * 4
    of_split = c.names.configurations[joint.configurations[:, 0]]
    assert [(name, nats) for name, nats in zip(of_split, joint.nano_nats.tolist(), strict=True)] == [
        ("a", 105360516), ("b", 223143551), ("a", 105360516), ("b", 223143551),
    ]  # fmt: skip
    assert single.nano_nats.tolist() == [0, 693147181]
    assert c.queries.slo_accuracy[0] == 693147181 + 1


def test_the_order_of_rows_does_not_matter() -> None:
    """Tables in reverse order compile to the same integers."""
    reverse = Instance.from_frames({name: frame[::-1] for name, frame in frames().items()}).compiled
    straight = compiled()
    assert reverse.sha256 == straight.sha256
    assert option_names(reverse) == option_names(straight)
    for field in ("latency_us", "busy_us", "cost_nano"):
        assert np.array_equal(getattr(reverse.options, field), getattr(straight.options, field))
    assert reverse.rows.capacity.tolist() == straight.rows.capacity.tolist()
    assert reverse.queries.rate_milli.tolist() == straight.queries.rate_milli.tolist()


def test_compile_tables_carries_what_it_is_given() -> None:
    """Hash, name and hosting are passed through."""
    instance = Instance.from_frames(frames())
    c = compile_tables(instance._tables, content_hash=instance._content_hash, name="n", hosting="fluid")
    assert (c.sha256, c.name, c.hosting) == (instance.sha256, "n", "fluid")


@pytest.mark.parametrize(
    ("table", "field", "row", "value", "message"),
    [
        ("queries", "rate_rps", 1, 1e17, r"queries\.csv, query 'q2', rate_rps = 1e\+17: compiles to 1\.000e\+20"),
        ("queries", "value", 0, 1e300, r"queries\.csv, query 'q1', value = 1e\+300"),
        ("queries", "slo_latency_ms", 2, 1e17, r"queries\.csv, query 'q3', slo_latency_ms"),
        ("queries", "slo_cost_per_1k", 2, 1e14, r"queries\.csv, query 'q3', slo_cost_per_1k"),
        ("pools", "units", 1, 2**53 - 1, r"pools\.csv, pool 'e', units = 9007199254740991"),
        ("pools", "max_units", 1, 2**53 - 1, r"pools\.csv, pool 'e', max_units = 9007199254740991: the capacity"),
        ("pools", "price_per_unit_hour", 0, 1e12, r"pools\.csv, pool 'c', price_per_unit_hour"),
        ("pools", "price_per_unit_hour", 0, 1e10, r"pools\.csv, pool 'c', max_units = 4: the price of all units"),
        ("pools", "speed", 1, 1e-20, r"profiles\.csv, operator 'alone', configuration 'a', .*; pools\.csv, pool 'e'"),
        ("links", "bandwidth_mbps", 1, 1e12, r"links\.csv, link 'wan', bandwidth_mbps"),
        ("links", "bandwidth_mbps", 1, 1e-30, r"links\.csv, link 'wan', bandwidth_mbps"),
        ("links", "bandwidth_mbps", 1, 1e-17, r"profiles\.csv, operator 'split', latency_ms, or the links of .* 'app'"),
        ("links", "delay_ms", 0, 1e17, r"links\.csv, link 'up', delay_ms"),
        ("links", "delay_ms", 0, 4e15, r"the links of application 'app': a plan's latency may reach"),
        ("operators", "input_kb", 3, 1e17, r"operators\.csv, operator 'split', input_kb"),
        ("configurations", "output_kb", 0, 1e17, r"configurations\.csv, operator 'alone', .* output_kb"),
        ("profiles", "latency_ms", 4, 1e17, r"profiles\.csv, operator 'left', .* latency_ms = 1e\+17"),
        ("profiles", "latency_ms", 4, 9223372036854774.0, r"profiles\.csv, operator 'left', latency_ms, or the links"),
        ("profiles", "busy_ms", 4, 1e17, r"profiles\.csv, operator 'left', configuration 'a', .* busy_ms = 1e\+17"),
        ("profiles", "busy_ms", 4, 5e12, r"queries\.csv, query 'q2', rate_rps = 2\.0: rate x busy time of a plan"),
        ("queries", "rate_rps", 3, 4e12, r"queries\.csv, query 'q4', rate_rps = 4000000000000\.0: rate x (busy|bytes)"),
        ("operators", "input_kb", 3, 5e12, r"queries\.csv, query 'q2', rate_rps = 2\.0: rate x bytes of a plan"),
        ("pools", "price_per_unit_hour", 1, 2e13, r"pools\.csv, pool 'e', price_per_unit_hour"),
        ("links", "price_per_gb", 1, 1e12, r"queries\.csv, query 'q2', rate_rps = 2\.0: rate x cost of a plan"),
    ],
)  # fmt: skip
def test_figures_beyond_64_bits_are_refused(table: str, field: str, row: int, value: float, message: str) -> None:
    """The message names the place, the size, what is allowed and what to do."""
    with pytest.raises(SizeLimitError, match=rf"{message}.*64-bit integers.*allowed: .*next: "):
        compiled(**changed(table, field, row, value))


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("share", 1e-19, r"pools\.csv, pool 'c', units = 4, .*; profiles\.csv, operator 'left', .*, share = 1e-19"),
        ("memory_gb", 1e-20, r"pools\.csv, pool 'c', units = 4, .*; profiles\.csv, operator 'left', .* = 1e-20"),
        ("share", 1e-18, r"profiles\.csv, replicas on row 'share:c': what all replicas bring and take"),
    ],
)
def test_replicas_beyond_64_bits_are_refused(field: str, value: float, message: str) -> None:
    """Shares and memories of too many digits cannot be scaled exactly; the finest figure is named."""
    with pytest.raises(SizeLimitError, match=rf"{message}.*next: state shares and memories with fewer digits"):
        compiled("replicas", **changed("profiles", field, 4, value))


def test_counts_may_make_totals_pass_64_bits() -> None:
    """Totals over copies are summed in Python integers, so a count is not limited."""
    assert compiled(**changed("queries", "count", 0, 2**53 - 1)).queries.count[0] == 2**53 - 1


def test_ten_thousand_queries_compile() -> None:
    """Every query of a long table has its compiled rate, SLOs and template."""
    tables = instance_frames()
    rng = np.random.default_rng(0)
    number = 10_000
    tables["queries"] = pd.DataFrame(
        {
            "query": [f"q{i:05}" for i in range(number)],
            "application": "naming",
            "source_site": rng.choice(["phone", "edge-2"], number),
            "rate_rps": rng.uniform(0.1, 30.0, number),
            "slo_latency_ms": rng.uniform(50.0, 500.0, number),
            "slo_accuracy": rng.uniform(0.5, 0.9, number),
        }
    )
    queries = Instance.from_frames(tables).compiled.queries
    rates = tables["queries"]["rate_rps"]
    assert np.abs(queries.rate_milli - 1000 * rates.to_numpy()).max() <= 0.5 + 1e-9
    assert np.abs(queries.slo_latency_us - 1000 * tables["queries"]["slo_latency_ms"].to_numpy()).max() <= 1.0
    assert len(np.unique(queries.template)) == 2
