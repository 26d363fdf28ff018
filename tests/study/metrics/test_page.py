"""The page docs/metrics.md: it names every metric, and its example runs."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sloplan.study import metrics
from tests.study.metrics.runs import runs, trajectory
from tests.worked_page import DOCS

PAGE = (DOCS / "metrics.md").read_text(encoding="utf-8")


def test_the_page_names_every_metric() -> None:
    """Every public function stands on the page."""
    functions = [name for name in metrics.__all__ if name != "Ranking"]
    assert [name for name in functions if f"`{name}`" not in PAGE] == []


def test_the_page_names_every_column() -> None:
    """The columns that the page lists are those of the tables of the other tests."""
    section = PAGE.partition("## The table of runs")[2].partition("A trajectory is")[0]
    listed = [name for cell in re.findall(r"^\| ([a-z0-9_, ]+) \|", section, re.M) for name in cell.split(", ")]
    assert sorted(set(listed) - {"columns"}) == sorted(runs({}).columns)


def test_the_example_runs() -> None:
    """Pasted into Python, the example gives the columns that it names."""
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, re.S)
    rows = runs(
        *(
            {"method": method, "instance": instance, "objective": value, "goodput": value, "certified_bound": 10.0}
            for method, value in (("milp", 9.0), ("greedy", 8.0))
            for instance in ("yard", "harbour")
        )
    )
    path = pd.concat([trajectory(number, (0.5, 8.0, np.nan)) for number in range(4)])
    scope: dict[str, Any] = {"rows": rows, "trajectories": path}
    exec(example, scope)
    assert {"gap", "solve_s", "best", "target_s"} <= set(scope["rows"].columns)
    assert scope["pairs"]["ratio"].tolist() == pytest.approx([9 / 8, 9 / 8])
