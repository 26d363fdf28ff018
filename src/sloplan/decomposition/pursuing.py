"""What decomposition methods do in the same way: follow prices to the best bound, and improve what comes of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from sloplan.decomposition.coordination import Step
from sloplan.decomposition.core_problem import CoreAnswer, Engine, solve_core
from sloplan.decomposition.coupled_problem import CoupledProblem
from sloplan.decomposition.fixing import Survivors, bounded_survivors, loss_allowed
from sloplan.decomposition.fractional import Fractional
from sloplan.decomposition.lagrangian import Response
from sloplan.decomposition.local_search import LocalSearch
from sloplan.decomposition.neighbourhoods import neighbourhood_steps
from sloplan.decomposition.pursuit import Pursuit
from sloplan.decomposition.recovery import recover
from sloplan.decomposition.rounding import rounding_core
from sloplan.decomposition.tightening import Tightening
from sloplan.problem.run import Run

_STEPS_PER_RECOVERY: Final = 10

_STALLED_AFTER: Final = 200
_STALLED_SHARE: Final = 1e-3
"""Prices stall if after so many steps the second half of all has closed less than this share of the gap that is left:
with whole replicas, prices of deployments go on so for thousands of steps."""

_GROUPS_WORTH_A_THREAD: Final = 5000

_FIRST_PAIRS: Final = 5000
"""Of the first core problem, where any answer at all is looked for."""

MOST_ENTRIES: Final = 200_000
"""Entries of a core's pairs in rows that an engine may get. With 400,000 HiGHS went on for ten seconds after its time
was up."""

_SEARCH_ROUNDS: Final = 40
"""Rounds of local search without a better answer, after which neighbourhoods are put together anew."""

_ROUNDING_SHARE: Final = 0.1
"""Part of the time left that may go into each of two ways to make a fractional solution whole."""

_ROUNDING_PAIRS: Final = 4000
"""In the second of them; a small core that HiGHS improves for long."""

_NEAREST_PAIRS: Final = 2000
_NEAREST_SHARE: Final = 0.4
"""Pairs of all groups that lose least, which are put together whole once, and part of the time left for that."""

_MOST_NARROWED: Final = 20_000
"""Pairs of least loss at the prices of rows, of which those are taken that lose least at those of inequalities too."""

_IDLE_TURNS: Final = 3
"""Turns of both without a better answer, after which a run without a time limit ends."""


def threads_for(problem: CoupledProblem, run: Run) -> int:
    """Return how many threads are worth while for pricing a problem."""
    return run.threads if len(problem.groups) >= _GROUPS_WORTH_A_THREAD else 1


def follow(pursuit: Pursuit, run: Run, steps: Iterator[Step]) -> Step:
    """Follow a coordination until its prices are settled or stall, or the run should stop; return the last step.

    The bound is reported at every step, and now and then an assignment is made at the best prices so far.

    Parameters
    ----------
    pursuit : Pursuit
    run : Run
    steps : iterator of Step
    """
    bounds = []
    for number, step in enumerate(steps):
        pursuit.bound(step.best)
        bounds.append(step.best.bound)
        if number % _STEPS_PER_RECOVERY == 0 or step.settled:
            # To complete an answer can take seconds: it is tried where there is none, at the first and the last prices.
            completes = pursuit.best is None and (number == 0 or step.settled)
            stop = pursuit.time_is_up
            pursuit.take(recover(pursuit.problem, step.best, run.seed, completes=completes, should_stop=stop))
        if step.settled or pursuit.is_settled or _stalled(bounds, pursuit.worth) or pursuit.time_is_up():
            break
    return step


def _stalled(bounds: list[float], worth: int | None) -> bool:
    """Tell whether the bounds of all steps say that more of them will hardly close the gap to what is known."""
    if worth is None or len(bounds) < _STALLED_AFTER:
        return False
    return bounds[len(bounds) // 2] - bounds[-1] < _STALLED_SHARE * (bounds[-1] - worth)


def put_together(
    pursuit: Pursuit, run: Run, core: Survivors, seconds: float, engine: Engine = "highs", effort: float | None = None
) -> CoreAnswer:
    """Solve a core from the best assignment on, and take what is better.

    Parameters
    ----------
    pursuit : Pursuit
    run : Run
    core : Survivors
    seconds : float
    engine, effort
        See `solve_core`.
    """
    searching = pursuit.best is None  # then any answer will do

    def has_enough() -> bool:
        return (searching and pursuit.best is not None) or pursuit.time_is_up()

    answer = solve_core(
        pursuit.problem,
        core,
        seconds=seconds,
        start=pursuit.best,
        engine=engine,
        effort=effort,
        seed=run.seed,
        threads=run.threads,
        on_better=pursuit.take,
        should_stop=has_enough,
    )
    pursuit.take(answer.best)
    return answer


def num_entries(problem: CoupledProblem, core: Survivors) -> int:
    """Return how many entries in rows the pairs of a core have together."""
    return int(np.diff(problem.plans.usage.start)[core.pairs.plan].sum())


def find_any(pursuit: Pursuit, run: Run, response: Response) -> None:
    """Look for any valid assignment among the plans that lose least, where greedy service found none.

    Parameters
    ----------
    pursuit : Pursuit
    run : Run
    response : Response
        At good prices.
    """
    most = _FIRST_PAIRS
    while pursuit.best is None and np.isfinite(response.bound) and not pursuit.time_is_up():
        core, lost = bounded_survivors(response, np.inf, most)
        if run.time_limit is not None and num_entries(pursuit.problem, core) > MOST_ENTRIES:
            return
        answer = put_together(pursuit, run, core, run.remaining())
        if np.isinf(lost):  # all plans were there
            if answer.ended == "infeasible" and not pursuit.problem.searched:
                run.report_infeasible()
            return
        most *= 4


def round_off(pursuit: Pursuit, run: Run, step: Step) -> None:
    """Make a fractional solution whole: what it takes alone first, then with some thousand pairs that lose little.

    Parameters
    ----------
    pursuit : Pursuit
    run : Run
    step : Step
        Of a settled coordination.
    """
    if step.fractional is None:
        return
    for most_pairs in (0, _ROUNDING_PAIRS):
        if pursuit.is_settled or pursuit.time_is_up():
            return
        core = rounding_core(step.fractional, step.best, most_pairs)
        put_together(pursuit, run, core, _ROUNDING_SHARE * run.remaining())


def search(pursuit: Pursuit, run: Run, response: Response, rounds: int) -> None:
    """Search around the best assignment until nothing better was found for some rounds.

    Parameters
    ----------
    pursuit : Pursuit
    run : Run
    response : Response
        At good prices.
    rounds : int
    """
    if pursuit.best is None:
        return
    local, idle = LocalSearch(pursuit.problem, pursuit.best, response, run.seed), 0
    while idle < rounds and not pursuit.is_settled and not pursuit.time_is_up():
        idle = 0 if pursuit.take(local.improve()) else idle + 1
        pursuit.settle_in_turn()


def improve(
    pursuit: Pursuit,
    run: Run,
    response: Response,
    fractional: Fractional | None = None,
    *,
    inequalities: bool = True,
    local_search: bool = True,
) -> None:
    """Improve the best assignment by local search and neighbourhoods in turn, for as long as there is time.

    Parameters
    ----------
    pursuit : Pursuit
    run : Run
    response : Response
        At good prices.
    fractional : Fractional, optional
        An optimum of the linear program over all plans, as good as basic.
    inequalities, local_search : bool, optional
        Whether the bound is tightened, and whether there is local search.
    """
    idle, turn, tightening = 0, 0, Tightening(pursuit, run, response, fractional)
    while pursuit.best is not None and idle < _IDLE_TURNS and not pursuit.is_settled and not pursuit.time_is_up():
        before = pursuit.worth
        if local_search:
            search(pursuit, run, response, _SEARCH_ROUNDS)
        if inequalities:
            tightening.tighten()
        if turn == 0 and run.time_limit is not None:
            _solve_nearest(pursuit, run, response, tightening)
        steps = neighbourhood_steps(
            response,
            pursuit.best,
            narrowed=tightening.narrowed,
            seconds=run.remaining() - pursuit.check_time,
            seed=run.seed + turn,
            should_stop=pursuit.time_is_up,
        )
        for better, _ in zip(steps, range(_SEARCH_ROUNDS // 10), strict=False):
            pursuit.take(better)
            pursuit.settle_in_turn()
        turn += 1
        idle = idle + 1 if pursuit.worth == before and run.time_limit is None else 0
    if idle == _IDLE_TURNS:
        run.limit = "iterations"


def _solve_nearest(pursuit: Pursuit, run: Run, response: Response, tightening: Tightening) -> None:
    """Put the pairs that lose least together, those of all groups at once.

    Which rented units stand no small neighbourhood decides, and rows that many groups share are filled better by all
    of them; docs/core-problem.md has figures.
    """
    if pursuit.best is None or pursuit.is_settled or pursuit.time_is_up():
        return
    assert pursuit.worth is not None
    core, _ = bounded_survivors(response, loss_allowed(response, pursuit.worth + 1), _MOST_NARROWED)
    core = tightening.narrowed(core).nearest(_NEAREST_PAIRS)
    put_together(pursuit, run, core, _NEAREST_SHARE * run.remaining())
