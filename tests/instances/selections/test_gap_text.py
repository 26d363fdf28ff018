"""GAP files: the problem they state, one or several to a file, and their faults."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from sloplan.instances.selections.gap_text import read_gap
from sloplan.problem.errors import InputError
from sloplan.problem.selections.selection import PlanSelection
from tests.instances.selections.mmkp_examples import GAP
from tests.problem.selections.selection_cases import dense

PUBLISHED = Path(__file__).resolve().parents[4] / "shared" / "or" / "gap" / "chu1997"


def written(folder: Path, text: str) -> Path:
    """Write a text file and return its path."""
    (folder / "gap").write_text(text)
    return folder / "gap"


def least_cost(selection: PlanSelection) -> int:
    """Least cost over all assignments."""
    usage = dense(selection.plans.usage, selection)
    groups = [range(*selection.plans_of(g).indices(len(selection.plans))) for g in range(len(selection.groups))]
    chosen = [list(c) for c in itertools.product(*groups) if (usage[list(c)].sum(0) <= selection.rows.capacity).all()]
    return min(int(selection.plans.cost[plans].sum()) for plans in chosen)


def test_one_problem(tmp_path: Path) -> None:
    """A group per job that must choose, a plan and a row per agent, the cost to be least."""
    selection = read_gap(written(tmp_path, GAP))
    assert selection.plans.cost.tolist() == [4, 3, 6, 8, 5, 2]
    assert dense(selection.plans.usage, selection).tolist() == [[2, 0], [0, 1], [2, 0], [0, 4], [3, 0], [0, 2]]
    assert selection.rows.capacity.tolist() == [4, 5]
    assert selection.groups.must.all()
    assert (selection.objective, selection.goodput_floor, selection.name) == ("cost", None, "gap")
    assert least_cost(selection) == 3 + 6 + 2


def test_several_problems(tmp_path: Path) -> None:
    """The OR-Library's files begin with the number of their problems."""
    path = written(tmp_path, f" 2\n{GAP}1 1\n7\n1\n1\n")
    assert read_gap(path, 1).plans.cost.tolist() == [4, 3, 6, 8, 5, 2]
    assert (read_gap(path, 2).plans.cost.tolist(), read_gap(path, 2).name) == ([7], "gap#2")
    with pytest.raises(InputError, match="allowed: 1 to 2"):
        read_gap(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 2 3\n", "unknown layout"),
        (GAP.replace("8", "?"), "gap, line 3, number = '\\?': not a number"),
        (GAP.replace(" 4 5\n", " 4\n"), "gap, line 6: ends early"),
        (GAP + "1\n", "gap, line 7, number = '1': number after the end"),
        (GAP.replace("2 3\n", "2 0\n", 1), "gap, line 1, jobs = '0'"),
        ("3\n1 1\n7\n1\n1\n", "state the number"),
    ],
)
def test_faults(text: str, message: str, tmp_path: Path) -> None:
    """Every fault is one error that names the line and the value."""
    with pytest.raises(InputError, match=message):
        read_gap(written(tmp_path, text))


@pytest.mark.skipif(not PUBLISHED.is_dir(), reason="published instances are not beside the checkout")
def test_published_files() -> None:
    """Every published file is read, with the agents and jobs of its name."""
    paths = sorted(PUBLISHED.iterdir())
    assert len(paths) == 24
    for path in paths:
        selection = read_gap(path)
        assert (len(selection.rows), len(selection.groups)) == (int(path.name[1:3]), int(path.name[3:]))
