"""Specs of families of plan selections: ``khan:groups=100,seed=3``, ``chu-gap:type=d,agents=10``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, Final

from sloplan.instances.selections import chu_gap, khan
from sloplan.instances.spec_text import Reader, stated_parameters, whole
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
    family = text.partition(":")[0]
    if family not in _FAMILIES:
        problem = f"unknown family{near_names(family, selection_family_names())}"
        raise InputError(problem, value=family, allowed=", ".join(_FAMILIES), advice="name a family")
    parameters = _FAMILIES[family].parameters
    readers: dict[str, Reader] = {
        field.name: _text if isinstance(field.default, str) else whole for field in fields(parameters)
    }
    return parameters(**stated_parameters(text, readers))


def _text(_: str, text: str) -> str:
    return text
