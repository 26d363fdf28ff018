"""The objective `goodput-then-cost`: the greatest goodput first, then the least cost at it.

Both stages have the capacities of `cost`. Prices do not count in the first, so all units stand there that can be
rented: it is plain `goodput` on the instance with `max_units` for `units`. The second is `cost` with the first one's
value as its floor. A method that knows `goodput` and `cost` so has this objective too.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from sloplan.problem.cost_problem import UNIT_PREFIX
from sloplan.problem.errors import InputError, SloplanError
from sloplan.problem.fewest_units import fewest_units
from sloplan.problem.instance import Instance
from sloplan.problem.judging import judge_objective
from sloplan.problem.objective import COST, GOODPUT, GOODPUT_THEN_COST, Objective
from sloplan.problem.result import Result
from sloplan.problem.run import Run
from sloplan.problem.solution import Solution
from sloplan.problem.solution_index import index_solution
from sloplan.run_method import Limits, refuse_unsupported, run_method
from sloplan.versions import installed_versions

if TYPE_CHECKING:
    from sloplan.problem.judging import AnySolution
    from sloplan.problem.method import Method

FIRST_STAGE_SHARE: Final = 0.5
"""Part of the time limit that the first stage may take; what it leaves is the second one's."""


def solve_in_order(
    instance: Instance,
    method: Method,
    limits: Limits,
    initial_solution: AnySolution | None,
    options: dict[str, Any],
    *,
    display: bool,
) -> Result:
    """Find the greatest goodput, then the least cost at it.

    Parameters
    ----------
    instance : Instance
    method : Method
        Has to know "goodput" and "cost".
    limits : Limits
    initial_solution : Solution, optional
        Made for "goodput-then-cost".
    options : dict
        The method's own.
    display : bool
        Show progress lines on stderr if that is a terminal.

    Returns
    -------
    Result
        Its objective and bound are the second stage's: costs at the goodput that the first stage reached. It is
        "optimal" only if both stages are; `message` says what the first leaves open. The bound holds either way: at
        a greater goodput nothing is cheaper.

    Raises
    ------
    UnsupportedError
        If the method lacks one of the stages.
    InputError
        If the initial solution is not valid.
    """
    standing = all_units_standing(instance)
    refuse_unsupported(method, standing, GOODPUT)
    refuse_unsupported(method, instance, COST)
    given = None if initial_solution is None else _own(instance, initial_solution)
    first = Run(
        standing,
        initial_solution=None if given is None else _for_goodput(standing, given),
        **asdict(replace(limits, time_limit=_first_share(limits.time_limit))),
    )
    run_method(method, first, options, display=display)
    second = Run(instance, objective=COST, goodput_floor=first.best_objective, follows=first, **asdict(limits))
    if first.best_solution is not None:
        assert isinstance(first.best_solution, Solution)  # of an instance
        second.offer(rent_for(instance, standing, first.best_solution))
        if given is not None:
            second.offer(replace(given, objective=COST.name, goodput_floor=first.best_objective))
        second.initial_solution = second.best_solution
    if first.best_solution is None or first.limit in ("interrupted", "memory", "engine"):
        second.limit, second.message = first.limit, first.message  # what went wrong would go wrong again
    else:
        try:
            run_method(method, second, options, display=display)
        except SloplanError as error:  # the first stage's answer is not lost
            second.limit, second.message = "engine", f"method {method.name!r} stopped: {error}"
    return _of_both(first, Result.of(second, method=method.name, versions=installed_versions()))


def all_units_standing(instance: Instance) -> Instance:
    """Return an instance with all units standing that can be rented: `units` are `max_units` of reserved pools."""
    pools = instance.table("pools")
    rented = (pools["billing"] == "reserved") & (pools["scope"] == "shared") & pools["max_units"].notna()
    pools["units"] = pools["units"].mask(rented, pools["max_units"])
    return instance.replace(pools=pools)


def rent_for(instance: Instance, standing: Instance, served: Solution) -> Solution:
    """Return a solution that was found where all units stand as one of "cost": the fewest that carry it are rented.

    Parameters
    ----------
    instance : Instance
    standing : Instance
        Its `all_units_standing`.
    served : Solution
        A valid one of `standing`, for "goodput".

    Returns
    -------
    Solution
        Of `instance`; its goodput is its floor.
    """
    indexed, _ = index_solution(standing, served)
    units = fewest_units(standing.compiled, indexed)
    rented = np.flatnonzero(units)
    bill = pd.DataFrame({"supply": UNIT_PREFIX + standing.compiled.names.pools[rented], "amount": units[rented]})
    judged = judge_objective(standing, replace(served, bound=None))
    return replace(
        served,
        instance_sha256=instance.sha256,
        objective=COST.name,
        goodput_floor=judged.goodput,
        supply=pd.concat([served.supply, bill], ignore_index=True),
        bound=None,
        certificate=None,
    )


def as_start(instance: Instance, solution: Solution, objective: Objective) -> Solution:
    """Return a solution of another objective as one of this: under "cost" with the fewest units that carry it.

    Parameters
    ----------
    instance : Instance
    solution : Solution
        One that names another instance, or queries and options that this one does not have, stays as it is: whoever
        checks it says so.
    objective : Objective
        "goodput" or "cost".
    """
    own = solution.instance_sha256 == instance.sha256
    if solution.objective == objective.name or not own or index_solution(instance, solution)[1]:
        return solution
    if objective is GOODPUT:
        return replace(_for_goodput(instance, solution), bound=None, certificate=None)
    if solution.objective == GOODPUT_THEN_COST.name:
        return replace(solution, objective=COST.name, bound=None, certificate=None)
    standing = all_units_standing(instance)
    return rent_for(instance, standing, _for_goodput(standing, solution))


def _first_share(time_limit: float | None) -> float | None:
    return None if time_limit is None else FIRST_STAGE_SHARE * time_limit


def _own(instance: Instance, solution: AnySolution) -> Solution:
    """Refuse a start that is none of the instance: no stage would see that by its hash."""
    if isinstance(solution, Solution) and solution.instance_sha256 == instance.sha256:
        return replace(solution, bound=None, certificate=None)  # whatever they speak of, it is neither stage
    raise InputError(
        "the initial solution is not valid: it belongs to another instance",
        field="initial_solution",
        advice="leave it out to start without one",
    )


def _for_goodput(standing: Instance, solution: Solution) -> Solution:
    """Return a solution as one of the first stage: its plans and replicas, where all units stand."""
    supply = solution.supply[~solution.supply["supply"].str.startswith(UNIT_PREFIX)].reset_index(drop=True)
    return replace(solution, instance_sha256=standing.sha256, objective=GOODPUT.name, goodput_floor=None, supply=supply)


def _of_both(first: Run, result: Result) -> Result:
    """Return the second stage's result as that of both; it is optimal only if the first stage's goodput is."""
    solution = result.solution
    if isinstance(solution, Solution):
        solution = replace(solution, objective=GOODPUT_THEN_COST.name)
    both = replace(result, objective_name=GOODPUT_THEN_COST.name, solution=solution)
    if first.best_objective is None or first.best_objective == first.bound:
        return both
    most = "unknown" if first.bound is None else f"{GOODPUT.in_user_units(first.bound):,.6g}"
    open_end = f"the goodput is not proved to be the greatest: its bound is {most} {GOODPUT.label}"
    return replace(
        both,
        status="feasible" if both.status == "optimal" else both.status,
        limit=both.limit or first.limit,
        message=open_end if both.message is None else f"{both.message}; {open_end}",
    )
