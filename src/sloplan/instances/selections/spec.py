"""Specs of families of plan selections: ``khan:groups=100,seed=3``, ``chu-gap:type=d,agents=10``."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, Final

from sloplan.instances.selections import chu_gap, khan
from sloplan.problem.errors import InputError
from sloplan.problem.selections.selection import PlanSelection
from sloplan.problem.validation.naming import near_names


@dataclass(frozen=True)
class _Family:
    """A line on it, the class of its parameters, and what makes a problem of them and a name."""

    summary: str
    parameters: type[Any]
    generate: Callable[[Any, str], PlanSelection]


_FAMILIES: Final = {
    khan.NAME: _Family(khan.SUMMARY, khan.Khan, khan.generate),
    chu_gap.NAME: _Family(chu_gap.SUMMARY, chu_gap.ChuGap, chu_gap.generate),
}


def selection_family_names() -> tuple[str, ...]:
    """Return the names of the families of plan selections."""
    return tuple(_FAMILIES)


def selection_families() -> dict[str, str]:
    """Return a line on each family of plan selections by its name."""
    return {name: family.summary for name, family in _FAMILIES.items()}


def is_selection_spec(text: str) -> bool:
    """Return whether `text` names such a family: the family alone, or followed by a colon and parameters."""
    return text.partition(":")[0] in _FAMILIES


def generate_selection(text: str) -> PlanSelection:
    """Return the plan selection of a spec; its name is the spec with every parameter stated.

    Parameters
    ----------
    text : str
        ``family`` or ``family:parameter=value,...``; parameters that are left out have their defaults.

    Raises
    ------
    InputError
        Unknown family or parameter, a parameter given twice, or a bad value.
    """
    family = text.partition(":")[0]
    parameters = parse_selection_spec(text)
    stated = ",".join(f"{field.name}={getattr(parameters, field.name)}" for field in fields(parameters))
    return _FAMILIES[family].generate(parameters, f"{family}:{stated}")


def parse_selection_spec(text: str) -> Any:
    """Return the parameters that a spec states, e.g. a `khan.Khan`; see `generate_selection`."""
    family, _, stated = text.partition(":")
    if family not in _FAMILIES:
        problem = f"unknown family{near_names(family, selection_family_names())}"
        raise InputError(problem, value=family, allowed=", ".join(_FAMILIES), advice="name a family")
    parameters = _FAMILIES[family].parameters
    kinds = {field.name: type(field.default) for field in fields(parameters)}
    given: dict[str, Any] = {}
    for part in filter(None, stated.split(",")):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals:
            raise InputError("parameter without a value", value=part, allowed="name=value", advice="add =value")
        if name not in kinds:
            problem = f"unknown parameter of {family}{near_names(name, tuple(kinds))}"
            raise InputError(problem, value=name, allowed=", ".join(kinds), advice="correct the spec")
        if name in given:
            raise InputError("parameter given twice", field=name, value=value, advice="state it once")
        given[name] = value if kinds[name] is str else _whole(name, value)
    return parameters(**given)


def _whole(name: str, text: str) -> int:
    if not re.fullmatch("-?[0-9]{1,18}", text):
        allowed = "up to 18 digits"
        raise InputError("not a whole number", field=name, value=text, allowed=allowed, advice="correct the spec")
    return int(text)
