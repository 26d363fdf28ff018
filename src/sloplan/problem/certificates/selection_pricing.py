"""Exact pricing of the listed plans of a `PlanSelection`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sloplan.problem.certificates.format import OptionDecision, PlanDecision
from sloplan.problem.certificates.pricing import (
    PricedPairs,
    Prices,
    Statement,
    check_priced_size,
    copy_violation,
    priced_usage,
)
from sloplan.problem.compiled import Bool, Int, Rows, Supplies
from sloplan.problem.most_supplied import most_supplied
from sloplan.problem.selections.selection import PlanSelection
from sloplan.problem.violation import Violation


class SelectionPricer:
    """The plans of a `PlanSelection`, in one batch.

    Parameters
    ----------
    selection : PlanSelection
    """

    def __init__(self, selection: PlanSelection) -> None:
        self._selection = selection
        is_cost = selection.objective == "cost"
        self.floor = (selection.goodput_floor or 0) if is_cost else 0
        price = selection.supplies.price
        self.supply_price: Int = price if is_cost else np.zeros_like(price)

    @property
    def sha256(self) -> str:
        """Content hash of the selection."""
        return self._selection.sha256

    @property
    def rows(self) -> Rows:
        """Coupling rows."""
        return self._selection.rows

    @property
    def supplies(self) -> Supplies:
        """Supply variables."""
        return self._selection.supplies

    def batches(self) -> Iterator[SelectionPlans]:
        """Yield all plans."""
        yield SelectionPlans(self._selection)

    def statement(self, decision: OptionDecision | PlanDecision) -> Statement | Violation:
        """Translate group and plans to indices, or say what is wrong with them."""
        if isinstance(decision, OptionDecision):
            message = "chooses among options of an operator; a plan selection has listed plans"
            return Violation("certificate_decision", f"decision on query {decision.query!r}", message)
        subject = f"decision on group {decision.group!r}"
        group = self.group_index.get(decision.group)
        if group is None:
            return Violation("certificate_group", subject, "names a group that the plan selection does not have")
        wrong_copy = copy_violation(decision.copy, int(self._selection.groups.count[group]), subject)
        if wrong_copy is not None:
            return wrong_copy
        plans = self._selection.plans_of(group)
        index_of_plan = dict(zip(self._selection.plans.name[plans], range(plans.start, plans.stop), strict=True))
        unknown = [plan for plan in decision.plans if plan not in index_of_plan]
        if unknown:
            return Violation("certificate_plan", subject, f"names plan {unknown[0]!r}, which the group does not have")
        members = np.array([index_of_plan[plan] for plan in decision.plans], dtype=np.int64)
        return Statement(group, decision.copy, 0, members)

    @cached_property
    def group_index(self) -> dict[str, int]:
        """Index of each group by its name."""
        return {name: i for i, name in enumerate(self._selection.groups.name)}

    @property
    def group_count(self) -> Int:
        """Copies of each group."""
        return self._selection.groups.count


@dataclass(frozen=True)
class SelectionPlans:
    """All groups of a `PlanSelection`."""

    selection: PlanSelection

    @property
    def groups(self) -> Int:
        """All group indices."""
        return np.arange(len(self.selection.groups), dtype=np.int64)

    @property
    def count(self) -> Int:
        """Copies of each group."""
        return self.selection.groups.count

    @property
    def must(self) -> Bool:
        """Groups whose copies may not stay out."""
        return self.selection.groups.must

    @property
    def hopeless(self) -> Bool:
        """Groups whose copies may not stay out although they have no plan."""
        return self.must & ~self._has_plan

    @cached_property
    def fitting(self) -> Int:
        """Plans that fit alone into all that can ever stand, ascending."""
        usage, rows = self.selection.plans.usage, self.selection.rows
        overloads = usage.amount > most_supplied(rows, self.selection.supplies)[usage.column]
        return np.setdiff1d(np.arange(len(self.selection.plans)), usage.row_of_entry[overloads])

    @cached_property
    def _start(self) -> Int:
        """Group g has the fitting plans ``_fitting[_start[g]:_start[g + 1]]``."""
        return np.searchsorted(self.fitting, self.selection.plan_start).astype(np.int64)

    @property
    def _has_plan(self) -> Bool:
        return np.diff(self._start) > 0

    @property
    def objective_step(self) -> int:
        """Greatest common divisor of the plans' values, or of their costs."""
        plans = self.selection.plans
        return int(np.gcd.reduce(plans.value if self.selection.objective == "goodput" else plans.cost))

    def plans_of(self, group: int) -> Int:
        """Plans of the group that fit alone."""
        return self.fitting[self._start[group] : self._start[group + 1]]

    def choices(self, plans: Int, position: int) -> Int:  # noqa: ARG002 - there is one position
        """Return the plans themselves: a decision is on them."""
        return plans

    def priced(self, prices: Prices) -> PricedSelection:
        """Price every plan."""
        plans = self.selection.plans
        usage = priced_usage(plans.usage, prices, "plans")
        approximate = (
            usage + plans.cost.astype(np.float64) * prices.cost + plans.value.astype(np.float64) * prices.value
        )
        check_priced_size(approximate, "plans")
        plan_worth = prices.value * plans.value - prices.cost * plans.cost - usage
        return PricedSelection(self, plan_worth, self.best_of_groups(plan_worth))

    def best_of_groups(self, plan_worth: Int) -> Int:
        """Return the most that a plan of each group is worth which fits alone, 0 without one; shape (groups,)."""
        worth = np.zeros(len(self.selection.groups), dtype=np.int64)
        has_plan = self._has_plan
        if has_plan.any():
            # Groups without plans take no part, so each segment ends where the next one starts.
            worth[has_plan] = np.maximum.reduceat(plan_worth[self.fitting], self._start[:-1][has_plan])
        return worth


@dataclass(frozen=True)
class PricedSelection:
    """The plans of a `PlanSelection` at given prices.

    Parameters
    ----------
    listed : SelectionPlans
    plan_worth : (plans,) int64
    worth : (groups,) int64
        Worth of each group's best plan, 0 without one.
    """

    listed: SelectionPlans
    plan_worth: Int
    worth: Int

    def within(self, most_lost: int) -> PricedPairs:
        """Return all pairs that lose no more than some amount against what is best for their group."""
        listed, plans = self.listed, self.listed.selection.plans
        plan = listed.fitting
        best = np.where(listed.must, self.worth, np.maximum(self.worth, 0))[plans.group[plan]]
        plan = plan[(best - self.plan_worth[plan]).astype(object) <= most_lost]
        return PricedPairs(plans.group[plan], plans.value[plan], plans.cost[plan], plans.usage.taken(plan), "plans")

    def best_worth(self, group: Int, start: Int, plans: Int) -> Int:  # noqa: ARG002 - plans are of one group
        """Return the worth of the best plan of each of some choices of plans."""
        return np.maximum.reduceat(self.plan_worth[plans], start)
