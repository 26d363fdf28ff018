"""The objectives of the compact model: greatest value served, or least deployment cost at a goodput floor."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from typing import Any

import numpy as np
import pyomo.environ as pyo

from sloplan.models.choices import CopyChoice
from sloplan.models.rows import limit_row, linear
from sloplan.problem.compiled import CompiledInstance, Int

Term = tuple[int, Any]
"""A coefficient and its variable."""


def add_goodput(model: Any, compiled: CompiledInstance, copies: Sequence[CopyChoice]) -> None:
    """Maximise the value of the copies served, in units of the gcd of all values.

    Parameters
    ----------
    model : ConcreteModel
        Gets ``goodput`` and `objective_scale`.
    compiled : CompiledInstance
    copies : sequence of CopyChoice
    """
    model.goodput = _objective(model, _values(compiled, copies), pyo.maximize)


def add_deployment_cost(
    model: Any,
    compiled: CompiledInstance,
    supply_price: Int,
    copies: Sequence[CopyChoice],
    amounts: Mapping[int, Any],
    goodput_floor: int,
) -> None:
    """Minimise the bill for usage pools, traffic and rented units, with at least the floor's goodput.

    Parameters
    ----------
    model : ConcreteModel
        Gets ``deployment_cost``, `objective_scale` and, unless it always holds, ``goodput_floor``. Where no copies
        together reach the floor, ``unreachable`` is 0 and ought to be 1.
    compiled : CompiledInstance
        With the rows and supplies of the objective `cost`.
    supply_price : (supplies,) int64
        10^-12 USD/s.
    copies : sequence of CopyChoice
    amounts : mapping
        Variable of each useful supply, by its index.
    goodput_floor : int
        Milli-value.
    """
    terms: dict[int, Term] = {}
    for figure, variable in _bills(compiled, copies):
        so_far = terms.get(id(variable), (0, variable))[0]
        terms[id(variable)] = (so_far + figure, variable)
    rents = [(int(supply_price[supply]), variable) for supply, variable in amounts.items()]
    model.deployment_cost = _objective(model, [*terms.values(), *rents], pyo.minimize)
    if goodput_floor <= 0:
        return
    values = [(-value, variable) for value, variable in _values(compiled, copies) if value]
    if not values:
        model.unreachable = pyo.Var(bounds=(0, 0))
        values = [(-1, model.unreachable)]
    coefficients, variables = map(list, zip(*values, strict=True))
    row = limit_row(coefficients, variables, -goodput_floor, largest=1)
    model.goodput_floor = pyo.Constraint(expr=row)


def _values(compiled: CompiledInstance, copies: Sequence[CopyChoice]) -> list[Term]:
    return [(int(compiled.queries.value_milli[choice.menu.query]), choice.served) for choice in copies]


def _bills(compiled: CompiledInstance, copies: Sequence[CopyChoice]) -> Iterable[Term]:
    """What every option and transfer of a copy is billed, 10^-12 USD/s; the rented units are billed apart."""
    for choice in copies:
        rate = int(compiled.queries.rate_milli[choice.menu.query])
        parts = [
            (choose, compiled.options.billed_cost_nano[options])
            for choose, options in zip(choice.choose, choice.menu.options, strict=True)
        ]
        parts += [(leg.variables, leg.cost_nano) for leg in choice.legs]
        for variables, nano in parts:
            for place in np.flatnonzero(nano).tolist():
                yield rate * int(nano[place]), variables[place]


def _objective(model: Any, terms: Sequence[Term], sense: Any) -> Any:
    """Return the objective in units of the gcd of its coefficients, which becomes `objective_scale`."""
    model.objective_scale = reduce(math.gcd, (figure for figure, _ in terms), 0) or 1
    kept = [(figure // model.objective_scale, variable) for figure, variable in terms if figure]
    if not kept:
        return pyo.Objective(expr=0.0, sense=sense)
    coefficients, variables = map(list, zip(*kept, strict=True))
    return pyo.Objective(expr=linear([float(figure) for figure in coefficients], variables), sense=sense)
