"""The checker: every rule of the planning problem, recomputed in exact integers.

It imports no model, no solver and no pricing. What it refuses is not a solution.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from sloplan.problem.compiled import Bool, CompiledInstance, Int
from sloplan.problem.cost_problem import under_objective
from sloplan.problem.evaluation import evaluate_plans, own_capacity
from sloplan.problem.exact_sums import Exact, exact_dot, exact_totals
from sloplan.problem.fewest_units import rented_units
from sloplan.problem.grouping import grouped
from sloplan.problem.objective import OBJECTIVES, find_objective
from sloplan.problem.solution import Solution
from sloplan.problem.solution_index import IndexedSolution, index_solution
from sloplan.problem.violation import Violation

if TYPE_CHECKING:
    from sloplan.problem.instance import Instance


@dataclass(frozen=True)
class Verdict:
    """What the checker computed.

    Parameters
    ----------
    violations : tuple of Violation
        Empty for a valid solution.
    value_milli : int, optional
        Goodput of a valid solution; None if there are violations.
    cost_pico : int, optional
        Deployment cost of a valid solution, 10^-12 USD/s: what its plans are billed, and the units that it rents; under
        "goodput", which rents none, the fewest that cover what it uses.
    objective : int, optional
        One of the two: base units of the objective that a valid solution was made for.
    """

    violations: tuple[Violation, ...]
    value_milli: int | None = None
    cost_pico: int | None = None
    objective: int | None = None


class _Totals:
    """What the plans of a solution add up to, in Python integers: sums may pass int64.

    Parameters
    ----------
    rows : int
        Number of coupling rows.

    Attributes
    ----------
    usage : (rows,) Python integers
    billed_pico : int
        Busy time on pools that are not rented, and traffic; 10^-12 USD/s.
    """

    def __init__(self, rows: int) -> None:
        self.usage: Exact = np.zeros(rows, dtype=object)
        self.billed_pico = 0


def check(instance: Instance, solution: Solution) -> list[Violation]:
    """Check a solution against the instance, and its certificate if it carries one.

    Parameters
    ----------
    instance : Instance
    solution : Solution

    Returns
    -------
    list of Violation
        Empty if the solution is valid.
    """
    return list(judge(instance, solution).violations)


def judge(instance: Instance, solution: Solution) -> Verdict:
    """Check a solution, with its certificate if it carries one, and compute its goodput and cost.

    Parameters
    ----------
    instance : Instance
    solution : Solution

    Returns
    -------
    Verdict

    Raises
    ------
    InputError
        If a table of the solution is not in its stored form: see `Solution`.
    """
    from sloplan.problem.certificates.verification import verify_certificate

    verdict = judge_plans(instance, solution)
    if verdict.violations or solution.certificate is None:
        return verdict
    violations = verify_certificate(
        instance, solution.certificate, solution.bound, goodput_floor=solution.goodput_floor
    )
    return Verdict(tuple(violations)) if violations else verdict


def judge_plans(instance: Instance, solution: Solution) -> Verdict:
    """Check all of a solution but its certificate, and compute its goodput and cost.

    Parameters
    ----------
    instance : Instance
    solution : Solution

    Returns
    -------
    Verdict
    """
    solution = replace(solution)  # its tables can be changed in place: see that they still have their stored form
    if solution.instance_sha256 != instance.sha256:
        wrong = Violation("instance", "solution", "belongs to another instance (content hashes differ)")
        return Verdict((wrong,))
    if solution.objective not in OBJECTIVES:
        wrong = Violation("objective", "solution", f"was made for {solution.objective!r}, which is no objective")
        return Verdict((wrong,))
    compiled = under_objective(instance.compiled, solution.objective)
    indexed, violations = index_solution(instance, solution)
    violations += _copies(compiled, indexed)
    totals = _Totals(len(compiled.rows))
    application = compiled.templates.application[compiled.queries.template[indexed.query]]
    for _, member in grouped(application):
        violations += _plans(compiled, member, indexed, totals)
    violations += _supply(compiled, indexed)
    violations += _rows(compiled, indexed, totals.usage)
    value = exact_dot(compiled.queries.value_milli[indexed.query], indexed.count)
    violations += _goodput_floor(solution, value)
    if violations:
        return Verdict(tuple(violations))
    if solution.objective == "goodput":
        units = rented_units(compiled, totals.usage.astype(np.int64), indexed.supply)  # within capacity: it fits
        cost = totals.billed_pico + exact_dot(compiled.pools.unit_price_pico, units)
        verdict = Verdict((), value, cost, objective=value)
    else:
        cost = totals.billed_pico + exact_dot(instance.compiled.under_cost.supply_price, indexed.supply)
        verdict = Verdict((), value, cost, objective=cost)
    wrong_bound = list(_bound(solution, verdict))
    return Verdict(tuple(wrong_bound)) if wrong_bound else verdict


def _goodput_floor(solution: Solution, value: int) -> Iterator[Violation]:
    """Under the cost objectives a floor is stated and reached; under goodput there is none."""
    floor = solution.goodput_floor
    if solution.objective == "goodput":
        if floor is not None:
            message = "is stated, which the objective 'goodput' does not have"
            yield Violation("goodput_floor", "goodput floor", message, amount=floor)
    elif floor is None:
        message = f"states no goodput floor, which the objective {solution.objective!r} needs"
        yield Violation("goodput_floor", "solution", message)
    elif floor < 0:
        yield Violation("goodput_floor", "goodput floor", "is negative", amount=floor, limit=0)
    elif value < floor:
        yield Violation("goodput_floor", "goodput", "is below the goodput floor", amount=value, limit=floor)


def _bound(solution: Solution, verdict: Verdict) -> Iterator[Violation]:
    """The stored bound is on the optimistic side of the solution's own objective."""
    reached, bound = verdict.objective, solution.bound
    assert reached is not None  # the solution is valid
    if bound is not None and find_objective(solution.objective).contradicts(reached, bound):
        side = "below the value" if solution.objective == "goodput" else "above the cost"
        yield Violation("bound", "stored bound", f"is {side} of the solution itself", amount=bound, limit=reached)


