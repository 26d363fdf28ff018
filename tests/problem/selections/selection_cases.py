"""Plan selections for tests: brute-forced optima, certificates from LP duals, random certificates."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import partial
from random import Random

import numpy as np
from scipy.optimize import linprog

from sloplan.problem.certificates.format import Branch, Certificate, Decision, Leaf, PlanDecision, SupplyDecision
from sloplan.problem.selections.selection import PlanSelection


def brute_forced_value(selection: PlanSelection) -> int | None:
    """Greatest value over all plans of all copies and all supply amounts; None if nothing is feasible."""
    usage, brought = dense(selection.plans.usage, selection), dense(selection.supplies.brought, selection)
    choices_of_copies = []
    for group in range(len(selection.groups)):
        plans = list(range(*selection.plans_of(group).indices(len(selection.plans))))
        choices = plans if selection.groups.must[group] else [None, *plans]
        choices_of_copies += [choices] * int(selection.groups.count[group])
    held = [
        [int(c + sum(n * b for n, b in zip(amounts, brought[:, row], strict=True))) for row, c in enumerate(capacity)]
        for capacity in [selection.rows.capacity.tolist()]
        for amounts in itertools.product(*(range(int(m) + 1) for m in selection.supplies.maximum))
    ]
    best = None
    for chosen in itertools.product(*choices_of_copies):
        taken = [plan for plan in chosen if plan is not None]
        used = usage[taken].sum(axis=0).tolist()
        if any(all(u <= h for u, h in zip(used, limits, strict=True)) for limits in held):
            value = int(selection.plans.value[taken].sum())
            best = value if best is None else max(best, value)
    return best


def dense(entries, selection: PlanSelection) -> np.ndarray:
    """Entries as a matrix over the rows."""
    matrix = np.zeros((len(entries), len(selection.rows)), dtype=np.int64)
    matrix[entries.row_of_entry, entries.column] = entries.amount
    return matrix


def lp_bound_and_duals(selection: PlanSelection) -> tuple[float, np.ndarray]:
    """Optimum of the LP relaxation and the dual prices of the rows (HiGHS).

    Under "cost" the goodput floor is the last row; every problem must have a solution.
    """
    plans, supplies = len(selection.plans), len(selection.supplies)
    rows = np.hstack([dense(selection.plans.usage, selection).T, -dense(selection.supplies.brought, selection).T])
    limit, objective = selection.rows.capacity, -np.concatenate([selection.plans.value, np.zeros(supplies)])
    if selection.objective == "cost":
        rows = np.vstack([rows, objective])
        limit = np.append(limit, -(selection.goodput_floor or 0))
        objective = np.concatenate([selection.plans.cost, selection.supplies.price])
    if plans + supplies == 0:
        return 0.0, np.zeros(len(rows))
    size = np.maximum(np.abs(rows).max(axis=1), np.abs(limit)).clip(min=1)[:, None]
    groups = np.zeros((len(selection.groups), plans + supplies))
    groups[selection.plans.group, np.arange(plans)] = 1
    must = selection.groups.must
    solved = linprog(
        c=objective,
        A_ub=np.vstack([rows / size, groups[~must]]),
        b_ub=np.concatenate([limit / size[:, 0], selection.groups.count[~must]]),
        A_eq=groups[must] if must.any() else None,
        b_eq=selection.groups.count[must] if must.any() else None,
        bounds=[(0, None)] * plans + [(0, int(most)) for most in selection.supplies.maximum],
        method="highs",
    )
    assert solved.status == 0, solved.message
    bound = solved.fun if selection.objective == "cost" else -solved.fun
    return bound, -solved.ineqlin.marginals[: len(rows)] / size[:, 0]


def certificate_from_lp(selection: PlanSelection, denominator: int) -> Certificate:
    """A root certificate: the LP's duals rounded onto the grid."""
    _, duals = lp_bound_and_duals(selection)
    numerators = [max(0, round(float(dual) * denominator)) for dual in duals]
    goodput_price = numerators.pop() if selection.objective == "cost" else None
    return Certificate.root(denominator, dict(zip(selection.rows.name, numerators, strict=True)), goodput_price)


