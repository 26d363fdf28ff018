"""Compatibility of configurations, for whole groups of configurations at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyomo.environ as pyo

from sloplan.models.choices import CopyChoice
from sloplan.models.rows import linear
from sloplan.problem.compiled import Compatibility, Int


def add_compatibility(model: Any, copies: Sequence[CopyChoice], configuration: Int) -> None:
    """Let two operators only combine configurations that their table of pairs lists.

    Configurations of one operator that have the same partners form a group. For each group, in
    both directions: ``sum of choose over the group <= sum of choose over its partners``. Where
    the partners have no other partner than the group, one equation says both.

    Parameters
    ----------
    model : ConcreteModel
        Gets ``compatible[copy, pair, side, group]``; side 0 limits the pair's first operator.
    copies : sequence of CopyChoice
    configuration : (options,) int64
        Configuration of every option.
    """
    model.compatible = pyo.Constraint(pyo.Any)
    for choice in copies:
        for number, pair in enumerate(choice.menu.application.compatibilities):
            for (side, group), (limited, partners, equal) in _groups(choice, pair, configuration).items():
                body = linear([1.0] * len(limited) + [-1.0] * len(partners), [*limited, *partners])
                model.compatible[choice.copy, number, side, group] = body == 0.0 if equal else body <= 0.0


def _groups(
    choice: CopyChoice, pair: Compatibility, configuration: Int
) -> dict[tuple[int, int], tuple[list[Any], list[Any], bool]]:
    """Variables of each group and of its partners, and whether the two sums must be equal."""
    positions = (pair.first, pair.second)
    of_option = [configuration[choice.menu.options[position]] for position in positions]
    used = [np.unique(part) for part in of_option]
    allowed = np.zeros((len(used[0]), len(used[1])), dtype=np.bool_)
    listed = np.isin(pair.allowed[:, 0], used[0]) & np.isin(pair.allowed[:, 1], used[1])
    first, second = pair.allowed[listed].T
    allowed[np.searchsorted(used[0], first), np.searchsorted(used[1], second)] = True
    if allowed.all():
        return {}

    rows: dict[tuple[int, int], tuple[list[Any], list[Any], bool]] = {}
    for side, table in enumerate((allowed, allowed.T)):
        patterns, which = np.unique(table, axis=0, return_inverse=True)
        for group, partners in enumerate(patterns):
            members = which.reshape(-1) == group
            mutual = not table[np.ix_(~members, partners)].any()
            if partners.all() or (mutual and side == 1):  # always holds, or said by the equation of side 0
                continue
            rows[side, group] = (
                _variables(choice, positions[side], of_option[side], used[side][members]),
                _variables(choice, positions[1 - side], of_option[1 - side], used[1 - side][partners]),
                mutual,
            )
    return rows


def _variables(choice: CopyChoice, position: int, of_option: Int, configurations: Int) -> list[Any]:
    return [choice.choose[position][place] for place in np.flatnonzero(np.isin(of_option, configurations))]
