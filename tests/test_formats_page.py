"""The instance that docs/formats.md works by hand: every figure of the page is Sloplan's, and so is the optimum."""

from __future__ import annotations

import itertools
import math
import re
from pathlib import Path

import numpy as np
import pytest

import sloplan as sp
from sloplan.problem.compiled import NO_LIMIT
from sloplan.problem.evaluation import evaluate_plans
from sloplan.problem.instance import Instance
from sloplan.problem.selections.selection import PlanSelection
from tests.problem.selections.selection_cases import dense
from tests.worked_page import DOCS, files_of, rows_under, tables_under

PAGE = DOCS / "formats.md"
ROWS = ("pool:gpus", "link:uplink")


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Instance:
    """The page's files, written and loaded."""
    folder = tmp_path_factory.mktemp("page") / "harbour"
    folder.mkdir()
    for name, text in files_of(PAGE).items():
        (folder / name).write_text(text, encoding="utf-8")
    loaded = sp.load(folder)
    assert isinstance(loaded, Instance)
    return loaded


def worked(by_hand: str) -> float:
    """Return what a figure worked by hand comes to: sums and products of numbers."""
    assert re.fullmatch(r"[0-9.+x/^ ]+", by_hand), by_hand
    return eval(by_hand.replace("x", "*").replace("^", "**"), {"__builtins__": {}})


def test_the_hand_work_is_right() -> None:
    """Every `by hand` column gives the figure beside it."""
    checked = 0
    for heading in (
        "What the rows hold",
        "What one request takes",
        "Which plan a query may take",
        "What fits together",
    ):
        for table in tables_under(PAGE, heading):
            for row in table:
                columns = list(row)
                for column, after in itertools.pairwise(columns):
                    if column.endswith("by hand") and row[column]:
                        assert math.isclose(worked(row[column]), float(row[after])), row
                        checked += 1
    assert checked == 2 + 4 + 6 + 3


def test_rows(instance: Instance) -> None:
    """The capacities are the compiled ones, and there are no other rows."""
    rows = instance.compiled.rows
    stated = {row["row"]: int(row["capacity"]) for row in rows_under(PAGE, "What the rows hold")}
    assert dict(zip(rows.name, rows.capacity.tolist(), strict=True)) == stated


def test_requests(instance: Instance) -> None:
    """Latency, busy time, bytes, cost and accuracy of a request are those of the compiled plans."""
    compiled = instance.compiled
    options = compiled.template_options(0)[0]
    figures = evaluate_plans(compiled, 0, options[:, None])
    usage = np.zeros((len(options), len(compiled.rows.name)), dtype=np.int64)
    usage[figures.usage.row_of_entry, figures.usage.column] = figures.usage.amount
    places = [list(compiled.rows.name).index(row) for row in ROWS]
    expected = {
        f"gpus/detect/{compiled.names.configurations[compiled.options.configuration[option]]}/default": (
            int(figures.latency_us[place]),
            *usage[place, places].tolist(),
            int(figures.cost_nano[place]),
            round(math.exp(-int(figures.accuracy_nano_nats[place]) / 1e9), 6),
        )
        for place, option in enumerate(options.tolist())
    }
    stated = {
        row["plan"]: (*(int(row[name]) for name in ("latency", "busy", "bytes", "cost")), float(row["accuracy"]))
        for row in rows_under(PAGE, "What one request takes")
    }
    assert stated == expected


def test_plans(instance: Instance) -> None:
    """The plans that the SLOs leave, their values and uses are those of the listed instance; so are the SLOs."""
    selection = PlanSelection.from_instance(instance)
    usage = dense(selection.plans.usage, selection)
    places = [list(selection.rows.name).index(row) for row in ROWS]
    expected = [
        (selection.groups.name[group], name, int(value), *used[places].tolist())
        for group, name, value, used in zip(
            selection.plans.group, selection.plans.name, selection.plans.value, usage, strict=True
        )
    ]
    stated = [
        (row["query"], row["plan"], int(row["value"]), *(int(row[name]) for name in ROWS))
        for row in rows_under(PAGE, "Which plan a query may take")
    ]
    assert stated == expected
    queries = instance.compiled.queries
    assert queries.slo_latency_us.tolist() == [NO_LIMIT, 60000, NO_LIMIT]
    assert queries.slo_cost_nano.tolist() == [NO_LIMIT, NO_LIMIT, 10000]


def test_choices(instance: Instance) -> None:
    """Uses, value and fit of every choice follow from the plans; the best that fits is the optimum."""
    plans = {row["query"]: row for row in rows_under(PAGE, "Which plan a query may take")}
    capacity = {row["row"]: int(row["capacity"]) for row in rows_under(PAGE, "What the rows hold")}
    choices, _ = tables_under(PAGE, "What fits together")
    for choice in choices:
        for column in (*ROWS, "value"):
            total = sum(int(choice[query]) * int(plan[column]) for query, plan in plans.items())
            assert int(choice[column]) == total
        assert choice["fits"] == ("yes" if all(int(choice[row]) <= capacity[row] for row in ROWS) else "no")
    assert max(int(choice["value"]) for choice in choices if choice["fits"] == "yes") == 41000


def test_the_optimum(instance: Instance) -> None:
    """The method `milp` finds the page's optimum: who is served, goodput and cost in both units."""
    result = sp.solve(instance, method="milp", display=False, in_process=True)
    assert result.status == "optimal"
    assert sp.check(instance, result.solution) == []
    _, figures = tables_under(PAGE, "What fits together")
    found = (result.exact.goodput, result.objective, result.exact.cost, result.cost_usd_per_hour)
    assert found == pytest.approx([float(row["optimum"]) for row in figures], rel=1e-12)
    served = result.plans().groupby("query")["count"].sum().to_dict()
    assert served == {"gate": 1, "quay": 1, "yard": 1}


def test_the_instance_goes_through_every_form(instance: Instance, tmp_path: Path) -> None:
    """Zip and Parquet keep the page's instance as it is."""
    for name, parquet in (("a.zip", False), ("b.zip", True), ("c", True)):
        instance.save(tmp_path / name, parquet=parquet)
        assert sp.load(tmp_path / name).sha256 == instance.sha256
