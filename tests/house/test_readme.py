"""What the README tells a reader to do works as it says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sloplan.cli import app
from tests.house.headline import machines, measured_lines, rows_of, table_lines

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")
PAGES = {name: (ROOT / name).read_text("utf-8") for name in ("README.md", "CONTRIBUTING.md")}


def _blocks(language: str) -> list[str]:
    """Return the README's fenced blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def _run(*command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the command with this environment's Python, away from the checkout."""
    return subprocess.run(
        [sys.executable, *command], cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=100, check=False,
    )  # fmt: skip


def _words(text: str) -> list[str]:
    """Return the lines with single blanks: a table is as wide as its longest runtime."""
    return [re.sub(r" +", " ", line) for line in text.splitlines()]


def test_demo_and_test_stand_first() -> None:
    """The first commands of the README are the two that a fresh machine needs."""
    assert _blocks("sh")[0].split("\n")[:2] == ["make demo", "make test"]


@pytest.mark.parametrize("page", PAGES)
def test_make_targets_exist(page: str) -> None:
    """Every make target that is named is one."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    named = set(re.findall(r"(?:`|^)make ([a-z-]+)", PAGES[page], re.MULTILINE))
    assert len(named) >= 2
    assert named <= targets


@pytest.mark.parametrize("page", PAGES)
def test_named_files_exist(page: str) -> None:
    """Every file or folder in code that starts at the root exists (links: test_links.py)."""
    in_code = re.findall(r"`((?:src|tests|docs|tools|\.ci)/[^`\s]*)`", PAGES[page])
    assert len(in_code) > 0
    assert [name for name in in_code if not (ROOT / name).exists()] == []


def test_files_of_the_main_path_exist() -> None:
    """Every Python file that the README names without its first folders is a file of the package."""
    named = re.findall(r"`([a-z_/]+\.py)`", README)
    assert len(named) >= 5
    assert [name for name in named if not (ROOT / "src" / "sloplan" / name).is_file()] == []


def test_commands_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The README's `sloplan` commands run one after another, in one process, and end with exit code 0.

    Studies take minutes: `tests/test_study_commands.py` runs them.
    """
    commands = re.findall(r"^sloplan (?!study )(.+?)(?:\s+#.*)?$", "".join(_blocks("sh")), re.MULTILINE)
    assert len(commands) >= 3
    monkeypatch.chdir(tmp_path)
    for command in commands:
        run = CliRunner().invoke(app, command.split(), prog_name="sloplan", catch_exceptions=False)
        assert run.exit_code == 0, f"{command}\n{run.output}"


def test_python_example_runs(tmp_path: Path) -> None:
    """The README's Python example runs as it stands and ends with a checked optimum."""
    (example,) = _blocks("python")
    run = _run("-c", example + "\nassert result.status == 'optimal', result.status\n", cwd=tmp_path)
    assert run.returncode == 0, run.stdout + run.stderr


def test_demo_output_is_what_the_demo_prints(tmp_path: Path) -> None:
    """The method, status, goodput, bound and gap shown for `make demo` are those that its two commands print."""
    (shown,) = re.findall(r"^```\n(\.venv/bin/sloplan .*?)^```$", README, re.MULTILINE | re.DOTALL)
    commands = re.findall(r"^\.venv/bin/sloplan (.+)$", shown, re.MULTILINE)
    printed = "".join(_run("-m", "sloplan", *command.split(), cwd=tmp_path).stdout for command in commands)
    exact = [line for line in _words(shown) if re.match(r"(│ (method|status|goodput|bound|gap) |valid: )", line)]
    assert len(commands) == 2
    assert len(exact) == 6
    assert [line for line in exact if line not in _words(printed)] == []


def test_the_headline_table_is_that_of_the_rows() -> None:
    """Every line of the table, the loads and the machine are what the committed rows of docs/benchmarks say."""
    [table] = re.findall(r"^\| \| instances \|.*\n\|[-|]+\n((?:\|.*\n)+)", README, re.MULTILINE)
    assert table.splitlines() == table_lines()
    stated = " ".join(README.split())
    for line in (*measured_lines(), *machines()):
        assert line in stated, line


def test_what_the_text_says_of_the_table() -> None:
    """Three times as fast at 60 queries, all instances proved, and how many proofs are certified."""
    frame = rows_of("proof")
    certified = frame["certified_bound_exact"].notna() & (frame["certified_bound_exact"] == frame["objective_exact"])
    counts = certified.groupby([frame["method"], frame["queries"]]).sum()
    stated = re.search(r"certified on (\d+) of the 42 instances of 6 queries and (\d+) of those of 60", README)
    assert stated is not None
    assert list(map(int, stated.groups())) == counts["branch-and-price"].tolist()
    assert counts.drop("branch-and-price").sum() == 0
    proved = (frame["status"] == "optimal") & (frame["method"] == "branch-and-price")
    assert proved.groupby(frame["instance"]).any().all()
    assert "| 3.4 times as fast" in README
    assert "`branch-and-price` proves all, and is three times as fast at 60 queries" in README.replace("\n", " ")


def test_the_picture_is_small() -> None:
    """The picture of a report is there, and no heavier than a page may be."""
    [name] = re.findall(r"^!\[.*\]\((.*\.png)\)$", README, re.MULTILINE)
    assert (ROOT / name).read_bytes().startswith(b"\x89PNG")
    assert (ROOT / name).stat().st_size < 150_000
