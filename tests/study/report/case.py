"""Studies as tests of reports have them: rows by hand, and one that has run."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd

from sloplan.problem.storage.instance_files import save_instance
from sloplan.study.folder import StudyFolder
from sloplan.study.rows import Row
from tests.one_pool import one_pool
from tests.study.case import configuration_text, run
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
    folder.mkdir(parents=True)
    (folder / "configuration.toml").write_text(configuration_text("milp", "greedy"))
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    if trajectories is not None:
        (folder / "trajectories").mkdir()
        for key, points in trajectories.groupby("run"):
            points.drop(columns="run").to_csv(folder / "trajectories" / f"{key}.csv", index=False)
    return StudyFolder(folder)


def run_study_here(base: Path) -> StudyFolder:
    """Run greedy and branch-and-price on two instances; return the study."""
    for name, values in (("one-pool", (1.0, 2.0, 4.0)), ("two-pool", (1.0, 2.0, 4.0, 3.0, 5.0, 6.0))):
        save_instance(one_pool(values, name=name), base / f"{name}.zip")
    text = configuration_text("greedy", "branch-and-price", source="*-pool.zip", time_limits=[20], memory_gb=3.0)
    run(text, base / "study-tiny", base)
    return StudyFolder(base / "study-tiny")


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
            self._value, self._cell = given["data-value"], ""
        if tag == "a":
            self.links.append(str(given["href"]))

    def handle_endtag(self, tag: str) -> None:
        """Note what ends."""
        if tag == "td":
            assert self._value is not None
            self.tables[-1][-1].append((self._cell, self._value))
            self._value = None
        self._skipped = False
        self._plot = ""

    def handle_data(self, data: str) -> None:
        """Note what stands between."""
        if self._plot:
            self.plots[self._plot] = json.loads(data)
        elif not self._skipped:
            self.text += data
        if self._value is not None:
            self._cell += data
