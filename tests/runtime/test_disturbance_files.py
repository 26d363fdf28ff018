"""Disturbances as a CSV file."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from sloplan.problem.errors import InputError
from sloplan.runtime.arrivals import Events
from sloplan.runtime.disturbance_files import read_disturbances

HEADER = "time_s,kind,subject,amount\n"


def test_rows_keep_their_order(tmp_path: Path) -> None:
    """The table is what stands in the file, and events can be made of it."""
    path = tmp_path / "disturbances.csv"
    path.write_text(HEADER + "500,units,cloud,0.5\n100,bandwidth,e0-to-cloud,0.1\n100.5,leave,q1,\n")
    read = read_disturbances(path)
    stated = pd.DataFrame(
        {
            "time_s": [500.0, 100.0, 100.5],
            "kind": ["units", "bandwidth", "leave"],
            "subject": ["cloud", "e0-to-cloud", "q1"],
            "amount": [0.5, 0.1, float("nan")],
        }
    )
    pd.testing.assert_frame_equal(read, stated, check_dtype=False)
    assert Events.from_frame(read).time_s.tolist() == [500.0, 100.0, 100.5]


def test_no_rows(tmp_path: Path) -> None:
    """Nothing may happen."""
    path = tmp_path / "disturbances.csv"
    path.write_text(HEADER)
    assert len(read_disturbances(path)) == 0


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "empty file"),
        ("time_s,kind\n", "subject: missing column"),
        (HEADER + "1,units,cloud,1\n1,flood,cloud,1\n", "row 2, kind = 'flood'"),
        (HEADER + "-1,units,cloud,1\n", "row 1, time_s = -1.0"),
        (HEADER + "1,units,cloud,-2\n", "row 1, amount = -2.0"),
        (HEADER + "1,speed,cloud,0\n", "row 1, amount = 0.0"),
        (HEADER + "1,speed,cloud,\n", "row 1, amount"),
        (HEADER + "1,speed,cloud,quick\n", "row 1, amount"),
    ],
)
def test_what_is_wrong_is_named(content: str, said: str, tmp_path: Path) -> None:
    """The file, its row, the field and the value stand in one line."""
    path = tmp_path / "wrong.csv"
    path.write_text(content)
    with pytest.raises(InputError) as refused:
        read_disturbances(path)
    assert str(refused.value).startswith(str(path))
    assert said in str(refused.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """So is a file that is not there."""
    with pytest.raises(InputError, match="nowhere.csv: cannot be read"):
        read_disturbances(tmp_path / "nowhere.csv")
