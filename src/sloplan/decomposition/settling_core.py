"""What survives fixing, given to the engine that settles it soonest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from sloplan.decomposition.core_problem import solve_core
from sloplan.decomposition.fixing import bounded_survivors, loss_allowed
from sloplan.decomposition.given_start import given_start
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

CERTIFYING_SHARE: Final = 0.2
"""Part of the time left that may go into the verification of the root's bound."""

_MOST_PAIRS: Final = 30_000
"""A core problem of more pairs is out of an engine's reach as it is."""

_MOST_ENTRIES: Final = 200_000
"""So is one whose pairs use more rows in all. HiGHS, with 400,000, went on for ten seconds after its time was up."""

_FEW_PAIRS: Final = 600
"""Small cores are settled soonest pair by pair, larger ones operator by operator (docs/core-problem.md)."""

_EFFORT: Final = 1.0
"""Work that CP-SAT may put into pairs, about seconds, before others try: it settles them soon, or not for long."""

_LEAST_EFFORT: Final = 0.6
_EFFORT_PER_PAIR: Final = 1e-3
"""Likewise, into the compact model: what it needs where it ends at all grows with the core."""


def settle_core(pursuit: Pursuit, run: Run, response: Response, patterns: PatternSolving | None = None) -> bool:
    """Solve what survives, if there is little enough.

    Small cores go to CP-SAT on their pairs first, which settles some at once. If it does not, the bound of the prices
    is certified before more time is spent. What is left of a small instance goes to its models, which start from the
    best answer: single copies to the compact ones of the options that survive, counted ones to listed plans where these
    can be listed, all up to `COPY_LIMIT` queries. Other cores go to HiGHS on their pairs.

    Parameters
    ----------
    pursuit : Pursuit
    run : Run
    response : Response
        At good prices.
    patterns : PatternSolving, optional
        Prices of groups, by which more may be left out.

    Returns
    -------
    bool
        Whether the bound of the prices was to be certified on the way.
    """
    if pursuit.best is None or pursuit.is_settled or pursuit.time_is_up():
        return False
    core = None if pursuit.problem.searched else _within_reach(pursuit, response)
    if core is not None and patterns is not None:
        assert pursuit.worth is not None
        core = patterns.narrowed(core, pursuit.worth + 1)
    if core is not None and len(core) <= _FEW_PAIRS:
        _solve_pairs(pursuit, run, core, "cp", _EFFORT)
        pursuit.settle()
    if pursuit.is_settled or pursuit.time_is_up():
        return False
    pursuit.certify(response, CERTIFYING_SHARE * run.remaining())  # a proof may take all time
    count = pursuit.problem.groups.count
    if not isinstance(pursuit.problem.source, CompiledInstance) or len(count) > COPY_LIMIT:
        if core is not None:
            _solve_pairs(pursuit, run, core, "highs")
    elif count.max(initial=0) <= 1 or (pursuit.problem.searched and count.sum() <= COPY_LIMIT):
        _solve_copies(pursuit, run, core)
    elif not pursuit.problem.searched and len(pursuit.problem.open_plans(np.arange(len(count)))[0]) <= LISTED_LIMIT:
        PlansMilp().solve(pursuit.problem.source, run, in_process=True)
    return True


def _within_reach(pursuit: Pursuit, response: Response) -> Survivors | None:
    """Return the core, None if there is too much of it."""
    assert pursuit.worth is not None
    allowed = loss_allowed(response, pursuit.worth + 1)
    core, lost = bounded_survivors(response, allowed, _MOST_PAIRS)
    entries = np.diff(pursuit.problem.plans.usage.start)[core.pairs.plan].sum()
    return None if lost < allowed or entries > _MOST_ENTRIES else core


def _solve_pairs(pursuit: Pursuit, run: Run, core: Survivors, engine: Engine, effort: float | None = None) -> None:
    answer = solve_core(
        pursuit.problem,
        core,
        seconds=run.remaining() - pursuit.check_time,
        start=pursuit.best,
        engine=engine,
        effort=effort,
        seed=run.seed,
        threads=run.threads,
        on_better=pursuit.take,
        should_stop=pursuit.time_is_up,
    )
    pursuit.take(answer.best)
    if answer.bound is not None:
        pursuit.core_bound(answer.bound)


def _solve_copies(pursuit: Pursuit, run: Run, core: Survivors | None) -> None:
    """Solve the compact MILP, after CP-SAT has put an effort that grows with the core into the model of its own.

    Not where cost is sought, which it seldom settles (docs/benchmarks, conformance), nor where the core is too large.
    """
    pursuit.settle()
    here, of_core = EngineOptions(in_process=True), None
    if core is not None and isinstance(run.best_solution, Solution):
        of_core = _options_of(pursuit, core, run.problem, run.best_solution)
    if core is not None and not pursuit.problem.is_cost:
        effort = max(_LEAST_EFFORT, _EFFORT_PER_PAIR * len(core))
        run_job(run_compact_cp_job, run, engine="CP-SAT", limit=COPY_LIMIT, options=here, effort=effort, core=of_core)
    if not pursuit.is_settled and not pursuit.time_is_up():
        run_job(run_compact_job, run, engine="HiGHS", limit=COPY_LIMIT, options=here, core=of_core)
    pursuit.take(given_start(pursuit.problem, run))  # what the models have found the run knows first


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
