"""Ten thousand damaged files: every one is a valid problem, which also compiles, or the toolkit's own error.

`make test` tries every kind of damage some hundred times, the slow tests 10,000 in all.
"""

from __future__ import annotations

import datetime
import io
import json
import random
import warnings
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sloplan.problem.errors import SloplanError
from sloplan.problem.instance import Instance
from sloplan.problem.selections.selection import PlanSelection
from sloplan.problem.storage.archive import zip_bytes
from tests.problem.selections.random_selections import random_selection
from tests.problem.storage.damage import damaged_bytes, damaged_field, damaged_value
from tests.problem.tiny_files import TINY

REPLICAS = TINY | {"instance.json": TINY["instance.json"].replace("fluid", "replicas")}
BYTES = {name: text.encode() for name, text in TINY.items()}
DOCUMENTED = r".*: unknown (files|columns|fields) ignored: "
"""The only warning that a file may cause."""


def outcome(load: Callable[[], Instance | PlanSelection], copy: Path) -> str:
    """Load, save and load again, and compile; return "loaded" or the error's first words.

    Anything but the toolkit's own error, or another warning than the documented one, passes through.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", DOCUMENTED, UserWarning)
        try:
            problem = load()
        except SloplanError as error:
            return getattr(error, "problem", "too large")[:24]
        problem.save(copy)
        assert type(problem).load(copy).sha256 == problem.sha256
        if isinstance(problem, Instance):
            try:
                assert len(problem.compiled.names.queries) == len(problem.table("queries"))
            except SloplanError as error:
                return f"compiling: {str(error)[:24]}"
    return "loaded"


def folder(seed: int, place: Path) -> str:
    """Bytes or a field changed in one file of a folder, under either hosting."""
    chance = random.Random(seed)
    files = chance.choice([TINY, REPLICAS])
    name = chance.choice(sorted(files))
    if chance.random() < 0.5:
        content = damaged_field(files[name], chance).encode(errors="surrogatepass")
    else:
        content = damaged_bytes(files[name].encode(), chance)
    return _outcome_of_files(place, {file: text.encode() for file, text in files.items()} | {name: content})


def manifest(seed: int, place: Path) -> str:
    """Values changed in instance.json."""
    chance = random.Random(seed)
    content = json.dumps(damaged_value(json.loads(TINY["instance.json"]), chance)).encode()
    return _outcome_of_files(place, BYTES | {"instance.json": content})


def zipped(seed: int, place: Path) -> str:
    """Bytes changed in the zip, or in a file before it is zipped."""
    chance = random.Random(seed)
    files = dict(BYTES)
    if chance.random() < 0.3:
        name = chance.choice(sorted(TINY))
        files[name] = damaged_bytes(files[name], chance)
        content = zip_bytes(files)
    else:
        content = damaged_bytes(zip_bytes(files), chance)
    (place / "instance.zip").write_bytes(content)
    return outcome(lambda: Instance.load(place / "instance.zip"), place / "copy.zip")


def parquet(seed: int, place: Path) -> str:
    """Bytes changed in queries.parquet, or cells and columns before it is written."""
    chance = random.Random(seed)
    content = _parquet_of_other_cells(chance) if chance.random() < 0.4 else damaged_bytes(PARQUET, chance)
    files = {name: text for name, text in BYTES.items() if name != "queries.csv"}
    return _outcome_of_files(place, files | {"queries.parquet": content})


def selection(seed: int, place: Path) -> str:
    """Bytes or values changed in a plan selection's file."""
    chance = random.Random(seed)
    random_selection(chance.randrange(20), objective=chance.choice(["goodput", "cost"])).save(place / "whole.json")
    whole = (place / "whole.json").read_bytes()
    if chance.random() < 0.4:
        content = damaged_bytes(whole, chance)
    else:
        content = json.dumps(damaged_value(json.loads(whole), chance)).encode(errors="surrogatepass")
    (place / "damaged.json").write_bytes(content)
    return outcome(lambda: PlanSelection.load(place / "damaged.json"), place / "copy.json")


