"""Random instances with reserved pools, as the toolkit and as brute force read them, with their least cost."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from random import Random

import pandas as pd

from sloplan.problem.instance import Instance
from tests.conformance.brute_force import TinyInstance
from tests.conformance.brute_force_cost import LeastCost, least_cost, servable_value
from tests.conformance.cases import instance_from
from tests.conformance.random_instances import Tables, random_tables

_FRACTIONS = (1.0, 1.0, 0.9, 0.7, 0.7, 0.35, 0.1)
"""Floors, some of which only a fraction of exact decimals rounds right."""


@dataclass(frozen=True)
class CostCase:
    """One random instance; `tables` are its raw rows, `floor` is ceil(min_goodput x servable), milli-value.

    `optimum` is the least cost, None where the floor cannot be reached by all queries together.
    """

    seed: int
    tables: Tables
    plain: TinyInstance
    instance: Instance
    min_goodput: float
    floor: int
    optimum: LeastCost | None

    def __str__(self) -> str:
        """Everything needed to look into a failure by hand."""
        frames = "\n".join(f"{name}:\n{pd.DataFrame(rows).to_string()}" for name, rows in self.tables.items())
        asked = f"min_goodput {self.min_goodput}, floor {self.floor}"
        return f"seed {self.seed}, {self.plain.hosting}, {asked}, brute force: {self.optimum}\n{frames}"


@cache
def cost_case(seed: int, hosting: str = "fluid") -> CostCase:
    """Return the case of `seed`; tests of one session share it."""
    rng = Random(f"cost/{seed}")
    tables = cost_tables(seed, rng)
    plain = TinyInstance(tables, hosting)
    min_goodput = rng.choice(_FRACTIONS)
    floor = -(-Fraction(repr(min_goodput)) * servable_value(plain) // 1)
    return CostCase(
        seed,
        tables,
        plain,
        instance_from(tables, name=f"random-cost-{seed}", hosting=hosting),
        min_goodput,
        int(floor),
        least_cost(plain, int(floor)),
    )


def cost_tables(seed: int, rng: Random) -> Tables:
    """Return the tables of the instance of `seed` with pools to rent, prices for most, and fewer cost SLOs."""
    tables = random_tables(seed)
    for pool in tables["pools"]:
        if pool.get("scope", "shared") == "shared" and rng.random() < 0.6:
            pool["billing"] = "reserved"
        if rng.random() < 0.7:
            pool["max_units"] = rng.choice((0, pool["units"], pool["units"] + 1, 2 * pool["units"] + 1, 7))
        if not pool.get("price_per_unit_hour"):
            pool["price_per_unit_hour"] = rng.choice((0, 0.9, 2.1, 3.6, 16.1))
    for link in tables.get("links", []):
        if rng.random() < 0.5:
            link["price_per_gb"] = rng.choice((0.09, 2.1, 30))
    for query in tables["queries"]:
        if rng.random() < 0.8:
            query.pop("slo_cost_per_1k", None)
    return tables
