"""Rules that the parameters of a family keep."""

from __future__ import annotations

from typing import Any

from sloplan.problem.errors import InputError


def require(parameters: Any, field: str, allowed: str, holds: bool) -> None:
    """Refuse a parameter of a family unless its rule holds.

    Raises
    ------
    InputError
        Names the field, its value and what is allowed.
    """
    if not holds:
        value = getattr(parameters, field)
        raise InputError("bad parameter", field=field, value=value, allowed=allowed, advice="correct it")
