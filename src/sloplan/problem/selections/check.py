"""The check of a plan selection's solution: every rule, recomputed in exact integers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from sloplan.problem.certificates.verification import verify_certificate
from sloplan.problem.compiled import Int, Sparse
from sloplan.problem.exact_sums import Exact, exact_dot, exact_totals
from sloplan.problem.selections.index import IndexedSelection, index_selection
from sloplan.problem.selections.selection import PlanSelection
from sloplan.problem.selections.solution import SelectionSolution
from sloplan.problem.violation import Violation


@dataclass(frozen=True)
class SelectionVerdict:
    """What the check of a plan selection's solution computed.

    Parameters
    ----------
    violations : tuple of Violation
        Empty for a valid solution.
    value, cost : int, optional
        Exact value, and cost with supplies, of a valid solution; None if there are violations.
    """

    violations: tuple[Violation, ...]
    value: int | None = None
    cost: int | None = None


def check_selection(selection: PlanSelection, solution: SelectionSolution) -> list[Violation]:
    """Check a solution against its plan selection, and its certificate if it carries one.

    Parameters
    ----------
    selection : PlanSelection
    solution : SelectionSolution

    Returns
    -------
    list of Violation
        Empty if the solution is valid.
    """
    return list(judge_selection(selection, solution).violations)


def judge_selection(selection: PlanSelection, solution: SelectionSolution) -> SelectionVerdict:
    """Check a solution and compute its value and cost in exact integers.

    Parameters
    ----------
    selection : PlanSelection
    solution : SelectionSolution
    """
    if solution.instance_sha256 != selection.sha256:
        wrong = Violation("instance", "solution", "belongs to another plan selection (content hashes differ)")
        return SelectionVerdict((wrong,))
    if solution.objective != selection.objective:
        message = f"was made for the objective {solution.objective!r}, not for {selection.objective!r}"
        return SelectionVerdict((Violation("objective", "solution", message),))
    # Its tables can be changed in place: see that they still have their stored form.
    solution = replace(solution)
    indexed, unknown = index_selection(selection, solution)
    violations = [*unknown, *_counts(selection, indexed), *_rows(selection, indexed)]
    plans = selection.plans
    value = exact_dot(plans.value[indexed.plan], indexed.count)
    cost = exact_dot(plans.cost[indexed.plan], indexed.count)
    cost += exact_dot(selection.supplies.price, indexed.amount)
    if selection.goodput_floor is not None and value < selection.goodput_floor:
        message = "is less than the goodput floor"
        violations.append(Violation("goodput_floor", "value", message, amount=value, limit=selection.goodput_floor))
    if not violations:
        violations = list(_bound(selection, solution, value, cost))
    return SelectionVerdict(tuple(violations)) if violations else SelectionVerdict((), value, cost)


def _counts(selection: PlanSelection, indexed: IndexedSelection) -> Iterator[Violation]:
    """At most `count` copies of a group take a plan, all of them where the group must."""
    groups = selection.groups
    taken = exact_totals(selection.plans.group[indexed.plan], np.ones_like(indexed.plan), indexed.count, len(groups))
    for bad, rule, message in (
        (taken > groups.count, "count", "more copies take a plan than there are"),
        (groups.must & (taken < groups.count), "must", "copies stay out that have to take a plan"),
    ):
        for group in np.flatnonzero(bad):
            subject = f"group {groups.name[group]!r}"
            yield Violation(rule, subject, message, amount=int(taken[group]), limit=int(groups.count[group]))


def _rows(selection: PlanSelection, indexed: IndexedSelection) -> Iterator[Violation]:
    """Usage stays within capacity and what supplies bring, in Python integers."""
    rows = selection.rows
    copies = exact_totals(indexed.plan, np.ones_like(indexed.plan), indexed.count, len(selection.plans))
    used = _row_totals(selection.plans.usage, copies, len(rows))
    held = _row_totals(selection.supplies.brought, indexed.amount, len(rows)) + rows.capacity
    for row in np.flatnonzero(used > held):
        subject = f"row {rows.name[row]!r}"
        message = "more is used than there is"
        yield Violation("capacity", subject, message, amount=int(used[row]), limit=int(held[row]))


def _row_totals(entries: Sparse, times: Int | Exact, rows: int) -> Exact:
    """Sum of amount x times per column, Python integers of shape (rows,)."""
    chosen = np.flatnonzero(times[entries.row_of_entry] != 0)
    return exact_totals(entries.column[chosen], entries.amount[chosen], times[entries.row_of_entry[chosen]], rows)


def _bound(selection: PlanSelection, solution: SelectionSolution, value: int, cost: int) -> Iterator[Violation]:
    """A stored bound is on the optimistic side, and a stored certificate proves it."""
    reached = value if selection.objective == "goodput" else cost
    if solution.bound is not None:
        wrong_side = solution.bound < reached if selection.objective == "goodput" else solution.bound > reached
        if wrong_side:
            message = "is on the wrong side of the solution's own objective"
            yield Violation("bound", "stored bound", message, amount=solution.bound, limit=reached)
    if solution.certificate is not None:
        yield from verify_certificate(selection, solution.certificate, solution.bound)
