"""The least cost of a tiny instance at a goodput floor, by trying every combination of plans of all copies.

Part of the brute force: nothing here imports sloplan, numpy or pandas. Units and replicas need not be tried: the
fewest that carry a load are the cheapest, and whatever fits with more of them fits with these.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from tests.conformance.brute_force import Choice, Figures, Plan, TinyInstance
from tests.conformance.plain_figures import Pool, Query, number


@dataclass(frozen=True)
class LeastCost:
    """Least cost (10^-12 USD/s), the copies that reach the floor at it, and the supplies that carry them."""

    cost_pico: int
    served: tuple[tuple[str, Plan], ...]
    supply: dict[str, int]


@dataclass(frozen=True)
class Carried:
    """What carries a load: supplies by name ("unit:P" and "P/O/C/A"), and the price of the rented units."""

    supply: dict[str, int]
    price_pico: int


def servable_value(instance: TinyInstance) -> int:
    """Value of all copies that have a plan which fits alone when all units stand that can be rented."""
    return sum(
        query.value_milli * query.count
        for name, query in instance.queries.items()
        if any(carried(instance, _load(query, figures)) is not None for _, figures in instance.feasible_plans(name))
    )


def most_goodput(instance: TinyInstance) -> int:
    """Greatest goodput with the capacities of the cost objective."""
    return CostSearch(instance, None).run_for_goodput()


def least_cost(instance: TinyInstance, floor: int) -> LeastCost | None:
    """Least cost at a goodput of at least `floor` (milli-value), or None where nothing reaches it."""
    return CostSearch(instance, floor).run()


def unit_price_pico(pool: Pool) -> int:
    """Price of one rented unit, 10^-12 USD/s."""
    return math.ceil(pool.price * 10**12 / 3600)


def carried(instance: TinyInstance, load: Mapping[str, int]) -> Carried | None:
    """Carry a load on the shared rows with the fewest replicas and units, or say that nothing carries it."""
    need: dict[str, list[Fraction]] = {}
    supply: dict[str, int] = {}
    share_taken: Counter[str] = Counter()
    memory_taken: Counter[str] = Counter()
    for row, amount in load.items():
        kind, name = row.split(":", 1)
        if kind == "link":
            if amount > instance.links[name].capacity:
                return None
        elif kind == "pool":
            unit = math.floor(10**9 * instance.pools[name].max_utilization)
            need.setdefault(name, []).append(_over(amount, unit))
        elif amount:
            pool, operator, configuration, allocation = name.split("/")
            share, memory = _shares(instance, operator, (configuration, pool, allocation))
            replicas = _over(amount, math.floor(10**9 * share * instance.pools[pool].max_utilization))
            if replicas == math.inf:
                return None
            supply[name] = math.ceil(replicas)
            share_taken[pool] += supply[name] * share
            memory_taken[pool] += supply[name] * memory
    for pool, taken in share_taken.items():
        need.setdefault(pool, []).append(Fraction(taken))
    for pool, taken in memory_taken.items():
        need.setdefault(pool, []).append(_over(taken, instance.pools[pool].memory))
    price = 0
    for name, amounts in need.items():
        pool, units = instance.pools[name], max(amounts)
        if units > (pool.max_units if pool.reserved else pool.units):
            return None
        if pool.reserved and units:
            supply[f"unit:{name}"] = math.ceil(units)
            price += math.ceil(units) * unit_price_pico(pool)
    return Carried(supply, price)


def _over(amount: int | Fraction, unit: int | Fraction) -> Fraction | float:
    """How many units an amount takes, infinitely many of nothing."""
    return Fraction(amount) / unit if unit else (math.inf if amount else Fraction(0))


def _shares(instance: TinyInstance, operator: str, choice: Choice) -> tuple[Fraction, Fraction]:
    """Share and memory of one replica."""
    profile = instance.profile(operator, choice)
    assert profile is not None
    return number(profile, "share", 1), number(profile, "memory_gb", 0)


def _load(query: Query, figures: Figures) -> dict[str, int]:
    return {row: query.rate_milli * amount for row, amount in figures.shared.items()}


class CostSearch:
    """Depth-first search over copies; each takes one of its query's plans or stays out.

    Parameters
    ----------
    instance : TinyInstance
    floor : int or None
        Least goodput; None where the greatest is sought.
    """

    def __init__(self, instance: TinyInstance, floor: int | None) -> None:
        self._instance = instance
        self._floor = floor
        self._names = sorted(instance.queries, key=lambda name: -instance.queries[name].value_milli)
        self._queries = [instance.queries[name] for name in self._names]
        self._plans = [self._worth_trying(name) for name in self._names]
        self._copies = [index for index, query in enumerate(self._queries) for _ in range(query.count)]
        worth = [self._queries[copy].value_milli if self._plans[copy] else 0 for copy in self._copies]
        self._still = [sum(worth[position:]) for position in range(len(worth) + 1)]
        self._best: LeastCost | None = None
        self._most = -1

    def _worth_trying(self, name: str) -> list[tuple[dict[str, int], int, Plan]]:
        """Load, bill and plan; a plan is left out where another is no worse on any row and costs no more."""
        query = self._instance.queries[name]
        cheapest: dict[tuple[tuple[str, int], ...], tuple[int, Plan]] = {}
        for plan, figures in self._instance.feasible_plans(name):
            load = tuple(sorted((row, amount) for row, amount in _load(query, figures).items() if amount))
            bill = query.rate_milli * figures.billed_cost_nano
            if (load not in cheapest or bill < cheapest[load][0]) and carried(self._instance, dict(load)) is not None:
                cheapest[load] = (bill, plan)
        listed = [(dict(load), bill, plan) for load, (bill, plan) in cheapest.items()]

        def beaten(load: dict[str, int], bill: int) -> bool:
            return any(
                (other != load or less < bill)
                and less <= bill
                and all(amount <= load.get(row, 0) for row, amount in other.items())
                for other, less, _ in listed
            )

        return sorted((option for option in listed if not beaten(option[0], option[1])), key=lambda option: option[1])

    @property
    def size(self) -> int:
        """Number of combinations, none of them left out."""
        return math.prod(len(self._plans[copy]) + 1 for copy in self._copies)

    def run(self) -> LeastCost | None:
        """Return the least cost."""
        self._try(0, 0, 0, 0, Counter(), ())
        return self._best

    def run_for_goodput(self) -> int:
        """Return the greatest goodput."""
        self._try(0, 0, 0, 0, Counter(), ())
        return self._most

    def _hopeless(self, position: int, value: int, bill: int) -> bool:
        if self._floor is None:
            return value + self._still[position] <= self._most
        if value + self._still[position] < self._floor:
            return True
        return self._best is not None and bill >= self._best.cost_pico

    def _try(
        self,
        position: int,
        first: int,
        value: int,
        bill: int,
        load: Counter[str],
        served: tuple[tuple[str, Plan], ...],
    ) -> None:
        """Place the copy at `position` by a plan from `first` on: identical copies take plans in order."""
        standing = carried(self._instance, load)
        if standing is None or self._hopeless(position, value, bill + standing.price_pico):
            return
        self._most = max(self._most, value)
        if self._floor is not None and value >= self._floor:
            # More copies never cost less, so nothing further on this way is better.
            self._best = LeastCost(bill + standing.price_pico, served, standing.supply)
            return
        if position == len(self._copies):
            return
        copy = self._copies[position]
        same = position + 1 < len(self._copies) and self._copies[position + 1] == copy
        plans, name = self._plans[copy], self._names[copy]
        for index in range(first, len(plans)):
            more, cost, plan = plans[index]
            gained = value + self._queries[copy].value_milli
            together = load + Counter(more)
            self._try(position + 1, index if same else 0, gained, bill + cost, together, (*served, (name, plan)))
        self._try(position + 1, len(plans) if same else 0, value, bill, load, served)
