"""The greatest goodput of a tiny instance, by trying every combination of plans of all copies."""

from __future__ import annotations

from dataclasses import dataclass

from tests.conformance.brute_force import Figures, Plan, TinyInstance
from tests.conformance.plain_figures import Query


@dataclass(frozen=True)
class Optimum:
    """Greatest goodput, and copies that reach it: (query, plan) per served copy."""

    value_milli: int
    served: tuple[tuple[str, Plan], ...]


def optimum(instance: TinyInstance) -> Optimum:
    """Search all combinations of plans (fluid hosting)."""
    assert instance.hosting == "fluid"
    return Search(instance).run()


class Search:
    """Depth-first search over copies; each takes one of its query's plans or stays out."""

    def __init__(self, instance: TinyInstance) -> None:
        # Valuable queries first: a good solution early lets the bound cut more.
        self._names = sorted(instance.queries, key=lambda name: -instance.queries[name].value_milli)
        self._queries = [instance.queries[name] for name in self._names]
        plans = [instance.feasible_plans(name) for name in self._names]
        self._row = sorted({row for of_query in plans for _, figures in of_query for row in figures.shared})
        self._room = [instance.capacity(row) for row in self._row]
        self._plans = [
            self._worth_trying(query, of_query) for query, of_query in zip(self._queries, plans, strict=True)
        ]
        self._copies = [index for index, query in enumerate(self._queries) for _ in range(query.count)]
        self._best = Optimum(0, ())

    def _worth_trying(self, query: Query, plans: list[tuple[Plan, Figures]]) -> list[tuple[list[int], Plan]]:
        """Plans by usage; one that needs no less than another on every row is left out (all are worth the same)."""
        by_usage: dict[tuple[int, ...], Plan] = {}
        for plan, figures in plans:
            by_usage.setdefault(tuple(query.rate_milli * figures.shared.get(row, 0) for row in self._row), plan)

        def beaten(usage: tuple[int, ...]) -> bool:
            return any(
                other != usage and all(less <= more for less, more in zip(other, usage, strict=True))
                for other in by_usage
            )

        return [(list(usage), plan) for usage, plan in by_usage.items() if not beaten(usage)]

    @property
    def most_rivals(self) -> int:
        """Largest number of plans of one query of which none needs less than another on every row."""
        return max(map(len, self._plans), default=0)

    def run(self) -> Optimum:
        """Return the optimum."""
        worth = [self._queries[copy].value_milli if self._plans[copy] else 0 for copy in self._copies]
        self._still = [sum(worth[position:]) for position in range(len(worth) + 1)]
        self._try(0, 0, 0, self._room, ())
        return self._best

    def _try(
        self, position: int, first: int, value: int, room: list[int], served: tuple[tuple[str, Plan], ...]
    ) -> None:
        """Place the copy at `position` by a plan from `first` on: identical copies take plans in order."""
        if value > self._best.value_milli:
            self._best = Optimum(value, served)
        if position == len(self._copies) or value + self._still[position] <= self._best.value_milli:
            return
        copy = self._copies[position]
        same = position + 1 < len(self._copies) and self._copies[position + 1] == copy
        plans = self._plans[copy]
        for index in range(first, len(plans)):
            usage, plan = plans[index]
            left = [free - used for free, used in zip(room, usage, strict=True)]
            if min(left, default=0) >= 0:
                gained = value + self._queries[copy].value_milli
                self._try(position + 1, index if same else 0, gained, left, (*served, (self._names[copy], plan)))
        self._try(position + 1, len(plans) if same else 0, value, room, served)
