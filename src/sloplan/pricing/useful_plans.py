"""All plans of an instance, those of them that no other replaces, and whom these could serve alone."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from sloplan.pricing.plan_arrays import PlanArrays, list_plans
from sloplan.pricing.plan_kernels import cheapest
from sloplan.pricing.undominated import undominated
from sloplan.problem.compiled import Bool, CompiledInstance
from sloplan.problem.exact_sums import exact_dot
from sloplan.problem.plan_table import PLAN_LIMIT


@dataclass(frozen=True)
class UsefulPlans:
    """Plans of an instance, and the value that they could serve.

    Parameters
    ----------
    listed : PlanArrays
        Plans that meet placement, compatibility and the loosest SLOs of their template.
    plans : PlanArrays
        Those that no other one replaces.
    fitting : PlanArrays
        The same, only for rates at which each fits alone in the shared capacity.
    servable : (queries,) bool
        Which queries one of `fitting` serves: those of `problem.servable`, without listing the plans again.
    servable_value, total_value : int
        Value of the copies of servable queries, and of all; milli.
    """

    listed: PlanArrays
    plans: PlanArrays
    fitting: PlanArrays
    servable: Bool
    servable_value: int
    total_value: int


def useful_plans(compiled: CompiledInstance) -> UsefulPlans:
    """List the plans of an instance and sift them.

    Parameters
    ----------
    compiled : CompiledInstance

    Raises
    ------
    SizeLimitError
        If a template has more partial plans than `PLAN_LIMIT`.
    """
    queries = compiled.queries
    listed, _ = list_plans(compiled, PLAN_LIMIT, lambda _: False)
    plans = undominated(listed, compiled)
    fitting = replace(plans, needs=plans.needs_alone)
    servable = cheapest(queries, plans.start, np.zeros(len(plans)), fitting.needs) >= 0
    return UsefulPlans(
        listed=listed,
        plans=plans,
        fitting=fitting,
        servable=servable,
        servable_value=exact_dot(queries.value_milli[servable], queries.count[servable]),
        total_value=exact_dot(queries.value_milli, queries.count),
    )
