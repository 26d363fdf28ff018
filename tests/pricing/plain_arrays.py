"""The listed plans of all templates, as plain enumeration gives them."""

from __future__ import annotations

import numpy as np

from sloplan.pricing.plan_arrays import PlanArrays
from sloplan.problem.compiled import CompiledInstance, Int, Sparse
from sloplan.problem.plan_table import PLAN_LIMIT, enumerate_plans
from sloplan.problem.servable import largest_rate_alone


def plain_arrays(compiled: CompiledInstance, limit: int = PLAN_LIMIT) -> PlanArrays:
    """List the plans of every template by `enumerate_plans`, which the checker goes by."""
    tables = [enumerate_plans(compiled, template, limit) for template in range(len(compiled.templates))]
    width = max(len(application.operators) for application in compiled.applications)
    most = int(compiled.queries.rate_milli.max())
    figures = [table.figures for table in tables]

    def joined(parts: list[Int]) -> Int:
        return np.concatenate([np.zeros(0, dtype=np.int64), *parts])

    return PlanArrays(
        start=np.cumsum([0, *map(len, tables)]),
        choices=np.concatenate(
            [np.pad(t.choices, ((0, 0), (0, width - t.choices.shape[1])), constant_values=-1) for t in tables]
        ),
        needs=np.column_stack(
            [
                joined([-f.max_rate_milli for f in figures]),
                joined([f.min_rate_milli for f in figures]),
                joined([f.accuracy_nano_nats for f in figures]),
                joined([f.latency_us for f in figures]),
                joined([f.cost_nano for f in figures]),
            ]
        ),
        alone_rate_milli=joined([largest_rate_alone(compiled, f.usage, most) for f in figures]),
        billed_cost_nano=joined([f.billed_cost_nano for f in figures]),
        usage=Sparse.joined([f.usage for f in figures]),
    )
