"""Arguments of simulation and online planning that cannot be used."""

from __future__ import annotations

import math
from typing import Any

from sloplan.problem.errors import InputError


def is_number(value: Any) -> bool:
    """Return whether a value is a finite number, and not a bool."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def refuse_no_seconds(**seconds: Any) -> None:
    """Refuse what is no time span.

    Parameters
    ----------
    **seconds
        Values by name.

    Raises
    ------
    InputError
        If one is not a number above 0.
    """
    for name, value in seconds.items():
        if not (is_number(value) and value > 0):
            raise InputError("unusable value", field=name, value=value, allowed="seconds above 0")


def usable_horizon(horizon: float | None, last_s: float) -> float:
    """Return the horizon: the one stated, or without one the time of the last event.

    Parameters
    ----------
    horizon : float, optional
    last_s : float
        Time of the last event.

    Raises
    ------
    InputError
        If it is not a number above 0, or nothing is stated and nothing happens after the beginning.
    """
    if horizon is None and not last_s > 0:
        raise InputError(
            "not stated, and no event after 0 s would set it",
            field="horizon",
            allowed="seconds above 0",
            advice="state it, or give queries arrival_s and duration_s",
        )
    horizon = last_s if horizon is None else horizon
    refuse_no_seconds(horizon=horizon)
    return horizon


def refuse_unusable_seed(seed: Any) -> None:
    """Refuse what is no seed.

    Raises
    ------
    InputError
        If it is not a whole number, at least 0.
    """
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise InputError("unusable value", field="seed", value=seed, allowed="a whole number, at least 0")
