"""Tests of the registry: methods of other people's packages, good and broken."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sloplan.problem.errors import InputError
from sloplan.problem.registry import (
    BrokenMethodError,
    find_method,
    methods,
    own_options,
    refuse_unusable_options,
)
from tests.fake_methods import Fake, Nothing, install


@pytest.fixture(autouse=True)
def _installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(
        tmp_path,
        **{
            "no-module": "no_such_module:Method",
            "no-class": "tests.fake_methods:Absent",
            "no-method": "fractions:Fraction",
        },
    )
    monkeypatch.syspath_prepend(tmp_path)


def test_a_method_is_found_by_its_entry_point() -> None:
    """A method of another package is found by the name of its entry point, and made."""
    assert isinstance(find_method("fake"), Fake)


def test_unknown_method() -> None:
    """An unknown name is refused with the close ones and all that there are."""
    with pytest.raises(
        InputError, match=r"method = 'fale': unknown method \(did you mean fake\?\); allowed: .*patient"
    ):
        find_method("fale")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("no-module", "cannot be loaded: ModuleNotFoundError: No module named 'no_such_module'"),
        ("no-class", "cannot be loaded: AttributeError"),
        ("no-method", "is no method: it lacks name, summary, unsupported, solve"),
    ],
)
def test_broken_methods_are_told_apart(name: str, reason: str) -> None:
    """A broken entry point is an error of that method only, with the reason; it is listed with it too."""
    with pytest.raises(BrokenMethodError, match=reason):
        find_method(name)
    listed = {method.name: method for method in methods()}
    assert reason in str(listed[name].error)
    assert listed["fake"].error is None
    assert listed["fake"].summary == "serves one query"
    assert listed["fake"].provider == "tests.fake_methods:Fake"


def test_methods_are_listed_by_name() -> None:
    """The list is sorted, and holds every registered method once."""
    names = [method.name for method in methods()]
    assert names == sorted(set(names))
    assert {"fake", "no-module", "patient"} <= set(names)


def test_own_options() -> None:
    """A method's options are the keyword-only parameters of its solve, with their defaults."""
    assert own_options(Fake()) == {"effort": 1, "mode": "fast"}
    assert own_options(Nothing()) == {}


def test_unknown_options_are_refused() -> None:
    """An option that the method lacks is refused with the close one and those that there are."""
    refuse_unusable_options(Fake(), {"effort": 3})
    with pytest.raises(
        InputError, match=r"efort = 2: .*no such option \(did you mean effort\?\); allowed: effort, mode"
    ):
        refuse_unusable_options(Fake(), {"efort": 2})
    with pytest.raises(InputError, match="allowed: no options"):
        refuse_unusable_options(Nothing(), {"effort": 2})


@pytest.mark.parametrize(
    ("options", "allowed"),
    [
        ({"effort": "3"}, "a whole number"),
        ({"effort": 3.0}, "a whole number"),
        ({"effort": True}, "a whole number"),
        ({"mode": ["fast"]}, "a text"),
    ],
)
def test_values_of_another_kind_are_refused(options: dict[str, Any], allowed: str) -> None:
    """A text is no number, and True is no 1: nothing is guessed."""
    with pytest.raises(InputError, match=f"unusable value; allowed: {allowed}$"):
        refuse_unusable_options(Fake(), options)


def test_switches_take_no_text() -> None:
    """Any text that is not empty would count as True, "no" too."""
    with pytest.raises(InputError, match="presolve = 'no': unusable value; allowed: True or False"):
        refuse_unusable_options(find_method("milp"), {"presolve": "no"})
    refuse_unusable_options(find_method("milp"), {"presolve": False, "copy_limit": np.int64(7)})


def test_a_name_that_packages_share_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which of two methods of one name ran must not depend on the order of installation; their names are listed."""
    metadata = tmp_path / "second" / "more_people-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: more-people\nVersion: 1.0\n")
    entry_points = "fake = tests.fake_methods:Nothing\npatient = tests.fake_methods:Patient\n"
    (metadata / "entry_points.txt").write_text(f"[sloplan.methods]\n{entry_points}")
    monkeypatch.syspath_prepend(tmp_path / "second")
    both = r"'fake' \(tests\.fake_methods:Fake, tests\.fake_methods:Nothing\) is ambiguous"
    with pytest.raises(BrokenMethodError, match=both):
        find_method("fake")
    listed = {method.name: method for method in methods()}
    assert "ambiguous" in str(listed["fake"].error)
    assert listed["patient"].error is None  # the same class twice is one method
