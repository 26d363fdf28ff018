"""Cost per request of every copy that has a cost SLO."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyomo.environ as pyo

from sloplan.models.choices import CopyChoice
from sloplan.models.rows import Alternatives, limit_if_served
from sloplan.problem.compiled import NO_LIMIT, CompiledInstance


def add_cost(model: Any, compiled: CompiledInstance, copies: Sequence[CopyChoice]) -> None:
    """Limit what one request of a copy costs: its busy times and its transfers.

    Parameters
    ----------
    model : ConcreteModel
        Gets ``cost[copy]``.
    compiled : CompiledInstance
    copies : sequence of CopyChoice
    """
    model.cost = pyo.Constraint(pyo.Any)
    for choice in copies:
        slo = int(compiled.queries.slo_cost_nano[choice.menu.query])
        if slo == NO_LIMIT:
            continue
        parts = [
            Alternatives(choose, compiled.options.cost_nano[options])
            for choose, options in zip(choice.choose, choice.menu.options, strict=True)
        ]
        parts += [Alternatives(leg.variables, leg.cost_nano) for leg in choice.legs]
        row = limit_if_served(parts, slo, choice.served)
        if row is not None:
            model.cost[choice.copy] = row
