"""Tests of the figures beside a study's tables: which there are, and that the same rows give the same bytes."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from sloplan.problem.errors import InputError
from sloplan.study.report.figure import PALETTE
from sloplan.study.report.figure_files import write_figures
from tests.study.report.case import TRAJECTORIES, rows_by_hand, write_study


def test_the_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    """Drawn twice, with the rows in another order: small files that hold no date and nothing of the machine."""
    first, missing = write_figures(write_study(tmp_path / "one", rows_by_hand(), TRAJECTORIES))
    again, _ = write_figures(write_study(tmp_path / "two", rows_by_hand()[::-1], TRAJECTORIES), tmp_path / "there")
    assert [path.name for path in first] == ["gap-over-time.png", "time-to-target.png", "gaps.png", "scaling.png"]
    assert list(missing) == ["performance-profile"]
    assert first[0].parent == tmp_path / "one" / "figures"
    assert sorted((tmp_path / "there").iterdir()) == sorted(again)
    for one, other in zip(first, again, strict=True):
        assert one.read_bytes() == other.read_bytes()
        assert one.stat().st_size < 80_000
        assert Image.open(one).info.keys() <= {"dpi", "transparency"}


def test_colours_survive(tmp_path: Path) -> None:
    """A file has few colours, those of the methods among them."""
    write_figures(write_study(tmp_path, rows_by_hand()))
    colors = [color for _, color in Image.open(tmp_path / "figures" / "scaling.png").convert("RGB").getcolors()]
    assert len(colors) <= 128
    for place in (3, 4):  # greedy and milp
        own = [int(PALETTE[place][start : start + 2], 16) for start in (1, 3, 5)]
        assert min(max(abs(a - b) for a, b in zip(own, color, strict=True)) for color in colors) <= 4


def test_nothing_over_time_without_trajectories(tmp_path: Path) -> None:
    """What is known of ends of runs only is no curve over time."""
    written, missing = write_figures(write_study(tmp_path / "bare", rows_by_hand()))
    assert [path.stem for path in written] == ["gaps", "scaling"]
    for name in ("gap-over-time", "time-to-target"):
        assert missing[name] == "no trajectories are stored beside these rows"


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """A file where the folder should be is named."""
    study = write_study(tmp_path / "one", rows_by_hand())
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="file: cannot be made"):
        write_figures(study, tmp_path / "file")
