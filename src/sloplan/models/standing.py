"""What an operator runs on stands: whole replicas and units for each option by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pyomo.environ as pyo

from sloplan.models.capacity import Shared
from sloplan.models.rows import linear
from sloplan.problem.compiled import CompiledInstance

User = tuple[int, int]
"""Copy and operator."""

Needs = dict[User, dict[int, tuple[int, Any]]]
"""Per user and option's variable, by its id(): least amount of a supply that goes with it, and the variable."""


def add_standing(model: Any, compiled: CompiledInstance, usage: Shared, amounts: Mapping[int, Any]) -> None:
    """Let as many replicas and rented units stand as each option takes by itself.

    Whole numbers imply it; without it a relaxation rents just the fraction of a unit that is used.

    Parameters
    ----------
    model : ConcreteModel
        Gets ``stands[copy, operator, supply name]``.
    compiled : CompiledInstance
        With the rows and supplies of the objective at hand.
    usage : dict
        Usage of each shared row.
    amounts : mapping
        Variable of each useful supply, by its index: replicas come before the units that hold them.
    """
    model.stands = pyo.Constraint(pyo.Any)
    needs: dict[int, Needs] = {}
    for supply, standing in amounts.items():
        needs[supply] = _needs(compiled, usage, supply, needs)
        name = str(compiled.supplies.name[supply])
        for (copy, operator), of_option in needs[supply].items():
            coefficients, variables = map(list, zip(*of_option.values(), strict=True))
            body = linear([*map(float, coefficients), -1.0], [*variables, standing])
            model.stands[copy, operator, name] = body <= 0.0


def _needs(compiled: CompiledInstance, usage: Shared, supply: int, before: Mapping[int, Needs]) -> Needs:
    needs: Needs = {}
    brought = compiled.supplies.brought
    for row, each in zip(*(part.tolist() for part in brought.row(supply)), strict=True):
        capacity = int(compiled.rows.capacity[row])
        for user, variable, demand in _demands(compiled, usage, row, before) if each > 0 else ():
            amount = -(-(demand - capacity) // each)
            of_option = needs.setdefault(user, {})
            if amount > 0 and amount > of_option.get(id(variable), (0, None))[0]:
                of_option[id(variable)] = (amount, variable)
    return {user: of_option for user, of_option in needs.items() if of_option}


def _demands(
    compiled: CompiledInstance, usage: Shared, row: int, before: Mapping[int, Needs]
) -> Iterator[tuple[User, Any, int]]:
    """What each option takes of a row by itself, directly or by the replicas that it needs."""
    for use in usage.get(row, []):
        if use.user is not None:  # links have no supplies
            for place in np.flatnonzero(use.load.figures).tolist():
                yield use.user, use.load.variables[place], int(use.load.figures[place])
    brought = compiled.supplies.brought
    for entry in np.flatnonzero((brought.column == row) & (brought.amount < 0)).tolist():
        for user, of_option in before.get(int(brought.row_of_entry[entry]), {}).items():
            for replicas, variable in of_option.values():
                yield user, variable, replicas * -int(brought.amount[entry])
