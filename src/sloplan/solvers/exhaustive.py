"""The method `exhaustive`: every combination of plans is tried, for tiny problems and as a check of the others."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Final

import numpy as np

from sloplan.models.scope import unsupported_objective
from sloplan.problem.errors import SizeLimitError
from sloplan.problem.selections.selection import PlanSelection
from sloplan.solvers.listed import Listed
from sloplan.solvers.plans_bound import bound_of_all

if TYPE_CHECKING:
    from sloplan.problem.compiled import CompiledInstance
    from sloplan.problem.run import Run

COPY_LIMIT: Final = 200
"""Most copies that are looked at; many fewer already take longer than anybody waits."""

_LOOK_EVERY: Final = 500  # combinations between two looks at the clock


class Exhaustive:
    """Exact method without an engine: depth-first search over the plans of every copy, in Python integers."""

    name = "exhaustive"
    summary = "exact: tries every combination of plans; for tiny problems"

    def unsupported(self, problem: CompiledInstance | PlanSelection, objective: str) -> str | None:  # noqa: ARG002
        """Return in one line why this method cannot solve `problem`, or None; too many plans are told when counted."""
        return unsupported_objective(self.name, objective)

    def solve(self, problem: CompiledInstance | PlanSelection, run: Run) -> None:  # noqa: ARG002 - the run has it
        """Solve `problem`.

        Parameters
        ----------
        problem : CompiledInstance or PlanSelection
        run : Run
            Interrupted, it has the best so far and no bound better than that of all copies at their best.
        """
        listed = Listed.of(run.problem, objective=run.objective.name, goodput_floor=run.goodput_floor)
        copies = int(listed.selection.groups.count.sum())
        if copies > COPY_LIMIT:
            advice = "next: a method with an engine, such as milp-plans"
            raise SizeLimitError(f"{copies:,} copies: exhaustive search takes at most {COPY_LIMIT}; {advice}")
        run.report_bound(bound_of_all(listed.selection))
        _Search(listed, run).run()


@dataclass(frozen=True)
class _Plan:
    """What a copy that takes the plan is worth, costs and uses by row; plan -1 is to stay out."""

    plan: int
    value: int
    cost: int
    usage: tuple[tuple[int, int], ...]


class _StoppedError(Exception):
    """Breaks off the search."""


class _Search:
    """Places copy after copy; the copies of a group take plans in order, for they are alike."""

    def __init__(self, listed: Listed, run: Run) -> None:
        selection = self._selection = listed.selection
        self._listed, self._run = listed, run
        self._maximise = selection.objective == "goodput"
        self._floor = selection.goodput_floor or 0
        groups, supplies = selection.groups, selection.supplies
        plans = [self._plans_of(group) for group in range(len(groups))]
        self._copies = [group for group, count in enumerate(groups.count.tolist()) for _ in range(count)]
        self._plans = plans
        self._brought = [
            list(zip(*map(np.ndarray.tolist, supplies.brought.row(s)), strict=True)) for s in range(len(supplies))
        ]
        self._price, self._most = supplies.price.tolist(), supplies.maximum.tolist()
        # What a row can hold at most, whatever stands.
        self._room = selection.rows.capacity.astype(object)
        for entries, most in zip(self._brought, self._most, strict=True):
            for row, amount in entries:
                self._room[row] += max(0, amount) * most
        value_left, cost_left = [0], [0]
        for group in reversed(self._copies):
            value_left.append(value_left[-1] + max((plan.value for plan in plans[group]), default=0))
            cost_left.append(cost_left[-1] + min((plan.cost for plan in plans[group]), default=0))
        self._value_left, self._cost_left = value_left[::-1], cost_left[::-1]
        self._tried = 0

    def _plans_of(self, group: int) -> list[_Plan]:
        plans = self._selection.plans
        listed = []
        for plan in range(*self._selection.plans_of(group).indices(len(plans))):
            rows, amounts = plans.usage.row(plan)
            usage = tuple(zip(rows.tolist(), amounts.tolist(), strict=True))
            listed.append(_Plan(plan, int(plans.value[plan]), int(plans.cost[plan]), usage))
        if not self._selection.groups.must[group]:
            listed.append(_Plan(-1, 0, 0, ()))
        return listed

    def run(self) -> None:
        """Search to the end, or until the run says stop; only the end proves anything."""
        try:
            self._place(0, 0, 0, 0, [])
        except _StoppedError:
            return
        best = self._run.best_objective
        if best is None:
            self._run.report_infeasible()
        else:
            self._run.report_bound(best)

    def _place(self, copy: int, first: int, value: int, cost: int, chosen: list[int]) -> None:
        """Place the copies from `copy` on, the next one by a plan from `first` on."""
        self._look_at_the_clock()
        if value + self._value_left[copy] < self._floor or self._cannot_be_better(copy, value, cost):
            return
        if copy == len(self._copies):
            self._stand(value, cost, chosen)
            return
        group = self._copies[copy]
        alike = copy + 1 < len(self._copies) and self._copies[copy + 1] == group
        for place in range(first, len(self._plans[group])):
            plan = self._plans[group][place]
            for row, amount in plan.usage:
                self._room[row] -= amount
            if all(self._room[row] >= 0 for row, _ in plan.usage):
                following = place if alike else 0
                taken = chosen if plan.plan < 0 else [*chosen, plan.plan]
                self._place(copy + 1, following, value + plan.value, cost + plan.cost, taken)
            for row, amount in plan.usage:
                self._room[row] += amount

    def _cannot_be_better(self, copy: int, value: int, cost: int) -> bool:
        best = self._run.best_objective
        if best is None:
            return False
        return value + self._value_left[copy] <= best if self._maximise else cost + self._cost_left[copy] >= best

    def _stand(self, value: int, cost: int, chosen: list[int]) -> None:
        """Offer the cheapest amounts of supplies that carry the chosen plans, if there are any."""
        plan, count = np.unique(np.array(chosen, dtype=np.int64), return_counts=True)
        free = self._selection.rows.capacity.astype(object)
        for taken, copies in zip(plan.tolist(), count.tolist(), strict=True):
            for row, amount in zip(*map(np.ndarray.tolist, self._selection.plans.usage.row(taken)), strict=True):
                free[row] -= amount * copies
        cheapest: tuple[int, tuple[int, ...]] | None = None
        for amounts in product(*(range(most + 1) for most in self._most)):
            self._look_at_the_clock()
            bill = sum(price * amount for price, amount in zip(self._price, amounts, strict=True))
            if (cheapest is None or bill < cheapest[0]) and self._carries(free, amounts):
                cheapest = bill, amounts
                if self._maximise:  # prices count for nothing
                    break
        if cheapest is None:
            return
        objective = value if self._maximise else cost + cheapest[0]
        if self._run.objective.is_better(objective, self._run.best_objective):
            violations = self._run.offer(
                self._listed.solution(plan, count.astype(np.int64), np.array(cheapest[1], dtype=np.int64))
            )
            assert not violations, violations[0]  # both compute in integers from one problem

    def _carries(self, free: np.ndarray, amounts: tuple[int, ...]) -> bool:
        """Whether these amounts of supplies leave no row overloaded."""
        held = free.copy()
        for entries, amount in zip(self._brought, amounts, strict=True):
            for row, brought in entries:
                held[row] += brought * amount
        return bool((held >= 0).all())

    def _look_at_the_clock(self) -> None:
        self._tried += 1
        if self._tried % _LOOK_EVERY == 0 and self._run.should_stop():
            raise _StoppedError
