"""Coupled problems small enough that an independent linear program over all their plans says what the bound must be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_matrix

from sloplan.decomposition.coupled_problem import CoupledProblem, coupled_instance, coupled_selection
from sloplan.problem.selections.selection import PlanSelection
from tests.conformance.cases import random_case
from tests.conformance.cost_cases import cost_case


def lp_worth(problem: CoupledProblem) -> float | None:
    """Return the optimum of the linear program over all plans, None if nothing is feasible."""
    group, plan = problem.open_plans(np.arange(len(problem.groups)))
    rate, rows = problem.groups.rate[group].astype(float), len(problem.rows)
    value = (problem.groups.value[group] + problem.plans.value[plan]).astype(float)
    cost = rate * problem.plans.cost[plan]
    used, brought = problem.plans.usage.taken(plan), problem.supplies.brought
    pairs, supplies = len(group), len(brought)
    entries = [
        (used.column, used.row_of_entry, used.amount * rate[used.row_of_entry]),
        (brought.column, pairs + brought.row_of_entry, -brought.amount.astype(float)),
        (rows + group, np.arange(pairs), np.ones(pairs)),
        (np.full(pairs, rows + len(problem.groups)), np.arange(pairs), -value),
    ]
    row, column, amount = (np.concatenate(part) for part in zip(*entries, strict=True))
    limit = np.concatenate([problem.rows.capacity, problem.groups.count, [-problem.floor]]).astype(float)
    scale = np.ones(len(limit))  # rows of integers up to 10^15 are out of an engine's reach as they stand
    np.maximum.at(scale, row, np.abs(amount))
    matrix = coo_matrix((amount / scale[row], (row, column)), shape=(len(limit), pairs + supplies)).tocsr()
    worth = np.concatenate([-cost, -problem.supply_price]) if problem.is_cost else np.append(value, np.zeros(supplies))
    unit = max(1.0, np.abs(worth).max(initial=0.0))
    upper = np.append(np.full(pairs, np.inf), problem.supplies.maximum)
    must = rows + np.flatnonzero(problem.groups.must)
    if not pairs + supplies:
        return None if (limit < 0).any() or limit[must].any() else 0.0
    found = linprog(
        -worth / unit,
        A_ub=matrix,
        b_ub=limit / scale,
        A_eq=matrix[must] if len(must) else None,
        b_eq=(limit / scale)[must] if len(must) else None,
        bounds=np.column_stack([np.zeros(pairs + supplies), upper]),
        method="highs",
        options={"primal_feasibility_tolerance": 1e-9, "dual_feasibility_tolerance": 1e-9},
    )
    assert found.status in (0, 2), found.message
    return -found.fun * unit if found.status == 0 else None


@dataclass(frozen=True)
class Drawn:
    """Figures of a random plan selection."""

    groups: int = 12
    plans: int = 5
    rows: int = 4
    tightness: float = 0.5
    must: float = 0.0


def drawn_selection(seed: int, objective: str, shape: Drawn = Drawn(), **changes: Any) -> CoupledProblem:
    """Draw a plan selection; under cost with a supply per row, and a floor if groups may stay out."""
    random = np.random.default_rng(seed)
    size = shape.groups * shape.plans
    usage = random.integers(0, 30, (size, shape.rows))
    count = random.integers(1, 4, shape.groups)
    demand = (usage.reshape(shape.groups, shape.plans, -1).mean(axis=1) * count[:, None]).sum(axis=0)
    figures: dict[str, Any] = {
        "group": np.repeat(np.arange(shape.groups), shape.plans),
        "value": random.integers(1, 100, size),
        "cost": random.integers(1, 100, size),
        "usage": usage,
        "count": count,
        "must": random.random(shape.groups) < shape.must,
        "capacity": (demand * shape.tightness).astype(int),
        "objective": objective,
    }
    if objective == "cost":
        figures |= {
            "goodput_floor": 30 * shape.groups if shape.must < 1 else 0,
            "maximum": np.full(shape.rows, 5),
            "price": random.integers(1, 400, shape.rows),
            "brought": np.diag((demand * 0.2).astype(int)),
        }
    return coupled_selection(PlanSelection.from_numbers(**(figures | changes)))


def random_problem(seed: int, objective: str, hosting: str) -> CoupledProblem:
    """Return a random instance of the conformance tests as a coupled problem."""
    if objective == "goodput":
        compiled = random_case(seed).instance.replace(hosting=hosting).compiled
        problem = coupled_instance(compiled, "goodput")
    else:
        case = cost_case(seed, hosting)
        problem = coupled_instance(case.instance.compiled, "cost", case.floor)
    assert problem is not None
    return problem
