"""Tests of `sloplan study`: what it prints, what it writes, its exit codes."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pandas as pd
import pytest

from sloplan.study.configuration import packaged_names
from tests.command_line import command, environment, sloplan
from tests.study.case import configuration_text, write_instance
from tests.study.misbehaving import install


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which a study of three methods has run."""
    base = tmp_path_factory.mktemp("study")
    install(base / "site")
    write_instance(base)
    (base / "tiny.toml").write_text(configuration_text("lying", "best", "vanishing"))
    done = sloplan("study", "run", "tiny.toml", env=environment(base / "site"), cwd=base)
    assert done.returncode == 0, done.stderr
    assert done.stdout == (
        "study-tiny: 3 of 3 runs done, 1 of these did not finish as they should; "
        "`sloplan study table study-tiny` compares them\n"
    )
    assert len(done.stderr.splitlines()) == 3
    assert "3/3  one-pool.zip" in done.stderr
    return base


def test_a_file_where_a_study_is_run_hides_no_module(tmp_path: Path) -> None:
    """Methods are imported from where they are installed: the project of one may lie beside the configuration."""
    install(tmp_path / "site")
    write_instance(tmp_path)
    (tmp_path / "tiny.toml").write_text(configuration_text("best"))
    (tmp_path / "tests.py").write_text("")  # named as the package of the method
    done = sloplan("study", "run", "tiny.toml", env=environment(tmp_path / "site"), cwd=tmp_path)
    assert done.stdout.startswith("study-tiny: 1 of 1 runs done; ")


def test_tables_on_screen_and_as_files(study: Path) -> None:
    """Every table is printed whole, and written as Markdown, LaTeX and CSV that agree with the rows."""
    done = sloplan("study", "table", "study-tiny", env=environment(study / "site"), cwd=study)
    assert done.returncode == 0, done.stderr
    for title in ("Methods", "By size", "Instances", "Worst cases", "Claimed and verified"):
        assert f"{title}: goodput, 1 s, 1 thread" in done.stdout
    assert "…" not in done.stdout
    assert "Configuration `tiny`, 3 runs" in done.stdout
    assert done.stdout.endswith("15 files in study-tiny/tables\n")
    methods = pd.read_csv(study / "study-tiny" / "tables" / "methods.csv", index_col="method")
    assert methods.index.tolist() == ["lying", "best", "vanishing"]
    assert methods["of best"].tolist()[:2] == pytest.approx([1 / 6, 1.0])
    claims = (study / "study-tiny" / "tables" / "claims.md").read_text()
    assert "| lying     |      1 |" in claims
    assert "Versions: sloplan " in claims
    latex = (study / "study-tiny" / "tables" / "worst.tex").read_text()
    assert latex.startswith("% Configuration")
    assert r"\begin{tabular}{llrlrrrrl}" in latex


def test_the_packaged_studies_are_listed() -> None:
    """Each with its whole question, seconds and threads."""
    done = sloplan("study", "list")
    assert done.returncode == 0, done.stderr
    said = " ".join(done.stdout.split())
    for name in packaged_names():
        assert f" {name} " in said
    assert "How far is the fast planner" in said
    assert "…" not in done.stdout


def test_figures_of_plan_selections_have_no_units(tmp_path: Path) -> None:
    """What they count is theirs to know: neither value per second nor USD per hour."""
    (tmp_path / "one.toml").write_text(
        'format_version = 1\nname = "one"\ntime_limits = [20]\n[[methods]]\nname = "milp-plans"\n'
        '[[instances]]\nsource = "khan:groups=3,items=2,resources=2"\n'
    )
    done = sloplan("study", "run", "one.toml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (line,) = done.stderr.splitlines()
    assert re.fullmatch(r"1/1  khan:groups=3,items=2,resources=2  milp-plans  [\d,.]+  [\d.]+ s; about 0 s left", line)


def test_tables_elsewhere(study: Path) -> None:
    """With -o the files go where they are wanted."""
    done = sloplan("study", "table", "study-tiny", "-o", "paper/tables", env=environment(study / "site"), cwd=study)
    assert done.returncode == 0, done.stderr
    assert len(list((study / "paper" / "tables").iterdir())) == 15


def test_figures(study: Path) -> None:
    """Each file is named, and what cannot be drawn with its reason."""
    done = sloplan("study", "figures", "study-tiny", env=environment(study / "site"), cwd=study)
    assert done.returncode == 0, done.stderr
    files = [Path(line) for line in done.stdout.splitlines() if line.endswith(".png")]
    assert Path("study-tiny/figures/gap-over-time.png") in files
    assert sorted((study / "study-tiny" / "figures").iterdir()) == sorted(study / file for file in files)
    assert "\nscaling is not drawn: all instances have 3 queries" in done.stdout


def test_report(study: Path) -> None:
    """The page stands where it is said to stand, with a page for each run; a second call replaces it."""
    for _ in range(2):
        done = sloplan("study", "report", "study-tiny", "-o", "paper/page", env=environment(study / "site"), cwd=study)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("paper/page/index.html: open it in a browser")
        assert len(list((study / "paper" / "page" / "runs").iterdir())) == 3
    assert [entry.name for entry in (study / "paper").iterdir() if entry.name.startswith(".")] == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("run", "nothing.toml"), "no such study configuration"),
        (("table", "site"), "holds no study"),
        (("figures", "site"), "holds no study"),
        (("figures", "study-tiny", "-o", "tiny.toml"), "tiny.toml: cannot be made"),
        (("report", "site"), "holds no study"),
        (("report", "study-tiny", "-o", "site"), "is there already, and no report"),
        (("run", "quick", "-o", "site"), "is no study, and not empty"),
        (("run", "published", "--data", "nowhere"), "no such folder"),
    ],
)
def test_unusable_input(study: Path, arguments: tuple[str, ...], message: str) -> None:
    """One line on stderr, exit code 2, no traceback."""
    done = sloplan("study", *arguments, env=environment(study / "site"), cwd=study)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: ")
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_study_without_rows(study: Path) -> None:
    """A study that has not begun says how it begins."""
    (study / "empty").mkdir()
    (study / "empty" / "configuration.toml").write_text(configuration_text("best"))
    done = sloplan("study", "table", "empty", env=environment(study / "site"), cwd=study)
    assert done.returncode == 2
    advice = "`sloplan study run empty/configuration.toml -o empty` begins it"
    assert f"the study has no rows yet; next: {advice}" in done.stderr


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_quick(tmp_path: Path) -> None:
    """The README's study runs to its end, all its answers verified; what is proved in 6 s the machine decides."""
    done = subprocess.run(command("study", "run", "quick"), env=environment(), cwd=tmp_path, check=False)
    assert done.returncode == 0
    assert sloplan("study", "table", "study-quick", cwd=tmp_path).returncode == 0
    claims = pd.read_csv(tmp_path / "study-quick" / "tables" / "claims.csv", index_col="method")
    assert claims["runs"].tolist() == [14, 14, 14]
    assert claims["correct"].tolist() == [1.0, 1.0, 1.0]
    assert (claims["solutions claimed"] == claims["verified"]).all()
