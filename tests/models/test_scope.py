"""Objectives and floors: one check, one kind of error, whichever model of an instance is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from sloplan.models import compact_cp, compact_milp, plan_selection_milp
from sloplan.models.scope import floor_of_model, unsupported_objective
from sloplan.problem.errors import InputError
from tests.one_pool import one_pool

MODELS = (compact_milp, compact_cp, plan_selection_milp)


@pytest.mark.parametrize(
    ("objective", "floor", "message"),
    [
        ("goodput-then-cost", 5, r"objective = 'goodput-then-cost': .*; allowed: goodput or cost; next: goodput-then-"),
        ("speed", None, r"objective = 'speed': .*; allowed: goodput or cost; next: "),
        ("goodput", 0, r"goodput_floor = 0: a floor belongs to .* cost; allowed: None under goodput; next: leave it"),
        (
            "cost",
            None,
            r"goodput_floor: the objective cost needs .*; allowed: a whole number .*; next: .*goodput_floor",
        ),
        (
            "cost",
            -1,
            r"goodput_floor = -1: not a least goodput; allowed: a whole number of milli-value, 0 to 2\^63 - 1",
        ),
        ("cost", 0.9, r"goodput_floor = 0.9: not a least goodput"),
        ("cost", 2**63, r"goodput_floor = 9223372036854775808: not a least goodput"),
    ],
)
@pytest.mark.parametrize("model", MODELS)
def test_what_does_not_go_together_is_refused(
    model: Callable[..., Any], objective: str, floor: Any, message: str
) -> None:
    """Each model refuses it in the same words, with the field, its value, what is allowed and what to do."""
    with pytest.raises(InputError, match=f"^{message}"):
        model(one_pool(), objective, floor)


@pytest.mark.parametrize("model", MODELS)
def test_floors_of_any_whole_type(model: Callable[..., Any]) -> None:
    """A floor that comes out of an array is kept as the whole number that it is; goodput has none."""
    for floor in (1000, np.int64(1000), 1000.0):
        built = model(one_pool(), "cost", floor)
        kept = built.index.selection.goodput_floor if model is plan_selection_milp else built.index.goodput_floor
        assert (kept, type(kept)) == (1000, int)
    assert floor_of_model("goodput", None) is None


def test_methods_say_what_they_lack_in_one_line() -> None:
    """The objective of two stages is refused by name, with those that there are; the others are not."""
    assert unsupported_objective("cp", "goodput") is unsupported_objective("cp", "cost") is None
    said = unsupported_objective("cp", "goodput-then-cost")
    assert said == "cp does not have the objective 'goodput-then-cost'; allowed: goodput, cost"
