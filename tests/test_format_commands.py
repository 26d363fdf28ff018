"""The commands that write instances in other formats or read them."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from sloplan import cli
from sloplan.instances.selections.gap_text import read_gap
from sloplan.instances.selections.mmkp_text import read_mmkp
from sloplan.loading import load
from sloplan.problem.errors import InputError
from tests.instances.selections.mmkp_examples import GAP, KHAN, NUMBERED, SECOND


def run(*arguments: object) -> str:
    """Run a command of `instances`; an error of the toolkit passes through."""
    result = CliRunner().invoke(cli.app, ["instances", *map(str, arguments)])
    if isinstance(result.exception, InputError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


def test_import_mmkp(tmp_path: Path) -> None:
    """An MMKP file becomes the plan selection file of its problem."""
    (tmp_path / "small.txt").write_text(KHAN)
    said = run("import", "--format", "mmkp", tmp_path / "small.txt", "-o", tmp_path / "small.json")
    assert "small, 2 groups, 6 plans, 2 rows" in said
    assert load(tmp_path / "small.json").sha256 == read_mmkp(tmp_path / "small.txt").sha256


def test_import_of_one_of_several(tmp_path: Path) -> None:
    """`--number` says which problem of a file is meant."""
    (tmp_path / "many").write_text(NUMBERED + SECOND)
    run("import", "--format", "mmkp", tmp_path / "many", "--number", 2, "-o", tmp_path / "second.json")
    assert load(tmp_path / "second.json").name == "many#2"
    with pytest.raises(InputError, match="state the number"):
        run("import", "--format", "mmkp", tmp_path / "many", "-o", tmp_path / "second.json")


def test_import_gap(tmp_path: Path) -> None:
    """A GAP file becomes the plan selection file of its problem."""
    (tmp_path / "gap").write_text(GAP)
    run("import", "--format", "gap", tmp_path / "gap", "-o", tmp_path / "gap.json")
    assert load(tmp_path / "gap.json").sha256 == read_gap(tmp_path / "gap").sha256


@pytest.mark.parametrize(
    ("file_format", "output", "message"),
    [("mps", "x.json", "allowed: mmkp, gap"), ("mmkp", "x", "ending in .json")],
)
def test_import_refuses(file_format: str, output: str, message: str, tmp_path: Path) -> None:
    """Formats that are not read, and a file that would not be found again, are refused."""
    (tmp_path / "small.txt").write_text(KHAN)
    with pytest.raises(InputError, match=message):
        run("import", "--format", file_format, tmp_path / "small.txt", "-o", tmp_path / output)
    assert [path.name for path in tmp_path.iterdir()] == ["small.txt"]


def test_generate_a_plan_selection(tmp_path: Path) -> None:
    """A family of plan selections is generated into a plan selection file, and loaded by its spec."""
    spec = "chu-gap:agents=2,jobs=3"
    run("generate", spec, "-o", tmp_path / "gap.json")
    assert load(tmp_path / "gap.json").sha256 == load(spec).sha256
    with pytest.raises(InputError, match="ending in .json"):
        run("generate", spec, "-o", tmp_path / "gap.zip")


@pytest.mark.parametrize("file_format", ["mps", "lp", "cpsat", "mmkp"])
def test_export(file_format: str, tmp_path: Path) -> None:
    """Instances and plan selections are exported in every format; MILPs get their names beside them."""
    name = "model.pb" if file_format == "cpsat" else f"model.{file_format}"
    for place, spec in enumerate(("edge-cloud:queries=4", "khan:groups=2,items=2,resources=1")):
        folder = tmp_path / str(place)
        folder.mkdir()
        said = run("export", spec, "--format", file_format, "-o", folder / name)
        written = {path.name for path in folder.iterdir()}
        assert written == {name, f"{name}.names.csv"} if file_format in ("mps", "lp") else {name}
        assert all(str(folder / file) in said for file in written)


def test_export_refuses_unknown_formats(tmp_path: Path) -> None:
    """A format that is not written is refused before the instance is loaded."""
    with pytest.raises(InputError, match="allowed: mps, lp, cpsat, mmkp"):
        run("export", "no such instance", "--format", "xls", "-o", tmp_path / "x")


def test_generate_with_parquet(tmp_path: Path) -> None:
    """`--parquet` changes the form of the queries, not the instance; plan selections have none."""
    spec = "edge-cloud:queries=4"
    run("generate", spec, "--parquet", "-o", tmp_path / "new")
    assert (tmp_path / "new" / "queries.parquet").exists()
    assert load(tmp_path / "new").sha256 == load(spec).sha256
    with pytest.raises(InputError, match="has no queries"):
        run("generate", "khan", "--parquet", "-o", tmp_path / "k.json")
