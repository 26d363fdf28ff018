"""From an engine's floating-point bound to an integer bound that may be trusted as far as the engine."""

from __future__ import annotations

import math

from sloplan.problem.compiled import CompiledInstance
from sloplan.solvers.engine import Tolerances
from sloplan.solvers.standard_form import StandardForm

ROUNDING = 1e-11
"""Relative error allowed for sums in floating point."""


def widened(bound: float, column_range: float, tolerances: Tolerances) -> float:
    """Widen an upper bound by what the engine's tolerances may hide.

    A bound of linear programming is the value of a dual solution. Each reduced cost may have the
    wrong sign by `dual_feasibility`, which costs at most that times the column's range. Nodes are
    closed up to `mip_feasibility` beyond the cutoff. Sums round.

    Parameters
    ----------
    bound : float
        Upper bound claimed by the engine, in units of the objective's grid.
    column_range : float
        Sum over all columns of upper minus lower bound.
    tolerances : Tolerances

    Returns
    -------
    float
        At least `bound`.
    """
    return (
        bound
        + tolerances.mip_feasibility
        + tolerances.dual_feasibility * column_range
        + ROUNDING * max(1.0, abs(bound))
    )


def on_grid(bound: float, column_range: float, tolerances: Tolerances, scale: int) -> int | None:
    """Return the largest multiple of `scale` that the widened bound allows, or None if it says nothing.

    Parameters
    ----------
    bound, column_range, tolerances
        As for `widened`.
    scale : int
        Base units per unit of the grid: the gcd of all values.
    """
    wide = widened(bound, column_range, tolerances)
    return math.floor(wide) * scale if math.isfinite(wide) else None


def column_range(form: StandardForm) -> float:
    """Return the sum of the ranges of all columns."""
    return float((form.upper - form.lower).sum())


def value_of_all(compiled: CompiledInstance) -> int:
    """Return the value of all copies of queries with an option for each operator: a bound known at once."""
    total = 0
    for template in range(len(compiled.templates)):
        if all(len(part) for part in compiled.template_options(template)):
            members = compiled.queries.template == template
            value = compiled.queries.value_milli[members].astype(object) * compiled.queries.count[members].astype(
                object
            )
            total += int(value.sum())
    return total
