"""Accuracy as a sum of nano-nats: factors of one operator directly, joint ones by combinations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyomo.environ as pyo

from sloplan.models.choices import CopyChoice
from sloplan.models.menu import FactorMenu
from sloplan.models.rows import Alternatives, limit_if_served, linear
from sloplan.problem.compiled import NO_LIMIT, CompiledInstance, Int


def add_accuracy(model: Any, compiled: CompiledInstance, copies: Sequence[CopyChoice]) -> None:
    """Limit the sum of the accuracy factors of every copy that has an accuracy SLO.

    Parameters
    ----------
    model : ConcreteModel
        Gets ``combination[copy, factor, row]`` binary, for factors where several operators
        can vary; ``combines[copy, factor, operator, configuration]``: the combinations with a
        configuration sum to its options; ``accuracy[copy]``: the sum is within the SLO.
    compiled : CompiledInstance
    copies : sequence of CopyChoice
    """
    configuration = compiled.options.configuration
    keys = [
        (choice.copy, number, row)
        for choice in copies
        if compiled.queries.slo_accuracy[choice.menu.query] != NO_LIMIT
        for number, factor in enumerate(choice.menu.factors)
        if len(_varying(choice, factor, configuration)) > 1
        for row in factor.kept.tolist()
    ]
    model.combination = pyo.Var(pyo.Set(initialize=keys, dimen=3), domain=pyo.Binary)
    model.combines = pyo.Constraint(pyo.Any)
    model.accuracy = pyo.Constraint(pyo.Any)
    for choice in copies:
        slo = int(compiled.queries.slo_accuracy[choice.menu.query])
        if slo == NO_LIMIT:
            continue
        parts = [_factor(model, choice, number, configuration) for number in range(len(choice.menu.factors))]
        row = limit_if_served(parts, slo, choice.served)
        if row is not None:
            model.accuracy[choice.copy] = row


def _varying(choice: CopyChoice, factor: FactorMenu, configuration: Int) -> list[int]:
    """Columns of the factor whose operator has more than one configuration left."""
    return [
        column
        for column, position in enumerate(factor.factor.positions)
        if len(np.unique(configuration[choice.menu.options[position]])) > 1
    ]


def _factor(model: Any, choice: CopyChoice, number: int, configuration: Int) -> Alternatives:
    menu = choice.menu.factors[number]
    combinations = menu.factor.configurations[menu.kept]
    nano_nats = menu.factor.nano_nats[menu.kept]
    varying = _varying(choice, menu, configuration)
    if not varying:
        return Alternatives([choice.served], nano_nats)
    if len(varying) == 1:
        position = menu.factor.positions[varying[0]]
        order = np.argsort(combinations[:, varying[0]])
        of_option = configuration[choice.menu.options[position]]
        row = order[np.searchsorted(combinations[order, varying[0]], of_option)]
        return Alternatives(choice.choose[position], nano_nats[row])

    variables = [model.combination[choice.copy, number, row] for row in menu.kept.tolist()]
    for column, position in enumerate(menu.factor.positions.tolist()):
        of_option = configuration[choice.menu.options[position]]
        operator = int(choice.menu.application.operators[position])
        for value in np.unique(of_option).tolist():
            combined = [variables[place] for place in np.flatnonzero(combinations[:, column] == value)]
            options = [choice.choose[position][place] for place in np.flatnonzero(of_option == value)]
            model.combines[choice.copy, number, operator, value] = (
                linear([1.0] * len(combined) + [-1.0] * len(options), [*combined, *options]) == 0.0
            )
    return Alternatives(variables, nano_nats)
