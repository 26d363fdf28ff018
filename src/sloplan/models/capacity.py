"""Capacity: the rows that all copies share, and each copy's own pools and links."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyomo.environ as pyo

from sloplan.models.choices import CopyChoice, LegChoice
from sloplan.models.rows import Alternatives, limit_if_served, limit_row
from sloplan.problem.compiled import CompiledInstance, Int
from sloplan.problem.evaluation import own_capacity
from sloplan.problem.transfers import transfers_of


def add_capacity(model: Any, compiled: CompiledInstance, copies: Sequence[CopyChoice]) -> None:
    """Limit the usage of shared pools and links, and of what each copy owns.

    Parameters
    ----------
    model : ConcreteModel
        Gets ``capacity[row name]`` over all copies (rate x amount per request), without rows
        that hold whatever is chosen, and ``own_capacity[copy, name]`` per request on query-scope
        pools and links.
    compiled : CompiledInstance
        Under `fluid` hosting.
    copies : sequence of CopyChoice
    """
    model.capacity = pyo.Constraint(pyo.Any)
    model.own_capacity = pyo.Constraint(pyo.Any)
    row_of = np.concatenate([compiled.pools.row, compiled.links.row])
    capacity = own_capacity(compiled)
    names = [f"pool:{name}" for name in compiled.names.pools] + [f"link:{name}" for name in compiled.names.links]
    shared: dict[int, list[Alternatives]] = {}

    for choice in copies:
        rate = int(compiled.queries.rate_milli[choice.menu.query])
        own: dict[int, list[Alternatives]] = {}
        for resource, part in _loads(compiled, choice):
            if row_of[resource] >= 0:
                scaled = Alternatives(part.variables, rate * part.figures)
                shared.setdefault(int(row_of[resource]), []).append(scaled)
            else:
                own.setdefault(resource, []).append(part)
        for resource, parts in own.items():
            row = limit_if_served(parts, int(capacity[resource]) // rate, choice.served)
            if row is not None:
                model.own_capacity[choice.copy, names[resource]] = row

    for index in sorted(shared):
        limit = int(compiled.rows.capacity[index])
        if sum(int(part.figures.max()) for part in shared[index]) > limit:
            model.capacity[compiled.rows.name[index]] = _shared_row(shared[index], limit)


def _shared_row(parts: Sequence[Alternatives], limit: int) -> Any:
    usage: dict[int, int] = {}
    variables: dict[int, Any] = {}
    for part in parts:
        for place in np.flatnonzero(part.figures).tolist():
            variable = part.variables[place]
            usage[id(variable)] = usage.get(id(variable), 0) + int(part.figures[place])
            variables[id(variable)] = variable
    return limit_row(list(usage.values()), list(variables.values()), limit)


def _loads(compiled: CompiledInstance, choice: CopyChoice) -> Iterator[tuple[int, Alternatives]]:
    """Load per request on every resource (pool p is p, link l is pools + l) that a copy may use."""
    options = compiled.options
    for choose, part in zip(choice.choose, choice.menu.options, strict=True):
        pool, busy = options.pool[part], options.busy_us[part]
        for used in np.unique(pool[busy > 0]).tolist():
            yield used, Alternatives(choose, np.where(pool == used, busy, 0))
    for leg in choice.legs:
        yield from _link_loads(compiled, leg)


def _link_loads(compiled: CompiledInstance, leg: LegChoice) -> Iterator[tuple[int, Alternatives]]:
    route, sent_bytes = leg.route, leg.sent_bytes
    transfers = transfers_of(compiled)
    load: dict[int, Int] = {}
    for used in np.unique(route[route >= 0]).tolist():
        sent = np.where(route == used, sent_bytes, 0)
        for link in transfers.route_links(used):
            load[link] = load.get(link, 0) + sent
    for link, figures in load.items():
        if figures.any():
            yield len(compiled.names.pools) + link, Alternatives(leg.variables, figures)
