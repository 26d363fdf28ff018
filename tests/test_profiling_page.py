"""What the page on profiling says is so."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pandas as pd

from sloplan import cli
from sloplan.profiling.workload import Workload
from tests.profiling.application import instance_of

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "profiling.md").read_text("utf-8")


def test_python_example_runs() -> None:
    """The example ends with the tables of an application."""
    (example,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    known: dict[str, dict[str, pd.DataFrame]] = {}
    exec(example, known)
    assert len(instance_of(known["tables"], 0.85).table("profiles")) == 6


def test_options_and_defaults() -> None:
    """Every option that the page names is one of the command's, with the default shown."""
    parameters = inspect.signature(cli._profile).parameters
    shown = re.findall(r"^\| `--([a-z-]+)(?: ([^`]+))?` \|", PAGE, re.MULTILINE)
    assert {name.replace("-", "_") for name, _ in shown} == set(parameters) - {"workload", "output"}
    for name, value in shown:
        if value and name != "slo-accuracy":
            assert str(parameters[name.replace("-", "_")].default) in (value, f"{value}.0")


def test_a_workload_is_what_the_protocol_names() -> None:
    """The page names the Protocol where it stands."""
    assert f"`{Workload.__module__}.{Workload.__name__}`" in PAGE
