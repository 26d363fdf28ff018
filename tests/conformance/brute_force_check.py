"""Which rules a solution breaks, worked out apart from the toolkit's checker."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from tests.conformance.brute_force import Choice, TinyInstance
from tests.conformance.plain_figures import number


@dataclass(frozen=True)
class PlannedCopies:
    """Copies of one query that follow one plan: (operator, choice) pairs, as a file lists them."""

    query: str
    count: int
    options: Sequence[tuple[str, Choice]]


@dataclass(frozen=True)
class Assignment:
    """A solution in plain form; `supply` holds (name, amount) pairs, `goodput_floor` is None under goodput."""

    plans: Sequence[PlannedCopies]
    supply: Sequence[tuple[str, int]] = field(default=())
    goodput_floor: int | None = None


def brute_force_check(instance: TinyInstance, assignment: Assignment) -> set[str]:
    """Name the rules that an assignment breaks; none for a valid one.

    A plan that cannot be evaluated (unknown names, operators missing or repeated, no copies) breaks
    only that rule: it takes part in no other.
    """
    broken: set[str] = set()
    served: Counter[str] = Counter()
    usage: Counter[str] = Counter()
    for plan in assignment.plans:
        malformed = _malformed(instance, plan)
        broken |= malformed
        if malformed:
            continue
        served[plan.query] += plan.count
        query = instance.queries[plan.query]
        figures = instance.figures(query.application, query.source, query.sink, dict(plan.options))
        own = instance.broken_rules(query, figures)
        broken |= own
        if not own & {"ownership", "compatibility", "route"}:
            for row, amount in figures.shared.items():
                usage[row] += plan.count * query.rate_milli * amount
    if any(count > instance.queries[query].count for query, count in served.items()):
        broken.add("count")
    capacity = _capacity(instance, assignment, broken)
    if any(used > capacity.get(row, 0) for row, used in usage.items()) or any(c < 0 for c in capacity.values()):
        broken.add("capacity")
    value = sum(count * instance.queries[query].value_milli for query, count in served.items())
    if assignment.goodput_floor is not None and value < assignment.goodput_floor:
        broken.add("goodput_floor")
    return broken


def _malformed(instance: TinyInstance, plan: PlannedCopies) -> set[str]:
    broken = set()
    if plan.query not in instance.queries:
        return {"query"}
    if plan.count < 1:
        broken.add("count")
    operators = instance.operators(instance.queries[plan.query].application)
    if sorted(operator for operator, _ in plan.options) != operators:
        broken.add("operator")
    rules = {instance.option_rule(operator, choice) for operator, choice in plan.options if operator in operators}
    return broken | {rule for rule in rules if rule is not None}


def _capacity(instance: TinyInstance, assignment: Assignment, broken: set[str]) -> dict[str, Fraction]:
    """Capacity of every shared row with what the replicas bring and take; adds to `broken`."""
    capacity = {f"link:{name}": Fraction(link.capacity) for name, link in instance.links.items() if not link.own}
    shared = {name: pool for name, pool in instance.pools.items() if not pool.own}
    is_cost = assignment.goodput_floor is not None
    standing = {name: 0 if is_cost and pool.reserved else pool.units for name, pool in shared.items()}
    most = {name: pool.max_units if is_cost and pool.reserved else pool.units for name, pool in shared.items()}
    if len({name for name, _ in assignment.supply}) < len(assignment.supply):
        broken.add("supply")
    replicas = []
    for name, amount in assignment.supply:
        pool_name = name.removeprefix("unit:")
        if "/" in name:
            replicas.append((name, amount))
        elif not is_cost or pool_name not in shared or not shared[pool_name].reserved:
            broken.add("supply")
        else:
            standing[pool_name] = amount
            if not 0 <= amount <= most[pool_name]:
                broken.add("supply")
    if instance.hosting == "fluid":
        capacity |= {
            f"pool:{name}": Fraction(standing[name] * math.floor(10**9 * pool.max_utilization))
            for name, pool in shared.items()
        }
        if replicas:
            broken.add("supply")
        return capacity
    capacity |= {f"share:{name}": Fraction(standing[name]) for name in shared}
    capacity |= {f"memory:{name}": standing[name] * pool.memory for name, pool in shared.items()}
    for name, amount in replicas:
        pool_name, operator, configuration, allocation = name.split("/")
        choice = (configuration, pool_name, allocation)
        if pool_name not in shared or instance.option_rule(operator, choice) is not None:
            broken.add("supply")
            continue
        profile, pool = instance.profile(operator, choice), shared[pool_name]
        assert profile is not None
        share, memory = number(profile, "share", 1), number(profile, "memory_gb", 0)
        fitting = min(most[pool_name] / share, most[pool_name] * pool.memory / memory if memory else math.inf)
        if not 0 <= amount <= math.floor(fitting):
            broken.add("supply")
        brought = math.floor(10**9 * share * pool.max_utilization)
        capacity[f"deployment:{name}"] = Fraction(amount * brought)
        capacity[f"share:{pool_name}"] -= amount * share
        capacity[f"memory:{pool_name}"] -= amount * memory
    return capacity


def bill_pico(instance: TinyInstance, assignment: Assignment) -> int:
    """Deployment cost of a valid assignment under the cost objectives, 10^-12 USD/s."""
    bill = 0
    for plan in assignment.plans:
        query = instance.queries[plan.query]
        figures = instance.figures(query.application, query.source, query.sink, dict(plan.options))
        bill += plan.count * query.rate_milli * figures.billed_cost_nano
    rented = [(instance.pools[name.removeprefix("unit:")], n) for name, n in assignment.supply if "/" not in name]
    return bill + sum(n * math.ceil(pool.price * 10**12 / 3600) for pool, n in rented)
