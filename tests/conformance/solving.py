"""Solves a random instance by one method or by all, and sees that whatever comes back is valid for both checkers."""

from __future__ import annotations

from typing import Any

import sloplan
from sloplan.problem.instance import Instance
from sloplan.problem.result import Result
from tests.conformance.brute_force import TinyInstance
from tests.conformance.brute_force_check import Assignment, PlannedCopies, bill_pico, brute_force_check

IN_PROCESS: dict[str, Any] = {"in_process": True}  # starting a process takes seconds
ENGINES = {"milp": IN_PROCESS, "milp-plans": IN_PROCESS, "cp": IN_PROCESS}
"""Exact methods with an engine, and the options that they are tested with."""

EXACT: dict[str, Any] = {**ENGINES, "branch-and-price": {}}
"""Exact methods for instances of more than a few combinations."""

METHODS = {**EXACT, "exhaustive": {}}
"""All exact methods."""

Proved = tuple[str, int | None, int | None]
"""Status, exact objective and exact bound."""


def solved(instance: Instance, plain: TinyInstance, method: str, objective: str = "goodput", **more: Any) -> Result:
    """Solve with one thread; nothing went wrong, and what is reported of a solution is what it is.

    Parameters
    ----------
    instance, plain : Instance, TinyInstance
        The same, as the toolkit and as brute force read it.
    method, objective : str
    more
        Further arguments of `sloplan.solve`, in place of the usual ones.
    """
    asked = {"display": False, "threads": 1, **METHODS.get(method, {}), **more}
    result = sloplan.solve(instance, method, objective, **asked)
    shown = f"{method}, {objective}\n{instance.name}"
    assert result.message is None, shown
    if result.solution is None:
        assert result.exact.objective is None, shown
        return result
    assert sloplan.check(instance, result.solution) == [], shown
    found = assignment_of(result)
    assert brute_force_check(plain, found) == set(), shown
    value = sum(plan.count * plain.queries[plan.query].value_milli for plan in found.plans)
    reached = value if objective == "goodput" else bill_pico(plain, found)
    assert (result.exact.goodput, result.exact.objective) == (value, reached), shown
    return result


def assignment_of(result: Result) -> Assignment:
    """Return a result's solution in plain form, read from its tables alone."""
    assert result.solution is not None
    options: dict[int, list[tuple[str, tuple[str, str, str]]]] = {}
    for row in result.solution.options.to_dict("records"):
        choice = (row["configuration"], row["pool"], row["allocation"])
        options.setdefault(row["plan"], []).append((row["operator"], choice))
    plans = result.solution.plans.to_dict("records")
    return Assignment(
        [PlannedCopies(row["query"], row["count"], options[plan]) for plan, row in enumerate(plans)],
        [(row["supply"], row["amount"]) for row in result.solution.supply.to_dict("records")],
        result.solution.goodput_floor,
    )


def proved(result: Result) -> Proved:
    """Return what a result says of the optimum."""
    return result.status, result.exact.objective, result.exact.bound
