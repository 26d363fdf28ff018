"""Text files that hold nothing but numbers between blanks: read at once, errors that name line and value."""

from __future__ import annotations

import gzip
import os
import re
import warnings
import zlib
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from sloplan.problem.compiled import Int
from sloplan.problem.errors import InputError

MAX_BYTES: Final = 2 * 10**9
"""Most bytes of a text, once inflated."""

_GZIP_MAGIC = b"\x1f\x8b"
_LONGEST_EXACT = 15  # decimal digits that a float64 always keeps
_LONGEST_INT64 = 18
_IS_BLANK = np.isin(np.arange(256), list(b" \t\r\n\v\f"))
_NOT_A_NUMBER = re.compile(rb"[^-+.0-9eE\s]")
_NUMBER = re.compile(rb"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


def read_text(path: str | os.PathLike[str]) -> bytes:
    """Return the bytes of a text file, inflated if it is a gzip file, whatever its name.

    Raises
    ------
    InputError
        If the file cannot be read, is a broken gzip file, or is larger than `MAX_BYTES`.
    """
    try:
        with Path(path).open("rb") as file:
            packed = file.read(2) == _GZIP_MAGIC
            file.seek(0)
            with gzip.open(file) if packed else file as stream:
                content: bytes = stream.read(MAX_BYTES + 1)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputError(f"broken gzip file: {error}", file=str(path), advice="fetch the file again") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"cannot be read: {reason}", file=str(path), advice="check the path") from None
    if len(content) > MAX_BYTES:
        raise InputError("text too large", file=str(path), allowed=f"up to {MAX_BYTES:,} bytes", advice="split it")
    return content


def plain_name(path: str | os.PathLike[str]) -> str:
    """Return a file's name without the endings ".gz" and ".txt"."""
    return Path(path).name.removesuffix(".gz").removesuffix(".txt")


class NumberText:
    """The numbers of a text, taken one part after the other.

    Parameters
    ----------
    content : bytes
        Non-negative decimals between blanks and line ends.
    file : str
        Name for messages.

    Raises
    ------
    InputError
        If anything else stands there, or a number that a float64 does not hold exactly.
    """

    def __init__(self, content: bytes, file: str) -> None:
        self.file = file
        self._content = content
        self._next = 0
        stray = _NOT_A_NUMBER.search(content)
        if stray is not None:
            raise self.error("not a number", self._token_at_byte(stray.start()), "number", "digits and blanks")
        self._numbers = self._parsed()
        self._refuse_unusable()

    @cached_property
    def _starts(self) -> Int:
        """Place of the first byte of each number."""
        blank = _IS_BLANK[np.frombuffer(self._content, dtype=np.uint8)]
        return np.flatnonzero(~blank & np.concatenate([[True], blank[:-1]]))

    @cached_property
    def _lengths(self) -> Int:
        blank = _IS_BLANK[np.frombuffer(self._content, dtype=np.uint8)]
        return np.flatnonzero(~blank & np.concatenate([blank[1:], [True]])) + 1 - self._starts

    def _parsed(self) -> npt.NDArray[Any]:
        """All numbers as int64 where that is exact, else as float64."""
        if not len(self._starts):
            return np.zeros(0, dtype=np.int64)
        whole = int(self._lengths.max()) <= _LONGEST_INT64 and re.search(rb"[.eE]", self._content) is None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", DeprecationWarning)  # numpy's way to say that it stopped early
                text = self._content.decode("ascii")
                numbers = np.fromstring(text, dtype=np.int64 if whole else np.float64, sep=" ")
        except (DeprecationWarning, ValueError):
            numbers = np.zeros(0)
        if len(numbers) != len(self._starts):  # numpy reads "1-2" as two numbers
            bad = next(i for i in range(len(self._starts)) if _NUMBER.fullmatch(self._token(i)) is None)
            raise self.error("not a number", bad, "number", "a decimal such as 12 or 7.5")
        return numbers

    def _refuse_unusable(self) -> None:
        numbers = self._numbers
        for bad, problem, allowed in (
            (numbers < 0, "negative number", "0 or more"),
            (~np.isfinite(numbers), "number too large", "a number that 64 bits hold"),
        ):
            if bad.any():
                raise self.error(problem, int(bad.argmax()), "number", allowed)
        if numbers.dtype == np.float64:
            for place in np.flatnonzero(self._lengths > _LONGEST_EXACT).tolist():
                if Decimal(self._token(place).decode()) != Decimal(repr(float(numbers[place]))):
                    raise self.error("more digits than a 64-bit float holds", place, "number", "up to 15 digits")

    def _token(self, place: int) -> bytes:
        start = int(self._starts[place])
        return self._content[start : start + int(self._lengths[place])]

    def _token_at_byte(self, byte: int) -> int:
        return int(np.searchsorted(self._starts, byte, side="right")) - 1

    def first_line_width(self) -> int:
        """Return how many numbers the first line that is not blank holds."""
        if not len(self._starts):
            return 0
        end = self._content.find(b"\n", int(self._starts[0]))
        return len(self._starts) if end < 0 else int(np.searchsorted(self._starts, end))

    @property
    def left(self) -> int:
        """How many numbers have not been taken yet."""
        return len(self._numbers) - self._next

    def take(self, count: int, what: str) -> npt.NDArray[Any]:
        """Take the next `count` numbers, shape (count,).

        Raises
        ------
        InputError
            If there are fewer.
        """
        if count > self.left:
            problem = f"ends early: {count:,} numbers were to follow ({what}), {self.left:,} do"
            raise InputError(problem, file=self.file, field=self._line(len(self._numbers) - 1), advice=_RESTORE)
        self._next += count
        return self._numbers[self._next - count : self._next]

    def take_whole(self, what: str, least: int = 1) -> int:
        """Take the next number, which is whole and at least `least`."""
        number = self.take(1, what)[0]
        if number != int(number) or number < least:
            raise self.error("unusable number", self._next - 1, what, f"a whole number, at least {least}")
        return int(number)

    def refuse_last(self, count: int, bad: npt.NDArray[np.bool_], what: str, allowed: str) -> None:
        """Refuse the first of the `count` numbers taken last that is bad.

        Parameters
        ----------
        bad : (count,) bool
        """
        if bad.any():
            raise self.error("unusable number", self._next - count + int(bad.argmax()), what, allowed)

    def refuse_more(self) -> None:
        """Refuse numbers that stand after the last one wanted."""
        if self.left:
            raise self.error("number after the end of the problem", self._next, "number", "nothing more")

    def error(self, problem: str, place: int, what: str, allowed: str) -> InputError:
        """Return the error of the number at a place, counted from 0 over the whole text."""
        value = self._token(place).decode("utf-8", errors="backslashreplace")
        where = f"{self._line(place)}, {what}"
        return InputError(problem, file=self.file, field=where, value=value, allowed=allowed, advice=_RESTORE)

    def _line(self, place: int) -> str:
        byte = int(self._starts[place]) if 0 <= place < len(self._starts) else 0
        line = self._content.count(b"\n", 0, byte) + 1
        return f"line {line}"


_RESTORE: Final = "compare with the layouts in docs/formats.md"
