"""Tests of a study's tables: their numbers are those that one works out by hand from the rows."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from sloplan.study.judged import judged_frame
from sloplan.study.rows import Row
from sloplan.study.table import Table
from sloplan.study.tables import compared_frame, study_tables
from tests.study.plain_rows import plain_row

ROWS: list[Row] = [
    # On `small` milp proves 10; greedy finds 8. The certified bound is 10.
    plain_row("a", instance="small", method="milp", value=10_000, bound=10_000, runtime_s=4.0, claimed_runtime_s=4.0)
    | {"certified_bound_exact": 10_000, "certified_bound": 10.0, "claimed_status": "optimal"},
    plain_row("b", instance="small", method="greedy", value=8_000, runtime_s=1.0),
    # On `large` milp reaches its limit with nothing; greedy claims that its 18 is the optimum, and 20 is known.
    plain_row("c", instance="large", method="milp", runtime_s=10.5, claimed_runtime_s=10.5, claimed_status="unknown"),
    plain_row("d", instance="large", method="greedy", value=18_000, bound=18_000, runtime_s=2.0, claimed_runtime_s=0.1)
    | {"certified_bound_exact": 24_000, "certified_bound": 24.0, "claimed_status": "optimal"},
]
for _row in ROWS:
    if _row["instance"] == "large":
        _row |= {"instance_sha256": "b" * 64, "queries": 9, "servable_share": 0.75, "tight_pools": 2, "tight_links": 1}
        _row |= {"best_known_objective_exact": 20_000, "best_known_objective": 20.0}

TRAJECTORIES = pd.DataFrame(
    [("a", 2.0, 10.0, None), ("a", 4.0, 10.0, 10.0), ("b", 1.0, 8.0, None), ("d", 2.0, 18.0, 18.0)],
    columns=["run", "time_s", "objective", "bound"],
)


@pytest.fixture(scope="module")
def tables() -> dict[str, Table]:
    """The tables of `ROWS` by name."""
    return {table.name: table for table in study_tables(judged_frame(ROWS), TRAJECTORIES)}


def row_of(table: Table, column: str, value: str) -> dict[str, object]:
    """Return the row where a column has a value."""
    [row] = table.frame[table.frame[column] == value].to_dict("records")
    return row


def test_methods_by_hand(tables: dict[str, Table]) -> None:
    """What the rows say of either method, worked out on paper.

    greedy: 8 of 10 and 18 of 20, in the geometric mean sqrt(0.8 x 0.9); gaps 2/10 and 6/24. Primal gap: on `small` 1
    for 1 s, then 0.2 for 9 s: 0.28; on `large` 1 for 2 s, then 0.1 for 8 s: 0.28. Times 1 and 2 s: sqrt(11 x 12) - 10;
    no optimum is verified, so twice the limit: 10 s.

    milp: 10 of 10; on `small` 1 for 2 s, then 0: 0.2; on `large` 1. Times 4 s and the limit: sqrt(14 x 20) - 10.
    """
    greedy, milp = (row_of(tables["methods"], "method", name) for name in ("greedy", "milp"))
    assert [greedy[column] for column in ("runs", "finished", "solutions", "optimal")] == [2, 2, 2, 0]
    assert greedy["of best"] == pytest.approx(math.sqrt(0.8 * 0.9))
    assert (greedy["gap median"], greedy["gap worst"]) == (pytest.approx(0.225), pytest.approx(0.25))
    assert greedy["primal gap"] == pytest.approx(0.28)
    assert greedy["time"] == pytest.approx(math.sqrt(11 * 12) - 10)
    assert greedy["time to optimum"] == pytest.approx(10.0)
    assert [milp[column] for column in ("runs", "finished", "solutions", "optimal")] == [2, 2, 1, 1]
    assert (milp["of best"], milp["gap worst"]) == (pytest.approx(1.0), 0.0)
    assert milp["primal gap"] == pytest.approx((0.2 + 1.0) / 2)
    assert milp["time"] == milp["time to optimum"] == pytest.approx(math.sqrt(14 * 20) - 10)


def test_no_primal_gap_without_trajectories() -> None:
    """A solution whose way is not stored has no primal gap, nor has its method; who has no solution has 100% anyhow."""
    kept = TRAJECTORIES[TRAJECTORIES["run"] != "b"]
    frame = compared_frame(judged_frame(ROWS), kept)
    gaps = dict(zip(frame["run"], frame["primal_gap"], strict=True))
    assert [gaps["a"], gaps["c"], gaps["d"]] == pytest.approx([0.2, 1.0, 0.28])
    assert math.isnan(gaps["b"])
    table = study_tables(judged_frame(ROWS), kept)[0]
    assert row_of(table, "method", "milp")["primal gap"] == pytest.approx(0.6)
    assert math.isnan(float(str(row_of(table, "method", "greedy")["primal gap"])))


def test_instances_by_hand(tables: dict[str, Table]) -> None:
    """Each instance with what is known of it, and gap, proof and time of each method; no gap without a solution."""
    large = row_of(tables["instances"], "instance", "large")
    assert [large[column] for column in ("queries", "servable", "tight rows")] == [9, 0.75, 3]
    assert (large["best known"], large["best bound"]) == (20.0, 24.0)
    assert (large["greedy: gap"], large["greedy: time"]) == (pytest.approx(0.25), pytest.approx(2.0))
    assert math.isnan(float(str(large["milp: gap"])))
    assert large["milp: time"] == pytest.approx(10.5)
    assert (large["greedy: proved"], large["milp: proved"]) == ("no", "no")
    small = row_of(tables["instances"], "instance", "small")
    assert (small["greedy: proved"], small["milp: proved"]) == ("no", "yes")
    assert math.isnan(float(str(small["servable"])))
    assert math.isnan(float(str(small["tight rows"])))


def test_worst_cases(tables: dict[str, Table]) -> None:
    """Of every method the runs furthest from the best known, those without a solution first."""
    frame = tables["worst"].frame
    assert list(zip(frame["method"], frame["instance"], strict=True)) == [
        ("milp", "large"),
        ("milp", "small"),
        ("greedy", "small"),
        ("greedy", "large"),
    ]
    assert frame["gap to best known"].tolist()[1:] == pytest.approx([0.0, 0.2, 0.1])


def test_claims_by_hand(tables: dict[str, Table]) -> None:
    """Greedy's optimum of 18 is refuted by the 20 that is known, and 0.1 s is no runtime where 2 s were measured."""
    greedy, milp = (row_of(tables["claims"], "method", name) for name in ("greedy", "milp"))
    columns = ["solutions claimed", "verified", "optima claimed", "optima verified", "bounds claimed", "refuted"]
    columns += ["certified", "runtimes false", "not finished"]
    assert [greedy[column] for column in columns] == [2, 2, 1, 0, 1, 1, 1, 1, 0]
    assert [milp[column] for column in columns] == [1, 1, 1, 1, 1, 0, 1, 0, 0]
    assert (greedy["correct"], milp["correct"]) == (0.5, 1.0)


