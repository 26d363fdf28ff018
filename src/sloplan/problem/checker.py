"""The checker: every rule of the planning problem, recomputed in exact integers.

It imports no model, no solver and no pricing. What it refuses is not a solution.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from sloplan.problem.compiled import Bool, CompiledInstance, Int
from sloplan.problem.evaluation import evaluate_plans, own_capacity
from sloplan.problem.exact_sums import Exact, exact_dot, exact_totals
from sloplan.problem.grouping import grouped
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
    """

    violations: tuple[Violation, ...]
    value_milli: int | None


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
    """Check a solution, with its certificate if it carries one, and compute its goodput.

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
    violations = verify_certificate(instance, solution.certificate, solution.bound)
    return Verdict(tuple(violations), None) if violations else verdict


def judge_plans(instance: Instance, solution: Solution) -> Verdict:
    """Check all of a solution but its certificate, and compute its goodput.

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
        return Verdict((wrong,), None)
    compiled = instance.compiled
    if solution.objective != "goodput":
        wrong = Violation("objective", "solution", f"was made for {solution.objective!r}, which cannot be checked yet")
        return Verdict((wrong,), None)
    indexed, violations = index_solution(instance, solution)
    violations += _copies(compiled, indexed)
    usage = np.zeros(len(compiled.rows), dtype=object)  # Python integers: sums may pass int64
    application = compiled.templates.application[compiled.queries.template[indexed.query]]
    for _, member in grouped(application):
        violations += _plans(compiled, member, indexed, usage)
    violations += _supply(compiled, indexed)
    violations += _rows(compiled, indexed, usage)
    if violations:
        return Verdict(tuple(violations), None)
    value = exact_dot(compiled.queries.value_milli[indexed.query], indexed.count)
    if solution.bound is not None and solution.bound < value:
        message = "is below the value of the solution itself"
        return Verdict((Violation("bound", "stored bound", message, amount=solution.bound, limit=value),), None)
    return Verdict((), value)


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


def _plans(compiled: CompiledInstance, member: Int, indexed: IndexedSolution, usage: Exact) -> Iterator[Violation]:
    """Own rules of the plans `member`, of one application; adds their usage to `usage`."""
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
    load = rate[users] * figures.usage.amount[used]
    usage += exact_totals(figures.usage.column[used], load, indexed.count[member][users], len(usage))


def _supply(compiled: CompiledInstance, indexed: IndexedSolution) -> Iterator[Violation]:
    """Replicas stay within their deployment's maximum."""
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
