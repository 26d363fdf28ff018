"""Tests of the file of rows: whole lines only."""

from __future__ import annotations

import errno
import io
from pathlib import Path
from typing import Any

import pytest

from sloplan.problem.errors import InputError
from sloplan.study.rows import ROWS_FILE, append_row, drop_cut_off_line, read_rows


def test_rows_come_back_in_order(tmp_path: Path) -> None:
    """What is appended is read again, None and text in any script included."""
    assert read_rows(tmp_path) == []
    rows = [{"run": "a", "objective": None, "message": "naïve 数\n"}, {"run": "b", "objective": 2**60}]
    for row in rows:
        append_row(tmp_path, row)
    assert read_rows(tmp_path) == rows


def test_a_line_that_was_cut_off(tmp_path: Path) -> None:
    """A last line without an end is no row; once it is dropped the next row begins a line of its own."""
    append_row(tmp_path, {"run": "a"})
    with (tmp_path / ROWS_FILE).open("ab") as file:
        file.write(b'{"run": "b", "obj')
    assert read_rows(tmp_path) == [{"run": "a"}]
    drop_cut_off_line(tmp_path)
    append_row(tmp_path, {"run": "c"})
    assert read_rows(tmp_path) == [{"run": "a"}, {"run": "c"}]


@pytest.mark.parametrize("line", ["no json", "[1]", '{"row": 1}'])
def test_a_line_that_is_no_row(tmp_path: Path, line: str) -> None:
    """Another line that is no row is named."""
    append_row(tmp_path, {"run": "a"})
    with (tmp_path / ROWS_FILE).open("a") as file:
        file.write(line + "\n")
    with pytest.raises(InputError, match=r"rows\.jsonl, row 2: is no row"):
        read_rows(tmp_path)


class _Full(io.FileIO):
    """A file on a disk with room for ten more bytes."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._room = 10

    def write(self, content: Any) -> int:
        """Write what there is room for, and fail where there is none, as the system does."""
        if self._room == 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        written = super().write(content[: self._room])
        self._room -= written
        return written


def test_a_row_that_does_not_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a full disk a row is not written by half: the file is as before, and the error says why."""
    append_row(tmp_path, {"run": "a"})
    before = (tmp_path / ROWS_FILE).read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", lambda path, mode, buffering: _Full(path, mode.replace("b", "")))
        with pytest.raises(InputError, match="a row cannot be written: No space left on device"):
            append_row(tmp_path, {"run": "b", "message": "long enough not to fit"})
    assert (tmp_path / ROWS_FILE).read_bytes() == before


def test_what_json_cannot_say(tmp_path: Path) -> None:
    """NaN never gets into a row: unknown is None."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        append_row(tmp_path, {"run": "a", "objective": float("nan")})
    assert not (tmp_path / ROWS_FILE).exists()
