"""The text of a spec, ``family:parameter=value,...``: its parts, and readers of their values."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from sloplan.problem.errors import InputError
from sloplan.problem.validation.naming import near_names

Reader = Callable[[str, str], Any]
"""Makes a parameter's value of its name and its text."""


def stated_parameters(text: str, readers: Mapping[str, Reader]) -> dict[str, Any]:
    """Return the parameters that a spec states, by name.

    Parameters
    ----------
    text : str
        ``family`` or ``family:parameter=value,...``.
    readers : mapping of str to callable
        What reads each parameter that the family has.

    Raises
    ------
    InputError
        Unknown parameter, one given twice or without a value, or a value that its reader refuses.
    """
    family, _, stated = text.partition(":")
    given: dict[str, Any] = {}
    for part in filter(None, stated.split(",")):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals:
            raise InputError("parameter without a value", value=part, allowed="name=value", advice="add =value")
        if name not in readers:
            problem = f"unknown parameter of {family}{near_names(name, tuple(readers))}"
            raise InputError(problem, value=name, allowed=", ".join(readers), advice="correct the spec")
        if not value:
            raise InputError("parameter without a value", field=name, value=part, allowed="name=value")
        if name in given:
            raise InputError("parameter given twice", field=name, value=value, advice="state it once")
        given[name] = readers[name](name, value)
    return given


def whole(name: str, text: str) -> int:
    """Read a whole number."""
    if not re.fullmatch("-?[0-9]{1,18}", text):
        allowed = "up to 18 digits"
        raise InputError("not a whole number", field=name, value=text, allowed=allowed, advice="correct the spec")
    return int(text)


def decimal(name: str, text: str) -> float:
    """Read a decimal."""
    if not re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]{1,15})?", text):
        allowed = "a decimal, e.g. 0.8"
        raise InputError("not a number", field=name, value=text, allowed=allowed, advice="correct the spec")
    return float(text)
