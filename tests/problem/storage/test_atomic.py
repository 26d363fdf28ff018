"""Files appear complete or not at all."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from sloplan.problem.errors import InputError
from sloplan.problem.storage.atomic import write_bytes, write_files


def write_one(path: Path) -> None:
    """Write one byte."""
    path.write_bytes(b"1")


def test_all_or_nothing(tmp_path: Path) -> None:
    """If the second file fails, the first keeps what it held, and no temporary file is left."""
    (tmp_path / "a").write_bytes(b"old")

    def fail(path: Path) -> None:
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    with pytest.raises(InputError, match="cannot be written: No space left on device"):
        write_files({tmp_path / "a": write_one, tmp_path / "b": fail})
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a": b"old"}


def test_other_errors_pass_and_leave_nothing(tmp_path: Path) -> None:
    """What a writer raises reaches the caller; nothing is left behind."""

    def fail(path: Path) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_files({tmp_path / "a": fail})
    assert list(tmp_path.iterdir()) == []


def test_permissions_are_the_usual_ones(tmp_path: Path) -> None:
    """A file gets the permissions that a plain `open` would give."""
    (tmp_path / "plain").write_bytes(b"")
    write_bytes(tmp_path / "a", b"1")
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == stat.S_IMODE((tmp_path / "plain").stat().st_mode)


@pytest.mark.parametrize("name", ["missing/a", "folder"])
def test_paths_that_cannot_be_written(name: str, tmp_path: Path) -> None:
    """A missing folder, and a folder in the place of the file, are errors that name the path."""
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError) as caught:
        write_bytes(tmp_path / name, b"1")
    assert caught.value.file == str(tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_a_temporary_file_ends_as_the_file_does(tmp_path: Path) -> None:
    """Who tells the form by the ending sees the right one."""
    seen = []
    write_files({tmp_path / "model.pbtxt": lambda path: (seen.append(path.suffix), write_one(path))[1]})
    assert seen == [".pbtxt"]
