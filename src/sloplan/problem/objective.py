"""What is optimised: its sense, its integer base unit, and the user's unit."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from sloplan.problem.errors import InputError


@dataclass(frozen=True)
class Objective:
    """An objective, with how its exact integers read in the user's units.

    Parameters
    ----------
    name : str
        "goodput", "cost" or "goodput-then-cost".
    maximise : bool
        Sense of the number that is reported as the objective.
    unit : Fraction
        User units per integer base unit (1/1000: integers are thousandths).
    label : str
        The user's unit, for tables.
    """

    name: str
    maximise: bool
    unit: Fraction
    label: str

    def in_user_units(self, value: int | None) -> float | None:
        """Return an exact integer value in the user's units, rounded once; None stays None."""
        return None if value is None else float(value * self.unit)

    def is_better(self, value: int, than: int | None) -> bool:
        """Return whether objective `value` improves on `than` (None: nothing yet)."""
        return than is None or (value > than if self.maximise else value < than)

    def is_tighter(self, bound: int, than: int | None) -> bool:
        """Return whether `bound` says more than `than` (None: nothing yet)."""
        return than is None or (bound < than if self.maximise else bound > than)

    def contradicts(self, value: int, bound: int) -> bool:
        """Return whether a reached `value` proves that `bound` is wrong."""
        return value > bound if self.maximise else value < bound


GOODPUT: Final = Objective("goodput", True, Fraction(1, 1000), "value/s")
COST: Final = Objective("cost", False, Fraction(3600, 10**12), "USD/h")
GOODPUT_THEN_COST: Final = Objective("goodput-then-cost", False, COST.unit, COST.label)

OBJECTIVES: Final = {objective.name: objective for objective in (GOODPUT, COST, GOODPUT_THEN_COST)}

ONE_STAGE_OBJECTIVES: Final = (GOODPUT.name, COST.name)
"""Objectives that one model or plan selection has; "goodput-then-cost" is solved as one after the other."""


def find_objective(name: str) -> Objective:
    """Return the objective called `name`.

    Raises
    ------
    InputError
        If there is none of that name.
    """
    if name not in OBJECTIVES:
        raise InputError("unknown objective", field="objective", value=name, allowed=", ".join(OBJECTIVES))
    return OBJECTIVES[name]


def refuse_several_stages(objective: str) -> None:
    """Refuse what is not the objective of one model.

    Raises
    ------
    InputError
        If `objective` is none of `ONE_STAGE_OBJECTIVES`.
    """
    if objective not in ONE_STAGE_OBJECTIVES:
        raise InputError(
            "not an objective of one stage",
            field="objective",
            value=objective,
            allowed=" or ".join(ONE_STAGE_OBJECTIVES),
            advice="goodput-then-cost is goodput, then cost with the goodput reached as its floor",
        )


def relative_gap(objective: int | None, bound: int | None) -> float | None:
    """Return ``|bound - objective| / max(|bound|, 1 base unit)``; None when either is unknown."""
    if objective is None or bound is None:
        return None
    return float(Fraction(abs(bound - objective), max(abs(bound), 1)))
