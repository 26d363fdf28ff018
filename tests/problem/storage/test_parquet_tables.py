"""Queries as Parquet: the same instance as with CSV, the same rules, and one clear error for what is wrong."""

from __future__ import annotations

import builtins
import io
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sloplan.problem.errors import InputError, UnsupportedError
from sloplan.problem.instance import Instance
from sloplan.problem.storage import parquet_tables
from tests.problem.tiny_files import TINY, write


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Instance:
    """The tiny instance, loaded from CSV."""
    return Instance.load(write(tmp_path_factory.mktemp("tiny") / "instance"))


def with_parquet(folder: Path, content: bytes) -> Path:
    """Write the tiny instance with these bytes as its queries.parquet."""
    files = {name: text.encode() for name, text in TINY.items() if name != "queries.csv"}
    return write(folder, files | {"queries.parquet": content})


def parquet_bytes(columns: dict[str, Any]) -> bytes:
    """Return a Parquet file as another program might write it."""
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


QUERIES: dict[str, Any] = {
    "query": ["q1", "q2", "q3"],
    "application": ["vqa", "vqa", "video"],
    "source_site": ["phone", "phone", "edge"],
    "sink_site": ["phone", None, "cloud"],
    "rate_rps": [0.5, 2.0, 1.0],
    "value": [None, 10.0, None],
    "count": [1, 3, None],
    "slo_latency_ms": [150.0, None, 40.5],
    "slo_accuracy": [0.6, None, None],
    "slo_cost_per_1k": [None, 0.5, None],
}
"""The tiny instance's queries."""


@pytest.mark.parametrize("name", ["saved", "saved.zip"])
def test_round_trip(name: str, tiny: Instance, tmp_path: Path) -> None:
    """Saved with Parquet, as folder or zip, an instance keeps its hash; saved again it has the same bytes."""
    tiny.save(tmp_path / name, parquet=True)
    loaded = Instance.load(tmp_path / name)
    assert loaded.sha256 == tiny.sha256
    loaded.save(tmp_path / f"again-{name}", parquet=True)
    for file in sorted((tmp_path / name).iterdir()) if name == "saved" else [tmp_path / name]:
        assert (
            tmp_path / f"again-{name}" / file.name if name == "saved" else tmp_path / f"again-{name}"
        ).read_bytes() == (file.read_bytes())
    if name == "saved":
        assert {file.name for file in (tmp_path / name).iterdir()} == {*TINY, "queries.parquet"} - {"queries.csv"}


def test_either_form_replaces_the_other(tiny: Instance, tmp_path: Path) -> None:
    """A save in one form takes the place of a save in the other: there are never both."""
    for parquet in (False, True, False):
        tiny.save(tmp_path / "saved", parquet=parquet)
        assert (tmp_path / "saved" / "queries.parquet").exists() is parquet
        assert (tmp_path / "saved" / "queries.csv").exists() is not parquet


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"query": pa.array(["q1", "q2", "q3"]).dictionary_encode()},
        {"query": pa.array(["q1", "q2", "q3"], pa.large_string())},
        {"rate_rps": pa.array([0.5, 2, 1], pa.float32())},
        {"rate_rps": pa.array([Decimal("0.5"), Decimal("2.0"), Decimal("1.0")])},
        {"rate_rps": ["0.5", "2", "1"]},
        {"count": pa.array([1, 3, 1], pa.uint8())},
        {"arrival_s": pa.nulls(3)},
    ],
)
def test_other_peoples_files(changes: dict[str, Any], tiny: Instance, tmp_path: Path) -> None:
    """Any usual type of column, nulls for empty fields, columns left out: the same content."""
    folder = with_parquet(tmp_path / "instance", parquet_bytes(QUERIES | changes))
    assert Instance.load(folder).sha256 == tiny.sha256


