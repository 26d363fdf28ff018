"""Studies as tests of reports have them: rows by hand, and rows with instances and solutions beside them."""

from __future__ import annotations

import json
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd

import sloplan as sp
from sloplan.problem.certificates.format import Certificate
from sloplan.problem.solution import Solution
from sloplan.problem.storage.instance_files import save_instance
from sloplan.study.folder import StudyFolder
from sloplan.study.rows import Row
from tests.one_pool import one_pool, serving
from tests.study.case import configuration_text
from tests.study.plain_rows import plain_row


def rows_by_hand() -> list[Row]:
    """Return runs of milp and greedy on three instances of 3, 30 and 300 queries.

    milp proves 10 and 20 after 1 and 8 s and has nothing at its limit of 10 s; greedy finds 8, 20 and 30 after 0.1, 1
    and 2 s.
    """
    sizes = {"small": 3, "middle": 30, "large": 300}
    values = {"small": (10_000, 8_000), "middle": (20_000, 20_000), "large": (None, 30_000)}
    times = {"small": (1.0, 0.1), "middle": (8.0, 1.0), "large": (10.5, 2.0)}
    rows = []
    for name, size in sizes.items():
        for place, method in enumerate(("milp", "greedy")):
            value, time = values[name][place], times[name][place]
            more: dict[str, Any] = {"instance": name, "instance_sha256": name[0] * 64, "queries": size}
            more |= {"runtime_s": time, "claimed_runtime_s": time, "method": method, "method_name": method}
            row = plain_row(f"{method}-{name}", value=value, bound=value if method == "milp" else None, **more)
            rows.append(row | ({"claimed_status": "optimal"} if method == "milp" and value else {}))
    return rows


TRAJECTORIES = pd.DataFrame(
    [("milp-small", 0.5, 10.0, None), ("greedy-small", 0.1, 8.0, None), ("greedy-large", 1.0, 30.0, None)],
    columns=["run", "time_s", "objective", "bound"],
)


def write_study(folder: Path, rows: list[Row], trajectories: pd.DataFrame | None = None) -> StudyFolder:
    """Write a study's folder with some rows."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "configuration.toml").write_text(configuration_text("milp", "greedy"))
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    if trajectories is not None:
        (folder / "trajectories").mkdir()
        for key, points in trajectories.groupby("run"):
            points.drop(columns="run").to_csv(folder / "trajectories" / f"{key}.csv", index=False)
    return StudyFolder(folder)


def study_with_solutions(base: Path) -> StudyFolder:
    """Return a study of two instances beside it, on each of which milp serves the two best queries, greedy the first.

    On two-pool milp claims the optimum. Its solutions hold a certificate with the price 2.5 per 1,000 ms: on one-pool
    q0, worth 1, needs 400 of them.
    """
    rows = []
    for name, values, best in (("one", (1.0, 2.0, 4.0), "q1 q2"), ("two", (1.0, 2.0, 4.0, 3.0, 5.0, 6.0), "q4 q5")):
        instance = one_pool(values, name=name)
        save_instance(instance, base / f"{name}-pool.zip")
        for method, served in (("milp", best.split()), ("greedy", ["q0"])):
            more: dict[str, Any] = {"instance": f"{name}-pool.zip", "instance_sha256": instance.sha256}
            more |= {"method": method, "query_count": len(values), "queries": len(values), "served_count": len(served)}
            value = sum(round(1000 * values[int(query[1:])]) for query in served)
            solution = serving(instance, *served)
            if method == "milp":
                more |= {"certified_bound": value / 1000 + 0.5, "certified_bound_exact": value + 500}
                certificate = Certificate.root(2**40, {"pool:gpus": round(2.5e-6 * 2**40)})
                solution = replace(solution, bound=value + 500, certificate=certificate.to_json())
            bound = value if (method, name) == ("milp", "two") else None
            rows.append(plain_row(f"{method}-{name}", value=value, bound=bound, **more))
            (base / "study" / "solutions").mkdir(parents=True, exist_ok=True)
            solution.save(base / "study" / "solutions" / f"{method}-{name}.json.gz")
    return write_study(base / "study", rows)


def study_of_a_network(base: Path) -> StudyFolder:
    """Return a study of one run: greedy on an instance of devices, an edge and a cloud, with links between them."""
    name = "edge-cloud-xs-1.2-tight"
    result = sp.solve(name, method="greedy", time_limit=20, display=False)
    assert isinstance(result.solution, Solution)
    (base / "study" / "solutions").mkdir(parents=True)
    result.solution.save(base / "study" / "solutions" / "greedy.json.gz")
    more = {"instance": name, "instance_sha256": result.instance_sha256, "method": "greedy"}
    return write_study(base / "study", [plain_row("greedy", value=result.exact.objective, **more)])


class Page(HTMLParser):
    """What a test reads of a page.

    Attributes
    ----------
    tables : list of list of dict
        Of every table its rows: column to (text, value that it is sorted by).
    plots : dict of str to dict
        Data and layout of every plot.
    links : list of str
    text : str
    """

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.tables: list[list[list[tuple[str, str]]]] = []
        self.plots: dict[str, Any] = {}
        self.links: list[str] = []
        self.text = ""
        self._plot = ""
        self._value: str | None = None
        self._in_cell = False
        self._skipped = False
        self._cell = ""
        self.feed(file.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what begins."""
        given = dict(attrs)
        self._skipped = tag in ("script", "style")
        if tag == "script" and "data-plot" in given:
            self._plot = str(given["data-plot"])
        if tag == "table":
            self.tables.append([])
        if tag == "tr" and self.tables:
            self.tables[-1].append([])
        if tag == "td":
            self._value, self._cell, self._in_cell = given.get("data-value"), "", True
        if tag == "a":
            self.links.append(str(given["href"]))

    def handle_endtag(self, tag: str) -> None:
        """Note what ends."""
        if tag == "td":
            told = "" if self._cell == "-" else self._cell.lower()
            value = told if self._value is None else self._value  # what the page's script sorts by
            self.tables[-1][-1].append((self._cell, value))
            self._in_cell = False
        self._skipped = False
        self._plot = ""

    def handle_data(self, data: str) -> None:
        """Note what stands between."""
        if self._plot:
            self.plots[self._plot] = json.loads(data)
        elif not self._skipped:
            self.text += data
        if self._in_cell:
            self._cell += data
