"""The journal of an online planner: a file to which every event and every decision is added before it counts.

Each line is a JSON object: the first says what the journal is of, then come events as they are delivered, what every
epoch decided, and at last the end. A line counts once it ends in a line break: one that was half written when the
planner died is cut off when the journal is opened again. Its last member, `check`, is the CRC-32 of the line without
it, begun at that of the line before: a line that is damaged, lost, doubled or out of its place is noticed.
"""

from __future__ import annotations

import hashlib
import json
import os
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import numpy as np
from filelock import FileLock, Timeout

from sloplan.problem.errors import InputError
from sloplan.runtime.arrivals import KINDS, Events

FORMAT_VERSION: Final = 3

_CHECK: Final = b', "check": '


class Journal:
    """A journal that can be added to; use it in a `with` statement.

    Parameters
    ----------
    path : str or path
        Continued if it is there.
    heading : mapping
        What the journal is of; a journal that is there must be of the same.

    Attributes
    ----------
    lines : list of dict
        Those that were there, without the heading.

    Raises
    ------
    InputError
        If the file is of something else, is no journal, cannot be written, or is another process's at the moment.
    """

    def __init__(self, path: str | os.PathLike[str], heading: Mapping[str, Any]) -> None:
        self._path = Path(path)
        self._check = 0  # of the last line
        self._lock = FileLock(f"{self._path}.lock")
        first = {"format_version": FORMAT_VERSION, **heading}
        try:
            self._path.parent.stat()  # locking would make the folder
            self._lock.acquire(timeout=0)
            self._open(first)
        except Timeout:
            raise InputError(
                "is being written", file=str(self._path), advice="wait until that run has ended, or name a new file"
            ) from None
        except OSError as error:
            self._lock.release()
            raise InputError(
                f"cannot be read or written: {error.strerror}", file=str(self._path), advice="choose another path"
            ) from error
        except InputError:
            self._lock.release()
            raise

    def _open(self, first: dict[str, Any]) -> None:
        content = self._path.read_bytes() if self._path.exists() else b""
        whole = content[: content.rfind(b"\n") + 1]
        self.lines = self._parsed(whole)
        # Nothing is changed before the file is known to be this run's.
        if self.lines:
            self._refuse_another(self.lines.pop(0), first)
        elif not _checked([first], 0)[0].startswith(content):
            raise InputError("is no journal", file=str(self._path), advice="name a new file")
        self._file = self._path.open("ab")
        self._file.truncate(len(whole))
        if not whole:
            self.write([first])

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._file.close()
        self._lock.release()

    def write(self, lines: list[dict[str, Any]]) -> None:
        """Add lines, and return once they are on the disk.

        Parameters
        ----------
        lines : list of dict
        """
        content, self._check = _checked(lines, self._check)
        self._file.write(content)
        self._file.flush()
        os.fsync(self._file.fileno())

    def _refuse_another(self, found: dict[str, Any], heading: dict[str, Any]) -> None:
        for field, value in heading.items():
            if found.get(field) != value:
                raise InputError(
                    "is the journal of another run",
                    file=str(self._path),
                    field=field,
                    value=found.get(field),
                    allowed=repr(value),
                    advice="name a new file, or run as the journal says",
                )

    def _parsed(self, content: bytes) -> list[dict[str, Any]]:
        lines = []
        for row, line in enumerate(content.split(b"\n")[:-1], start=1):
            body, _, check = line.rpartition(_CHECK)
            self._check = zlib.crc32(body + b"}", self._check)
            if check != b"%d}" % self._check:
                raise InputError(
                    "no line of a journal, or damaged, or not in its place",
                    file=str(self._path),
                    row=row,
                    advice="name a new file; a journal goes on from the rows before, if the others are taken off",
                )
            lines.append(json.loads(body + b"}"))
        return lines


def _checked(lines: list[dict[str, Any]], check: int) -> tuple[bytes, int]:
    """Return what stands in the file for some lines, and the last one's check; `check` is that of the line before."""
    parts = []
    for line in lines:
        body = _bytes_of(line)
        check = zlib.crc32(body, check)
        parts.append(body[:-1] + _CHECK + b"%d}\n" % check)
    return b"".join(parts), check


def _bytes_of(line: dict[str, Any]) -> bytes:
    return json.dumps(line, ensure_ascii=False, allow_nan=False).encode()


def events_sha256(events: Events) -> str:
    """Return what tells a list of events from others.

    Parameters
    ----------
    events : Events
    """
    return hashlib.sha256(b"\n".join(map(_bytes_of, lines_of_events(events)))).hexdigest()


def lines_of_events(events: Events) -> list[dict[str, Any]]:
    """Return the lines of events.

    Parameters
    ----------
    events : Events
    """
    columns = (events.number, events.time_s, events.kind, events.subject, events.amount)
    lines = []
    for number, time, kind, subject, amount in zip(*(column.tolist() for column in columns), strict=True):
        line = {"event": number, "time_s": time, "kind": KINDS[kind], "subject": subject}
        lines.append(line if np.isnan(amount) else line | {"amount": amount})
    return lines


def events_of_lines(lines: list[dict[str, Any]]) -> Events:
    """Return the events of their lines.

    Parameters
    ----------
    lines : list of dict
    """
    return Events(
        number=np.array([line["event"] for line in lines], dtype=np.int64),
        time_s=np.array([line["time_s"] for line in lines], dtype=np.float64),
        kind=np.array([KINDS.index(line["kind"]) for line in lines], dtype=np.int64),
        subject=np.array([line["subject"] for line in lines], dtype=object),
        amount=np.array([line.get("amount", np.nan) for line in lines], dtype=np.float64),
    )


def replayed(lines: list[dict[str, Any]]) -> Iterator[tuple[Events, dict[str, Any] | None]]:
    """Yield the events before each other line, and that line; at the end those after the last one, and None.

    Parameters
    ----------
    lines : list of dict
        Without the heading.
    """
    events: list[dict[str, Any]] = []
    for line in lines:
        if "event" in line:
            events.append(line)
        else:
            yield events_of_lines(events), line
            events = []
    yield events_of_lines(events), None
