"""MMKP files: all layouts give the same problem; what is wrong is told with file, line and value."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import numpy as np
import pytest

from sloplan.instances.selections.mmkp_text import read_mmkp
from sloplan.problem.errors import InputError
from tests.instances.selections.mmkp_examples import COUNTED, DASHED, KHAN, LAYOUTS, NUMBERED, OPTIMUM, SECOND
from tests.problem.selections.selection_cases import brute_forced_value, dense

PUBLISHED = Path(__file__).resolve().parents[4] / "shared" / "or" / "mmkp"


def written(folder: Path, text: str, name: str = "problem.txt") -> Path:
    """Write a text file and return its path."""
    (folder / name).write_bytes(text.encode())
    return folder / name


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout(layout: str, tmp_path: Path) -> None:
    """The same problem, written in each layout, is read as the same plan selection."""
    selection = read_mmkp(written(tmp_path, LAYOUTS[layout]), name="small")
    assert selection.plans.value.tolist() == [50, 75, 90, 10, 20, 80]
    assert selection.value_scale == 10
    assert dense(selection.plans.usage, selection).tolist() == [[1, 2], [4, 3], [6, 8], [0, 1], [3, 0], [7, 5]]
    assert selection.rows.capacity.tolist() == [10, 12]
    assert selection.groups.must.all()
    assert selection.objective == "goodput"
    assert brute_forced_value(selection) == OPTIMUM
    assert selection.sha256 == read_mmkp(written(tmp_path, KHAN), name="small").sha256


def test_gzip_and_names(tmp_path: Path) -> None:
    """A gzip file is read whatever its name; the plan selection has the name of the file without its endings."""
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(KHAN.encode()))
    (tmp_path / "b").write_bytes(gzip.compress(COUNTED.encode()))
    assert read_mmkp(tmp_path / "a.txt.gz").name == "a"
    assert read_mmkp(tmp_path / "b").name == "b"


def test_several_problems(tmp_path: Path) -> None:
    """One of several problems is named by its number, which also stands in the name."""
    path = written(tmp_path, NUMBERED + SECOND)
    assert len(read_mmkp(path, 1).groups) == 2
    second = read_mmkp(path, 2)
    assert (second.name, second.plans.value.tolist()) == ("problem#2", [3, 1])
    for number in (None, 0, 3):
        with pytest.raises(InputError, match="allowed: 1 to 2"):
            read_mmkp(path, number)


def test_classes_of_different_size(tmp_path: Path) -> None:
    """In the layout with item counts classes may differ."""
    selection = read_mmkp(written(tmp_path, "2 1\n5\n1\n4 2\n3\n1 1\n2 2\n3 3\n"))
    assert np.bincount(selection.plans.group).tolist() == [1, 3]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "unknown layout"),
        ("1 2 3 4 5\n", "unknown layout"),
        (KHAN.replace("7.50", "7.5x"), "problem.txt, line 6, number = '7.5x': not a number"),
        (KHAN.replace("7.50", "nan"), "line 6, number = 'nan': not a number"),
        (KHAN.replace("7.50", "1.2.3"), "line 6, number = '1.2.3': not a number"),
        (KHAN.replace("7.50", "-7.50"), "line 6, number = '-7.50': negative number"),
        (KHAN.replace("7.50", "1e999"), "line 6, number = '1e999': number too large"),
        (KHAN.replace("7.50", "7.50000000000000000001"), "line 6, number = .* more digits"),
        (KHAN.replace("\n 2\n", "\n 3\n"), "line 8, number of the class = '3'"),
        (KHAN.replace(" 2  3 2", " 2  4 2"), "line 11: ends early"),
        (KHAN.replace(" 2  3 2", " 0  3 2"), "line 2, classes = '0'"),
        (KHAN.replace(" 2  3 2", " 2  3.5 2"), "line 2, items per class = '3.5'"),
        (KHAN.replace(" 2  3 2", " 9999999999999  99999999999 999999999999"), "line 11: ends early"),
        (KHAN.replace(" Solutions", " 1\n Solutions"), "line 12, number = '1': number after the end"),
        (DASHED.replace("4-3", "4-"), "line 8: ends early"),
        (COUNTED.replace("\n3\n1 0", "\n4\n1 0"), "line 10: ends early"),
        (COUNTED + "1\n", "line 11, number = '1': number after the end"),
        (NUMBERED + "3 1 1 1\n 4\n1\n3 4\n", "line 11, number of the problem = '3'"),
        ("1 1 1\n1\n1\n9223372036854775808 1\n", "line 4, number = '9223372036854775808': more digits"),
    ],
)  # fmt: skip
def test_faults(text: str, message: str, tmp_path: Path) -> None:
    """Every fault is one error that names the line and the value."""
    with pytest.raises(InputError, match=message):
        read_mmkp(written(tmp_path, text))


def test_large_whole_numbers_stay_exact(tmp_path: Path) -> None:
    """Whole numbers beyond 2^53 are read as they stand."""
    selection = read_mmkp(written(tmp_path, "1 1 1\n9007199254740993\n1\n9007199254740993 9007199254740993\n"))
    assert selection.plans.value.tolist() == selection.rows.capacity.tolist() == [9007199254740993]


def test_unreadable_files(tmp_path: Path) -> None:
    """A missing file, a folder and a truncated gzip file are errors that name the path."""
    whole = gzip.compress(KHAN.encode())
    (tmp_path / "short.gz").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "broken.gz").write_bytes(whole[:12] + b"\xff" * 8 + whole[20:])
    for name in ("missing", ".", "short.gz", "broken.gz"):
        with pytest.raises(InputError) as caught:
            read_mmkp(tmp_path / name)
        assert caught.value.file == str(tmp_path / name)


@pytest.mark.skipif(not PUBLISHED.is_dir(), reason="published instances are not beside the checkout")
def test_published_files() -> None:
    """Every published file is read, with the classes, items and resources that its list of best values states."""
    with (PUBLISHED / "bks.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    files = {path.name.removesuffix(".gz").removesuffix(".txt"): path for path in PUBLISHED.glob("*/*")}
    checked = 0
    for row in rows:
        file, _, number = row["instance"].partition("#")
        path = files.get(file.removesuffix(".gz").removesuffix(".txt"))
        if path is None:
            continue
        selection = read_mmkp(path, int(number) if number else None)
        for sizes, stated in ((selection.groups, "classes"), (selection.plans, "items"), (selection.rows, "m")):
            assert not row[stated] or len(sizes) == float(row[stated])
        checked += 1
    assert checked >= 29
