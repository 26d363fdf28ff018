"""Tests of the tables of factors: worked out by hand, and what has no factor has none."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from sloplan.problem.errors import InputError
from sloplan.study.configuration import parse_configuration
from sloplan.study.factor_tables import baseline_factors, factor_tables
from sloplan.study.judged import judged_frame
from sloplan.study.rows import Row
from sloplan.study.table import Table
from tests.study.plain_rows import plain_row

FIRST, SECOND = "edge-cloud-m-1.2-tight", "edge-cloud-m-1.2-loose"


def runs(method: str, values: tuple[int | None, int | None], steps: int | None, **more: object) -> list[Row]:
    """Return a method's runs on two instances."""
    return [
        plain_row(f"{method}/{place}", method=method, instance=name, value=value, steps=steps, runtime_s=2.0)
        | {"instance_sha256": str(place) * 64}
        | more
        for place, (name, value) in enumerate(zip((FIRST, SECOND), values, strict=True))
    ]


ROWS: list[Row] = [
    *runs("weak", (5_000, 8_000), 1_000),
    *runs("ours", (10_000, 10_000), 10, runtime_s=1.0),
    *runs("near", (9_900, 20_000), 40),
    *runs("mute", (None, None), None, outcome="unsupported"),
]


@pytest.fixture(scope="module")
def tables() -> dict[str, Table]:
    """The tables of `ROWS` by name."""
    return {table.name: table for table in factor_tables(judged_frame(ROWS), "ours")}


def by_method(table: Table) -> dict[str, dict[str, float]]:
    """Return the rows of a table by method."""
    return {str(row.pop("method")): row for row in table.frame.to_dict("records")}


def test_means_by_hand(tables: dict[str, Table]) -> None:
    """Goodput 10/5 and 10/8; a goodput within one per cent, or a greater one, is of equal quality."""
    rows = by_method(tables["factors"])
    assert list(rows) == ["weak", "near", "mute"]
    weak, near, mute = rows.values()
    assert (weak["least"], weak["greatest"]) == (pytest.approx(1.25), pytest.approx(2.0))
    assert weak["objective"] == pytest.approx(math.sqrt(2 * 1.25))
    assert (weak["steps"], weak["time"]) == (pytest.approx(100), pytest.approx(2))
    assert weak["equal quality"] == 0
    assert math.isnan(weak["steps there"])
    assert near["equal quality"] == 2
    assert near["steps there"] == pytest.approx(4)
    assert (mute["instances"], mute["equal quality"]) == (0, 0)
    assert all(math.isnan(mute[column]) for column in ("objective", "steps", "profiling", "time"))


def test_more_than_one_per_cent_is_not_equal() -> None:
    """The limit is one per cent of the baseline's objective, in either sense."""
    goodput = [*runs("ours", (10_000, 10_000), 1), *runs("other", (9_900, 9_899), 1)]
    assert baseline_factors(judged_frame(goodput), "ours")["reached"].tolist() == [True, False]
    cost = [*runs("ours", (10_000, 10_000), 1), *runs("other", (10_100, 10_101), 1)]
    for row in cost:
        row["objective_name"] = "cost"
    factors = baseline_factors(judged_frame(cost), "ours")
    assert factors["reached"].tolist() == [True, False]
    assert factors["objective"].tolist() == pytest.approx([1.01, 1.0101])


def test_spread_is_by_family_and_load(tables: dict[str, Table]) -> None:
    """Instances of the reference set that differ in their SLOs alone stand in one row; others by themselves."""
    [row] = tables["factor-spread"].frame.to_dict("records")
    assert row["instances"] == "edge-cloud, load 1.2"
    assert row["weak"] == pytest.approx(math.sqrt(2 * 1.25))
    own = [row | {"instance": "mine"} for row in ROWS]
    [_, spread] = factor_tables(judged_frame(own[::2] + own[1::2]), "ours")
    assert spread.frame["instances"].tolist() == ["mine"]


def test_the_order_of_rows_changes_nothing() -> None:
    """Factors of steps belong to the instance of their objective."""
    frame = judged_frame(ROWS)
    mixed = frame.iloc[[3, 6, 0, 7, 5, 2, 1, 4]]
    keys = ["method", "instance"]
    pd.testing.assert_frame_equal(
        baseline_factors(mixed, "ours").sort_values(keys, ignore_index=True),
        baseline_factors(frame, "ours").sort_values(keys, ignore_index=True),
    )


def test_no_runs_of_the_baseline() -> None:
    """A study that has not come to it yet says so."""
    with pytest.raises(InputError, match="no run of the baseline"):
        factor_tables(judged_frame(ROWS[:2]), "ours")


def test_a_baseline_is_one_of_the_methods() -> None:
    """Another label is refused, with the labels that there are."""
    text = """
format_version = 1
name = "mine"
baseline = "ours"
time_limits = [1]
methods = [{ name = "greedy" }]
instances = [{ source = "edge-cloud-xs-1.2-tight" }]
"""
    with pytest.raises(InputError, match="allowed: greedy"):
        parse_configuration(text, "study.toml")
