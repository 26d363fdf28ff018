"""Capacity: the rows that all copies share, with what supplies bring to them, and each copy's own pools and links."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyomo.environ as pyo

from sloplan.models.choices import CopyChoice, LegChoice
from sloplan.models.rows import Alternatives, limit_if_served, limit_row
from sloplan.models.supplies import add_supplies
from sloplan.problem.compiled import CompiledInstance, Int
from sloplan.problem.evaluation import own_capacity
from sloplan.problem.transfers import transfers_of


@dataclass(frozen=True)
class Usage:
    """What an operator or a transfer of a copy loads on a shared row, rate x amount per request.

    Parameters
    ----------
    user : (copy, operator) or None
        Global index of the operator; None for a transfer.
    load : Alternatives
    """

    user: tuple[int, int] | None
    load: Alternatives


Shared = dict[int, list[Usage]]
"""Usage of each shared row."""


def add_capacity(model: Any, compiled: CompiledInstance, copies: Sequence[CopyChoice]) -> tuple[dict[int, Any], Shared]:
    """Limit the usage of shared rows, with what supplies bring to them, and of what each copy owns.

    Parameters
    ----------
    model : ConcreteModel
        Gets ``amount[supply name]``; ``capacity[row name]`` over all copies (rate x amount per request) and supplies,
        without rows that hold whatever is chosen; and ``own_capacity[copy, name]`` per request on query-scope pools
        and links.
    compiled : CompiledInstance
        With the rows and supplies of the objective at hand.
    copies : sequence of CopyChoice

    Returns
    -------
    amounts : dict
        Variable of each useful supply, by its index.
    usage : dict
        Usage of each shared row.
    """
    model.capacity = pyo.Constraint(pyo.Any)
    shared = _limit_own(model, compiled, copies)
    usage = {row: sum(int(use.load.figures.max()) for use in uses) for row, uses in shared.items()}
    amounts = add_supplies(model, compiled, usage)
    brought: dict[int, list[tuple[int, Any]]] = {}
    for supply, variable in amounts.items():
        for row, amount in zip(*(part.tolist() for part in compiled.supplies.brought.row(supply)), strict=True):
            brought.setdefault(row, []).append((amount, variable))
    for row in sorted({*shared, *brought}):
        _limit_shared(model, compiled, row, [use.load for use in shared.get(row, [])], brought.get(row, []))
    return amounts, shared


def _limit_own(model: Any, compiled: CompiledInstance, copies: Sequence[CopyChoice]) -> Shared:
    """Limit what copies own; return what they load on shared rows."""
    model.own_capacity = pyo.Constraint(pyo.Any)
    capacity = own_capacity(compiled)
    names = [f"pool:{name}" for name in compiled.names.pools] + [f"link:{name}" for name in compiled.names.links]
    shared: Shared = {}
    for choice in copies:
        rate = int(compiled.queries.rate_milli[choice.menu.query])
        own: dict[int, list[Alternatives]] = {}
        for operator, is_shared, index, part in _loads(compiled, choice):
            if is_shared:
                load = Alternatives(part.variables, rate * part.figures)
                shared.setdefault(index, []).append(Usage(None if operator is None else (choice.copy, operator), load))
            else:
                own.setdefault(index, []).append(part)
        for resource, parts in own.items():
            row = limit_if_served(parts, int(capacity[resource]) // rate, choice.served)
            if row is not None:
                model.own_capacity[choice.copy, names[resource]] = row
    return shared


def _limit_shared(
    model: Any, compiled: CompiledInstance, row: int, parts: Sequence[Alternatives], brought: Sequence[tuple[int, Any]]
) -> None:
    """Add ``usage - what supplies bring <= capacity`` unless it always holds."""
    limit = int(compiled.rows.capacity[row])
    most = sum(int(part.figures.max()) for part in parts)
    most += sum(-amount * variable.ub for amount, variable in brought if amount < 0)
    if most <= limit:
        return
    coefficients: dict[int, int] = {}
    variables: dict[int, Any] = {}
    for part in parts:
        for place in np.flatnonzero(part.figures).tolist():
            variable = part.variables[place]
            coefficients[id(variable)] = coefficients.get(id(variable), 0) + int(part.figures[place])
            variables[id(variable)] = variable
    for amount, variable in brought:
        coefficients[id(variable)], variables[id(variable)] = -amount, variable
    model.capacity[compiled.rows.name[row]] = limit_row(
        list(coefficients.values()), list(variables.values()), limit, largest=1 if brought else None
    )


def _loads(compiled: CompiledInstance, choice: CopyChoice) -> Iterator[tuple[int | None, bool, int, Alternatives]]:
    """Load per request of each operator, or of a transfer (None), on all that a copy may use.

    That is a shared row by its index, or what is the copy's own: pool p is p, link l is pools + l.
    """
    options, pools = compiled.options, compiled.pools
    operators = choice.menu.application.operators.tolist()
    for operator, choose, part in zip(operators, choice.choose, choice.menu.options, strict=True):
        own, busy = pools.query_scope[options.pool[part]], options.busy_us[part]
        row = np.where(options.deployment[part] >= 0, options.deployment[part], pools.row[options.pool[part]])
        for is_shared, place in ((False, options.pool[part]), (True, row)):
            counts = (busy > 0) & (own != is_shared)
            for used in np.unique(place[counts]).tolist():
                yield operator, is_shared, used, Alternatives(choose, np.where(counts & (place == used), busy, 0))
    for leg in choice.legs:
        for link, figures in _link_loads(compiled, leg).items():
            is_shared = not compiled.links.query_scope[link]
            index = int(compiled.links.row[link]) if is_shared else len(compiled.names.pools) + link
            yield None, is_shared, index, Alternatives(leg.variables, figures)


def _link_loads(compiled: CompiledInstance, leg: LegChoice) -> dict[int, Int]:
    """Bytes per variable of a leg on each link that it may load."""
    route, sent_bytes = leg.route, leg.sent_bytes
    transfers = transfers_of(compiled)
    load: dict[int, Int] = {}
    for used in np.unique(route[route >= 0]).tolist():
        sent = np.where(route == used, sent_bytes, 0)
        for link in transfers.route_links(used):
            load[link] = load.get(link, 0) + sent
    return {link: figures for link, figures in load.items() if figures.any()}
