"""MMKP files written and read again: the same problem, and refusals where the format has no word for it."""

from __future__ import annotations

from pathlib import Path

import pytest

import sloplan as sp
from sloplan.instances.selections import mmkp_writer
from sloplan.instances.selections.mmkp_text import read_mmkp
from sloplan.instances.selections.mmkp_writer import mmkp_bytes, write_mmkp
from sloplan.problem.errors import SizeLimitError, UnsupportedError
from sloplan.problem.selections.selection import PlanSelection
from tests.engines import cp_optimum
from tests.instances.selections.mmkp_examples import COUNTED
from tests.problem.selections.random_selections import brute_forced_optimum, random_selection


@pytest.mark.parametrize("spec", ["khan:groups=7,items=4,resources=3", "khan:groups=1,items=1,resources=1"])
def test_khans_layout_round_trip(spec: str, tmp_path: Path) -> None:
    """A problem with equally large groups that must choose comes back as the same content."""
    selection = sp.load(spec)
    write_mmkp(selection, tmp_path / "m")
    assert read_mmkp(tmp_path / "m", name=selection.name).sha256 == selection.sha256
    assert len((tmp_path / "m").read_text().splitlines()[0].split()) == 3


def test_counted_layout_round_trip(tmp_path: Path) -> None:
    """Groups of different size go into the layout with item counts, decimals as decimals."""
    (tmp_path / "a.txt").write_text(COUNTED.replace("3\n1 0 1\n2 3 0\n", "2\n1 0.05 1\n"))
    selection = read_mmkp(tmp_path / "a.txt")
    write_mmkp(selection, tmp_path / "a")
    assert read_mmkp(tmp_path / "a").sha256 == selection.sha256
    assert (tmp_path / "a").read_text() == "2 2\n10 12\n3\n5 1 2\n7.5 4 3\n9 6 8\n2\n1 0.05 1\n8 7 5\n"


def test_counts_and_groups_that_may_stay_out(tmp_path: Path) -> None:
    """Copies become classes and staying out an item of nothing: the optimum stays."""
    compared = 0
    for seed in range(40):
        selection = random_selection(seed, supplies=0)
        try:
            write_mmkp(selection, tmp_path / "m")
        except UnsupportedError as error:
            assert "must choose and has no plan" in str(error)  # noqa: PT017
            continue
        again = read_mmkp(tmp_path / "m")
        assert len(again.groups) == selection.groups.count.sum()
        expected, found = brute_forced_optimum(selection), cp_optimum(sp.models.selection_cp(again))
        assert (expected is None) == (found is None)
        if expected is not None:
            assert found * selection.value_scale == expected * again.value_scale
            compared += 1
    assert compared > 10


def test_an_instance(tmp_path: Path) -> None:
    """The listed plans of an instance go through the file with their optimum; values are those of its tables."""
    instance = sp.load("edge-cloud:queries=8,seed=3")
    write_mmkp(PlanSelection.from_instance(instance), tmp_path / "m")
    again = read_mmkp(tmp_path / "m")
    solved = sp.solve(instance, method="milp", display=False, in_process=True).objective
    assert cp_optimum(sp.models.selection_cp(again)) == solved * again.value_scale


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"maximum": [1], "brought": [[1]]}, "supplies bring capacity"),
        ({"objective": "cost"}, "the objective is 'cost'"),
        ({"count": [1, 1], "must": [False, True]}, "group '1' must choose and has no plan"),
    ],
)
def test_what_the_format_cannot_say(changes: dict[str, object], message: str, tmp_path: Path) -> None:
    """Supplies, costs and empty groups that must choose are refused, and nothing is written."""
    selection = PlanSelection.from_numbers(group=[0], value=[1], usage=[[1]], capacity=[1], **changes)
    with pytest.raises(UnsupportedError, match=message):
        write_mmkp(selection, tmp_path / "m")
    assert list(tmp_path.iterdir()) == []


def test_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither very many copies nor very many numbers are written out."""
    selection = PlanSelection.from_numbers(group=[0], value=[1], usage=[[1]], capacity=[1], count=[100_001])
    with pytest.raises(SizeLimitError, match="100,001 copies"):
        mmkp_bytes(selection)
    monkeypatch.setattr(mmkp_writer, "NUMBER_LIMIT", 11)
    with pytest.raises(SizeLimitError, match="12 numbers"):
        mmkp_bytes(PlanSelection.from_numbers(group=[0], value=[1], usage=[[1]], capacity=[1], count=[3]))
