"""End-to-end latency over the application's DAG, without big-M.

A path is a list of alternatives: the transfers and operators on it. Few paths are written as one
row each. Where many meet, a finish-time variable takes their place, so that the model stays
linear in the size of the DAG; the relaxation is the same, as eliminating the variable gives the
path rows back.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyomo.environ as pyo

from sloplan.models.choices import CopyChoice, LegChoice
from sloplan.models.legs import END
from sloplan.models.reduced import power_of_two_unit
from sloplan.models.rows import Alternatives, limit_if_served, linear
from sloplan.problem.compiled import NO_LIMIT, CompiledInstance

PATH_LIMIT = 4
"""More paths than this meeting at an operator are gathered in a finish-time variable."""


class _Path:
    """Alternatives one after the other, since the start or since operator `since` finished."""

    def __init__(self, parts: Sequence[Alternatives], since: Any | None = None) -> None:
        self.parts = tuple(parts)
        self.since = since

    def then(self, part: Alternatives) -> _Path:
        return _Path((*self.parts, part), self.since)


def add_latency(model: Any, compiled: CompiledInstance, copies: Sequence[CopyChoice]) -> None:
    """Limit the longest path of every copy that has a latency SLO.

    Parameters
    ----------
    model : ConcreteModel
        Gets ``finish[copy, operator]`` in [0, 1] where more than `PATH_LIMIT` paths meet, as a
        fraction of the SLO;
        ``finishes[copy, operator, path]``: not before each of those paths;
        ``latency[copy, path]``: each path to the end is within the SLO. Paths that cannot
        exceed it are left out.
    compiled : CompiledInstance
    copies : sequence of CopyChoice
    """
    model.finish = pyo.Var(pyo.Any, bounds=(0, 1), dense=False)
    model.finishes = pyo.Constraint(pyo.Any)
    model.latency = pyo.Constraint(pyo.Any)
    for choice in copies:
        slo = int(compiled.queries.slo_latency_us[choice.menu.query])
        if slo != NO_LIMIT:
            _limit_paths(model, compiled, choice, slo)


def _limit_paths(model: Any, compiled: CompiledInstance, choice: CopyChoice, slo: int) -> None:
    application = choice.menu.application
    into: dict[int, list[LegChoice]] = {}
    to_sink: dict[int, LegChoice] = {}
    for leg in choice.legs:
        if leg.menu.leg.consumer == END:
            to_sink[leg.menu.leg.producer] = leg
        else:
            into.setdefault(leg.menu.leg.consumer, []).append(leg)

    leaves = set(application.leaves.tolist())
    paths: dict[int, list[_Path]] = {END: [_Path(())]}
    for position, choose in enumerate(choice.choose):
        own = Alternatives(choose, compiled.options.latency_us[choice.menu.options[position]])
        arriving = [
            path.then(Alternatives(leg.variables, leg.latency_us)).then(own)
            for leg in into.get(position, [])
            for path in paths[leg.menu.leg.producer]
        ]
        if len(arriving) > PATH_LIMIT and position not in leaves:
            finish = model.finish[choice.copy, int(application.operators[position])]
            for number, path in enumerate(arriving):
                row = _at_most(path, slo, finish)
                model.finishes[choice.copy, int(application.operators[position]), number] = row
            arriving = [_Path((), finish)]
        paths[position] = arriving

    ends = [
        path.then(Alternatives(to_sink[leaf].variables, to_sink[leaf].latency_us)) if leaf in to_sink else path
        for leaf in sorted(leaves)
        for path in paths[leaf]
    ]
    for number, path in enumerate(ends):
        if path.since is not None:
            model.latency[choice.copy, number] = _at_most(path, slo, choice.served)
        elif (row := limit_if_served(path.parts, slo, choice.served)) is not None:
            model.latency[choice.copy, number] = row


def _at_most(path: _Path, slo: int, end: Any) -> Any:
    """Return the row ``length of the path <= SLO x end``, scaled."""
    unit = power_of_two_unit(slo)
    coefficients, variables = [-slo / unit], [end]
    for part in path.parts:
        coefficients += [figure / unit for figure in part.figures.tolist()]
        variables += part.variables
    if path.since is not None:
        coefficients.append(slo / unit)
        variables.append(path.since)
    return linear(coefficients, variables) <= 0.0
