"""The core of a coupled problem, all that survives, as a plan selection of its own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from sloplan.decomposition.assignment import Assignment
from sloplan.decomposition.coupled_problem import CoupledProblem
from sloplan.decomposition.fixing import Survivors
from sloplan.models.plans_cp import selection_cp
from sloplan.problem.compiled import Int, Sparse, Text
from sloplan.problem.selections.selection import Groups, Plans, PlanSelection, PricedSupplies, ScaledRows
from sloplan.solvers.plans_form import PlansForm, plans_form

Float = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Core:
    """A core.

    Parameters
    ----------
    problem : CoupledProblem
    survivors : Survivors
    selection : PlanSelection
        Plan p is pair p of `survivors`; groups are those that have pairs.
    groups : (core groups,) int64
        Which groups of the problem they are.
    """

    problem: CoupledProblem
    survivors: Survivors
    selection: PlanSelection
    groups: Int

    @classmethod
    def of(cls, problem: CoupledProblem, survivors: Survivors) -> Core:
        """Write survivors as a plan selection.

        Raises
        ------
        SizeLimitError
            If worst-case sums pass int64.
        """
        pairs, groups, plans = survivors.pairs, problem.groups, problem.plans
        kept, group = np.unique(pairs.group, return_inverse=True)
        usage, rate = plans.usage.taken(pairs.plan), groups.rate[pairs.group]
        selection = PlanSelection(
            name=problem.name,
            objective="cost" if problem.is_cost else "goodput",
            goodput_floor=problem.floor if problem.is_cost else None,
            value_scale=1,
            cost_scale=1,
            groups=Groups(
                name=_numbers(len(kept)),
                count=groups.count[kept],
                must=groups.must[kept] | (survivors.least_served[kept] == groups.count[kept]),
            ),
            plans=Plans(
                name=_numbers(len(pairs)),
                group=group.reshape(-1).astype(np.int64),
                value=groups.value[pairs.group] + plans.value[pairs.plan],
                cost=plans.cost[pairs.plan] * rate,
                usage=Sparse(usage.start, usage.column, usage.amount * rate[usage.row_of_entry]),
            ),
            rows=ScaledRows(problem.rows.name, problem.rows.capacity, np.ones(len(problem.rows), dtype=np.int64)),
            supplies=PricedSupplies(
                name=problem.supplies.name,
                maximum=survivors.upper,
                brought=problem.supplies.brought,
                price=problem.supply_price,
            ),
        )
        return cls(problem, survivors, selection, kept)

    @property
    def num_undecided(self) -> int:
        """How many pairs are of groups that may do anything else."""
        found, number = self.survivors, np.bincount(self.selection.plans.group, minlength=len(self.groups))
        decided = (number == 1) & (found.least_served[self.groups] == self.selection.groups.count)
        return int(number[~decided].sum())

    def model(self) -> PlansForm:
        """Return the arrays of the selection's model, with the bounds that survivors have."""
        found, model = self.survivors, plans_form(self.selection)
        served = found.least_served[self.groups].astype(np.float64)
        low = model.form.row_lower.copy()
        low[: len(served)] = np.maximum(low[: len(served)], np.where(served > 0, served, -np.inf))
        form = replace(
            model.form,
            lower=np.concatenate([np.zeros(len(found)), found.lower]),
            upper=np.concatenate([found.most, found.upper]).astype(np.float64),
            row_lower=low,
        )
        return replace(model, form=form)

    def cp_model(self) -> tuple[Any, list[Any]]:
        """Return CP-SAT's model of the selection with the bounds that survivors have, and its variables by column.

        Raises
        ------
        SizeLimitError
            If a sum passes what CP-SAT takes.
        """
        found, model = self.survivors, selection_cp(self.selection)
        number = len(found) + len(found.lower)
        variables = [model.get_int_var_from_proto_index(place) for place in range(number)]
        for place in np.flatnonzero(found.lower).tolist():
            model.add(variables[len(found) + place] >= int(found.lower[place]))
        of_pair, served = self.selection.plans.group, found.least_served[self.groups]
        for place in np.flatnonzero(found.most < self.selection.groups.count[of_pair]).tolist():
            model.add(variables[place] <= int(found.most[place]))
        for group in np.flatnonzero((served > 0) & ~self.selection.groups.must).tolist():
            model.add(sum(variables[self.selection.plans_of(group)]) >= int(served[group]))
        return model, variables

    def assignment(self, taken: Int, amount: Int) -> Assignment:
        """Return copies per pair and amounts of supplies as an assignment.

        Parameters
        ----------
        taken : (pairs,) int64
        amount : (supplies,) int64
        """
        pair, pairs = np.flatnonzero(taken), self.survivors.pairs
        return Assignment(pairs.group[pair], pairs.plan[pair], taken[pair], amount)

    def values(self, assignment: Assignment) -> Float:
        """Return the columns' values of an assignment whose pairs are all in the core."""
        pairs, plans = self.survivors.pairs, len(self.problem.plans)
        order = np.argsort(pairs.group * plans + pairs.plan)
        code = (pairs.group * plans + pairs.plan)[order]
        taken = np.zeros(len(pairs))
        np.add.at(taken, order[np.searchsorted(code, assignment.group * plans + assignment.plan)], assignment.count)
        return np.concatenate([taken, assignment.amount])


def _numbers(size: int) -> Text:
    return np.arange(size).astype(str).astype(object)
