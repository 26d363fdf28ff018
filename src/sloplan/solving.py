"""The front door `solve`: from an instance and a method's name to a checked result."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, replace
from numbers import Integral, Real
from os import PathLike
from typing import Any, Final

from sloplan.choosing import AutomaticChoice, choose_method
from sloplan.lexicographic import as_start, solve_in_order
from sloplan.loading import load
from sloplan.problem.cost_problem import goodput_floor
from sloplan.problem.errors import InputError
from sloplan.problem.instance import Instance
from sloplan.problem.judging import selection_objective
from sloplan.problem.objective import COST, GOODPUT, GOODPUT_THEN_COST, Objective, find_objective
from sloplan.problem.registry import find_method, refuse_unusable_options
from sloplan.problem.result import Result
from sloplan.problem.run import Run
from sloplan.problem.selections.selection import PlanSelection
from sloplan.problem.selections.solution import SelectionSolution
from sloplan.problem.solution import Solution
from sloplan.run_method import Limits, refuse_unsupported, run_method
from sloplan.versions import installed_versions

_LARGEST_WHOLE: Final = 2**31 - 1  # what every engine takes


def solve(
    instance: Instance | PlanSelection | str | PathLike[str],
    method: str = "auto",
    objective: str = "goodput",
    time_limit: float | None = None,
    rel_gap: float | None = None,
    seed: int = 0,
    threads: int = 2,
    initial_solution: Solution | SelectionSolution | None = None,
    display: bool = True,
    min_goodput: float = 1.0,
    **options: Any,
) -> Result:
    """Solve an instance or a plan selection.

    Parameters
    ----------
    instance : Instance, PlanSelection, str or path
        What is solved, or what `load` takes: a library name, a family spec or a path.
    method : str, optional
        A method of `sloplan methods`; "auto" picks one, named in the result with the reason.
    objective : str, optional
        "goodput": the greatest value of the copies served with all their SLOs met. "cost": the least deployment cost
        with a goodput of at least `min_goodput`. "goodput-then-cost": the least cost at the greatest goodput that all
        rentable units allow; half of the time at most goes into finding that. A plan selection has an objective of its
        own, which nothing else may be asked of.
    time_limit : float, optional
        Seconds, above 0; kernel compilation does not count.
    rel_gap : float, optional
        Stop at this relative gap; None stands for 0.
    seed : int, optional
        At least 0. With one thread and no time limit the same seed gives the same result.
    threads : int, optional
        Most threads to use.
    initial_solution : Solution or SelectionSolution, optional
        A valid solution to start from; the result is never worse. One of another objective will do: its plans count,
        and under "cost" the fewest units that carry them. Its bound counts if it carries
        a certificate that can be verified within a tenth of the time limit.
    display : bool, optional
        Show a progress line on stderr if that is a terminal.
    min_goodput : float, optional
        Least goodput as a fraction of the servable value, in [0, 1]; for the objective "cost".
    **options
        The method's own options; unknown ones are refused, so with "auto" name the method instead.

    Returns
    -------
    Result
        Also when nothing was found, or when the run was interrupted (Ctrl-C) or its method
        failed: then with the best solution until there, and with what went wrong as its message.

    Raises
    ------
    InputError
        If the instance or an argument is unusable.
    UnsupportedError
        If the method cannot solve this problem or objective.
    SizeLimitError
        If a stated size limit of the method would be passed.
    """
    goal = find_objective(objective)
    _check_arguments(time_limit, rel_gap, seed, threads, min_goodput, initial_solution)
    problem = instance if isinstance(instance, Instance | PlanSelection) else load(instance)
    picked = choose_method(problem) if method == "auto" else AutomaticChoice(method, None)
    chosen = find_method(picked.method)
    refuse_unusable_options(chosen, options)
    _refuse_min_goodput(goal, min_goodput)
    if isinstance(problem, PlanSelection):
        goal = _own_objective(problem, goal)
    limits = Limits(
        seed=int(seed),  # numpy's numbers are welcome, and a result holds plain ones
        threads=int(threads),
        time_limit=None if time_limit is None else float(time_limit),
        rel_gap=None if rel_gap is None else float(rel_gap),
    )
    if goal is GOODPUT_THEN_COST:
        assert isinstance(problem, Instance)  # a plan selection has one objective
        both = solve_in_order(problem, chosen, limits, initial_solution, options, display=display)
        return replace(both, method_reason=picked.reason)
    refuse_unsupported(chosen, problem, goal)
    if isinstance(problem, Instance) and isinstance(initial_solution, Solution):
        initial_solution = as_start(problem, initial_solution, goal)
    run = Run(problem, objective=goal, initial_solution=initial_solution, **asdict(limits))
    if isinstance(problem, Instance) and goal is not GOODPUT:
        run.goodput_floor = goodput_floor(problem, float(min_goodput))  # lists plans: on the run's clock
    run_method(chosen, run, options, display=display)
    return Result.of(run, method=picked.method, method_reason=picked.reason, versions=installed_versions())


def _own_objective(selection: PlanSelection, asked: Objective) -> Objective:
    """Return the objective of a plan selection; goodput, the default, is not held against it."""
    own = selection_objective(selection)
    if asked.name not in (GOODPUT.name, own.name):
        raise InputError(
            "the plan selection has another objective", field="objective", value=asked.name, allowed=own.name
        )
    return own


def _check_arguments(
    time_limit: float | None,
    rel_gap: float | None,
    seed: int,
    threads: int,
    min_goodput: float,
    initial_solution: Solution | SelectionSolution | None,
) -> None:
    if time_limit is not None:
        _check_number("time_limit", time_limit, allowed="seconds above 0", valid=lambda x: x > 0)
    if rel_gap is not None:
        _check_number("rel_gap", rel_gap, allowed="a number of at least 0", valid=lambda x: 0 <= x < math.inf)
    _check_number("min_goodput", min_goodput, allowed="a fraction from 0 to 1", valid=lambda x: 0 <= x <= 1)
    _check_whole("seed", seed, least=0)
    _check_whole("threads", threads, least=1)
    if initial_solution is not None and not isinstance(initial_solution, Solution | SelectionSolution):
        raise InputError(
            "not a solution",
            field="initial_solution",
            value=initial_solution,
            allowed="a Solution, or of a plan selection a SelectionSolution",
            advice="read a file with its class's load",
        )


def _check_number(field: str, value: object, *, allowed: str, valid: Callable[[Any], bool]) -> None:
    # NaN fails every comparison, so `valid` refuses it too.
    if isinstance(value, bool) or not isinstance(value, Real) or not valid(value):
        raise InputError("unusable value", field=field, value=value, allowed=allowed)


def _check_whole(field: str, value: object, *, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, Integral) or not least <= int(value) <= _LARGEST_WHOLE:
        allowed = f"a whole number from {least} to {_LARGEST_WHOLE}"
        raise InputError("unusable value", field=field, value=value, allowed=allowed)


def _refuse_min_goodput(goal: Objective, min_goodput: float) -> None:
    if min_goodput != 1.0 and goal is not COST:
        raise InputError(
            "belongs to the objective 'cost'",
            field="min_goodput",
            value=min_goodput,
            advice=f"leave it out for {goal.name}",
        )
