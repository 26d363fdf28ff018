"""Which choices make a refused answer wrong, so that a row can cut off that answer alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sloplan.models.carried import supplies_needed
from sloplan.problem.compiled import CompiledInstance, Int
from sloplan.problem.evaluation import evaluate_plans, meets
from sloplan.problem.exact_sums import Exact

Choice = tuple[int, int]
"""Position of a plan in the answer, local operator position."""


@dataclass(frozen=True)
class Refutation:
    """Choices that no valid solution makes together, or only with so much of a supply.

    Parameters
    ----------
    choices : list of (plan, operator position)
    supply : int, optional
        Without one the choices never go together.
    needed : int
        Least amount of the supply that goes with them.
    """

    choices: list[Choice]
    supply: int | None = None
    needed: int = 0


class Loads:
    """What the plans of an answer load on shared rows, exactly.

    Parameters
    ----------
    compiled : CompiledInstance
        With the rows and supplies of the objective at hand.
    query : (n,) int64
        Query of each served copy.
    choices : (n, operators) int64
        Its global option per local operator position, padded by -1.

    Attributes
    ----------
    broken : list of int
        Plans that break a rule of their own.
    users : dict
        Row to its (load, plan).
    usage : (rows,) Python integers
    needed : (supplies,) Python integers
        Fewest replicas and rented units that carry the usage.
    """

    def __init__(self, compiled: CompiledInstance, query: Int, choices: Int) -> None:
        self.compiled, self.choices = compiled, choices
        self.broken: list[int] = []
        self.users: dict[int, list[tuple[int, int]]] = {}
        of_template = compiled.queries.template[query]
        for template in np.unique(of_template):
            members = np.flatnonzero(of_template == template)
            operators = len(compiled.applications[compiled.templates.application[template]].operators)
            figures = evaluate_plans(compiled, int(template), choices[members, :operators])
            meeting = figures.placeable & meets(compiled, query[members], figures)
            self.broken += members[~meeting].tolist()
            entries = figures.usage
            for place, row, amount in zip(
                entries.row_of_entry.tolist(), entries.column.tolist(), entries.amount.tolist(), strict=True
            ):
                if amount:
                    plan = int(members[place])
                    load = amount * int(compiled.queries.rate_milli[query[plan]])
                    self.users.setdefault(row, []).append((load, plan))
        self.usage: Exact = np.zeros(len(compiled.rows), dtype=object)
        for row, users in self.users.items():
            self.usage[row] = sum(load for load, _ in users)
        self.needed = supplies_needed(compiled, self.usage)

    def refuted(self, amounts: Mapping[int, int] | None = None) -> list[Refutation]:
        """Find what no valid solution does.

        Parameters
        ----------
        amounts : mapping, optional
            Amount of each supply that the answer names; with them, what needs more of a supply is found as well.

        Returns
        -------
        list of Refutation
            All choices of each plan that breaks a rule of its own; if there is none, for each shared row that is
            overloaded whatever stands a set of choices that alone overload it; if there is none either, for each
            supply of which there is too little a set of choices that alone need more. Empty for an answer that
            breaks nothing.
        """
        if self.broken:
            return [Refutation(self._all_of(plan)) for plan in self.broken]
        overloaded = self._overloaded()
        return overloaded or (self._short(amounts) if amounts is not None else [])

    def _all_of(self, plan: int) -> list[Choice]:
        return [(plan, int(position)) for position in np.flatnonzero(self.choices[plan] >= 0)]

    def _overloaded(self) -> list[Refutation]:
        """Rows overloaded by plans, and by the fewest replicas that carry them, with every supply at its maximum."""
        rows, supplies = self.compiled.rows, self.compiled.supplies
        brought = supplies.brought
        most, taken = rows.capacity.astype(object), self.usage.copy()
        gives = brought.amount > 0
        supply, amount = brought.row_of_entry, brought.amount.astype(object)
        np.add.at(most, brought.column[gives], (amount * supplies.maximum[supply])[gives])
        np.add.at(taken, brought.column[~gives], (-amount * self.needed[supply])[~gives])
        return [
            Refutation(self._cover(row, int(most[row])) if row in self.users else self._hosted_on(row))
            for row in np.flatnonzero(taken > most).tolist()
        ]

    def _short(self, amounts: Mapping[int, int]) -> list[Refutation]:
        """Supplies of which the answer has less than its plans need."""
        found = []
        for supply in np.flatnonzero(self.needed > 0).tolist():
            standing = amounts.get(supply, 0)
            if self.needed[supply] <= standing:
                continue
            rows, brought = self.compiled.supplies.brought.row(supply)
            loaded = [place for place in np.flatnonzero(brought > 0).tolist() if int(rows[place]) in self.users]
            if not loaded:  # a unit that holds replicas
                found.append(Refutation(self._hosted_on(int(rows[0])), supply, int(self.needed[supply])))
            for place in loaded:
                row, each = int(rows[place]), int(brought[place])
                capacity = int(self.compiled.rows.capacity[row])
                if self.usage[row] > capacity + each * standing:
                    choices = self._cover(row, capacity + each * standing)
                    plans = {plan for plan, _ in choices}
                    load = sum(load for load, plan in self.users[row] if plan in plans)
                    found.append(Refutation(choices, supply, -(-(load - capacity) // each)))
        return found

    def _hosted_on(self, row: int) -> list[Choice]:
        """All choices on the deployments whose replicas take from a row of shares or memory."""
        brought = self.compiled.supplies.brought
        entry = np.flatnonzero(brought.column == row)
        takers = brought.row_of_entry[entry[brought.amount[entry] < 0]]
        plan, position = np.nonzero(
            (self.choices >= 0) & np.isin(self.compiled.options.deployment[self.choices], takers)
        )
        return list(zip(plan.tolist(), position.tolist(), strict=True))

    def _cover(self, row: int, capacity: int) -> list[Choice]:
        """Choices of a small set of plans that overload the row; only those that load it where that is plain."""
        excess = int(self.usage[row]) - capacity
        members: list[Choice] = []
        options, pools = self.compiled.options, self.compiled.pools
        for load, plan in sorted(self.users[row]):
            if load < excess:
                excess -= load  # the row is overloaded without this plan too
                continue
            positions = np.flatnonzero(self.choices[plan] >= 0)
            option = self.choices[plan, positions]
            of_option = np.where(
                options.deployment[option] >= 0, options.deployment[option], pools.row[options.pool[option]]
            )
            loading = positions[of_option == row]
            # A link's load follows from where producer and consumer stand: all operators of the plan.
            members += [(plan, int(position)) for position in (loading if len(loading) else positions)]
        return members
