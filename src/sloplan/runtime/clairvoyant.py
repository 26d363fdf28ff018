"""The clairvoyant bound: what no policy can pass, not even one that knew all arrivals from the beginning.

The goodput of a policy is the integral over time of the value of the copies that run by a valid plan, divided by the
horizon. At every moment those copies are a solution of the instance of the moment, restricted to the queries that are
there: their plans meet all SLOs, and the rows that they use hold. So with any row prices pi >= 0 their value is at most

    sum over the copies there of m_q + pi.capacity,    m_q = max(0, greatest value - pi.usage of a plan of q),

the Lagrangian bound of that restricted instance (one leaf of a certificate, design of certificates). Moving, stopping
and beginning is free and takes no time here, and decisions of one moment bind nobody at the next: this is a relaxation
of whatever a policy may do.

The horizon is cut into blocks, at every change of what queries run on or of rates and at even distances besides. Within
a block the instance changes only by who is there, and pi is the same throughout, so the integral of the bound over the
block is

    sum over copies of m_q x (time that q is there) + pi.capacity x (length of the block).

That is again a Lagrangian bound: of the instance in which q has as many copies as it is there for units of time,
rounded up, and rows hold their capacity times the length, rounded up. Cutting planes find the prices of that instance,
and the bound is verified as every certificate is, in exact integers by plain enumeration, with the plans that meet SLOs
and fit alone at the moment. The blocks' bounds are added up and divided by the horizon.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from typing import Final

import numpy as np

from sloplan.decomposition.coupled_problem import coupled_instance
from sloplan.decomposition.cutting_planes import cutting_planes
from sloplan.decomposition.executors import ThreadExecutor
from sloplan.problem.certificates.fitting import FittingPlans
from sloplan.problem.certificates.from_prices import certificate_of_prices
from sloplan.problem.certificates.verification import certificate_bound
from sloplan.problem.compiled import CompiledInstance, Int, Rows
from sloplan.problem.errors import InputError
from sloplan.problem.instance import Instance
from sloplan.problem.plan_table import PlanTable
from sloplan.runtime.arguments import usable_horizon
from sloplan.runtime.arrivals import ARRIVE, LEAVE, RATE, Events, Float, events_of
from sloplan.runtime.compiled_queries import of_queries
from sloplan.runtime.world import World

_BLOCKS: Final = 32
"""Blocks of even length; more cost more time and tell more moments apart."""

_UNITS_PER_S: Final = 1000
_LARGEST: Final = 2**61


@dataclass(frozen=True)
class ClairvoyantBound:
    """What no policy can pass.

    Parameters
    ----------
    goodput : float
        In the objective's unit, rounded up.
    exact : Fraction
        The same in milli-value.
    num_blocks : int
    """

    goodput: float
    exact: Fraction
    num_blocks: int


def clairvoyant_bound(
    instance: Instance, *, events: Events | None = None, horizon: float | None = None
) -> ClairvoyantBound:
    """Bound the goodput of every policy from above, certified.

    Parameters
    ----------
    instance : Instance
        Hosting `fluid`.
    events : Events, optional
        As for `run_online`, in the order of their times and without duplicates.
    horizon : float, optional
        As for `run_online`.

    Returns
    -------
    ClairvoyantBound

    Raises
    ------
    InputError
        If the events are not in order, or the horizon is not above 0.
    SizeLimitError
        If a template has more plans than plain enumeration lists.
    """
    events = events_of(instance) if events is None else events
    if np.any(np.diff(events.time_s) < 0) or len(np.unique(events.number)) < len(events):
        raise InputError(
            "the bound needs events as they happened", field="events", allowed="in the order of their times, each once"
        )
    horizon = usable_horizon(horizon, float(events.time_s.max(initial=0.0)))
    world = World(instance)
    arrival, leaving = _stays(world, events, horizon)
    total, number = 0, 0
    for begin, end, compiled, plans_of_template in _blocks(world, events, horizon):
        there = np.flatnonzero((arrival < end) & (leaving > begin))
        if not len(there):
            continue
        stay = np.minimum(leaving[there], end), np.maximum(arrival[there], begin)
        total += _block_bound(compiled, there, stay, (begin, end), plans_of_template)
        number += 1
    exact = Fraction(total, _UNITS_PER_S) / Fraction(str(horizon))
    goodput = float(exact / 1000)
    return ClairvoyantBound(
        goodput if Fraction(goodput) * 1000 >= exact else math.nextafter(goodput, math.inf), exact, number
    )


def _stays(world: World, events: Events, horizon: float) -> tuple[Float, Float]:
    """From when until when every query is there, infinite where it never comes or does not leave."""
    query = world.find(events.subject)
    arrival, leaving = np.full((2, len(world.query_names)), np.inf)
    come = np.flatnonzero((events.kind == ARRIVE) & (query >= 0))[::-1]
    arrival[query[come]] = events.time_s[come]  # the first of several is written last
    left = np.flatnonzero((events.kind == LEAVE) & (query >= 0))[::-1]
    left = left[events.time_s[left] >= arrival[query[left]]]
    leaving[query[left]] = events.time_s[left]
    return np.minimum(arrival, horizon), np.minimum(leaving, horizon)


def _blocks(
    world: World, events: Events, horizon: float
) -> Iterator[tuple[float, float, CompiledInstance, Callable[[int], PlanTable]]]:
    """Yield begin and end of every block, the instance of that time, and the plans of its templates."""
    changes = np.flatnonzero((events.kind >= RATE) & (events.time_s < horizon))
    cuts = np.unique([*np.linspace(0.0, horizon, _BLOCKS + 1).tolist(), *events.time_s[changes].tolist()])
    done, compiled, plans = 0, world.compiled, cache(FittingPlans(world.compiled))
    for begin, end in zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True):
        before = done
        while done < len(changes) and events.time_s[changes[done]] <= begin:
            _apply(world, events, int(changes[done]))
            done += 1
        if done > before:
            compiled = world.compiled
            plans = cache(FittingPlans(compiled))
        yield begin, end, compiled, plans


def _apply(world: World, events: Events, place: int) -> None:
    kind, subject, amount = int(events.kind[place]), str(events.subject[place]), float(events.amount[place])
    if kind == RATE:
        query = world.find([subject])
        if query[0] >= 0:
            world.change_rates(query, np.array([amount]))
    elif world.knows(kind, subject):
        world.change(kind, subject, amount)


def _block_bound(
    compiled: CompiledInstance,
    there: Int,
    stay: tuple[Float, Float],
    block: tuple[float, float],
    plans_of_template: Callable[[int], PlanTable],
) -> int:
    """Return a certified bound on the integral of the value over a block, milli-value x ms, rounded up.

    Parameters
    ----------
    compiled : CompiledInstance
    there : (n,) int64
        Queries that are there at some time of the block.
    stay : tuple of (n,) float64
        Until when, and from when on.
    block : tuple of float
        Begin and end, s.
    plans_of_template : callable
    """
    coarse, largest = 1, int(compiled.rows.capacity.max(initial=1))
    while largest * _units(block[1], block[0], coarse) >= _LARGEST:
        coarse *= 10
    until, since = (moment * (_UNITS_PER_S / coarse) for moment in stay)
    time = np.maximum(np.ceil(until) - np.floor(since), 0).astype(np.int64)
    some = of_queries(compiled, there)
    rows = Rows(compiled.rows.name, compiled.rows.capacity * _units(block[1], block[0], coarse))
    queries = replace(some.queries, count=some.queries.count * time)
    longer = replace(some, rows=rows, queries=queries)
    at_once = coupled_instance(some, "goodput")  # a plan has to fit into what there is at once, not in the whole block
    assert at_once is not None  # nothing stops it
    coupled = replace(at_once, source=longer, rows=rows, groups=replace(at_once.groups, count=queries.count))
    with ThreadExecutor(coupled, 1) as respond:
        *_, last = cutting_planes(coupled, respond)
    prices = last.best.prices
    certificate = certificate_of_prices(coupled.rows, prices.row, coupled.dearest(prices.row, 1.0))
    proved = certificate_bound(longer, certificate, plans_of_template=plans_of_template)
    # A certificate rounds down to a common divisor of the values; here copies are served for parts of a unit, too.
    return (int(proved) + int(np.gcd.reduce(longer.queries.value_milli))) * coarse


def _units(until: float, since: float, coarse: int) -> int:
    """Return how many units of time, of so many ms, something takes at most."""
    return max(0, math.ceil(until * _UNITS_PER_S / coarse) - math.floor(since * _UNITS_PER_S / coarse))
