"""The front door `explain`: why a query has no plan, is not served, or costs what it does."""

from __future__ import annotations

from os import PathLike
from typing import Final

import numpy as np
import pandas as pd

from sloplan.checking import check
from sloplan.explain_alone import explain_alone
from sloplan.explain_bill import USD_PER_HOUR, RelaxationError, explain_bill, least_cost
from sloplan.explain_service import Prices, explain_service, goodput_prices
from sloplan.explained import Explanation
from sloplan.loading import load
from sloplan.problem.compiling.lookup import indices_of
from sloplan.problem.cost_problem import goodput_floor, under_objective
from sloplan.problem.errors import InputError, UnsupportedError
from sloplan.problem.instance import Instance
from sloplan.problem.objective import COST, find_objective
from sloplan.problem.result import Result
from sloplan.problem.solution import Solution
from sloplan.problem.solution_index import index_solution
from sloplan.solving import solve

TIME_LIMIT: Final = 10.0
"""Seconds for a solution where none is given."""

METHOD: Final = "milp-plans"
"""What finds it; explaining lists plans too."""


def explain(
    instance: Instance | str | PathLike[str],
    query: str,
    solution: Solution | Result | None = None,
    objective: str | None = None,
    min_goodput: float = 1.0,
    time_limit: float = TIME_LIMIT,
) -> Explanation:
    """Explain what becomes of a query.

    Parameters
    ----------
    instance : Instance, str or path
        An instance, or what `load` takes.
    query : str
        Name of a query.
    solution : Solution or Result, optional
        Where it is served or not; a result's prices are used if it has any. Without one the instance is solved here.
    objective : str, optional
        "goodput" (default) or "cost"; a solution has its own, as has a result without one.
    min_goodput : float, optional
        Least goodput as a fraction of the servable value, for "cost" without a solution.
    time_limit : float, optional
        Seconds for solving where no solution is given.

    Returns
    -------
    Explanation
        `print` shows it, `to_json()` returns plain data.

    Raises
    ------
    InputError
        If there is no such query or objective, or the solution is not valid.
    SizeLimitError
        If there are too many plans to look at.
    """
    if not isinstance(query, str):
        raise InputError("not a name", field="query", value=query, allowed="the name of a query")
    problem = load(instance) if isinstance(instance, str | PathLike) else instance
    if not isinstance(problem, Instance):
        raise UnsupportedError("explain looks at queries of an instance; a plan selection has none")
    given = solution.solution if isinstance(solution, Result) else solution
    if given is not None and not isinstance(given, Solution):
        raise InputError("not a solution of an instance", field="solution", value=type(given).__name__)
    own = solution.objective_name if isinstance(solution, Result) else None
    goal = _goal(objective, own if given is None else given.objective)
    compiled = problem.compiled
    index = int(indices_of(compiled.names.queries, np.array([query], dtype=object))[0])
    if index < 0:
        raise InputError(
            "no such query",
            field="query",
            value=query,
            allowed=f"a query of {problem.name}, such as {compiled.names.queries[0]!r}",
        )
    costs = goal == COST.name
    whole = compiled.under_cost.all_rented if costs else compiled
    alone = explain_alone(whole, index, goal)
    if given is not None:
        violations = check(problem, given)
        if violations:
            raise InputError(f"the solution is not valid: {violations[0]}", field="solution")
    if not alone.feasible:
        return Explanation(problem.name, query, goal, alone)
    bill, floor_prices, no_bill = None, None, ""
    if costs:
        floor = goodput_floor(problem, min_goodput) if given is None else given.goodput_floor
        assert floor is not None  # a valid solution under cost states it
        try:
            least = least_cost(compiled, floor)
            if least is not None:
                floor_prices = Prices("the LP relaxation", least.prices, least.floor_price, True, USD_PER_HOUR, "USD/h")
                bill = explain_bill(compiled, index, floor, least)
        except RelaxationError as error:
            no_bill = str(error)
    source = "the solution given"
    of_rows = solution.prices if isinstance(solution, Result) else None
    if given is None:
        share = min_goodput if costs else 1.0
        result = solve(problem, METHOD, goal, time_limit=time_limit, display=False, min_goodput=share)
        source = f"solved here by {METHOD} within {time_limit:g} s: {result.status}"
        given = result.solution if isinstance(result.solution, Solution) else None
        of_rows = result.prices
    if given is None:
        return Explanation(problem.name, query, goal, alone, None, bill, no_bill)

    def prices() -> Prices:
        if costs:
            of_result = None if of_rows is None else _cost_prices(of_rows, given)
            return of_result or floor_prices or goodput_prices(compiled)
        if of_rows is None:
            return goodput_prices(compiled)
        return Prices("the result", of_rows.to_numpy(dtype=np.float64) * 1000, 1.0, False, 1e-3, "")

    chosen, _ = index_solution(problem, given)
    service = explain_service(under_objective(compiled, goal), whole, index, chosen, source, prices)
    return Explanation(problem.name, query, goal, alone, service, bill, no_bill)


def _cost_prices(of_rows: pd.Series, solution: Solution) -> Prices | None:
    """Return a result's prices under `cost`; None if its certificate does not tell the floor's price beside them."""
    nodes = {} if solution.certificate is None else solution.certificate
    if len(nodes.get("nodes", ())) != 1 or "goodput_price" not in nodes["nodes"][0]:
        return None
    of_floor = nodes["nodes"][0]["goodput_price"] / nodes["denominator"]
    rows = of_rows.to_numpy(dtype=np.float64) / USD_PER_HOUR
    return Prices("the result", rows, of_floor, True, USD_PER_HOUR, "USD/h")


def _goal(objective: str | None, own: str | None) -> str:
    """Objective asked about: that of the solution or result, if one is given."""
    if own is not None and objective is not None and objective != own:
        raise InputError("the solution is for another objective", field="objective", value=objective, allowed=own)
    name = find_objective(objective or own or "goodput").name
    return COST.name if name == "goodput-then-cost" else name
