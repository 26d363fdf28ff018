"""Figures of an instance that tell how hard it is: what could be served, what binds, which SLOs pinch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from sloplan.pricing.plan_arrays import PlanArrays
from sloplan.pricing.plan_kernels import COST, LATENCY, NANO_NATS, allowed_by, cheapest_allowed
from sloplan.pricing.relaxation import greatest_value
from sloplan.pricing.useful_plans import useful_plans
from sloplan.problem.compiled import Bool, CompiledInstance, Int

Float = npt.NDArray[np.float64]

LP_TOLERANCE: Final = 1e-4
"""Relative distance of value and bound at which the relaxation is good enough for a table."""

PRICED: Final = 1e-6
"""A row is tight if its price times its capacity is more than this part of the LP's bound: the rest is rounding."""

PINCHED: Final = 1.01
"""An SLO pinches a query if a plan that the loosest SLO of its template would allow is cheaper by this factor."""

_DIMENSIONS: Final = {"latency": LATENCY, "accuracy": NANO_NATS, "cost": COST}


@dataclass(frozen=True)
class InstanceFigures:
    """Figures of an instance under fluid hosting and goodput.

    Parameters
    ----------
    plans_median, plans_most : int
        Plans of a template that meet its loosest SLOs.
    servable_share : float
        Value of the copies that could be served alone over the value of all.
    lp_share : float
        Greatest value with plans mixed that fit alone (the LP's bound) over the servable value.
    rows_by_kind, tight_by_kind : dict of str to int
        Coupling rows by kind (pool, link), and those of them that have a price in the LP.
    pinched : dict of str to float
        By SLO dimension, the share of servable queries that it pinches, at the LP's row prices.
    bound : float
        The LP's bound, thousandths.
    """

    plans_median: int
    plans_most: int
    servable_share: float
    lp_share: float
    rows_by_kind: dict[str, int]
    tight_by_kind: dict[str, int]
    pinched: dict[str, float]
    bound: float


def figures_of(compiled: CompiledInstance) -> InstanceFigures:
    """Work the figures of an instance out.

    Parameters
    ----------
    compiled : CompiledInstance

    Raises
    ------
    SizeLimitError
        If a template has too many plans to list.
    """
    useful = useful_plans(compiled)
    capacity = compiled.rows.capacity.astype(np.float64)
    relaxed = greatest_value(useful.fitting, compiled.queries, capacity, compiled.supplies, tolerance=LP_TOLERANCE)
    bound = min(relaxed.bound, float(useful.servable_value))
    plans_per_template = np.diff(useful.listed.start)
    kind = np.array([name.partition(":")[0] for name in compiled.rows.name], dtype=object)
    return InstanceFigures(
        plans_median=int(np.median(plans_per_template)),
        plans_most=int(plans_per_template.max(initial=0)),
        servable_share=useful.servable_value / max(useful.total_value, 1),
        lp_share=bound / max(useful.servable_value, 1),
        rows_by_kind=_counts(kind, np.ones(len(kind), dtype=np.bool_)),
        tight_by_kind=_counts(kind, relaxed.prices * capacity > PRICED * max(bound, 1.0)),
        pinched=_pinched(compiled, useful.fitting, relaxed.prices, useful.servable),
        bound=bound,
    )


def _counts(kind: npt.NDArray[np.object_], chosen: Bool) -> dict[str, int]:
    return {str(name): int((chosen & (kind == name)).sum()) for name in np.unique(kind)}


def _pinched(compiled: CompiledInstance, plans: PlanArrays, prices: Float, servable: Bool) -> dict[str, float]:
    """Share of servable queries by dimension whose plan would cost less at the template's loosest SLO."""
    queries, price = compiled.queries, plans.priced(prices)
    if not servable.any():
        return dict.fromkeys(_DIMENSIONS, 0.0)
    allowed = allowed_by(queries)
    own = _price_of(price, cheapest_allowed(queries.template, allowed, plans.start, price, plans.needs))
    shares = {}
    for dimension, column in _DIMENSIONS.items():
        loosest = np.full(len(compiled.templates), np.iinfo(np.int64).min)
        np.maximum.at(loosest, queries.template, allowed[:, column])
        loosened = allowed.copy()
        loosened[:, column] = loosest[queries.template]
        plan_of = cheapest_allowed(queries.template, loosened, plans.start, price, plans.needs)
        shares[dimension] = float((own > PINCHED * _price_of(price, plan_of))[servable].mean())
    return shares


def _price_of(price: Float, plan_of: Int) -> Float:
    return np.where(plan_of >= 0, price[plan_of], np.inf)
