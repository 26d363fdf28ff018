"""What the variables and rows of a model stand for in the problem, in words for people who read an exported file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from sloplan.models.choices import CopyChoice
from sloplan.models.legs import END
from sloplan.problem.compiled import CompiledInstance
from sloplan.problem.selections.selection import PlanSelection

Naming = Callable[[Any], str]
"""Takes a variable, a row or the objective of a model."""


def compact_naming(model: Any, compiled: CompiledInstance) -> Naming:
    """Return what says in words what a part of a compact model stands for.

    Parameters
    ----------
    model : ConcreteModel
        Made by `compact_milp`.
    compiled : CompiledInstance
        The instance it was made from.
    """
    names = _CompactNames(model, compiled)
    return lambda part: names.of(part.parent_component().local_name, part.index())


_SHARED = {
    "capacity": "shared capacity of {}",
    "amount": "amount of supply {}",
    "goodput_floor": "value served reaches the goodput floor",
    "unreachable": "value served where nothing can be, which does not reach the goodput floor",
}
"""Words for what belongs to no single copy."""


class _CompactNames:
    def __init__(self, model: Any, compiled: CompiledInstance) -> None:
        self._compiled = compiled
        self._scale = model.objective_scale
        self._choices = {choice.copy: choice for choice in model.index.copies}
        query = model.index.copy_query
        first = np.searchsorted(query, query)  # copies of one query stand side by side
        self._copies = [
            f"query {compiled.names.queries[index]}, copy {place + 1}"
            for index, place in zip(query.tolist(), (np.arange(len(query)) - first).tolist(), strict=True)
        ]

    def of(self, component: str, index: Any) -> str:
        """Return the words for one index of a component."""
        if component == "goodput":
            return f"value served, in units of {self._scale} thousandths"
        if component == "deployment_cost":
            return f"deployment cost, in units of {self._scale} x 10^-12 USD/s"
        if component in _SHARED:
            return _SHARED[component].format(index)
        copy, *rest = index if isinstance(index, tuple) else (index,)
        return f"{self._copies[copy]}: {self._of_copy(component, copy, rest)}"

    def _of_copy(self, component: str, copy: int, rest: list[Any]) -> str:
        if component == "served":
            return "is served"
        if component == "copies_in_order":
            return "is served only if the copy before it is"
        if component == "choose":
            return self._option(rest[0])
        if component in ("accuracy", "cost"):
            return f"{component} SLO"
        if component == "latency":
            return f"latency SLO on path {rest[0] + 1}"
        if component == "own_capacity":
            return f"its own {rest[0]}"
        if component == "one_option":
            return f"one option of operator {self._operator(rest[0])}"
        if component == "together":
            ends = " and ".join(self._operator(operator) for operator in rest[:2])
            return f"options of {ends} that go together, set {rest[2] + 1}"
        if component == "stands":
            return f"what operator {self._operator(rest[0])} needs of supply {rest[1]} stands"
        if component in ("finish", "finishes"):
            path = f" after path {rest[1] + 1}" if component == "finishes" else ""
            return f"operator {self._operator(rest[0])} finishes{path}, as a fraction of the latency SLO"
        if component in ("flow", "leaves", "enters"):
            return self._transfer(component, self._choices[copy], rest[0], rest[1:])
        return self._configurations(component, self._choices[copy], rest)

    def _option(self, option: int) -> str:
        names, options = self._compiled.names, self._compiled.options
        parts = (
            names.pools[options.pool[option]],
            names.operators[options.operator[option]],
            names.configurations[options.configuration[option]],
            names.allocations[options.allocation[option]],
        )
        return "/".join(parts)

    def _operator(self, operator: int) -> str:
        return str(self._compiled.names.operators[operator])

    def _transfer(self, component: str, choice: CopyChoice, number: int, classes: list[int]) -> str:
        leg, sites = choice.menu.legs[number].leg, self._compiled.names.sites
        operators = choice.menu.application.operators
        sender = "the source" if leg.producer == END else self._operator(operators[leg.producer])
        receiver = "the sink" if leg.consumer == END else self._operator(operators[leg.consumer])
        words = f"transfer {sender} > {receiver}"
        if component != "enters":
            words += f", {leg.sent_bytes[classes[0]]} bytes from {sites[leg.from_site[classes[0]]]}"
        if component != "leaves":
            words += f", to {sites[leg.to_site[classes[-1]]]}"
        return words

    def _configurations(self, component: str, choice: CopyChoice, rest: list[Any]) -> str:
        """Words for what ties configurations: combines, combination."""
        application, configurations = choice.menu.application, self._compiled.names.configurations
        factor = application.factors[rest[0]]
        if component == "combines":
            return f"accuracy factor {factor.name}, {self._operator(rest[1])} as {configurations[rest[2]]}"
        return f"accuracy factor {factor.name}, {';'.join(configurations[factor.configurations[rest[1]]])}"


def selection_naming(model: Any, selection: PlanSelection) -> Naming:
    """Return what says in words what a part of a plan-selection MILP stands for.

    Parameters
    ----------
    model : ConcreteModel
        Made by `selection_milp`.
    selection : PlanSelection
    """
    groups, plans, supplies = selection.groups, selection.plans, selection.supplies

    def words(part: Any) -> str:
        component, index = part.parent_component().local_name, part.index()
        if component == "take":
            return f"copies of group {groups.name[plans.group[index]]} that take plan {plans.name[index]}"
        if component == "amount":
            return f"amount of supply {supplies.name[index]}"
        if component == "missing":
            return f"group {groups.name[index]} has no plan"
        if component == "choice":
            return f"copies of group {groups.name[index]} that take a plan"
        if component == "capacity":
            return f"row {index}"
        if component == "goodput_floor":
            return "value of the plans taken reaches the goodput floor"
        if component == "worthless":
            return "value of the plans taken, all worth nothing"
        scale = selection.value_scale if component == "goodput" else selection.cost_scale
        return f"{component}, in units of {model.objective_scale} / {scale}"

    return words
