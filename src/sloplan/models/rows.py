"""Rows of the model from exact integers: made small, scaled, and left out where they cannot bind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pyomo.core.expr import LinearExpression

from sloplan.models.reduced import covering_unit, divided_by_gcd, power_of_two_unit
from sloplan.problem.compiled import Int


@dataclass(frozen=True)
class Alternatives:
    """Variables of which one is 1 and the others 0 if the copy is served, with a figure of each.

    Parameters
    ----------
    variables : sequence of Pyomo variables
    figures : (variables,) int64
        At least 0.
    """

    variables: Sequence[Any]
    figures: Int


def linear(coefficients: Sequence[float], variables: Sequence[Any]) -> Any:
    """Return the linear expression ``sum of coefficients x variables``."""
    return LinearExpression(linear_coefs=list(coefficients), linear_vars=list(variables))


def limit_if_served(parts: Sequence[Alternatives], limit: int, served: Any) -> Any | None:
    """Return the row ``sum of the chosen figures <= limit x served``, or None if it always holds.

    Each part's least figure is taken off both sides, which leaves the relaxation as it is (its
    variables sum to `served`) and makes the row shorter; the rest is divided by its gcd, the limit
    rounded down.

    Parameters
    ----------
    parts : sequence of Alternatives
    limit : int
    served : Pyomo variable
        1 if the copy is served.
    """
    coefficients: list[int] = []
    variables: list[Any] = []
    most = 0
    for part in parts:
        least = int(part.figures.min())
        limit -= least
        most += int(part.figures.max()) - least
        for place in np.flatnonzero(part.figures > least).tolist():
            coefficients.append(int(part.figures[place]) - least)
            variables.append(part.variables[place])
    if most <= limit:
        return None
    coefficients, limit = divided_by_gcd(coefficients, limit)
    unit = power_of_two_unit(limit)
    return linear([c / unit for c in coefficients] + [-limit / unit], [*variables, served]) <= 0.0


def limit_row(coefficients: Sequence[int], variables: Sequence[Any], limit: int, *, largest: int | None = None) -> Any:
    """Return the row ``sum of coefficients x variables <= limit``, made small and scaled.

    Parameters
    ----------
    coefficients : sequence of int
    variables : sequence of Pyomo variables
    limit : int
    largest : int, optional
        Scale the largest coefficient to so much at most, a power of two, not the limit to 2^20. For rows that push
        integers up: an engine that rounds 1.00000002 units down to 1, as its tolerance on integers lets it, must not
        find the row broken by more than its tolerance on rows, or it calls a feasible model infeasible.
    """
    reduced, reduced_limit = divided_by_gcd(coefficients, limit)
    unit = power_of_two_unit(reduced_limit) if largest is None else covering_unit(max(map(abs, reduced)), largest)
    return linear([c / unit for c in reduced], variables) <= reduced_limit / unit
