"""The command `sloplan profile`."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from sloplan import cli, profile_commands
from sloplan.problem.errors import InputError
from tests.profiling.application import instance_of
from tests.profiling.small_workload import write_small

TABLES = ["accuracy.csv", "configurations.csv", "edges.csv", "operators.csv", "profiles.csv"]


def run(*arguments: object) -> str:
    """Run `sloplan profile`; an error of the toolkit passes through."""
    result = CliRunner().invoke(cli.app, ["profile", *map(str, arguments)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A folder of recorded runs."""
    write_small(tmp_path / "small", 40)
    return tmp_path / "small"


def test_tables_of_recorded_runs_make_an_instance(small: Path, tmp_path: Path) -> None:
    """The files written are an application's tables, and the same seed writes the same bytes over them."""
    said = run(small, "--slo-accuracy", 0.85, "--slo-accuracy", 0.95, "-o", tmp_path / "tables")
    assert "4 plans of 4 configurations, 40 items" in said
    assert sorted(path.name for path in (tmp_path / "tables").iterdir()) == TABLES
    before = {name: (tmp_path / "tables" / name).read_bytes() for name in TABLES}
    frames = {name.removesuffix(".csv"): pd.read_csv(tmp_path / "tables" / name) for name in TABLES}
    assert len(instance_of(frames, 0.85).table("accuracy")) == 4
    run(small, "--slo-accuracy", 0.85, "--slo-accuracy", 0.95, "-o", tmp_path / "tables")
    assert before == {name: (tmp_path / "tables" / name).read_bytes() for name in TABLES}


def test_json(tmp_path: Path) -> None:
    """With --json, one object with the counts and every plan is printed, and nothing else."""
    spec = "synthetic:items=300,seed=4"
    out = run(spec, "--slo-accuracy", 0.8, "--strata", 4, "--seed", 2, "-o", tmp_path / "tables", "--json")
    shown = json.loads(out)
    assert {key: shown[key] for key in ("workload", "slo_accuracies", "confidence", "seed", "num_items")} == {
        "workload": "synthetic",
        "slo_accuracies": [0.8],
        "confidence": 0.95,
        "seed": 2,
        "num_items": 300,
    }
    assert shown["num_strata"] == 4
    assert shown["configurations_profiled"] == 6
    assert shown["items_run"] + shown["cache_hits"] == 2 * sum(plan["items"] for plan in shown["plans"])
    assert shown["profiling_s"] > 0
    assert {"detect", "recognise", "accuracy", "lower", "upper", "items", "outcome"} == set(shown["plans"][0])


def test_digits_spec() -> None:
    """`digits:seed=N` is the live workload with that seed."""
    workload = profile_commands._workload("digits:seed=3")
    assert (workload.name, len(workload.features)) == ("digits", 800)


@pytest.mark.parametrize(
    ("workload", "message"),
    [
        ("nowhere", "WORKLOAD = 'nowhere': no workload; allowed: digits:seed=1"),
        ("synthetic:size=3", "unknown parameter of synthetic"),
        ("synthetic:items=0", "items = 0"),
        ("digits:seed=x", "seed = 'x': not a whole number"),
        ("digits:seed=-1", "seed = -1: no seed"),
    ],
)
def test_unknown_workloads_are_refused(workload: str, message: str, tmp_path: Path) -> None:
    """What is no workload is told so, and nothing is written."""
    with pytest.raises(InputError, match=message):
        run(workload, "--slo-accuracy", 0.8, "-o", tmp_path / "tables")
    assert not (tmp_path / "tables").exists()


def test_other_files_are_left_alone(small: Path, tmp_path: Path) -> None:
    """An instance's folder, whose tables hold other applications, is never written into."""
    (tmp_path / "instance").mkdir()
    (tmp_path / "instance" / "instance.json").write_text("{}")
    (tmp_path / "instance" / "operators.csv").write_text("mine")
    with pytest.raises(InputError, match=r"the folder holds other files: instance.json"):
        run(small, "--slo-accuracy", 0.8, "-o", tmp_path / "instance")
    assert (tmp_path / "instance" / "operators.csv").read_text() == "mine"
    with pytest.raises(InputError, match="cannot be written there"):
        run(small, "--slo-accuracy", 0.8, "-o", tmp_path / "no" / "folder")


def test_an_slo_is_needed(small: Path, tmp_path: Path) -> None:
    """Without an accuracy SLO there is nothing to decide: the option must be given."""
    result = CliRunner().invoke(cli.app, ["profile", str(small), "-o", str(tmp_path / "tables")])
    assert result.exit_code == 2
    assert "--slo-accuracy" in result.output