def random_certificate(
    rows: list[str],
    draw_decision,
    rng: Random,
    *,
    denominator: int,
    largest_price: int,
    largest_goodput_price: int | None = None,
    depth: int = 3,
) -> Certificate:
    """A random complete tree; `draw_decision(rng)` returns a decision, or None where there is none to take.

    It is one of "cost" where there is a largest goodput price.
    """
    nodes: list[Branch | Leaf | None] = []

    def grow(levels: int) -> int:
        number = len(nodes)
        nodes.append(None)
        decision = draw_decision(rng) if levels and rng.random() < 0.8 else None
        if decision is None:
            prices = {row: rng.randint(0, largest_price) for row in rows if rng.random() < 0.8}
            nodes[number] = Leaf(prices, rng.randint(0, largest_goodput_price) if largest_goodput_price else 0)
        else:
            nodes[number] = Branch(decision, grow(levels - 1), grow(levels - 1))
        return number

    grow(depth)
    return Certificate("goodput" if largest_goodput_price is None else "cost", denominator, tuple(nodes))


def case_count(selection: PlanSelection) -> float:
    """Number of choices of all copies and supplies."""
    sizes = np.repeat(np.diff(selection.plan_start) + 1, selection.groups.count)
    return float(np.prod(sizes) * np.prod(selection.supplies.maximum + 1))


def tree_of_all_cases(selection: PlanSelection) -> Certificate:
    """A certificate that decides everything; what is broken at a leaf has a high price there."""
    groups, supplies = selection.groups, selection.supplies
    copies = [(group, copy) for group in range(len(groups)) for copy in range(1, int(groups.count[group]) + 1)]
    usage, brought = dense(selection.plans.usage, selection), dense(supplies.brought, selection)
    nodes: list[Branch | Leaf | None] = []

    def split(decision: SupplyDecision | PlanDecision, yes: Callable[[], int], no: Callable[[], int]) -> int:
        number = len(nodes)
        nodes.append(None)
        nodes[number] = Branch(decision, yes(), no())
        return number

    def set_supply(supply: int, amount: int, left: np.ndarray) -> int:
        """All cases with this supply at `amount` or more; `left` is the capacity without it."""
        if supply == len(supplies):
            return choose(0, 0, left, selection.goodput_floor or 0)
        following = partial(set_supply, supply + 1, 0, left + amount * brought[supply])
        if amount == supplies.maximum[supply]:
            return following()
        decision = SupplyDecision(supplies.name[supply], amount)
        return split(decision, following, partial(set_supply, supply, amount + 1, left))

    def choose(index: int, tried: int, left: np.ndarray, short: int) -> int:
        """All cases in which the copy takes its plan number `tried` or a later one, or stays out."""
        if index == len(copies):
            broken = {name: 10**6 for name, rest in zip(selection.rows.name, left, strict=True) if rest < 0}
            nodes.append(Leaf(broken, 10**6 if short > 0 else 0))
            return len(nodes) - 1
        group, copy = copies[index]
        plan = selection.plans_of(group).start + tried
        if plan == selection.plans_of(group).stop:
            return choose(index + 1, 0, left, short)
        decision = PlanDecision(groups.name[group], copy, (selection.plans.name[plan],))
        taken = partial(choose, index + 1, 0, left - usage[plan], short - int(selection.plans.value[plan]))
        return split(decision, taken, partial(choose, index, tried + 1, left, short))

    set_supply(0, 0, selection.rows.capacity)
    return Certificate(selection.objective, 1, tuple(nodes))


def draw_selection_decision(selection: PlanSelection, rng: Random) -> Decision | None:
    """A random decision on a supply or on a copy of a group; None if there is nothing to decide."""
    if len(selection.supplies) and rng.random() < 0.4:
        supply = rng.randrange(len(selection.supplies))
        return SupplyDecision(selection.supplies.name[supply], rng.randint(-1, int(selection.supplies.maximum[supply])))
    if not len(selection.groups):
        return None
    group = rng.randrange(len(selection.groups))
    plans = selection.plans.name[selection.plans_of(group)].tolist()
    chosen = tuple(rng.sample(plans, rng.randint(0, len(plans))))
    return PlanDecision(selection.groups.name[group], rng.randint(1, int(selection.groups.count[group])), chosen)
