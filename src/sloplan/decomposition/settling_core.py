"""What survives fixing, given to the engine that settles it soonest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from sloplan.decomposition.fixing import bounded_survivors, loss_allowed
from sloplan.decomposition.pursuing import MOST_ENTRIES, num_entries, put_together
from sloplan.models.copies import COPY_LIMIT
from sloplan.problem.compiled import Bool, CompiledInstance
from sloplan.problem.instance import Instance
from sloplan.problem.selections.from_instance import LISTED_LIMIT
from sloplan.problem.solution import Solution
from sloplan.problem.solution_index import index_solution
from sloplan.solvers.cp import run_compact_cp_job
from sloplan.solvers.engine_options import EngineOptions
from sloplan.solvers.job import Problem
from sloplan.solvers.milp import run_compact_job
from sloplan.solvers.milp_plans import PlansMilp
from sloplan.solvers.supervisor import run_job

if TYPE_CHECKING:
    from sloplan.decomposition.core_problem import Engine
    from sloplan.decomposition.fixing import Survivors
    from sloplan.decomposition.lagrangian import Response
    from sloplan.decomposition.pattern_solving import PatternSolving
    from sloplan.decomposition.pursuit import Pursuit
    from sloplan.problem.run import Run

_MOST_PAIRS: Final = 30_000
"""A core problem of more pairs is out of an engine's reach as it is."""

_FEW_PAIRS: Final = 600
"""Small cores are settled soonest pair by pair, larger ones operator by operator (docs/core-problem.md)."""

_EFFORT: Final = 1.0
"""Work that CP-SAT may put into pairs, about seconds, before others try: it settles them soon, or not for long."""

_LEAST_EFFORT: Final = 0.6
_EFFORT_PER_PAIR: Final = 1e-3
"""Likewise, into the compact model: what it needs where it ends at all grows with the core."""


def core_within_reach(pursuit: Pursuit, response: Response, patterns: PatternSolving | None = None) -> Survivors | None:
    """Return what survives, None if that is too much for an engine, or there is nothing to hold it against.

    Parameters
    ----------
    pursuit : Pursuit
    response : Response
        At good prices.
    patterns : PatternSolving, optional
        Prices of groups, by which more may be left out.
    """
    if pursuit.worth is None or pursuit.problem.searched or pursuit.is_settled:
        return None
    allowed = loss_allowed(response, pursuit.worth + 1)
    core, lost = bounded_survivors(response, allowed, _MOST_PAIRS)
    if lost < allowed or num_entries(pursuit.problem, core) > MOST_ENTRIES:
        return None
    return core if patterns is None else patterns.narrowed(core, pursuit.worth + 1)


def settle_few_pairs(pursuit: Pursuit, run: Run, core: Survivors | None) -> None:
    """Let CP-SAT try a small core pair by pair: it settles some at once.

    Parameters
    ----------
    pursuit : Pursuit
    run : Run
    core : Survivors, optional
    """
    if core is not None and len(core) <= _FEW_PAIRS and not pursuit.time_is_up():
        _solve_pairs(pursuit, run, core, "cp", _EFFORT)


def settle_by_models(pursuit: Pursuit, run: Run, core: Survivors | None) -> None:
    """Solve a small instance by its models from the best answer on, any other core by HiGHS on its pairs.

    Single copies go to the compact models of the options that survive, counted ones to listed plans where these can be
    listed, all up to `COPY_LIMIT` queries.

    Parameters
    ----------
    pursuit : Pursuit
    run : Run
    core : Survivors, optional
        None if it is out of reach: then models have all options.
    """
    if pursuit.best is None or pursuit.is_settled or pursuit.time_is_up():
        return
    problem, count = pursuit.problem, pursuit.problem.groups.count
    if not isinstance(problem.source, CompiledInstance) or len(count) > COPY_LIMIT:
        if core is not None:
            _solve_pairs(pursuit, run, core, "highs")
    elif count.max(initial=0) <= 1 or (problem.searched and count.sum() <= COPY_LIMIT):
        _solve_copies(pursuit, run, core)
    elif not problem.searched and len(problem.open_plans(np.arange(len(count)))[0]) <= LISTED_LIMIT:
        PlansMilp().solve(problem.source, run, in_process=True)
    pursuit.catch_up()


def _solve_pairs(pursuit: Pursuit, run: Run, core: Survivors, engine: Engine, effort: float | None = None) -> None:
    answer = put_together(pursuit, run, core, run.remaining() - pursuit.check_time, engine, effort)
    if answer.bound is not None:
        pursuit.core_bound(answer.bound)


def _solve_copies(pursuit: Pursuit, run: Run, core: Survivors | None) -> None:
    """Solve the compact MILP, after CP-SAT has put an effort that grows with the core into the model of its own.

    Not where cost is sought, which it seldom settles (docs/benchmarks, conformance), nor where the core is too large.
    """
    here, of_core = EngineOptions(in_process=True), None
    if core is not None and pursuit.is_accepted and isinstance(run.best_solution, Solution):
        of_core = _options_of(pursuit, core, run.problem, run.best_solution)
    if core is not None and not pursuit.problem.is_cost:
        effort = max(_LEAST_EFFORT, _EFFORT_PER_PAIR * len(core))
        run_job(run_compact_cp_job, run, engine="CP-SAT", limit=COPY_LIMIT, options=here, effort=effort, core=of_core)
    if not pursuit.is_settled and not pursuit.time_is_up():
        run_job(run_compact_job, run, engine="HiGHS", limit=COPY_LIMIT, options=here, core=of_core)


def _options_of(pursuit: Pursuit, core: Survivors, instance: Problem, known: Solution) -> Bool:
    """Return what each query chooses in plans that survive, and in the best answer known; (queries, options) bool."""
    problem, source = pursuit.problem, pursuit.problem.source
    assert isinstance(source, CompiledInstance)
    assert isinstance(instance, Instance)
    best, _ = index_solution(instance, known)
    query = np.concatenate([core.pairs.group, best.query])
    choices = np.concatenate([problem.choices[core.pairs.plan], best.choices])
    place, position = np.nonzero(choices >= 0)
    is_open = np.zeros((len(problem.groups), len(source.options.configuration)), dtype=np.bool_)
    is_open[query[place], choices[place, position]] = True
    return is_open
