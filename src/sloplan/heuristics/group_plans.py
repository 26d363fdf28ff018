"""What searches have found, in the flat arrays that the kernels of `pricing` read."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sloplan.heuristics.searches import FoundPlans, Searches
from sloplan.pricing.plan_arrays import PlanArrays
from sloplan.problem.compiled import CompiledInstance, Sparse
from sloplan.problem.evaluation import evaluate_plans, largest_rate


def plans_of_groups(
    compiled: CompiledInstance, num_groups: int, found: Sequence[tuple[Searches, FoundPlans]]
) -> PlanArrays:
    """Return the plans of all applications with what they need and use, those of each group in the planner's order.

    Parameters
    ----------
    compiled : CompiledInstance
    num_groups : int
    found : sequence of (Searches, FoundPlans)
        One for each application.

    Returns
    -------
    PlanArrays
        The plans of group g stand where those of template g would.
    """
    width = max((len(application.operators) for application in compiled.applications), default=1)
    none = np.zeros(0, dtype=np.int64)
    groups, bills, usages = [none], [none], []
    choices, needs = [np.zeros((0, width), dtype=np.int64)], [np.zeros((0, 5), dtype=np.int64)]
    for searches, plans in found:
        if len(plans.search) == 0:
            continue
        figures = evaluate_plans(compiled, searches.template[plans.search], plans.choices)
        groups.append(searches.group[plans.search])
        missing = width - plans.choices.shape[1]
        choices.append(np.pad(plans.choices, ((0, 0), (0, missing)), constant_values=-1))
        least, most = figures.min_rate_milli, figures.max_rate_milli
        needs.append(np.column_stack([-most, least, figures.accuracy_nano_nats, figures.latency_us, figures.cost_nano]))
        usages.append(figures.usage)
        bills.append(figures.billed_cost_nano)
    group = np.concatenate(groups)
    order = np.argsort(group, kind="stable")
    usage = Sparse.joined(usages).taken(order) if usages else Sparse(np.zeros(1, dtype=np.int64), none, none)
    return PlanArrays(
        start=np.searchsorted(group[order], np.arange(num_groups + 1)).astype(np.int64),
        choices=np.concatenate(choices)[order],
        needs=np.concatenate(needs)[order],
        alone_rate_milli=largest_rate(usage, compiled.rows.capacity),
        billed_cost_nano=np.concatenate(bills)[order],
        usage=usage,
    )
