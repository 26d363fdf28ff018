"""Tests of the plans worth a column of their own: what is left out does not fit alone, or another replaces it."""

from __future__ import annotations

import numpy as np
import pytest

from sloplan.pricing.query_plans import query_plans, usage_of
from sloplan.problem.compiled import CompiledInstance, Int
from tests.conformance.cases import random_case
from tests.conformance.cost_cases import cost_case


def dense_usage(compiled: CompiledInstance, *, objective: str, sifted: bool) -> dict[int, Int]:
    """Return what the listed plans of every query use of the rows, under `cost` with their bill as a further column."""
    found = query_plans(compiled, objective=objective, sifted=sifted)
    usage = usage_of(found, compiled)
    dense = np.zeros((len(found.plan), len(compiled.rows) + 1), dtype=np.int64)
    dense[usage.row_of_entry, usage.column] = usage.amount
    if objective == "cost":
        dense[:, -1] = found.plans.billed_cost_nano[found.plan] * compiled.queries.rate_milli[found.query]
    return {query: dense[found.query == query] for query in range(len(compiled.queries.count))}


def standing_capacity(compiled: CompiledInstance, objective: str) -> Int:
    """Return the capacity of the rows with all units that can be rented."""
    rows = compiled.rows if objective == "goodput" else compiled.under_cost.all_rented.rows
    return np.append(rows.capacity, np.iinfo(np.int64).max)


@pytest.mark.parametrize("objective", ["goodput", "cost"])
def test_what_is_left_out_is_replaced_or_never_fits(objective: str) -> None:
    """Every plan left fits alone; every other plan that does is matched by one left that uses no more of anything."""
    unfit = replaced = 0
    for seed in range(40):
        instance = (random_case(seed) if objective == "goodput" else cost_case(seed)).instance
        compiled = instance.compiled
        capacity = standing_capacity(compiled, objective)
        left = dense_usage(compiled, objective=objective, sifted=True)
        for query, every in dense_usage(compiled, objective=objective, sifted=False).items():
            assert (left[query] <= capacity).all(), seed
            fits = (every <= capacity).all(axis=1)
            matched = np.array([(left[query] <= plan).all(axis=1).any() for plan in every], dtype=np.bool_)
            assert matched[fits].all(), seed
            unfit += int((~fits).sum())
            replaced += int(fits.sum()) - len(left[query])
    assert unfit
    assert replaced
