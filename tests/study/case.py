"""A study of one tiny instance, as tests run it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sloplan.loading import load
from sloplan.problem.storage.instance_files import save_instance
from sloplan.study.configuration import parse_configuration
from sloplan.study.matrix import PlannedRun
from sloplan.study.rows import Row
from sloplan.study.running import run_study
from sloplan.study_worker import solve_job
from tests.one_pool import one_pool


class Heard:
    """A watcher that remembers."""

    def __init__(self) -> None:
        self.planned: list[PlannedRun] = []
        self.finished_before = 0
        self.rows: list[Row] = []

    def begins(self, runs: list[PlannedRun], finished: int, side_by_side: int) -> None:
        """Remember what is to be run."""
        self.planned, self.finished_before = runs, finished

    def ended(self, run: PlannedRun, row: Row) -> None:
        """Remember the row."""
        self.rows.append(row)


def configuration_text(*methods: str, source: str = "one-pool.zip", **more: Any) -> str:
    """Return the TOML of a study of some methods on the instance of `write_instance`."""
    settings = {"format_version": 1, "name": "tiny", "time_limits": [1], "grace_s": 0.5, "memory_gb": 1.0} | more
    lines = [f"{name} = {json.dumps(value)}" for name, value in settings.items()]
    for method in methods:
        lines += ["[[methods]]", f"name = {json.dumps(method)}"]
    lines += ["[[instances]]", f"source = {json.dumps(source)}"]
    return "\n".join(lines) + "\n"


def write_instance(folder: Path) -> None:
    """Write the instance one-pool.zip: queries worth 1, 2 and 4, of which two fit."""
    save_instance(one_pool(), folder / "one-pool.zip")


def run(text: str, folder: Path, base: Path, **more: Any) -> Heard:
    """Run a study in this process's charge; return what its watcher heard."""
    heard = Heard()
    configuration = parse_configuration(text, "tiny.toml")
    run_study(configuration, text, folder, watcher=heard, **{"base": base, "load": load, "task": solve_job} | more)
    return heard