def test_unknown_columns_warn(tiny: Instance, tmp_path: Path) -> None:
    """An unknown column is ignored with a warning that names the file."""
    folder = with_parquet(tmp_path / "instance", parquet_bytes(QUERIES | {"rate": [1, 2, 3]}))
    with pytest.warns(UserWarning, match=r"queries\.parquet: unknown columns ignored: rate"):
        assert Instance.load(folder).sha256 == tiny.sha256


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rate_rps": [0.5, -2.0, 1.0]}, "queries.parquet, row 2, rate_rps = -2.0: number too small"),
        ({"rate_rps": [0.5, None, 1.0]}, "queries.parquet, row 2, rate_rps: empty field"),
        ({"rate_rps": [0.5, float("inf"), 1.0]}, "infinite number"),
        ({"count": [1, 2**53 + 1, 1]}, "too large to be exact"),
        ({"rate_rps": [True, True, True]}, "rate_rps = 'bool': column of another type"),
        ({"source_site": ["phone", "phone", "moon"]}, "queries.parquet, row 3, source_site = 'moon'"),
        ({"query": ["q1", "q1", "q3"]}, "queries.parquet, row 2, query"),
        ({"query": ["q1", "q;2", "q3"]}, "unusable name"),
        ({"query": [["q1"], ["q2"], ["q3"]]}, "column of another type"),
        ({"query": [b"q1", b"q2", b"q3"]}, "column of another type"),
        ({"arrival_s": pa.array([0, 1, 2], pa.timestamp("s"))}, "column of another type"),
        ({"query": None}, "queries.parquet, query: missing column"),
    ],
)  # fmt: skip
def test_faults_in_the_table(changes: dict[str, Any], message: str, tmp_path: Path) -> None:
    """The rules of the table hold, and the message names the Parquet file."""
    columns = {name: values for name, values in (QUERIES | changes).items() if values is not None}
    with pytest.raises(InputError, match=message):
        Instance.load(with_parquet(tmp_path / "instance", parquet_bytes(columns)))


def test_files_that_are_no_parquet(tmp_path: Path) -> None:
    """Empty, truncated, text, no rows, columns twice: one error that names the file."""
    whole = parquet_bytes(QUERIES)
    twice = io.BytesIO()
    pq.write_table(pa.Table.from_arrays([pa.array(["a"]), pa.array(["b"])], names=["query", "query"]), twice)
    bad_text = whole.replace(b"phone", b"ph\xffne")
    no_rows = parquet_bytes({name: pa.array([], pa.string()) for name in QUERIES})
    for place, content in enumerate(
        (b"", whole[:-9], whole[9:], b"PAR1", b"a,b\n1,2\n", twice.getvalue(), bad_text, no_rows)
    ):
        with pytest.raises(InputError) as caught:
            Instance.load(with_parquet(tmp_path / str(place), content))
        assert caught.value.file == "queries.parquet"


def test_both_forms_are_refused(tmp_path: Path) -> None:
    """Two files of queries: neither is preferred."""
    folder = write(
        tmp_path / "instance", {name: text.encode() for name, text in TINY.items()} | {"queries.parquet": b""}
    )
    with pytest.raises(
        InputError, match=r"queries\.parquet: stands beside queries\.csv; .* keep the one that is meant"
    ):
        Instance.load(folder)


def test_row_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that claims very many rows is refused before they are made."""
    monkeypatch.setattr(parquet_tables, "MAX_ROWS", 2)
    with pytest.raises(InputError, match="too many rows; allowed: at most 2"):
        Instance.load(with_parquet(tmp_path / "instance", parquet_bytes(QUERIES)))


def test_without_pyarrow(tiny: Instance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without pyarrow, loading and saving say what to install; nothing is written."""
    folder = with_parquet(tmp_path / "instance", parquet_bytes(QUERIES))
    real = builtins.__import__

    def without(name: str, *arguments: Any, **named: Any) -> Any:
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return real(name, *arguments, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UnsupportedError, match=r"pip install 'sloplan\[parquet\]'"):
        Instance.load(folder)
    with pytest.raises(UnsupportedError, match=r"pip install 'sloplan\[parquet\]'"):
        tiny.save(tmp_path / "new", parquet=True)
    assert not (tmp_path / "new").exists()


def test_many_queries(tiny: Instance, tmp_path: Path) -> None:
    """Many rows in several row groups come back as they were."""
    one = tiny.table("queries").iloc[:1]
    many = pd.concat([one] * 2000, ignore_index=True).assign(query=[f"q{i:05d}" for i in range(2000)])
    many["rate_rps"] = np.arange(1, 2001) / 1000
    large = tiny.replace(queries=many)
    monkey = pytest.MonkeyPatch()
    with monkey.context() as patch:
        patch.setattr(parquet_tables, "_ROWS_PER_GROUP", 300)
        large.save(tmp_path / "large.zip", parquet=True)
    assert Instance.load(tmp_path / "large.zip").sha256 == large.sha256