def test_settings_are_kept_apart() -> None:
    """Runs with another limit are not averaged: they have tables of their own, titled by the limit."""
    rows = [plain_row("a", value=5000), plain_row("b", value=6000, time_limit_s=60.0, threads=2)]
    tables = study_tables(judged_frame(rows), TRAJECTORIES[:0])
    assert [table.name for table in tables if table.name.startswith("methods")] == ["methods-1", "methods-2"]
    assert [table.title for table in tables if table.name.startswith("methods")] == [
        "Methods: goodput, 10 s, 1 thread",
        "Methods: goodput, 60 s, 2 threads",
    ]


def test_a_study_in_which_nothing_worked() -> None:
    """Runs of which none finished still have tables, with unknowns in them."""
    nothing = {"outcome": "unsupported", "runtime_s": None, "claimed_runtime_s": None}
    tables = study_tables(judged_frame([plain_row("a", **nothing)]), TRAJECTORIES[:0])
    [methods] = [table for table in tables if table.name == "methods"]
    assert methods.frame["solutions"].tolist() == [0]
    assert methods.frame["gap worst"].isna().all()


def test_a_study_that_has_just_begun() -> None:
    """While no instance was run by all methods there are tables; mean times of different instances are not compared."""
    rows = [plain_row("a", method="milp", value=5000), plain_row("b", method="greedy", instance_sha256="b" * 64)]
    methods = study_tables(judged_frame(rows), TRAJECTORIES[:0])[0].frame
    assert methods["runs"].tolist() == [1, 1]
    assert methods[["time", "time to optimum"]].isna().all(axis=None)
