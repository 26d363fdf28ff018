"""Tests of compressed solution files."""

from __future__ import annotations

import gzip
import tracemalloc
from pathlib import Path

import pytest

from sloplan.problem.errors import InputError
from sloplan.problem.solution import Solution
from sloplan.problem.storage import compression
from sloplan.problem.storage.compression import compress, decompress
from tests.one_pool import one_pool, serving


def test_saved_and_loaded(tmp_path: Path) -> None:
    """A solution saved as .json.gz is gzip of the plain file, and is loaded again."""
    solution = serving(one_pool(), "q1", "q2")
    solution.save(tmp_path / "a.json.gz")
    solution.save(tmp_path / "a.json")
    assert gzip.decompress((tmp_path / "a.json.gz").read_bytes()) == (tmp_path / "a.json").read_bytes()
    assert Solution.load(tmp_path / "a.json.gz").options.equals(solution.options)


def test_equal_content_gives_equal_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the clock nor the platform is in the file: the header holds no date, no name, no system."""
    first = compress(b"content")
    monkeypatch.setattr("time.time", lambda: 2e9)
    assert compress(b"content") == first
    assert first[3:10] == bytes([0, 0, 0, 0, 0, 2, 255])


@pytest.mark.parametrize("content", [b"no gzip", compress(b"content" * 100)[:-9], b"\x1f\x8b\x08\x00" + b"\0" * 6])
def test_broken(content: bytes, tmp_path: Path) -> None:
    """What is no gzip file, or only its beginning, is one clear error that names the file."""
    (tmp_path / "a.json.gz").write_bytes(content)
    with pytest.raises(InputError, match=r"a\.json\.gz: not readable as gzip"):
        Solution.load(tmp_path / "a.json.gz")


def test_inflating_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that inflates past the limit is refused."""
    monkeypatch.setattr(compression, "MAX_TOTAL_BYTES", 1000)
    assert decompress(compress(b"a" * 1000), "a.gz") == b"a" * 1000
    with pytest.raises(InputError, match="inflates past the limit"):
        decompress(compress(b"a" * 1001), "a.gz")


def test_memory_follows_the_content() -> None:
    """Inflating a small file takes little memory, however much a file may hold."""
    tracemalloc.start()
    try:
        decompress(compress(b"small"), "small.gz")
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 10_000_000
