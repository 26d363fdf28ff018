"""From what a method is given to a coupled problem, with everything compiled that is about to be used."""

from __future__ import annotations

import time
from dataclasses import fields, replace

import numpy as np

from sloplan.decomposition.assignment import Assignment
from sloplan.decomposition.coupled_problem import CoupledProblem, Groups, coupled_instance, coupled_selection
from sloplan.decomposition.fixing import bounded_survivors
from sloplan.decomposition.lagrangian import Prices, respond
from sloplan.decomposition.local_search import LocalSearch
from sloplan.decomposition.paying import compile_kernels as compile_paying
from sloplan.decomposition.recovery import compile_kernels as compile_recovery
from sloplan.decomposition.recovery import recover
from sloplan.pricing import plan_kernels
from sloplan.problem.compiled import CompiledInstance
from sloplan.problem.objective import COST, GOODPUT
from sloplan.problem.run import Run
from sloplan.problem.selections.selection import PlanSelection


def unsupported_objective(name: str, objective: str) -> str | None:
    """Say in one line why a decomposition method does not have an objective, or return None."""
    if objective in (GOODPUT.name, COST.name):
        return None
    return f"{name} does not have the objective {objective!r}; allowed: {GOODPUT.name}, {COST.name}"


def start(problem: CompiledInstance | PlanSelection, run: Run, *, sifted: bool = True) -> CoupledProblem | None:
    """Return a run's problem as a coupled one; None if there was no time to list its plans.

    Compiling the kernels is taken off the run's clock.

    Parameters
    ----------
    problem : CompiledInstance or PlanSelection
    run : Run
    sifted : bool
        Of an instance: leave out plans that others replace whatever follows.
    """
    if isinstance(problem, PlanSelection):
        coupled: CoupledProblem | None = coupled_selection(problem)
    else:
        run.report_compile_time(plan_kernels.compile_kernels(problem.queries))
        coupled = coupled_instance(
            problem,
            run.objective.name,
            run.goodput_floor,
            lambda _: run.should_stop(),
            threads=run.threads,
            sifted=sifted,
        )
    if coupled is not None:
        for searched in coupled.searched.values():
            searched.should_stop = run.should_stop
        run.report_compile_time(_compile_kernels(coupled))
    return coupled


def _compile_kernels(problem: CoupledProblem) -> float:
    """Run every kernel on the problem without its groups, and return the seconds that it took."""
    began = time.monotonic()
    nobody = Groups(**{field.name: getattr(problem.groups, field.name)[:0] for field in fields(Groups)})
    empty = replace(problem, groups=nobody, searched={}, floor=0)
    response = respond(empty, Prices(np.zeros(len(problem.rows)), 0.0))
    none = np.zeros(0, dtype=np.int64)
    recover(empty, response, seed=0)
    nothing = Assignment(none, none, none, np.zeros(len(problem.supplies), dtype=np.int64))
    LocalSearch(empty, nothing, response, seed=0).improve(1)
    bounded_survivors(response, 0.0, 1)
    compile_recovery()  # nobody is left to search for in the empty problem
    compile_paying()
    return time.monotonic() - began
