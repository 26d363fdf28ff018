"""CSV bytes to frames and back: exact numbers, exact rows, two readings that agree."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sloplan.problem.errors import InputError
from sloplan.problem.schema import TABLES, table
from sloplan.problem.storage import csv_tables
from sloplan.problem.storage.csv_tables import read_csv_table, write_csv_table
from sloplan.problem.tables import as_frame
from sloplan.problem.validation.columns import normalise_table
from tests.problem.tiny_files import TINY

SITES = b"site,tier\na,device\nb,edge\n"


@pytest.fixture(params=[0, 2**16], ids=["as-large", "as-small"], autouse=True)
def small_bytes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything holds for files read fast first and for those small enough to be read as text at once."""
    monkeypatch.setattr(csv_tables, "_SMALL_BYTES", request.param)


def stored(name: str, content: bytes) -> pd.DataFrame:
    """Return the stored form of a table's bytes."""
    return as_frame(normalise_table(table(name), read_csv_table(table(name), content)))


@pytest.mark.parametrize(
    "content",
    [
        SITES.replace(b"\n", b"\r\n"),
        SITES.replace(b"\n", b"\r"),
        b"\xef\xbb\xbf" + SITES,
        SITES.rstrip(),
        b"\n" + SITES.replace(b"\n", b"\n\n") + b"  \n",
        SITES.replace(b"device", b'"device"'),
        b"tier,site\ndevice,a\nedge,b\n",
    ],
    ids=["crlf", "cr", "mark", "no-last-newline", "blank-lines", "quoted", "columns-swapped"],
)
def test_equal_tables(content: bytes) -> None:
    """Line ends, marks, blank lines, quotes and column order do not matter."""
    pd.testing.assert_frame_equal(stored("sites", content), stored("sites", SITES))


@pytest.mark.parametrize("name", [table.name for table in TABLES])
def test_fast_and_careful_reading_agree(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both readings of every tiny table give the same stored form."""
    content = TINY[f"{name}.csv"].encode()
    monkeypatch.setattr(csv_tables, "_SMALL_BYTES", 0)
    fast = stored(name, content)
    monkeypatch.setattr(csv_tables, "_read_typed", lambda *_: None)
    pd.testing.assert_frame_equal(stored(name, content), fast)


def test_floats_survive_exactly() -> None:
    """Every float64 is written as its shortest decimal and read back bit by bit."""
    bits = np.random.default_rng(0).integers(0, 2**63, 20_000, dtype=np.uint64)
    rates = np.frombuffer(bits.tobytes(), dtype=np.float64)
    rates = np.unique(rates[np.isfinite(rates) & (rates > 0)])
    rates = np.concatenate([rates, [0.1, 2.1, 16.1, 5e-324, np.finfo(np.float64).max]])
    frame = pd.DataFrame({"query": np.arange(len(rates)).astype(str), "application": "a", "source_site": "s"})
    content = write_csv_table(frame.assign(rate_rps=rates))
    assert b",2.1\n" in content
    assert (stored("queries", content)["rate_rps"].to_numpy() == rates).all()


@pytest.mark.parametrize(
    ("content", "row", "says"),
    [
        (b"", None, "empty file; allowed: a header line and rows; next: start it with site,tier"),
        (b"\n\n", None, "empty file"),
        (b"site,tier\na,device,more\n", 1, "3 fields in the row, 2 in the header"),
        (b"site,tier\na,device\nb,edge,\n", 2, "3 fields in the row"),
        (b"site,tier\na,device\nb\n", 2, "1 fields in the row"),
        (b"site,tier\na,device,x\nb\n", 1, "3 fields in the row"),
        (b'site,tier\na,device\nb,"edge\n', 2, "not readable as CSV"),
        (b'site,tier\na,"dev"ice\nb,e"dge\n', 1, "not readable as CSV"),
        (b"site,tier\na,device\nb,e\xffdge\n", 2, "not UTF-8 text"),
        (b"site,tier\na,device\nb,e\x00dge\n", 2, "NUL byte"),
        (b"site;tier\na;device\n", None, "site: missing column"),
        (b"site,site,tier\na,a,device\n", None, "site: column given twice"),
    ],
    ids=[
        "no-bytes", "blank", "long-row", "trailing-comma", "short-row", "long-and-short", "open-quote", "stray-quote",
        "not-utf8", "nul", "semicolons", "column-twice",
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:.*unknown columns ignored")
def test_malformed_files(content: bytes, row: int | None, says: str) -> None:
    """Each malformed file gives one error with its row."""
    with pytest.raises(InputError) as caught:
        read_csv_table(table("sites"), content)
    assert (caught.value.file, caught.value.row) == ("sites.csv", row)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    "cell", ["nan", "NaN", "-nan", "inf", "-Infinity", "true", "FALSE", "0x1", "1_0", "1e", "1d3", "١"]
)
@pytest.mark.parametrize("field", ["rate_rps", "value", "count"])
def test_words_are_no_numbers(cell: str, field: str) -> None:
    """No word in a number column is taken for a number or a missing one, alone or among numbers."""
    for others in ([], ["2"]):
        cells = [*others, cell]
        columns = "query,application,source_site,rate_rps" + ("" if field == "rate_rps" else f",{field}")
        start = "a,s," if field == "rate_rps" else "a,s,1,"
        rows = "".join(f"q{i},{start}{value}\n" for i, value in enumerate(cells))
        with pytest.raises(InputError) as caught:
            stored("queries", f"{columns}\n{rows}".encode())
        assert (caught.value.row, caught.value.field) == (len(cells), field)


def test_unknown_columns_warn() -> None:
    """Unknown columns are named in one warning and dropped."""
    with pytest.warns(UserWarning, match=r"sites\.csv: unknown columns ignored: teir \(did you mean tier\?\), zone"):
        columns = read_csv_table(table("sites"), b"site,teir,tier,zone\na,x,device,1\n")
    assert list(columns) == ["site", "tier"]


@pytest.mark.parametrize("name", [b"finance-7", b"nan", b"7true.0", b"true", b'"a, b"', b'"a ""b"""', b'a"b'])
def test_words_and_quotes_in_names_are_read_fast(name: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names made of such words, or in quotes, need no careful reading, and both readings agree."""
    content = b"query,application,source_site,rate_rps\n" + name + b",a,s,2.1\nq,a,s,1\n"
    careful = csv_tables._read_text
    monkeypatch.setattr(csv_tables, "_SMALL_BYTES", 0)
    monkeypatch.setattr(csv_tables, "_read_text", lambda *_: pytest.fail("read cell by cell"))
    fast = stored("queries", content)
    monkeypatch.setattr(csv_tables, "_read_typed", lambda *_: None)
    monkeypatch.setattr(csv_tables, "_read_text", careful)
    pd.testing.assert_frame_equal(fast, stored("queries", content))


def test_quoted_rows_of_another_width_are_refused() -> None:
    """Among quoted fields, too, a short row is not filled up."""
    with pytest.raises(InputError, match=r"sites\.csv, row 2: 1 fields in the row"):
        read_csv_table(table("sites"), b'site,tier\n"a, b",device\nb\n')
