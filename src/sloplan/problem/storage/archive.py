"""An instance as one zip file: the folder's files at the zip's root, nothing else."""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

from sloplan.problem.errors import InputError, SizeLimitError

MAX_MEMBERS = 100
"""Most files that a zip may hold."""
MAX_TOTAL_BYTES = 2 * 10**9
"""Most bytes that all files of a zip may have once inflated."""
MAX_RATIO = 300
"""Most times that a file larger than `RATIO_FREE_BYTES` may inflate."""
RATIO_FREE_BYTES = 10**6

_EPOCH = (1980, 1, 1, 0, 0, 0)  # a fixed date: equal content gives equal bytes
BROKEN_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError)
"""What `zipfile` raises on broken files."""


def read_zip(path: Path) -> dict[str, bytes]:
    """Return the files of a zip by name; nothing is ever extracted to disk.

    Raises
    ------
    InputError
        The zip is corrupt, encrypted, inflates past the stated limits, or a member is a folder, a
        link, a duplicate or has a path that leaves the zip's root.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            _check_members(path, members)
            return {member.filename: _content(path, archive, member) for member in members}
    except InputError:
        raise
    except BROKEN_ZIP as error:
        raise InputError(f"unreadable zip file: {error}", file=str(path), advice="make the zip again") from None


def _check_members(path: Path, members: list[zipfile.ZipInfo]) -> None:
    if len(members) > MAX_MEMBERS:
        problem = f"{len(members)} files in the zip"
        raise InputError(problem, file=str(path), allowed=f"at most {MAX_MEMBERS}", advice="keep the instance's files")
    total = sum(member.file_size for member in members)
    if total > MAX_TOTAL_BYTES:
        raise _too_large(path, f"inflates to {total} bytes")
    names: set[str] = set()
    for member in members:
        fault = "file given twice" if member.filename.casefold() in names else _fault(member)
        if fault is not None:
            raise InputError(
                fault,
                file=str(path),
                field="member",
                value=member.orig_filename,
                allowed="each of the instance's files once, at the root of the zip",
                advice="zip the files themselves, not their folder",
            )
        if inflates_absurdly(member):
            raise _too_large(path, f"{member.filename} inflates {member.file_size // member.compress_size} times")
        names.add(member.filename.casefold())


def _fault(member: zipfile.ZipInfo) -> str | None:
    name = member.orig_filename
    kind = stat.S_IFMT(member.external_attr >> 16)
    if name in ("", ".", "..") or ".." in name.replace("\\", "/").split("/") or name.startswith(("/", "\\")):
        return "path that leaves the zip"
    if ":" in name or any(ord(character) < 32 for character in name):
        return "unusable file name"
    if member.is_dir() or "/" in name or "\\" in name:
        return "folder in the zip"
    if kind not in (0, stat.S_IFREG):
        return "not a plain file (a link or device)"
    if member.flag_bits & 0x1:
        return "encrypted file"
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "unknown compression (deflate is read)"
    return None


def inflates_absurdly(member: zipfile.ZipInfo) -> bool:
    """Return whether a member's declared sizes pass the stated ratio."""
    return member.file_size > RATIO_FREE_BYTES and member.file_size > MAX_RATIO * member.compress_size


def _too_large(path: Path, problem: str) -> InputError:
    allowed = f"at most {MAX_TOTAL_BYTES} bytes in all and {MAX_RATIO} times per file"
    return InputError(problem, file=str(path), allowed=allowed, advice="use the unpacked folder if you trust it")


def _content(path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """Return a member's bytes, never more than declared: the declared sizes were checked."""
    with archive.open(member) as stream:
        content = stream.read(member.file_size + 1)
        if len(content) != member.file_size or stream.read(1):
            raise InputError("declared size is wrong", file=str(path), field="member", value=member.filename)
    return content


def zip_bytes(files: Mapping[str, bytes]) -> bytes:
    """Return the bytes of a zip of `files`, the same for the same files.

    Raises
    ------
    SizeLimitError
        The files are larger than `read_zip` accepts.
    """
    total = sum(map(len, files.values()))
    if total > MAX_TOTAL_BYTES:
        raise SizeLimitError(f"{total} bytes do not go into one zip; limit: {MAX_TOTAL_BYTES}; save to a folder")
    buffer, members = _zipped(files, zipfile.ZIP_DEFLATED)
    if any(map(inflates_absurdly, members)):
        buffer, members = _zipped(files, zipfile.ZIP_STORED)
    return buffer


def _zipped(files: Mapping[str, bytes], compression: int) -> tuple[bytes, list[zipfile.ZipInfo]]:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in sorted(files):
            member = zipfile.ZipInfo(name, date_time=_EPOCH)
            member.create_system = 3  # Unix, whatever the platform
            member.external_attr = (stat.S_IFREG | 0o644) << 16
            archive.writestr(member, files[name], compress_type=compression, compresslevel=6)
        members = archive.infolist()
    return buffer.getvalue(), members
