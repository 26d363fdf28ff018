"""Set SLOs and capacities of a random instance exactly at what its plans need, or just short of it."""

from __future__ import annotations

import math
from collections import Counter
from fractions import Fraction
from random import Random
from typing import Any

from tests.conformance.brute_force import Figures, Plan, TinyInstance
from tests.conformance.plain_figures import exact, number

Tables = dict[str, list[dict[str, Any]]]

# Each function reads the tables as they are and changes them. `plans_of` is an instance whose plans are theirs:
# plans and their figures depend on neither SLOs nor capacities, and listing them takes long.

_MOST_DIGITS = 15  # decimals of that many digits survive float64 unchanged


def set_slos(tables: Tables, rng: Random, plans_of: TinyInstance) -> None:
    """Give most queries SLOs: the exact figure of one of their plans, one unit less, or some slack."""
    instance = plans_of.limited_by(tables)
    for row in tables["queries"]:
        plans = instance.feasible_plans(row["query"])
        if not plans:
            continue
        for column, unit in (("slo_latency_ms", 1000), ("slo_cost_per_1k", 10**6)):
            if rng.random() < 0.6:
                # The better of two plans: loose SLOs would decide nothing.
                figures = min((rng.choice(plans)[1] for _ in range(2)), key=lambda f: f.latency_us)
                figure = figures.latency_us if column == "slo_latency_ms" else figures.cost_nano
                slo = _decimal(Fraction(max(0, figure + rng.choice((0, 0, 0, -1, 1000))), unit))
                if slo is not None:
                    row[column] = slo
        if rng.random() < 0.6:
            accuracy = _accuracy(tables, rng.choice(plans)[0]) + rng.choice((0, 0, 0, Fraction(1, 10**4)))
            slo = _decimal(min(accuracy, Fraction(1)))
            if slo is not None:
                row["slo_accuracy"] = slo


def set_own_capacities(tables: Tables, rng: Random, plans_of: TinyInstance) -> None:
    """Set some query-scope pools and links exactly at one plan's load, or one short of it."""
    instance = plans_of.limited_by(tables)
    for query in instance.queries.values():
        plans = instance.plans(query.application, query.source, query.sink)
        loads = [(place, query.rate_milli * amount) for _, figures in plans for place, amount in figures.own.items()]
        if loads and rng.random() < 0.7:
            (kind, resource), load = rng.choice(loads)
            _set_capacity(tables, kind, resource, load - rng.choice((0, 0, 1)))


def set_shared_capacities(tables: Tables, rng: Random, plans_of: TinyInstance) -> None:
    """Set shared rows exactly at what a random choice of copies uses, or one short of it."""
    instance = plans_of.limited_by(tables)
    plans: dict[str, list[tuple[Plan, Figures]]] = {name: instance.feasible_plans(name) for name in instance.queries}
    usage: Counter[str] = Counter()
    for name, query in instance.queries.items():
        for _ in range(query.count):
            if plans[name] and rng.random() < 0.6:
                for resource, amount in rng.choice(plans[name])[1].shared.items():
                    usage[resource] += query.rate_milli * amount
    for resource in sorted(usage):
        kind, name = resource.split(":", 1)
        if rng.random() < (0.75 if kind == "pool" else 0.4):
            _set_capacity(tables, kind, name, usage[resource] - rng.choice((0, 0, 0, 1)))


def _accuracy(tables: Tables, plan: Plan) -> Fraction:
    """Exact product of the plan's measured accuracies."""
    product = Fraction(1)
    for row in tables["accuracy"]:
        operators, measured = row["operators"].split(";"), row["configurations"].split(";")
        if operators[0] in plan and [plan[operator][0] for operator in operators] == measured:
            product *= number(row, "accuracy")
    return product


def _set_capacity(tables: Tables, kind: str, name: str, capacity: int) -> None:
    """Set units or `max_utilization` so that the resource carries just `capacity`, where a decimal can.

    Latency, cost and accuracy of no plan depend on either.
    """
    if capacity <= 0:
        return
    if kind == "pool":
        pool = next(row for row in tables["pools"] if row["pool"] == name)
        units = next((n for n in range(max(1, math.ceil(capacity / 10**9)), 200) if capacity % n == 0), None)
        if pool["units"] > 0 and units is not None and capacity <= units * 10**9:
            pool["units"], pool["max_utilization"] = units, float(Fraction(capacity // units, 10**9))
        return
    link = next(row for row in tables["links"] if row["link"] == name)
    whole = 125_000_000 * number(link, "bandwidth_mbps")
    for digits in range(6, _MOST_DIGITS + 1):
        utilization = Fraction(math.ceil(capacity / whole * 10**digits), 10**digits)
        if utilization <= 1 and math.floor(whole * utilization) == capacity and _decimal(utilization) is not None:
            link["max_utilization"] = float(utilization)
            return


def _decimal(value: Fraction) -> float | None:
    """Return `value` as a float whose shortest decimal is just that, or None where there is none."""
    return float(value) if exact(float(value)) == value else None
