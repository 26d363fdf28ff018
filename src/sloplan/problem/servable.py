"""What could be served if no query competed with another: the servable value."""

from __future__ import annotations

import numpy as np

from sloplan.problem.compiled import Bool, CompiledInstance, Int, Sparse
from sloplan.problem.evaluation import largest_rate
from sloplan.problem.plan_table import enumerate_plans


def servable_queries(compiled: CompiledInstance) -> Bool:
    """Say which queries have a plan that meets SLOs and rules and fits alone in the empty infrastructure.

    Parameters
    ----------
    compiled : CompiledInstance

    Returns
    -------
    (queries,) bool

    Raises
    ------
    SizeLimitError
        If a template has more partial plans than `PLAN_LIMIT`.
    """
    servable = np.zeros(len(compiled.names.queries), dtype=np.bool_)
    for template in range(len(compiled.templates)):
        table = enumerate_plans(compiled, template)
        members = compiled.template_queries(template)
        fits_alone = largest_rate_alone(compiled, table.figures.usage, int(compiled.queries.rate_milli[members].max()))
        order = np.argsort(-fits_alone, kind="stable")
        servable[members] = table.first_feasible(compiled, members, order, fits_alone) >= 0
    return servable


def servable_value(compiled: CompiledInstance) -> int:
    """Return the value (milli) of all copies of servable queries; see `servable_queries`."""
    servable = servable_queries(compiled)
    queries = compiled.queries
    value = queries.value_milli[servable].astype(object) * queries.count[servable].astype(object)
    return int(value.sum())


def largest_rate_alone(compiled: CompiledInstance, usage: Sparse, most: int) -> Int:
    """Return the largest rate, at most `most`, at which each plan fits alone in the shared capacity.

    Parameters
    ----------
    compiled : CompiledInstance
    usage : Sparse
        Usage per request of n plans on the rows.
    most : int
        Rate beyond which nobody asks, milli-requests/s.

    Returns
    -------
    (n,) int64
        milli-requests/s; 0 if it fits at no rate.
    """
    if compiled.hosting == "fluid":
        return np.minimum(largest_rate(usage, compiled.rows.capacity), most)
    # With whole replicas, fitting is monotone in the rate but not linear: bisect, all plans at once.
    plans = len(usage)
    low, high = np.zeros(plans, dtype=np.int64), np.full(plans, most, dtype=np.int64)
    while np.any(low < high):
        middle = high - (high - low) // 2
        fits = _fits_with_replicas(compiled, usage, middle)
        low, high = np.where(fits, middle, low), np.where(fits, high, middle - 1)
    return low


def _fits_with_replicas(compiled: CompiledInstance, usage: Sparse, rate: Int) -> Bool:
    """Whether each plan, alone at its rate, fits with the fewest replicas that carry it."""
    supplies, brought = compiled.supplies, compiled.supplies.brought
    supply, row = brought.row_of_entry, brought.column
    plan, used_row = usage.row_of_entry, usage.column
    load = rate[plan] * usage.amount
    by_replicas = used_row < len(supplies)  # the row of a deployment has the index of its supply

    fits = np.ones(len(rate), dtype=np.bool_)
    np.logical_and.at(fits, plan[~by_replicas], (load <= compiled.rows.capacity[used_row])[~by_replicas])
    host, deployment = plan[by_replicas], used_row[by_replicas]
    per_replica = np.zeros(len(supplies), dtype=np.int64)
    per_replica[supply[row == supply]] = brought.amount[row == supply]
    most = supplies.maximum[deployment]
    replicas = np.minimum(-(-load[by_replicas] // np.maximum(per_replica[deployment], 1)), most + 1)
    np.logical_and.at(fits, host, replicas <= most)
    for shared in np.unique(row[row != supply]):  # share and memory rows of the pools
        each = np.zeros(len(supplies), dtype=np.int64)
        each[supply[row == shared]] = -brought.amount[row == shared]
        taken = np.zeros(len(rate), dtype=np.int64)
        np.add.at(taken, host, replicas * each[deployment])
        fits &= taken <= compiled.rows.capacity[shared]
    return fits
