"""Files that are complete when they appear under their name."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from sloplan.problem.errors import InputError

Writer = Callable[[Path], None]
"""Writes a whole file at the path that it is given."""


def write_files(writers: Mapping[str | os.PathLike[str], Writer]) -> None:
    """Write each file to a temporary sibling; once all are complete, rename them into place.

    Parameters
    ----------
    writers : mapping of path to callable
        A temporary path ends as the path itself does, so that endings mean the same to who writes.

    Raises
    ------
    InputError
        If a path cannot be written.
    """
    temporary: dict[Path, Path] = {}
    try:
        for name, write in writers.items():
            target = Path(name)
            try:
                handle, sibling = tempfile.mkstemp(dir=target.parent, prefix=".new.", suffix=f".{target.name}")
                temporary[target] = Path(sibling)
                os.close(handle)
                write(temporary[target])
                temporary[target].chmod(0o666 & ~_umask())  # mkstemp makes private files
            except OSError as error:
                raise _unwritable(target, error) from error
        for target in list(temporary):
            try:
                temporary[target].replace(target)
            except OSError as error:
                raise _unwritable(target, error) from error
            del temporary[target]
    finally:
        for path in temporary.values():
            path.unlink(missing_ok=True)


def write_bytes(path: str | os.PathLike[str], content: bytes) -> None:
    """Write one file; see `write_files`."""
    write_files({path: lambda temporary: _write(temporary, content)})


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _umask() -> int:
    umask = os.umask(0)
    os.umask(umask)
    return umask


def _unwritable(target: Path, error: OSError) -> InputError:
    reason = error.strerror or str(error)
    return InputError(f"cannot be written: {reason}", file=str(target), advice="choose another path")
