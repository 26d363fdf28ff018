"""What running copies earn over a span of time in which queries leave and change their rates, in one step.

A placement's time is cut where its query's rate changes. Over all moments at which something happens, the use of every
row is a running sum of what comes and goes; a plan's time is that at which no row that it uses is overloaded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sloplan.problem.compiled import Bool, Int, Sparse
from sloplan.problem.spans import spans

if TYPE_CHECKING:
    from collections.abc import Callable

    from sloplan.runtime.arrivals import Float
    from sloplan.runtime.placements import Placements


@dataclass(frozen=True)
class RateChanges:
    """Rates and values of queries, and how they change.

    Parameters
    ----------
    rate_milli, value_milli : (queries,) int64
        Before.
    query : (n,) int64
    time_s : (n,) float64
        Ascending.
    new_rate_milli, new_value_milli : (n,) int64
        From then on.
    """

    rate_milli: Int
    value_milli: Int
    query: Int
    time_s: Float
    new_rate_milli: Int
    new_value_milli: Int


@dataclass(frozen=True)
class _Pieces:
    """Placements cut at the changes of their queries' rates; all of shape (pieces,)."""

    placement: Int
    begin_s: Float
    end_s: Float
    rate_milli: Int
    value_milli: Int


def served_value(
    running: Placements,
    usage: Sparse,
    capacity: Int,
    changes: RateChanges,
    end_s: Float,
    begin_s: float,
    meets: Callable[[Int, Int, Int], Bool],
) -> float:
    """Return what placements earn by valid plans: value times the time that they run, milli-value x seconds.

    Parameters
    ----------
    running : Placements
    usage : Sparse
        Per plan: usage of the rows per request.
    capacity : (rows,) int64
    changes : RateChanges
        None before `begin_s`.
    end_s : (queries,) float64
        Until when each query's copies run.
    begin_s : float
    meets : callable
        Says of queries, plans and rates which plans meet SLOs and rules.
    """
    if not len(running):
        return 0.0
    pieces = _cut(running, changes, end_s, begin_s)
    query, plan, count = (column[pieces.placement] for column in (running.query, running.plan, running.count))
    moments, place = np.unique(np.concatenate([pieces.begin_s, pieces.end_s]), return_inverse=True)
    begin, end = place.reshape(2, -1)
    used, of_plan = np.unique(plan, return_inverse=True)
    entries = usage.taken(plan)
    amount = entries.amount * (pieces.rate_milli * count)[entries.row_of_entry]
    load = np.zeros((len(capacity), len(moments)), dtype=np.int64)
    for sign, moment in ((1, begin), (-1, end)):
        np.add.at(load, (entries.column, moment[entries.row_of_entry]), sign * amount)
    is_over = np.cumsum(load, axis=1) > capacity[:, None]
    time = _time_in_room(usage.taken(used), is_over, moments)
    worth = pieces.value_milli * count * meets(query, plan, pieces.rate_milli)
    return float((worth * (time[of_plan, end] - time[of_plan, begin])).sum())


def _cut(running: Placements, changes: RateChanges, end_s: Float, begin_s: float) -> _Pieces:
    """Cut placements where their queries' rates change."""
    order = np.argsort(changes.query, kind="stable")
    number = np.bincount(changes.query, minlength=len(end_s))
    length = number[running.query] + 1
    placement = np.repeat(np.arange(len(running)), length)
    query = running.query[placement]
    change = spans((np.cumsum(number) - number)[running.query] - 1, length)  # that a piece begins with
    is_first = np.zeros(len(placement), dtype=np.bool_)
    is_first[np.cumsum(length) - length] = True
    later = np.flatnonzero(~is_first)
    at = order[change[later]]
    begin, rate, value = np.full(len(placement), begin_s), changes.rate_milli[query], changes.value_milli[query]
    begin[later], rate[later], value[later] = (
        changes.time_s[at],
        changes.new_rate_milli[at],
        changes.new_value_milli[at],
    )
    end = end_s[query]
    end[later - 1] = np.minimum(end[later - 1], begin[later])
    return _Pieces(placement, np.minimum(begin, end), end, rate, value)


def _time_in_room(usage: Sparse, is_over: Bool, moments: Float) -> Float:
    """Return for how long until each moment no row that a plan uses was overloaded, shape (plans, moments)."""
    length = np.diff(moments, append=moments[-1:])
    rows = np.flatnonzero(is_over.any(axis=1))
    is_concerned = np.zeros(len(is_over), dtype=np.bool_)
    is_concerned[rows] = True
    some = usage.in_columns(is_concerned)
    crowded = np.zeros((len(usage), len(moments)), dtype=np.bool_)
    np.logical_or.at(crowded, some.row_of_entry, is_over[some.column])
    passed = np.cumsum(~crowded * length, axis=1)
    return np.concatenate([np.zeros((len(usage), 1)), passed[:, :-1]], axis=1)
