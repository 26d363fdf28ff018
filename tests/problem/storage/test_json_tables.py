"""JSON files by column: one clear error for what is broken, a warning for what nobody knows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sloplan.problem.errors import InputError
from sloplan.problem.selections.selection import PlanSelection
from sloplan.problem.selections.solution import SelectionSolution
from sloplan.problem.solution import Solution


@pytest.fixture
def selection() -> PlanSelection:
    """One group, one plan, one row."""
    return PlanSelection.from_numbers(group=[0], value=[1], usage=[[1]], capacity=[1])


@pytest.fixture
def solution(selection: PlanSelection) -> SelectionSolution:
    """The plan, taken once."""
    return SelectionSolution.from_choices(selection, np.array([0]))


@pytest.mark.parametrize(
    ("stated", "again", "field"),
    [
        ('"objective":"goodput"', '"objective":"goodput","objective":"cost"', "objective"),
        ('"capacity":[1]', '"capacity":[9],"capacity":[1]', "capacity"),
    ],
)
def test_a_field_given_twice_is_refused(
    selection: PlanSelection, tmp_path: Path, stated: str, again: str, field: str
) -> None:
    """Neither the first nor the last of two values is taken, at the top or in a table."""
    path = tmp_path / "a.json"
    selection.save(path)
    path.write_text(path.read_text().replace(stated, again))
    with pytest.raises(InputError, match=rf"a\.json, {field}: field given twice"):
        PlanSelection.load(path)


def test_solutions_with_a_field_given_twice_are_refused(solution: SelectionSolution, tmp_path: Path) -> None:
    """Also in a solution, whichever kind."""
    path = tmp_path / "a.json"
    solution.save(path)
    path.write_text(path.read_text().replace('"objective"', '"bound":1,"bound":2,"objective"'))
    for kind in (Solution, SelectionSolution):
        with pytest.raises(InputError, match=r"a\.json, bound: field given twice"):
            kind.load(path)


def renamed(path: Path, table: str | None, old: str, new: str) -> None:
    """Add a field or column under another name."""
    content: dict[str, Any] = json.loads(path.read_text())
    place = content if table is None else content[table]
    place[new] = place.get(old)
    path.write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("table", "old", "new", "says"),
    [
        (None, "certificate", "certficate", r"a\.json: unknown fields ignored: certficate \(did you mean certificate"),
        ("plans", "count", "counts", r"a\.json, plans: unknown columns ignored: counts \(did you mean count\?\)"),
    ],
)
def test_unknown_fields_of_solutions_warn(
    solution: SelectionSolution, tmp_path: Path, table: str | None, old: str, new: str, says: str
) -> None:
    """A misspelt field or column is named, with the near one."""
    solution.save(tmp_path / "a.json")
    renamed(tmp_path / "a.json", table, old, new)
    with pytest.warns(UserWarning, match=says):
        SelectionSolution.load(tmp_path / "a.json")


@pytest.mark.parametrize(
    ("table", "old", "new", "says"),
    [
        (None, "name", "goodputfloor", r"unknown fields ignored: goodputfloor \(did you mean goodput_floor\?\)"),
        ("groups", "must", "musts", r"a\.json, groups: unknown columns ignored: musts \(did you mean must\?\)"),
    ],
)
def test_unknown_fields_of_selections_warn(
    selection: PlanSelection, tmp_path: Path, table: str | None, old: str, new: str, says: str
) -> None:
    """A misspelt field or column is named, with the near one."""
    selection.save(tmp_path / "a.json")
    renamed(tmp_path / "a.json", table, old, new)
    with pytest.warns(UserWarning, match=says):
        assert PlanSelection.load(tmp_path / "a.json").sha256 == selection.sha256


@pytest.mark.filterwarnings("error")
def test_what_is_saved_is_known(selection: PlanSelection, solution: SelectionSolution, tmp_path: Path) -> None:
    """No file of our own warns."""
    selection.save(tmp_path / "a.json")
    solution.save(tmp_path / "b.json")
    PlanSelection.load(tmp_path / "a.json")
    SelectionSolution.load(tmp_path / "b.json")


@pytest.mark.parametrize("name", ["absent/a.json", ".", "x" * 300])
def test_paths_that_cannot_be_written(
    selection: PlanSelection, solution: SelectionSolution, tmp_path: Path, name: str
) -> None:
    """A missing folder, a folder in the file's place, too long a name: one error, nothing left behind."""
    for saved in (selection, solution):
        with pytest.raises(InputError, match="cannot be written"):
            saved.save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_numbers_too_long_for_python(tmp_path: Path) -> None:
    """A number of more digits than Python converts is one clear error too."""
    (tmp_path / "a.json").write_text(f'{{"format_version":{"9" * 5000}}}')
    with pytest.raises(InputError, match=r"a\.json: not readable as JSON"):
        Solution.load(tmp_path / "a.json")
