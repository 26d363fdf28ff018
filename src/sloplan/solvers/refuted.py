"""Which choices make a refused answer wrong, so that a row can cut off that answer alone."""

from __future__ import annotations

import numpy as np

from sloplan.problem.compiled import CompiledInstance, Int
from sloplan.problem.evaluation import evaluate_plans, meets

Choice = tuple[int, int]
"""Position of a plan in the answer, local operator position."""


def refuted_choices(compiled: CompiledInstance, query: Int, choices: Int) -> list[list[Choice]]:
    """Find sets of choices that no valid solution makes together.

    Parameters
    ----------
    compiled : CompiledInstance
        Under `fluid` hosting.
    query : (n,) int64
        Query of each served copy.
    choices : (n, operators) int64
        Its global option per local operator position, padded by -1.

    Returns
    -------
    list of list of (plan, operator position)
        All choices of each plan that breaks a rule of its own; if there is none, for each
        shared row that is overloaded a set of choices that alone overload it. Empty for an
        answer that breaks nothing.
    """
    wrong: list[list[Choice]] = []
    usage: dict[int, list[tuple[int, int]]] = {}
    of_template = compiled.queries.template[query]
    for template in np.unique(of_template):
        members = np.flatnonzero(of_template == template)
        operators = len(compiled.applications[compiled.templates.application[template]].operators)
        figures = evaluate_plans(compiled, int(template), choices[members, :operators])
        broken = ~(figures.placeable & meets(compiled, query[members], figures))
        wrong += [[(int(plan), position) for position in range(operators)] for plan in members[broken]]
        for place, row, amount in zip(
            figures.usage.row_of_entry.tolist(),
            figures.usage.column.tolist(),
            figures.usage.amount.tolist(),
            strict=True,
        ):
            plan = int(members[place])
            usage.setdefault(row, []).append((amount * int(compiled.queries.rate_milli[query[plan]]), plan))
    if wrong:
        return wrong
    return [
        _cover(compiled, row, used, choices)
        for row, used in usage.items()
        if sum(amount for amount, _ in used) > compiled.rows.capacity[row]
    ]


def _cover(compiled: CompiledInstance, row: int, used: list[tuple[int, int]], choices: Int) -> list[Choice]:
    """Choices of a small set of plans that overload the row; only those that load it where that is plain."""
    excess = sum(amount for amount, _ in used) - int(compiled.rows.capacity[row])
    members: list[Choice] = []
    for amount, plan in sorted(used):
        if amount < excess:
            excess -= amount  # the row is overloaded without this plan too
            continue
        positions = np.flatnonzero(choices[plan] >= 0)
        loading = positions[compiled.pools.row[compiled.options.pool[choices[plan, positions]]] == row]
        # A link's load follows from where producer and consumer stand: all operators of the plan.
        members += [(plan, int(position)) for position in (loading if len(loading) else positions)]
    return members
