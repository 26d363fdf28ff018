"""Tests of the folder of a report: whole or not there, whatever happens meanwhile."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sloplan.problem.errors import InputError
from sloplan.study.report.pages import GENERATOR
from sloplan.study.report.writing import whole_folder

HALF = """
import sys
from pathlib import Path
from sloplan.study.report.writing import whole_folder
with whole_folder(Path(sys.argv[1])) as new:
    (new / "index.html").write_text("half")
    print("half", flush=True)
    sys.stdin.read()
"""


def write(target: Path, text: str) -> None:
    """Write a report of one page."""
    with whole_folder(target) as new:
        (new / "index.html").write_text(f'<meta name="generator" content="{GENERATOR}"> {text}')


def write_and_fail(target: Path) -> None:
    """Write half a report."""
    with whole_folder(target) as new:
        (new / "index.html").write_text("half")
        raise LookupError("missing")


def test_a_report_is_replaced(tmp_path: Path) -> None:
    """The second report stands in the first one's place, with nothing left of it, and nothing beside it."""
    target = tmp_path / "below" / "report"
    write(target, "first")
    (target / "runs").mkdir()
    write(target, "second")
    assert [file.name for file in target.iterdir()] == ["index.html"]
    assert (target / "index.html").read_text().endswith("second")
    assert [entry.name for entry in target.parent.iterdir()] == ["report"]


def test_an_error_leaves_the_old_report(tmp_path: Path) -> None:
    """What is raised on the way comes out, and the report is the one before."""
    target = tmp_path / "report"
    write(target, "first")
    with pytest.raises(LookupError, match="missing"):
        write_and_fail(target)
    assert (target / "index.html").read_text().endswith("first")
    assert [entry.name for entry in tmp_path.iterdir()] == ["report"]


def test_a_killed_report(tmp_path: Path) -> None:
    """A process that is killed half-way leaves the old report; the next one takes away what it left."""
    target = tmp_path / "report"
    write(target, "first")
    half = subprocess.Popen(
        [sys.executable, "-c", HALF, str(target)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert half.stdout is not None
    assert half.stdout.readline() == "half\n"
    half.kill()
    half.communicate()
    assert (target / "index.html").read_text().endswith("first")
    assert len(list(tmp_path.iterdir())) == 2
    write(target, "second")
    assert (target / "index.html").read_text().endswith("second")
    assert [entry.name for entry in tmp_path.iterdir()] == ["report"]


def test_what_was_moved_away_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the new report cannot come into its place, at once or by a kill between the two moves, the old one does."""
    target, rename = tmp_path / "report", Path.rename
    write(target, "first")

    def refuse_new(path: Path, place: Path) -> Path:
        if path.name.startswith(".new."):
            raise OSError(28, "No space left on device", str(path))
        return rename(path, place)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", refuse_new)
        with pytest.raises(InputError, match="No space left"):
            write(target, "second")
    assert (target / "index.html").read_text().endswith("first")
    assert [entry.name for entry in tmp_path.iterdir()] == ["report"]
    target.rename(tmp_path / ".old.report.999999999")
    with pytest.raises(LookupError):
        write_and_fail(target)
    assert (target / "index.html").read_text().endswith("first")


def test_a_link_leads_to_the_report(tmp_path: Path) -> None:
    """What a link leads to is replaced, again and again, and the link stays."""
    (tmp_path / "real").mkdir()
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "real")
    for text in ("first", "second"):
        write(link, text)
        assert link.is_symlink()
        assert (tmp_path / "real" / "index.html").read_text().endswith(text)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["link", "real"]


def test_what_goes_wrong_with_the_content_is_told_as_it_is(tmp_path: Path) -> None:
    """A file that cannot be read meanwhile is no report that cannot be written."""
    with pytest.raises(FileNotFoundError, match="missing"), whole_folder(tmp_path / "report"):
        (tmp_path / "missing").read_text()


@pytest.mark.parametrize("name", ["file", "folder"])
def test_nothing_else_is_replaced(tmp_path: Path, name: str) -> None:
    """A file, or a folder with something else in it, is refused and stays."""
    (tmp_path / "file").write_text("mine")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "index.html").write_text("my own page")
    with pytest.raises(InputError, match="is there already, and no report"):
        write(tmp_path / name, "report")
    assert (tmp_path / "folder" / "index.html").read_text() == "my own page"


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """A file where a folder should be is named."""
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        write(tmp_path / "file" / "report", "report")
