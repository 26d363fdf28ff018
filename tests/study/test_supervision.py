"""Tests of what supervised processes are forked from; `test_running` and `test_killed` see what they do."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas
import pytest

import sloplan
from sloplan.cli import main as command_line
from sloplan.study import supervision


def test_the_server_imports_what_of_sloplan_the_main_script_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else every process would import the command line anew, which takes longer than all of its start."""
    main: Any = ModuleType("__main__")
    main.sloplan, main.command_line, main.pandas, main.path = sloplan, command_line, pandas, Path
    main.number, main.odd = 3, Odd()
    monkeypatch.setitem(sys.modules, "__main__", main)
    asked: list[str] = []
    monkeypatch.setattr(supervision.multiprocessing, "set_forkserver_preload", asked.extend)
    supervision.preload("sloplan.study.running")
    first = ["sloplan.study.server_path", "sloplan.study.supervised_child"]
    assert asked == [*first, "sloplan.study.running", "sloplan", "sloplan.cli"]


class Odd:
    """Something that names no module."""

    __module__ = None  # type: ignore[assignment]
