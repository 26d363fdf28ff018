"""Pairs of options that no plan has together, for whole groups of options at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyomo.environ as pyo

from sloplan.models.choices import CopyChoice
from sloplan.models.rows import linear
from sloplan.problem.compiled import Bool


def add_pairs(model: Any, copies: Sequence[CopyChoice]) -> None:
    """Let two operators only take options that some plan may have together.

    By Hall's theorem a set of options is never chosen more often than all of its partners together. The sets are those
    of an option with all whose partners are among its own, from either side: where partners are nested, as a limit on
    a sum makes them, these rows describe the convex hull of the pairs.

    Parameters
    ----------
    model : ConcreteModel
        Gets ``together[copy, first operator, second operator, number]``.
    copies : sequence of CopyChoice
    """
    model.together = pyo.Constraint(pyo.Any)
    rows_of: dict[int, list[tuple[int, int, Bool, Bool]]] = {}
    for choice in copies:
        menu = choice.menu
        if menu.query not in rows_of:
            rows_of[menu.query] = [
                (first, second, group, partners)
                for (first, second), allowed in menu.partners.items()
                for group, partners in hall_sets(allowed)
            ]
        for number, (first, second, group, partners) in enumerate(rows_of[menu.query]):
            limited = [choice.choose[first][place] for place in np.flatnonzero(group)]
            others = [choice.choose[second][place] for place in np.flatnonzero(partners)]
            operators = menu.application.operators
            model.together[choice.copy, int(operators[first]), int(operators[second]), number] = (
                linear([1.0] * len(limited) + [-1.0] * len(others), [*limited, *others]) <= 0.0
            )


def hall_sets(allowed: Bool) -> list[tuple[Bool, Bool]]:
    """Return sets of rows of a table with the union of their partners.

    Parameters
    ----------
    allowed : (m, n) bool
        Every row and every column has a partner.

    Returns
    -------
    list of ((m,) bool, (n,) bool)
        Sets whose partners are not everything.
    """
    found: dict[bytes, tuple[Bool, Bool]] = {}
    candidates = [~(allowed & ~row).any(axis=1) for row in np.unique(allowed, axis=0)]
    # A set of columns taken from the other side says the same as the rows without a partner in it.
    for column in np.unique(allowed, axis=1).T:
        alike = ~(allowed & ~column[:, None]).any(axis=0)
        candidates.append(~allowed[:, alike].any(axis=1))
    for group in candidates:
        partners = allowed[group].any(axis=0)
        if group.any() and not partners.all():
            found[partners.tobytes()] = (~(allowed & ~partners).any(axis=1), partners)
    return list(found.values())
