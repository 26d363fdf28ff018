"""Refuses instances whose worst-case sums pass int64, before anything is computed from them.

Checked is what one plan of one query copy can add up to, and what supplies can bring to a row.
Totals over counts and queries may pass int64; they are summed in Python integers.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

import numpy as np

from sloplan.problem.compiled import INT64_MAX, Application, CompiledInstance, Int, Rows, Sparse
from sloplan.problem.compiling.longest_route import LongestRoute
from sloplan.problem.errors import SizeLimitError


def refuse_overflow(compiled: CompiledInstance) -> None:
    """Refuse an instance with a worst-case sum that int64 cannot hold.

    Parameters
    ----------
    compiled : CompiledInstance

    Raises
    ------
    SizeLimitError
        Names the table and, where one row is to blame, that row and field.
    """
    _check_pools(compiled)
    supplies = compiled.supplies
    refuse_supply_overflow(compiled.rows, supplies.brought, supplies.maximum.tolist(), "profiles.csv, replicas on row")
    try:
        _check_plans(compiled, _AnyLinks(compiled))
    except SizeLimitError:
        _check_plans(compiled, _LinksInPlace(compiled))


def _refuse_above(total: int, where: str, what: str, advice: str) -> None:
    # NO_LIMIT is the largest int64 and means "no limit", so every real figure stays below it.
    if total >= INT64_MAX:
        raise SizeLimitError(
            f"{where}: {what} may reach {Decimal(total):.3e}, which 64-bit integers cannot hold; "
            f"allowed: below {Decimal(INT64_MAX):.3e}; next: {advice}"
        )


def _check_pools(compiled: CompiledInstance) -> None:
    """The capacity and the price of all units that may be rented; `units` themselves are checked where compiled."""
    pools = compiled.pools
    units = pools.max_units.astype(object)
    capacity = units * pools.unit_capacity.astype(object)
    bill = np.maximum(units, pools.units.astype(object)) * pools.unit_price_pico.astype(object)
    for pool in np.flatnonzero(np.maximum(capacity, bill) >= INT64_MAX).tolist():
        where = f"pools.csv, pool {compiled.names.pools[pool]!r}, max_units = {units[pool]}"
        _refuse_above(capacity[pool], where, "the capacity of all units", "state fewer units")
        _refuse_above(bill[pool], where, "the price of all units", "state fewer units or check the price")


def refuse_supply_overflow(rows: Rows, brought: Sparse, maximum: Sequence[int], where: str) -> None:
    """Refuse supplies that together may bring to a row, or take from it, what int64 cannot hold.

    Parameters
    ----------
    rows : Rows
    brought : Sparse
        What a unit of each supply brings.
    maximum : (supplies,) Python integers
    where : str
        What the message begins with; the row's name follows.

    Raises
    ------
    SizeLimitError
    """
    total: Counter[int] = Counter()
    for supply, row, amount in zip(
        brought.row_of_entry.tolist(), brought.column.tolist(), brought.amount.tolist(), strict=True
    ):
        total[row] += abs(amount) * maximum[supply]
    for row, amount in total.items():
        advice = "state shares and memories with fewer digits, or fewer units"
        what = "what all replicas bring and take"
        _refuse_above(amount + int(rows.capacity[row]), f"{where} {rows.name[row]!r}", what, advice)


def _check_plans(compiled: CompiledInstance, journey: _AnyLinks | _LinksInPlace) -> None:
    options = compiled.options
    num_operators = len(compiled.names.operators)
    busy = _largest(options.operator, options.busy_us, num_operators)
    cost = _largest(options.operator, options.cost_nano, num_operators)
    latency = _largest(options.operator, options.latency_us, num_operators)
    output = _largest(compiled.configuration_operator, compiled.configuration_bytes, num_operators)
    of_query = compiled.templates.application[compiled.queries.template]
    for index, application in enumerate(compiled.applications):
        operators = application.operators
        sent = _transfers(compiled, application, output)
        plan_cost = sum(cost[operators].tolist()) + sum(map(journey.cost_nano, sent))
        plan_latency = sum(latency[operators].tolist()) + sum(map(journey.latency_us, sent))
        accuracy = sum(int(factor.nano_nats.max(initial=0)) for factor in application.factors)
        slowest = compiled.names.operators[operators[np.argmax(latency[operators])]]
        where = f"profiles.csv, operator {slowest!r}, latency_ms, or the links of application {application.name!r}"
        _refuse_above(plan_latency, where, "a plan's latency", "check the units of latencies, delays and bandwidths")
        where = f"accuracy.csv, application {application.name!r}"
        _refuse_above(accuracy, where, "the sum of the accuracy factors", "use fewer factors")

        queries = np.flatnonzero(of_query == index)
        if not len(queries):
            continue
        query = queries[np.argmax(compiled.queries.rate_milli[queries])]
        rate = int(compiled.queries.rate_milli[query])
        where = f"queries.csv, query {compiled.names.queries[query]!r}, rate_rps = {rate / 1000}"
        advice = "check the rate's unit, or split the query into copies with `count`"
        _refuse_above(rate * sum(busy[operators].tolist()), where, "rate x busy time of a plan", advice)
        _refuse_above(rate * sum(sent), where, "rate x bytes of a plan", advice)
        _refuse_above(rate * plan_cost, where, "rate x cost of a plan", f"check prices and sizes in kB; {advice}")


def _largest(group: Int, values: Int, num_groups: int) -> Int:
    largest = np.zeros(num_groups, dtype=np.int64)
    np.maximum.at(largest, group, values)
    return largest


def _transfers(compiled: CompiledInstance, application: Application, output: Int) -> list[int]:
    """Most bytes of each transfer that a plan can make."""
    operators = application.operators
    return [
        *compiled.operator_input_bytes[operators[application.roots]].tolist(),
        *output[operators[application.edges[:, 0]]].tolist(),
        *output[operators[application.leaves]].tolist(),
    ]


class _AnyLinks:
    """Bounds what one transfer takes by as many of the dearest links as a route can have; quick but crude.

    A found route crosses each site at most once; a given one is as long as it is listed.
    """

    def __init__(self, compiled: CompiledInstance) -> None:
        links = compiled.links
        given = map(len, compiled.given_routes.values())
        self._num_links = max([len(compiled.names.sites) - 1, *given]) if len(compiled.names.links) else 0
        self._delay_us = int(links.delay_us.max(initial=0))
        bandwidths = set(zip(links.bandwidth_num.tolist(), links.bandwidth_den.tolist(), strict=True))
        prices = set(zip(links.price_num.tolist(), links.price_den.tolist(), strict=True))
        self._us_per_byte = max((Fraction(8 * den, num) for num, den in bandwidths), default=Fraction(0))
        self._price = max((Fraction(num, den) for num, den in prices), default=Fraction(0))

    def latency_us(self, sent_bytes: int) -> int:
        return self._num_links * (self._delay_us + math.ceil(sent_bytes * self._us_per_byte))

    def cost_nano(self, sent_bytes: int) -> int:
        return self._num_links * math.ceil(sent_bytes * self._price)


class _LinksInPlace:
    """Bounds what one transfer takes by the links where they are; slower."""

    def __init__(self, compiled: CompiledInstance) -> None:
        links = compiled.links
        self._longest = LongestRoute(compiled)
        self._delay_us = links.delay_us.tolist()
        self._bandwidths = list(zip(links.bandwidth_num.tolist(), links.bandwidth_den.tolist(), strict=True))
        self._prices = list(zip(links.price_num.tolist(), links.price_den.tolist(), strict=True))

    def latency_us(self, sent_bytes: int) -> int:
        sending = [-(-8 * sent_bytes * den // num) for num, den in self._bandwidths]
        return self._longest.bound([delay + us for delay, us in zip(self._delay_us, sending, strict=True)])

    def cost_nano(self, sent_bytes: int) -> int:
        return self._longest.bound([-(-sent_bytes * num // den) for num, den in self._prices])