def _outcome_of_files(place: Path, files: dict[str, bytes]) -> str:
    target = place / "instance"
    target.mkdir(exist_ok=True)
    for old in target.iterdir():
        old.unlink()
    for name, content in files.items():
        (target / name).write_bytes(content)
    return outcome(lambda: Instance.load(target), place / "copy")


def _parquet_of_other_cells(chance: random.Random) -> bytes:
    """A well-formed file with columns of odd types or odd values."""
    columns = dict(CELLS)
    for _ in range(chance.randint(1, 2)):
        name = chance.choice([*CELLS, "extra"])
        values = chance.choice(ODD_COLUMNS)
        columns[name] = chance.choice([values, [*columns.get(name, values)[:2], chance.choice([None, "x", -1, 1e300])]])
    buffer = io.BytesIO()
    try:
        pq.write_table(pa.table(columns), buffer)
    except (pa.ArrowException, TypeError, OverflowError):  # mixed types in one column cannot be written at all
        return b""
    return buffer.getvalue()


CELLS: dict[str, list[Any]] = {
    "query": ["q1", "q2", "q3"],
    "application": ["vqa", "vqa", "video"],
    "source_site": ["phone", "phone", "edge"],
    "rate_rps": [0.5, 2.0, 1.0],
    "count": [1, 3, 1],
    "slo_latency_ms": [150.0, None, 40.5],
}
ODD_COLUMNS: tuple[list[Any], ...] = (
    [None, None, None], ["", "", ""], ["q1", "q1", "q2"], ["1", "2", "x"], [1, 2, 3], [-1, 0, 2**62],
    [0.1, 1e300, 5e-324], [float("nan"), float("inf"), 1.0], [True, False, True], [b"a", b"b", b"c"], [[1], [2], []],
    [{"a": 1}, None, None], [datetime.date(2020, 1, 1)] * 3, [Decimal("1.5"), Decimal("2"), Decimal("-3")],
    ["a;b", "\u2028", "\x00"], ["x" * 300] * 3,
)  # fmt: skip
KINDS = {"folder": folder, "manifest": manifest, "zip": zipped, "parquet": parquet, "selection": selection}
SHARES = {"folder": 40, "manifest": 8, "zip": 12, "parquet": 20, "selection": 20}
"""Per cent of all damaged files."""


def _whole_parquet() -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table(CELLS), buffer, compression="zstd")
    return buffer.getvalue()


PARQUET = _whole_parquet()


def outcomes(kind: str, seeds: range, place: Path) -> Counter[str]:
    """Count the outcomes of some seeds; a failure names its seed."""
    counted: Counter[str] = Counter()
    for seed in seeds:
        try:
            counted[KINDS[kind](seed, place)] += 1
        except Exception as error:
            raise AssertionError(f"{kind}, seed {seed}: {type(error).__name__}: {error}") from error
    return counted


@pytest.mark.parametrize("kind", KINDS)
def test_damaged_files(kind: str, tmp_path: Path) -> None:
    """Whatever is damaged, loading ends in a valid problem or in one of the toolkit's errors, of many kinds."""
    counted = outcomes(kind, range(15 * SHARES[kind]), tmp_path)
    assert len(counted) > 5
    assert counted["loaded"] > 0


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("kind", KINDS)
def test_ten_thousand_damaged_files(kind: str, tmp_path: Path) -> None:
    """The same for 10,000 files in all."""
    counted = outcomes(kind, range(1_000_000, 1_000_000 + 100 * SHARES[kind]), tmp_path)
    assert counted.total() == 100 * SHARES[kind]


def test_the_undamaged_files_load(tmp_path: Path) -> None:
    """What the damage starts from is valid, in every form."""
    assert _outcome_of_files(tmp_path, BYTES) == "loaded"
    files = {name: text for name, text in BYTES.items() if name != "queries.csv"}
    assert _outcome_of_files(tmp_path, files | {"queries.parquet": PARQUET}) == "loaded"