def _copies(compiled: CompiledInstance, indexed: IndexedSolution) -> Iterator[Violation]:
    """At most `count` copies of a query are served."""
    served = np.zeros(len(compiled.names.queries), dtype=object)
    np.add.at(served, indexed.query, indexed.count.astype(object))
    for query in np.flatnonzero(served > compiled.queries.count):
        yield Violation(
            "count",
            f"query {compiled.names.queries[query]!r}",
            "more copies served than there are",
            amount=int(served[query]),
            limit=int(compiled.queries.count[query]),
        )


def _plans(compiled: CompiledInstance, member: Int, indexed: IndexedSolution, totals: _Totals) -> Iterator[Violation]:
    """Own rules of the plans `member`, of one application; adds their usage and bill to `totals`."""
    queries, query = compiled.queries, indexed.query[member]
    template = queries.template[query]
    operators = len(compiled.applications[compiled.templates.application[template[0]]].operators)
    figures = evaluate_plans(compiled, template, indexed.choices[member, :operators])
    rate = queries.rate_milli[query]
    plan = indexed.plan[member]

    def broken(rule: str, message: str, wrong: Bool, amount: Int | None, limit: Int | None) -> Iterator[Violation]:
        for i in np.flatnonzero(wrong):
            yield Violation(
                rule,
                f"plan {plan[i]} of query {compiled.names.queries[query[i]]!r}",
                message,
                amount=None if amount is None else int(amount[i]),
                limit=None if limit is None else int(limit[i]),
            )

    yield from broken("ownership", "uses a pool or place of another query's source", ~figures.owned, None, None)
    yield from broken("compatibility", "combines configurations that do not fit", ~figures.compatible, None, None)
    yield from broken("route", "needs a transfer without a route", ~figures.routed, None, None)
    placed = figures.placeable
    for rule, message, amount, limit in (
        ("latency", "exceeds its latency SLO (us)", figures.latency_us, queries.slo_latency_us[query]),
        ("accuracy", "misses its accuracy SLO (nano-nats)", figures.accuracy_nano_nats, queries.slo_accuracy[query]),
        ("cost", "exceeds its cost SLO (nano-USD per request)", figures.cost_nano, queries.slo_cost_nano[query]),
        ("min_rate", "needs a larger rate (milli-requests/s)", figures.min_rate_milli, rate),
    ):
        yield from broken(rule, message, placed & (amount > limit), amount, limit)

    entry_plan, resource = figures.own_load.row_of_entry, figures.own_load.column
    load = rate[entry_plan] * figures.own_load.amount
    capacity = own_capacity(compiled)[resource]
    for entry in np.flatnonzero((load > capacity) & placed[entry_plan]):
        is_pool = resource[entry] < len(compiled.names.pools)
        names = compiled.names.pools if is_pool else compiled.names.links
        place = names[resource[entry] - (0 if is_pool else len(compiled.names.pools))]
        yield Violation(
            "own_pool" if is_pool else "own_link",
            f"plan {plan[entry_plan[entry]]} of query {compiled.names.queries[query[entry_plan[entry]]]!r}",
            f"overloads its own {'pool' if is_pool else 'link'} {place!r}",
            amount=int(load[entry]),
            limit=int(capacity[entry]),
        )

    used = placed[figures.usage.row_of_entry]
    users = figures.usage.row_of_entry[used]
    load, count = rate[users] * figures.usage.amount[used], indexed.count[member]
    totals.usage += exact_totals(figures.usage.column[used], load, count[users], len(totals.usage))
    totals.billed_pico += exact_dot((rate * figures.billed_cost_nano)[placed], count[placed])


def _supply(compiled: CompiledInstance, indexed: IndexedSolution) -> Iterator[Violation]:
    """Replicas and rented units stay within their maximum."""
    for supply in np.flatnonzero((indexed.supply > compiled.supplies.maximum) | (indexed.supply < 0)):
        yield Violation(
            "supply",
            f"supply {compiled.supplies.name[supply]!r}",
            "outside 0 to its maximum",
            amount=int(indexed.supply[supply]),
            limit=int(compiled.supplies.maximum[supply]),
        )


def _rows(compiled: CompiledInstance, indexed: IndexedSolution, usage: Exact) -> Iterator[Violation]:
    """Usage of every shared row stays within its capacity and what supply brings."""
    rows, brought = compiled.rows, compiled.supplies.brought
    supplied = exact_totals(brought.column, brought.amount, indexed.supply[brought.row_of_entry], len(rows))
    limit = rows.capacity + supplied
    for row in np.flatnonzero(usage > limit):
        message = "more is used than there is"
        yield Violation("capacity", f"row {rows.name[row]!r}", message, amount=int(usage[row]), limit=int(limit[row]))
