"""Small random plan selections with everything in them, and their optima by trying all choices."""

from __future__ import annotations

import itertools
from random import Random

from sloplan.problem.selections.selection import PlanSelection
from tests.problem.selections.selection_cases import brute_forced_value, dense


def random_selection(seed: int, *, objective: str = "goodput", supplies: int = 1) -> PlanSelection:
    """Up to three groups of up to two copies and two plans (or none), two rows, signed supplies, decimals."""
    rng = Random(seed)
    groups = rng.randint(1, 3)
    group = [g for g in range(groups) for _ in range(rng.randint(0 if rng.random() < 0.1 else 1, 2))]
    plans = len(group)
    must = [rng.random() < 0.3 for _ in range(groups)]
    return PlanSelection.from_numbers(
        group=group,
        value=[rng.choice([0, 1, 1.5, 2, 4]) for _ in range(plans)],
        cost=[rng.choice([0, 0.5, 1, 3]) for _ in range(plans)],
        usage=[[rng.choice([0, 1, 2.5, 4]) for _ in range(2)] for _ in range(plans)] if plans else [],
        capacity=[rng.choice([2, 4.5, 7]), rng.choice([1, 3, 6])],
        count=[rng.randint(1, 2) for _ in range(groups)],
        must=must,
        maximum=[rng.randint(0, 3) for _ in range(supplies)],
        price=[rng.choice([0, 0.25, 2]) for _ in range(supplies)],
        brought=[[rng.choice([0, 1, 2.5]), rng.choice([-1, 0, 2])] for _ in range(supplies)],
        objective=objective,
        goodput_floor=rng.choice([None, 0, 1, 3.5]) if objective == "cost" else None,
        name=f"random {seed}",
    )


def brute_forced_cost(selection: PlanSelection) -> int | None:
    """Least cost of plans and supplies over all choices that reach the floor; None if there is none."""
    usage, brought = dense(selection.plans.usage, selection), dense(selection.supplies.brought, selection)
    choices_of_copies = []
    for group in range(len(selection.groups)):
        plans = list(range(*selection.plans_of(group).indices(len(selection.plans))))
        choices = plans if selection.groups.must[group] else [None, *plans]
        choices_of_copies += [choices] * int(selection.groups.count[group])
    amounts = list(itertools.product(*(range(int(most) + 1) for most in selection.supplies.maximum)))
    best = None
    for chosen in itertools.product(*choices_of_copies):
        taken = [plan for plan in chosen if plan is not None]
        if int(selection.plans.value[taken].sum()) < (selection.goodput_floor or 0):
            continue
        used = usage[taken].sum(axis=0)
        for amount in amounts:
            held = selection.rows.capacity + sum((n * b for n, b in zip(amount, brought, strict=True)), 0 * used)
            if (used <= held).all():
                cost = int(selection.plans.cost[taken].sum())
                cost += sum(n * int(p) for n, p in zip(amount, selection.supplies.price, strict=True))
                best = cost if best is None else min(best, cost)
    return best


def brute_forced_optimum(selection: PlanSelection) -> int | None:
    """Optimum of either objective in scaled units; None if nothing is feasible."""
    return brute_forced_value(selection) if selection.objective == "goodput" else brute_forced_cost(selection)
