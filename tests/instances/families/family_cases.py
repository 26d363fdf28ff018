"""Instances of the families, made once for all tests of a session, and what they are asked."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from sloplan.instances.families.layouts import LAYOUTS
from sloplan.instances.families.spec import generate_spec
from sloplan.pricing.plan_arrays import PlanArrays, list_plans
from sloplan.pricing.plan_kernels import cheapest
from sloplan.pricing.undominated import undominated
from sloplan.problem.compiled import Bool
from sloplan.problem.instance import Instance

FAMILIES = tuple(LAYOUTS)
LOADS = (0.8, 1.2, 2.0)

TINY = {name: f"{name}:queries=6,load={LOADS[place % 3]:g}" for place, name in enumerate(FAMILIES)}
SMALL = {name: f"{name}:queries=60,load={LOADS[(place + 1) % 3]:g},seed=1" for place, name in enumerate(FAMILIES)}
"""A spec per family, shared by the tests because making an instance takes a second."""


@cache
def family(spec: str) -> Instance:
    """Return the instance of a spec."""
    return generate_spec(spec)


@cache
def all_plans(spec: str) -> PlanArrays:
    """Return the plans of an instance, enumerated on the instance itself."""
    return list_plans(family(spec).compiled, 10**7, lambda _: False)[0]


@cache
def useful_plans(spec: str) -> PlanArrays:
    """Return the same plans but for those that others replace."""
    return undominated(all_plans(spec), family(spec).compiled)


def has_plan(spec: str) -> Bool:
    """Tell which queries have a plan, shape (queries,)."""
    plans, queries = useful_plans(spec), family(spec).compiled.queries
    return cheapest(queries, plans.start, np.zeros(len(plans)), plans.needs) >= 0


def shared(spec: str, table: str) -> pd.DataFrame:
    """Return the shared pools or links."""
    frame = family(spec).table(table)
    return frame[frame["scope"] == "shared"]


def tiers(spec: str) -> dict[str, int]:
    """Return the number of sites by tier."""
    return family(spec).table("sites")["tier"].value_counts().to_dict()
