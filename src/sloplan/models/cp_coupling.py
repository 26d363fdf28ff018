"""What the copies share in the CP-SAT model: capacity rows, supplies, the objective and its floor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sloplan.models.cp_choices import CpCopy
from sloplan.models.cp_literals import Literals, weighted_sum
from sloplan.models.cp_rules import pool_loads
from sloplan.models.reduced import divided_by_gcd
from sloplan.problem.compiled import CompiledInstance

Terms = list[tuple[Any, int]]
"""Variables with their coefficients."""


def add_capacity(model: Any, compiled: CompiledInstance, copies: Sequence[CpCopy]) -> None:
    """Limit the usage of every shared row, rate x amount per request, to its capacity and what supplies bring.

    Parameters
    ----------
    model : CpModel
        Gets the dict `amount[supply]`, integers from 0 to the most that there may be, and rows by their names,
        without those that always hold.
    compiled : CompiledInstance
        With the rows and supplies of the objective.
    copies : sequence of CpCopy
    """
    supplies = compiled.supplies
    model.amount = {
        supply: model.new_int_var(0, most, f"amount/{name}")
        for supply, (name, most) in enumerate(zip(supplies.name, supplies.maximum.tolist(), strict=True))
    }
    terms: list[Terms] = [[] for _ in range(len(compiled.rows))]
    most_used = [0] * len(terms)
    for copy in copies:
        rate = int(compiled.queries.rate_milli[copy.menu.query])
        for row, part in _loads(compiled, copy):
            most_used[row] += rate * int(part.figures.max())
            for place in np.flatnonzero(part.figures).tolist():
                terms[row].append((part.literals[place], rate * int(part.figures[place])))
    brought = supplies.brought
    for supply, row, amount in zip(
        brought.row_of_entry.tolist(), brought.column.tolist(), brought.amount.tolist(), strict=True
    ):
        terms[row].append((model.amount[supply], -amount))
        most_used[row] += max(-amount, 0) * int(supplies.maximum[supply])
    for row, (used, most) in enumerate(zip(terms, most_used, strict=True)):
        if most > compiled.rows.capacity[row]:
            variables, amounts = merged(used)
            reduced, limit = divided_by_gcd(amounts, int(compiled.rows.capacity[row]))
            model.add(weighted_sum(variables, reduced) <= limit).with_name(compiled.rows.name[row])


def _loads(compiled: CompiledInstance, copy: CpCopy) -> list[tuple[int, Literals]]:
    """Load per request on every shared row that a copy may use; a deployment's row has the index of its supply."""
    options = compiled.options
    found: list[tuple[int, Literals]] = []
    if compiled.hosting == "fluid":
        row = compiled.pools.row
        found += [(int(row[pool]), part) for pool, part in pool_loads(compiled, copy) if row[pool] >= 0]
    else:
        for literals, part in zip(copy.choose, copy.menu.options, strict=True):
            deployment, busy = options.deployment[part], options.busy_us[part]
            for used in np.unique(deployment[(deployment >= 0) & (busy > 0)]).tolist():
                found.append((used, Literals(literals, np.where(deployment == used, busy, 0))))
    for transfer in copy.transfers:
        row = compiled.links.row
        found += [(int(row[link]), part) for link, part in transfer.link_loads(compiled) if row[link] >= 0]
    return found


def add_goodput(model: Any, compiled: CompiledInstance, copies: Sequence[CpCopy]) -> None:
    """Maximise the value of the copies served, milli-value."""
    model.maximize(_value(compiled, copies))


def add_cost(
    model: Any, compiled: CompiledInstance, copies: Sequence[CpCopy], supply_price: Sequence[int], floor: int
) -> None:
    """Minimise the bill, 10^-12 USD/s, with at least `floor` milli-value served.

    Parameters
    ----------
    model : CpModel
    compiled : CompiledInstance
    copies : sequence of CpCopy
    supply_price : sequence of int
        10^-12 USD/s of one unit of each supply.
    floor : int
        Milli-value.
    """
    bill: Terms = [(model.amount[supply], price) for supply, price in enumerate(supply_price) if price]
    for copy in copies:
        rate = int(compiled.queries.rate_milli[copy.menu.query])
        parts = copy.of_options(compiled.options.billed_cost_nano) + [transfer.cost for transfer in copy.transfers]
        for part in parts:
            for place in np.flatnonzero(part.figures).tolist():
                bill.append((part.literals[place], rate * int(part.figures[place])))
    model.add(_value(compiled, copies) >= floor).with_name("goodput_floor")
    model.minimize(weighted_sum(*merged(bill)))


def _value(compiled: CompiledInstance, copies: Sequence[CpCopy]) -> Any:
    values = [int(compiled.queries.value_milli[copy.menu.query]) for copy in copies]
    return weighted_sum([copy.served for copy in copies], values)


def merged(terms: Terms) -> tuple[list[Any], list[int]]:
    """Return each variable once, with the sum of its coefficients."""
    variables: dict[int, Any] = {}
    total: dict[int, int] = {}
    for variable, coefficient in terms:
        variables[variable.index] = variable
        total[variable.index] = total.get(variable.index, 0) + coefficient
    return list(variables.values()), list(total.values())
