"""Tests of objectives, their units and the gap."""

from __future__ import annotations

import pytest

from sloplan.problem.errors import InputError
from sloplan.problem.objective import COST, GOODPUT, OBJECTIVES, find_objective, refuse_several_stages, relative_gap


def test_units_are_rounded_once() -> None:
    """Base units read in the user's units as the nearest float, however large; unknown stays unknown."""
    assert GOODPUT.in_user_units(2100) == 2.1
    assert GOODPUT.in_user_units(10**21 + 1) == 1e18
    assert COST.in_user_units(10**12) == 3600.0
    assert GOODPUT.in_user_units(None) is None


def test_sense() -> None:
    """Goodput grows and its bound falls; cost the other way round."""
    assert GOODPUT.is_better(2, 1)
    assert not GOODPUT.is_better(1, 1)
    assert COST.is_better(1, 2)
    assert GOODPUT.is_better(0, None)
    assert GOODPUT.is_tighter(1, 2)
    assert COST.is_tighter(2, 1)
    assert GOODPUT.contradicts(3, 2)
    assert not GOODPUT.contradicts(2, 2)
    assert COST.contradicts(2, 3)


def test_gap() -> None:
    """The gap is relative to the bound, guarded at one base unit, and None when a side is unknown."""
    assert relative_gap(75, 100) == 0.25
    assert relative_gap(0, 0) == 0.0
    assert relative_gap(-3, 0) == 3.0
    assert relative_gap(None, 5) is None
    assert relative_gap(5, None) is None


def test_unknown_objective() -> None:
    """An unknown objective is refused with the known ones."""
    assert find_objective("cost") is OBJECTIVES["cost"]
    with pytest.raises(InputError, match=r"'speed': unknown objective; allowed: goodput, cost"):
        find_objective("speed")


def test_objectives_of_one_stage() -> None:
    """Goodput and cost have a model of their own; that of two stages is refused with what to do, as is any other."""
    refuse_several_stages("goodput")
    refuse_several_stages("cost")
    for name in ("goodput-then-cost", "speed"):
        with pytest.raises(InputError, match=f"objective = '{name}'.*allowed: goodput or cost; next: .*then cost with"):
            refuse_several_stages(name)
