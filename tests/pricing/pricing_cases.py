"""Random instances and prices, and what plain enumeration says of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from sloplan.problem.compiled import CompiledInstance
from sloplan.problem.evaluation import meets
from sloplan.problem.plan_table import PlanTable, enumerate_plans
from tests.conformance.cases import instance_from
from tests.conformance.random_instances import random_tables

Float = npt.NDArray[np.float64]

HOSTINGS = ("fluid", "replicas")


@cache
def compiled_case(seed: int, hosting: str) -> CompiledInstance:
    """Return the random instance of `seed`: joins, joint factors, compatibility, own machines, least rates, SLOs."""
    return instance_from(random_tables(seed), name=f"random-{seed}", hosting=hosting).compiled


def random_prices(seed: int, rows: int, times: int = 3) -> Iterator[tuple[Float, float]]:
    """Draw prices of rows, some of them 0, and a price of cost; the last ones are all 0."""
    random = np.random.default_rng(seed)
    for _ in range(times - 1):
        yield random.random(rows) * random.integers(0, 2, rows), float(random.choice([0.0, 1.0, random.random()]))
    yield np.zeros(rows), 0.0


@dataclass(frozen=True)
class Enumerated:
    """All plans of a template and what each costs per request at prices."""

    compiled: CompiledInstance
    table: PlanTable
    price: Float

    @classmethod
    def at(cls, compiled: CompiledInstance, template: int, prices: Float, cost_price: float) -> Enumerated:
        """List the plans and price them."""
        table = enumerate_plans(compiled, template)
        usage = table.figures.usage
        paid = np.bincount(usage.row_of_entry, usage.amount * prices[usage.column], minlength=len(table))
        return cls(compiled, table, paid + cost_price * table.figures.billed_cost_nano)

    def prices_of(self, query: int) -> Float:
        """Prices of the plans that are feasible for a query, ascending."""
        return np.sort(self.price[meets(self.compiled, query, self.table.figures)])

    def feasible_choices(self, query: int) -> set[tuple[int, ...]]:
        """Options of the plans that are feasible for a query."""
        return set(map(tuple, self.table.choices[meets(self.compiled, query, self.table.figures)].tolist()))
