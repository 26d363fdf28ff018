"""Which decision splits a node: what the linear program at the node leaves half done.

In this order: a supply that is not whole; whether a copy is served; and where a served copy mixes plans, the pool, else
the configuration, else the option of one operator (of a plan selection: the plans dearer than the mix).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sloplan.decomposition.branching_case import Case, Copy
from sloplan.decomposition.node_master import NodeMaster
from sloplan.decomposition.open_pairs import OpenPairs
from sloplan.problem.certificates.format import Decision, OptionDecision, PlanDecision, SupplyDecision
from sloplan.problem.compiled import Bool, Int
from sloplan.problem.selections.selection import PlanSelection

Float = npt.NDArray[np.float64]

_WHOLE = 1e-8


@dataclass(frozen=True)
class SupplySplit:
    """At most so much of a supply, or more."""

    supply: int
    at_most: int

    def cases(self, _pairs: OpenPairs, case: Case) -> tuple[Case, Case]:
        """Return what holds where the answer is yes, and where it is no."""
        return case.with_supply(self.supply, self.at_most, True), case.with_supply(self.supply, self.at_most, False)

    def decision(self, pairs: OpenPairs) -> Decision:
        """Return the split as a certificate states it."""
        return SupplyDecision(str(pairs.problem.supplies.name[self.supply]), self.at_most)


@dataclass(frozen=True)
class CopySplit:
    """A copy is served by a plan that chooses one of `members` at a position, or it is not.

    Parameters
    ----------
    copy : Copy
    position : int
        Of `CoupledProblem.choices`.
    members : (k,) int64
    """

    copy: Copy
    position: int
    members: Int

    def chosen(self, pairs: OpenPairs) -> Bool:
        """Tell which pairs of the group that are, shape (pairs of the group,)."""
        group = self.copy[0]
        plan = pairs.plan[pairs.start[group] : pairs.start[group + 1]]
        return np.isin(pairs.problem.choices[plan, self.position], self.members)

    def cases(self, pairs: OpenPairs, case: Case) -> tuple[Case, Case]:
        """Return what holds where the answer is yes, and where it is no."""
        chosen = self.chosen(pairs)
        return case.with_copy(pairs, self.copy, chosen, True), case.with_copy(pairs, self.copy, chosen, False)

    def decision(self, pairs: OpenPairs) -> Decision:
        """Return the split as a certificate states it."""
        (group, number), source = self.copy, pairs.problem.source
        if isinstance(source, PlanSelection):
            plans = tuple(source.plans.name[self.members].tolist())
            return PlanDecision(str(source.groups.name[group]), number, plans)
        names, options = source.names, source.options
        application = source.templates.application[source.queries.template[group]]
        operator = source.applications[application].operators[self.position]
        return OptionDecision(
            query=str(names.queries[group]),
            copy=number,
            operator=str(names.operators[operator]),
            options=tuple(
                zip(
                    names.configurations[options.configuration[self.members]].tolist(),
                    names.pools[options.pool[self.members]].tolist(),
                    names.allocations[options.allocation[self.members]].tolist(),
                    strict=True,
                )
            ),
        )


Split = SupplySplit | CopySplit


def split_of(pairs: OpenPairs, master: NodeMaster) -> Split | None:
    """Return a split of the node that the master has just been solved for, or None if its optimum is whole.

    Parameters
    ----------
    pairs : OpenPairs
    master : NodeMaster
    """
    fraction = np.abs(master.supplied - np.rint(master.supplied))
    if fraction.max(initial=0.0) > _WHOLE:
        supply = int(np.argmax(fraction))
        return SupplySplit(supply, int(np.floor(master.supplied[supply])))
    units = len(master.units)
    served = np.bincount(master.column_unit, weights=master.amount, minlength=units)
    apart = np.abs(served - np.rint(served))
    column = np.flatnonzero(np.abs(master.amount - np.rint(master.amount)) > _WHOLE)
    if not len(column):
        return None
    mixed = np.bincount(master.column_unit[column], minlength=units) > 0
    worth = _worth_of_units(pairs, master)
    if apart[mixed].max(initial=0.0) > _WHOLE:
        unit = int(np.argmax(np.where(mixed, apart * worth, -1.0)))
        copy = _numbered(pairs, master, unit)
        return CopySplit(copy, 0, np.unique(_choices(pairs, copy[0])[:, 0]))
    unit = int(np.argmax(np.where(mixed, worth, -1.0)))
    columns = column[master.column_unit[column] == unit]
    copy = _numbered(pairs, master, unit)
    return _plan_split(pairs, copy, master.column_pair[columns], master.amount[columns])


def _worth_of_units(pairs: OpenPairs, master: NodeMaster) -> Float:
    """Largest value, or cost, of a known pair of each unit: what is decided about the dear ones moves bounds most."""
    worth = np.full(len(master.units), 1e-9)
    np.maximum.at(worth, master.column_unit, np.maximum(pairs.value, pairs.cost)[master.column_pair])
    return worth


def _numbered(pairs: OpenPairs, master: NodeMaster, unit: int) -> Copy:
    """Return a unit's copy; of copies that have no unit of their own, the first."""
    group, number = master.units[unit]
    if number or pairs.problem.groups.count[group] == 1:
        return group, max(number, 1)
    return group, 1 + max(copy for of_group, copy in master.units if of_group == group)


def _choices(pairs: OpenPairs, group: int) -> Int:
    return pairs.problem.choices[pairs.plan[pairs.start[group] : pairs.start[group + 1]]]


def _plan_split(pairs: OpenPairs, copy: Copy, mixed: Int, amount: Float) -> CopySplit:
    """Split the plans that a copy mixes as evenly as can be."""
    problem, choices = pairs.problem, _choices(pairs, copy[0])
    share = amount / amount.sum()
    source = problem.source
    if isinstance(source, PlanSelection):
        figure = pairs.cost if problem.is_cost else pairs.value
        of_group = figure[pairs.start[copy[0]] : pairs.start[copy[0] + 1]]
        above = of_group > figure[mixed] @ share
        if above.any() and not above[mixed - pairs.start[copy[0]]].all():
            return CopySplit(copy, 0, choices[above, 0])
        return CopySplit(copy, 0, problem.choices[pairs.plan[mixed[:1]], 0])
    taken = problem.choices[pairs.plan[mixed]]
    for of_option in (source.options.pool, source.options.configuration, np.arange(len(source.options.pool))):
        best: tuple[float, int, int] | None = None
        for position in np.flatnonzero((taken >= 0).all(axis=0)).tolist():
            attribute = of_option[taken[:, position]]
            for which in np.unique(attribute).tolist():
                part = float(share[attribute == which].sum())
                if best is None or min(part, 1 - part) > best[0]:
                    best = min(part, 1 - part), position, which
        if best is not None and best[0] > _WHOLE:
            _, position, which = best
            options = np.unique(choices[:, position])
            return CopySplit(copy, position, options[of_option[options] == which])
    raise AssertionError("two plans of one group choose the same options")
