"""What a query lacks where no one change would do: all that it asks for changed by one factor, its rate with it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sloplan.explain_culprits import rate_culprits
from sloplan.explain_plan import accuracy_parts, cost_parts, latency_parts, option_names
from sloplan.explained import Together
from sloplan.problem.compiled import NO_LIMIT, CompiledInstance, Int
from sloplan.problem.plan_table import PlanTable, enumerate_plans
from sloplan.problem.presolving.blame import without_slos
from sloplan.problem.servable import largest_rate_alone

Float = npt.NDArray[np.float64]


def explain_together(single: CompiledInstance) -> Together | None:
    """Find the plan that asks for the least common change, or what contradicts itself in every plan.

    Latency and cost SLOs are multiplied by the factor, the accuracy SLO is divided by it, and the rate is multiplied
    or divided by it at most.

    Parameters
    ----------
    single : CompiledInstance
        The query alone with its template, 0, and all options, in the capacities that a plan must fit into.

    Returns
    -------
    Together or None
        None if there is no plan whatever is asked for.

    Raises
    ------
    SizeLimitError
        If there are too many plans to look at.
    """
    table = enumerate_plans(without_slos(single), 0)
    if not len(table):
        return None
    rate, carried = int(single.queries.rate_milli[0]), _most_carried(single, table)
    least = np.maximum(table.figures.min_rate_milli, 1)
    works = least <= carried
    if not works.any():
        plan = int(np.argmin(least / np.maximum(carried, 1)))
        asked_more = max(rate, int(least[plan]))
        told = rate_culprits(single, table, plan, asked_more, rate)
        return Together(None, None, option_names(single, table.choices[plan]), told)
    nearest = np.clip(rate, least, np.maximum(carried, 1))
    change = np.maximum(nearest / rate, rate / nearest)
    factors = np.where(works, np.maximum(change, _slo_factors(single, table)), np.inf)
    plan = int(np.argmin(factors))
    if not np.isfinite(factors[plan]):
        return None
    culprits = (*rate_culprits(single, table, plan, rate, rate), *_slo_culprits(single, table, plan))
    return Together(
        float(factors[plan]), int(nearest[plan]) / 1000, option_names(single, table.choices[plan]), culprits
    )


def _most_carried(single: CompiledInstance, table: PlanTable) -> Int:
    """Return the greatest rate at which each plan fits alone in shared and own capacity, shape (plans,)."""
    figures = table.figures
    most = max(int(single.queries.rate_milli[0]), int(figures.min_rate_milli.max()))
    return np.minimum(figures.max_rate_milli, largest_rate_alone(single, figures.usage, most))


def _slo_factors(single: CompiledInstance, table: PlanTable) -> Float:
    """Return by what factor the SLOs must be looser for each plan, at least 1; shape (plans,)."""
    asked, figures = single.queries, table.figures
    factor = np.ones(len(table))
    for slo, amount in (
        (int(asked.slo_latency_us[0]), figures.latency_us),
        (int(asked.slo_cost_nano[0]), figures.cost_nano),
    ):
        if slo != NO_LIMIT:
            beyond = amount > slo
            factor[beyond] = np.maximum(factor[beyond], amount[beyond] / slo if slo else np.inf)
    if int(asked.slo_accuracy[0]) != NO_LIMIT:
        missing = np.maximum(figures.accuracy_nano_nats - int(asked.slo_accuracy[0]), 0) / 1e9
        with np.errstate(over="ignore"):  # no accuracy at all: no factor
            factor = np.maximum(factor, np.exp(missing))
    return factor


def _slo_culprits(single: CompiledInstance, table: PlanTable, plan: int) -> tuple[str, ...]:
    """Name for each SLO that a plan breaks what it is spent on most."""
    asked, figures, choices = single.queries, table.figures, table.choices[plan]
    told = []
    if int(figures.latency_us[plan]) > int(asked.slo_latency_us[0]) != NO_LIMIT:
        told.append(f"latency SLO: {latency_parts(single, 0, choices)[0].name}")
    if int(figures.accuracy_nano_nats[plan]) > int(asked.slo_accuracy[0]) != NO_LIMIT:
        told.append(f"accuracy SLO: {accuracy_parts(single, 0, choices)[0].name}")
    if int(figures.cost_nano[plan]) > int(asked.slo_cost_nano[0]) != NO_LIMIT:
        told.append(f"cost SLO: {cost_parts(single, 0, choices)[0].name}")
    return tuple(told)
