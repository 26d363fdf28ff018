"""Zips: the same files at the root, and nothing that could do harm."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
from pathlib import Path

import pytest

from sloplan.problem.errors import InputError, SizeLimitError
from sloplan.problem.storage import archive
from sloplan.problem.storage.archive import MAX_MEMBERS, MAX_RATIO, RATIO_FREE_BYTES, read_zip, zip_bytes
from tests.problem.tiny_files import TINY

FILES = {name: text.encode() for name, text in TINY.items()}


def zipped(path: Path, *members: tuple[zipfile.ZipInfo | str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> Path:
    """Write the tiny files and further members into a zip and return its path."""
    with zipfile.ZipFile(path, "w", compression) as file:
        for name, content in [*FILES.items(), *members]:
            file.writestr(name, content)
    return path


def test_round_trip(tmp_path: Path) -> None:
    """Files come back as they went in, whatever their order was; equal files give equal bytes."""
    content = zip_bytes(FILES)
    (tmp_path / "a.zip").write_bytes(content)
    assert read_zip(tmp_path / "a.zip") == FILES
    assert zip_bytes(dict(reversed(FILES.items()))) == content


def test_other_peoples_zips_are_read(tmp_path: Path) -> None:
    """Stored and deflated members with today's date are fine."""
    assert read_zip(zipped(tmp_path / "a.zip", compression=zipfile.ZIP_STORED)) == FILES


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("../sites.csv", "path that leaves the zip"),
        ("..", "path that leaves the zip"),
        ("a/../../sites.csv", "path that leaves the zip"),
        ("..\\sites.csv", "path that leaves the zip"),
        ("/etc/passwd", "path that leaves the zip"),
        ("\\\\server\\sites.csv", "path that leaves the zip"),
        ("C:sites.csv", "unusable file name"),
        ("C:\\sites.csv", "unusable file name"),
        ("sites.csv\x01", "unusable file name"),
        ("tiny/", "folder in the zip"),
        ("tiny/notes.csv", "folder in the zip; allowed: each of the instance's files once, at the root"),
        ("tiny\\notes.csv", "folder in the zip"),
        ("SITES.CSV", "file given twice"),
    ],
)
def test_bad_member_names(name: str, says: str, tmp_path: Path) -> None:
    """A member that is not a plain file at the root is refused by name."""
    with pytest.raises(InputError) as caught:
        read_zip(zipped(tmp_path / "a.zip", (zipfile.ZipInfo(name), b"x")))
    assert says in str(caught.value)
    assert caught.value.value == name


def test_duplicate_members(tmp_path: Path) -> None:
    """A file that is in the zip twice is refused: readers would differ in which they take."""
    with pytest.warns(UserWarning, match="Duplicate name"):
        path = zipped(tmp_path / "a.zip", ("sites.csv", b"x"))
    with pytest.raises(InputError, match=r"'sites\.csv': file given twice"):
        read_zip(path)


def test_links_in_zips(tmp_path: Path) -> None:
    """A symbolic link is refused."""
    link = zipfile.ZipInfo("link.csv")
    link.create_system = 3
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with pytest.raises(InputError, match="not a plain file"):
        read_zip(zipped(tmp_path / "a.zip", (link, b"/etc/passwd")))


def test_encrypted_zips(tmp_path: Path) -> None:
    """A member marked as encrypted is refused without asking for a password."""
    content = bytearray(zipped(tmp_path / "a.zip").read_bytes())
    central = content.index(b"PK\x01\x02")
    content[central + 8] |= 1
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(InputError, match="encrypted file"):
        read_zip(tmp_path / "a.zip")


def test_other_compression(tmp_path: Path) -> None:
    """Only stored and deflated members are read."""
    with pytest.raises(InputError, match="unknown compression"):
        read_zip(zipped(tmp_path / "a.zip", compression=zipfile.ZIP_LZMA))


def test_absurd_ratio(tmp_path: Path) -> None:
    """A member that inflates past the stated ratio is refused before it is inflated."""
    zeros = bytes(2 * RATIO_FREE_BYTES)
    with pytest.raises(InputError, match=rf"notes\.csv inflates \d+ times; allowed: .* {MAX_RATIO} times"):
        read_zip(zipped(tmp_path / "a.zip", ("notes.csv", zeros)))


def test_monotonous_files_are_stored_so_that_they_can_be_read_back(tmp_path: Path) -> None:
    """What we write stays within the ratio that we read."""
    files = {"notes.csv": bytes(2 * RATIO_FREE_BYTES)}
    (tmp_path / "a.zip").write_bytes(zip_bytes(files))
    assert read_zip(tmp_path / "a.zip") == files


def test_total_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More bytes than the stated total are neither read nor written."""
    path = zipped(tmp_path / "a.zip")
    monkeypatch.setattr(archive, "MAX_TOTAL_BYTES", 100)
    with pytest.raises(InputError, match=r"inflates to \d+ bytes; allowed: at most 100 bytes"):
        read_zip(path)
    with pytest.raises(SizeLimitError, match="limit: 100; save to a folder"):
        zip_bytes(FILES)


@pytest.mark.parametrize("declared", [10, 100])
def test_declared_size_is_not_trusted(declared: int, tmp_path: Path) -> None:
    """A member that inflates to another size than it declares is refused, and never read beyond it."""
    name = b"zzz.csv"
    content = bytearray(zipped(tmp_path / "a.zip", (name.decode(), b"x" * 50)).read_bytes())
    for signature, offset, name_offset in ((b"PK\x03\x04", 22, 30), (b"PK\x01\x02", 24, 46)):
        place = -1
        while content[place + name_offset : place + name_offset + len(name)] != name:
            place = content.index(signature, place + 1)
        content[place + offset : place + offset + 4] = struct.pack("<I", declared)
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(InputError, match=r"declared size is wrong|unreadable zip file"):
        read_zip(tmp_path / "a.zip")


def test_too_many_members(tmp_path: Path) -> None:
    """A zip of very many files is refused."""
    extra = [(f"{i}.txt", b"") for i in range(MAX_MEMBERS)]
    with pytest.raises(InputError, match=rf"files in the zip; allowed: at most {MAX_MEMBERS}"):
        read_zip(zipped(tmp_path / "a.zip", *extra))


def test_corrupt_bytes(tmp_path: Path) -> None:
    """A flipped bit in a member's data fails its checksum and is reported."""
    content = bytearray(zip_bytes(FILES))
    place = content.index(b"accuracy.csv") + len("accuracy.csv") + 20
    content[place] ^= 0x10
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(InputError, match="unreadable zip file"):
        read_zip(tmp_path / "a.zip")


def test_truncated_zip(tmp_path: Path) -> None:
    """A zip cut off anywhere is unreadable."""
    content = zip_bytes(FILES)
    for length in range(0, len(content), 97):
        (tmp_path / "a.zip").write_bytes(content[:length])
        with pytest.raises(InputError, match="unreadable zip file"):
            read_zip(tmp_path / "a.zip")


def test_bytes_are_those_of_any_platform() -> None:
    """Members carry a fixed date, system and mode."""
    with zipfile.ZipFile(io.BytesIO(zip_bytes(FILES))) as file:
        for member in file.infolist():
            assert member.date_time == (1980, 1, 1, 0, 0, 0)
            assert (member.create_system, member.external_attr >> 16) == (3, stat.S_IFREG | 0o644)
