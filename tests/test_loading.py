"""Tests of `load`: library name, family spec, path, and what is none of them."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

from sloplan.instances import library
from sloplan.loading import load
from sloplan.problem.errors import InputError
from sloplan.problem.selections.selection import PlanSelection
from sloplan.solving import solve
from tests.one_pool import one_pool


def test_library_name() -> None:
    """A library name gives the stored instance."""
    name = library.names()[0]
    assert load(name).sha256 == library.load(name).sha256


def test_family_spec() -> None:
    """A family spec gives a generated instance, the same every time."""
    assert load("edge-cloud:queries=3,seed=5").sha256 == load("edge-cloud:seed=5,queries=3").sha256


@pytest.mark.parametrize("name", ["stored", "stored.zip"])
def test_path(name: str, tmp_path: Path) -> None:
    """A folder or a zip file is read, given as text or as a path."""
    instance = one_pool()
    instance.save(tmp_path / name)
    assert load(tmp_path / name).sha256 == load(str(tmp_path / name)).sha256 == instance.sha256


def test_library_name_before_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A library name goes before a folder of that name, with a warning; ./ names the folder."""
    name = library.names()[0]
    instance = one_pool()
    instance.save(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    with pytest.warns(UserWarning, match=rf"{name} is the library instance; \./{name} names the folder"):
        assert load(name).sha256 == library.load(name).sha256
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert load(f"./{name}").sha256 == instance.sha256


@pytest.mark.parametrize("source", ["", "edge-clod-s", "no/such/folder", "a\0b", "x" * 5000])
def test_nothing_there(source: str) -> None:
    """What is no library name, no spec and no path is refused in a short line that says what would be one."""
    with pytest.raises(
        InputError, match="`sloplan instances list`.*a spec such as edge-cloud:queries=60, or a path"
    ) as caught:
        load(source)
    assert caught.value.value == source
    assert len(str(caught.value)) < 300


def test_near_names_are_proposed() -> None:
    """A misspelt library name is answered with the one that was meant."""
    with pytest.raises(InputError, match=r"did you mean edge-cloud-s-2-tight\?"):
        load("edge-clod-s-2-tight")


def test_not_a_name() -> None:
    """Something else than text or a path is refused."""
    with pytest.raises(InputError, match="not an instance; allowed: a library name, a family spec or a path"):
        load(3)  # type: ignore[arg-type]


def test_plan_selection_file(tmp_path: Path) -> None:
    """A plan selection's file gives the plan selection, which is solved as it is."""
    path = tmp_path / "selection.json"
    selection = PlanSelection.from_numbers(group=[0], value=[1], usage=[[1]], capacity=[1])
    selection.save(path)
    assert load(path).sha256 == selection.sha256
    assert solve(path, "exhaustive", display=False).objective == 1.0
