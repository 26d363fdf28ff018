"""Building blocks of the CP-SAT model of an instance: literals of which one holds, groups, tables, limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sloplan.models.reduced import divided_by_gcd
from sloplan.problem.compiled import Int


@dataclass(frozen=True)
class Literals:
    """Literals of which exactly one is true if the copy is served, and none if it is not, with a figure of each.

    Parameters
    ----------
    literals : sequence of CP-SAT literals
    figures : (literals,) int64
        At least 0.
    """

    literals: Sequence[Any]
    figures: Int


def one_of(model: Any, literals: Sequence[Any], holds: Any) -> None:
    """Say that exactly one of `literals` is true if `holds` is, and none if it is not."""
    model.add_exactly_one([*literals, holds.negated()])


def group_literals(model: Any, literals: Sequence[Any], group: Int, served: Any, name: str) -> dict[int, Any]:
    """Return a literal for each group of one operator's options: an option of the group is chosen.

    Parameters
    ----------
    model : CpModel
    literals : sequence of CP-SAT literals
        Of the options.
    group : (options,) int64
        Group of each option.
    served : CP-SAT literal
        Stands for the group of all options; an option for its group of one.
    name : str
        Begins the names of those that are made.
    """
    groups = np.unique(group).tolist()
    if len(groups) == 1:
        return {groups[0]: served}
    found = {}
    for value in groups:
        members = [literals[place] for place in np.flatnonzero(group == value).tolist()]
        if len(members) == 1:
            found[value] = members[0]
        else:
            found[value] = model.new_bool_var(f"{name}/{value}")
            one_of(model, members, found[value])
    return found


def table(model: Any, columns: Sequence[Mapping[int, Any]], rows: Int, names: Sequence[str]) -> list[Any]:
    """Return a literal for each row of a table of allowed combinations.

    The literal of a column's value is true if one row with that value is; so exactly one row holds if the copy is
    served, and none if it is not. A value without a row is forbidden.

    Parameters
    ----------
    model : CpModel
    columns : sequence of mapping
        Per column the literal of each value.
    rows : (rows, columns) int64
    names : (rows,) sequence of str
        Of the rows' literals.
    """
    literals = [model.new_bool_var(name) for name in names]
    for place, column in enumerate(columns):
        for value, holds in column.items():
            one_of(model, [literals[row] for row in np.flatnonzero(rows[:, place] == value).tolist()], holds)
    return literals


@dataclass(frozen=True)
class Sum:
    """Sum of the chosen figures of several parts, each part's least figure apart.

    Parameters
    ----------
    coefficients : list of int
        What each literal adds to the least; above 0.
    literals : list of CP-SAT literals
    least, most : int
        Of the sum, if the copy is served.
    """

    coefficients: list[int]
    literals: list[Any]
    least: int
    most: int

    @classmethod
    def of(cls, parts: Sequence[Literals]) -> Sum:
        """Add up parts."""
        coefficients: list[int] = []
        literals: list[Any] = []
        for part in parts:
            above = part.figures - part.figures.min()
            for place in np.flatnonzero(above).tolist():
                coefficients.append(int(above[place]))
                literals.append(part.literals[place])
        least = sum(int(part.figures.min()) for part in parts)
        return cls(coefficients, literals, least, sum(int(part.figures.max()) for part in parts))


def limit_if_served(model: Any, parts: Sequence[Literals], limit: int, served: Any, name: str) -> None:
    """Add the row ``sum of the chosen figures <= limit``, for a copy that is served, unless it always holds.

    The least figures are taken off the limit, which is then multiplied by `served`: that says the same, of a copy
    that is not served all is 0, and makes the engine's linear relaxation tighter. All is divided by its gcd.

    Parameters
    ----------
    model : CpModel
    parts : sequence of Literals
    limit : int
    served : CP-SAT literal
    name : str
        Of the row.
    """
    total = Sum.of(parts)
    if total.most > limit:
        coefficients, room = divided_by_gcd(total.coefficients, limit - total.least)
        row = weighted_sum([*total.literals, served], [*coefficients, -room]) <= 0
        model.add(row).with_name(name)


def weighted_sum(variables: Sequence[Any], coefficients: Sequence[int]) -> Any:
    """Return the linear expression ``sum of coefficients x variables``."""
    from ortools.sat.python.cp_model import LinearExpr

    return LinearExpr.weighted_sum(variables, coefficients)
