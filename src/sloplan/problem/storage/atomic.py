"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from sloplan.problem.errors import InputError


def write_file(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a temporary sibling of `path`, then rename it into place.

    Raises
    ------
    InputError
        If `path` cannot be written.
    """
    try:
        _write(Path(path), content)
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(f"cannot be written: {reason}", file=str(path), advice="choose another path") from error


def _write(target: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        # mkstemp makes private files; a result gets the permissions that open() would give.
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        temporary.replace(target)
    except BaseException:
        temporary.unlink()
        raise
