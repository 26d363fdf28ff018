"""Supplies as integer variables: replicas of each deployment and, under `cost`, rented units."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyomo.environ as pyo

from sloplan.models.carried import supplies_needed
from sloplan.problem.compiled import CompiledInstance


def add_supplies(model: Any, compiled: CompiledInstance, usage: Mapping[int, int]) -> dict[int, Any]:
    """Declare ``amount[supply name]`` for every supply that can be of use.

    Parameters
    ----------
    model : ConcreteModel
    compiled : CompiledInstance
        With the rows and supplies of the objective at hand.
    usage : mapping
        Most that all copies together can load on each row.

    Returns
    -------
    dict
        Variable by index of the supply. An upper bound is the supply's maximum, or as much as the greatest usage
        takes: more is never needed.
    """
    most_usage = np.zeros(len(compiled.rows), dtype=object)
    for row, amount in usage.items():
        most_usage[row] = amount
    most = np.minimum(supplies_needed(compiled, most_usage), compiled.supplies.maximum.astype(object))
    useful = np.flatnonzero(most > 0).tolist()
    names = [str(compiled.supplies.name[supply]) for supply in useful]
    model.amount = pyo.Var(pyo.Set(initialize=names), domain=pyo.NonNegativeIntegers)
    variables = {}
    for supply, name in zip(useful, names, strict=True):
        variables[supply] = model.amount[name]
        variables[supply].setub(int(most[supply]))
    return variables
