"""Files that end in `.gz`: equal content gives equal bytes, and nothing inflates without end."""

from __future__ import annotations

import gzip
import io
import os
import zlib
from pathlib import Path
from typing import Final

from sloplan.problem.errors import InputError
from sloplan.problem.storage.archive import MAX_TOTAL_BYTES

SUFFIX: Final = ".gz"

_PIECE_BYTES: Final = 2**20


def is_compressed(path: str | os.PathLike[str]) -> bool:
    """Return whether a file's name says that it is compressed."""
    return Path(path).suffix == SUFFIX


def compress(content: bytes) -> bytes:
    """Return the gzip file of `content`, without a date or a name in it."""
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=buffer, compresslevel=9, mtime=0) as stream:
        stream.write(content)
    return buffer.getvalue()


def decompress(content: bytes, file: str) -> bytes:
    """Return what a gzip file holds.

    Parameters
    ----------
    content : bytes
    file : str
        Name of the file, for messages.

    Raises
    ------
    InputError
        It is no gzip file, is truncated, or inflates past `MAX_TOTAL_BYTES`.
    """
    inflated = bytearray()
    try:
        # Piece by piece: asked for all at once, Python takes the memory for the most that there may be.
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as stream:
            while len(inflated) <= MAX_TOTAL_BYTES and (piece := stream.read(_PIECE_BYTES)):
                inflated += piece
    except (OSError, EOFError, zlib.error) as error:
        advice = "restore the file; it may be truncated"
        raise InputError(f"not readable as gzip: {error}", file=file, advice=advice) from None
    if len(inflated) > MAX_TOTAL_BYTES:
        raise InputError("inflates past the limit", file=file, allowed=f"at most {MAX_TOTAL_BYTES} bytes")
    return bytes(inflated)
