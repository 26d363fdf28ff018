"""`compass`: plan every query alone into a short list of plans, then match queries and plans under contention."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from sloplan.heuristics.contention import Contention, Matching, room_of
from sloplan.heuristics.evaluator import Evaluator
from sloplan.heuristics.listing import Classes, lists_of
from sloplan.heuristics.matching import StageTwo, match_first_come
from sloplan.heuristics.matching_certificate import certificate_of_asked
from sloplan.heuristics.plan_search import Switches
from sloplan.heuristics.scarcity import first_prices
from sloplan.heuristics.shortlists import Effort, StageOne
from sloplan.heuristics.warming import compile_stages
from sloplan.pricing import plan_kernels
from sloplan.pricing.undominated import list_undominated
from sloplan.problem.certificates.from_prices import certificate_of_prices
from sloplan.problem.cost_problem import UNIT_PREFIX
from sloplan.problem.errors import InputError
from sloplan.problem.objective import COST, GOODPUT
from sloplan.problem.plan_table import PLAN_LIMIT
from sloplan.problem.selections.selection import PlanSelection
from sloplan.problem.solution import Solution

if TYPE_CHECKING:
    from sloplan.pricing.plan_arrays import PlanArrays
    from sloplan.problem.compiled import CompiledInstance
    from sloplan.problem.run import Run

Float = npt.NDArray[np.float64]

EFFORT: Final = Effort(directions=64, spread=8.0, kept=6, demands=12, good_plans=4)
HURRIED: Final = Effort(directions=16, spread=8.0, kept=4, demands=6, good_plans=0)
"""How far stage one goes, and how far once time presses: a third of the plans, for 0.1 to 0.5 % of the goodput."""

_FULL_SHARE: Final = 0.25
_SEARCHING_SHARE: Final = 0.9
"""Parts of the time limit by which stage one begins to hurry, and by which it leaves what it has to stage two."""

_CHECK_SECONDS_PER_COPY: Final = 2e-5
"""Time kept back for the check of an answer, per copy."""

_CHECKING_SHARE: Final = 0.1
"""Part of the time that may go into checks of answers on the way; the first and the last one are always offered."""

_CERTIFYING_SHARE: Final = 0.5
"""Part of the time left that the verification of the bound may take."""


class Compass:
    """The similarity planner of Circinus and Compass, reconstructed: short lists by search, then matching.

    Stage one finds, per query, a short list of diverse, mutually non-dominated plans that meet its SLOs (`shortlists`).
    Stage two gives every copy at most one plan of its query's list within all capacities (`matching`).

    Notes
    -----
    A *reconstruction* from what the abstracts of arXiv 2504.16397 (v1, Circinus; v2, Compass) and the authors' early
    prototype say; how the authors bridge unit slots and unequal demands is not known. What is ours, what is guaranteed
    and what was measured: docs/compass.md.

    Similarity within a query: accuracy is learnt once per combination of configurations, whatever the placement;
    what is computed of a partial plan holds for all its completions; placements are dropped by bounds. Similarity
    across queries: the queries of a template are searched together, for representatives of their SLOs. Decomposition
    of the SLO: combinations are chosen by accuracy first, and latency and cost are each searched at the limits of the
    others.

    Answers are valid. The bound is what stage two's row prices prove, verified by exact pricing over all plans, not
    over the lists. `seed` draws the directions of the search and leads the swaps; `threads` has no effect.
    """

    name = "compass"
    summary = "similarity planner (reconstruction): short lists by search, matched to queries under contention"

    def unsupported(self, problem: CompiledInstance | PlanSelection, objective: str) -> str | None:
        """Return why `problem` cannot be solved, or None."""
        if isinstance(problem, PlanSelection):
            return "compass searches plans, and a plan selection has its plans listed; allowed: an instance"
        if objective not in (GOODPUT.name, COST.name):
            return f"compass does not have the objective {objective!r}; allowed: {GOODPUT.name}, {COST.name}"
        if problem.hosting != "fluid":
            return f"compass does not have hosting {problem.hosting!r}; allowed: fluid"
        return None

    def solve(
        self,
        problem: CompiledInstance,
        run: Run,
        *,
        shortlist: str = "search",
        within_similarity: bool = True,
        across_similarity: bool = True,
        slo_decomposition: bool = True,
        group_frontiers: bool = True,
        neighbours: bool = True,
        matching: bool = True,
        profiles_known: bool = True,
    ) -> None:
        """Solve `problem`.

        Parameters
        ----------
        problem : CompiledInstance
        run : Run
        shortlist : {"search", "exact"}
            "exact" takes all undominated plans from exact pricing in place of stage one; it counts no steps.
        within_similarity : bool, optional
            Off: every extension of a partial plan is evaluated from the beginning, accuracy with it; no bounds.
        across_similarity : bool, optional
            Off: every query is searched alone, and what is learnt of one is not used for another.
        slo_decomposition : bool, optional
            Off: accuracy, latency and cost are looked at together, plan by plan.
        group_frontiers : bool, optional
            Off: nothing is handed on from a template to those that are like it.
        neighbours : bool, optional
            Off: the neighbours of good plans are not looked at.
        matching : bool, optional
            Off: queries are served in their order, each by the first plan of its list that fits.
        profiles_known : bool, optional
            Off: profiles are measured as they are needed, which is counted.

        Raises
        ------
        InputError
            If `shortlist` is unknown.
        """
        if shortlist not in ("search", "exact"):
            raise InputError("unknown short list", field="shortlist", value=shortlist, allowed="search, exact")
        run.report_compile_time(plan_kernels.compile_kernels(problem.queries))
        run.report_compile_time(compile_stages())
        switches = Switches(within_similarity, across_similarity, slo_decomposition, group_frontiers, neighbours)
        evaluator = Evaluator(problem, profiles_known=profiles_known, caching=across_similarity)
        planner = _Planner(problem, run, evaluator, switches)
        try:
            planner.solve(shortlist, matching=matching)
        finally:
            run.report_statistics(evaluator.statistics())


class _Planner:
    """One run: stage one, stage two, the certificate."""

    def __init__(self, compiled: CompiledInstance, run: Run, evaluator: Evaluator, switches: Switches) -> None:
        self._compiled, self._run, self._evaluator, self._switches = compiled, run, evaluator, switches
        self._is_cost = run.objective.name == COST.name
        self._facing = compiled.under_cost.all_rented if self._is_cost else compiled
        self._room = room_of(compiled, run.objective.name)
        self._check_time = _CHECK_SECONDS_PER_COPY * len(compiled.queries.count)
        self._offered: Matching | None = None
        self._next_check = 0.0

    def solve(self, shortlist: str, *, matching: bool) -> None:
        """Run both stages."""
        run, classes = self._run, Classes.of(self._compiled)
        if not self._is_cost:
            queries = self._compiled.queries
            run.report_bound(int((queries.value_milli.astype(object) * queries.count).sum()))
        plans = self._exact() if shortlist == "exact" else self._searched(classes)
        if not len(plans):
            self._serve_nobody()
            return
        lists = lists_of(self._compiled, classes, plans, is_cost=self._is_cost)
        problem = Contention(lists, self._room, self._is_cost, run.goodput_floor or 0)
        if not matching:
            self._offer(match_first_come(problem), plans, problem)
            return
        stage = StageTwo(problem, run.seed, lambda found: self._offer_in_turn(found, plans, problem), self._is_time_up)
        stage.run()
        if stage.best is not None and stage.best is not self._offered:
            self._offer(stage.best, plans, problem)
        if run.limit is None:
            run.limit = "iterations"
        if run.remaining() > 2 * self._check_time:
            run.prices = stage.asked.price
            run.certify(
                certificate_of_asked(self._compiled, self._room, stage.asked, is_cost=self._is_cost),
                _CERTIFYING_SHARE * run.remaining(),
            )

    def _serve_nobody(self) -> None:
        """Offer that nobody is served, where no plan was found; where there is none, prices of 0 prove it."""
        if self._is_cost:
            return
        none, width = np.zeros(0, dtype=np.int64), max(len(one.operators) for one in self._compiled.applications)
        self._run.offer(Solution.from_choices(self._compiled, none, none, none.reshape(0, width)))
        rows, dearest = self._compiled.rows, float(self._compiled.queries.value_milli.max(initial=0))
        self._run.certify(certificate_of_prices(rows, np.zeros(len(rows)), dearest), self._run.remaining())
        if self._run.limit is None:
            self._run.limit = "iterations"

    def _searched(self, classes: Classes) -> PlanArrays:
        stage = StageOne(self._facing, classes, self._evaluator, self._switches, self._is_cost, self._run.seed)
        return stage.plans(first_prices(self._room), self._effort)

    def _effort(self) -> Effort | None:
        """How far stage one goes for the next template."""
        if self._is_time_up():
            return None
        spent = 0.0 if self._run.time_limit is None else self._run.elapsed() / self._run.time_limit
        if spent > _SEARCHING_SHARE:
            return None
        return EFFORT if spent < _FULL_SHARE else HURRIED

    def _exact(self) -> PlanArrays:
        facing = self._compiled.under_cost.compiled if self._is_cost else self._compiled
        return list_undominated(
            self._facing, PLAN_LIMIT, lambda _: self._is_time_up(), facing=facing, billed=self._is_cost
        ).plans

    def _is_time_up(self) -> bool:
        """Whether the run should stop, or will by the time that another answer is checked."""
        if self._run.remaining() < self._check_time:
            self._run.limit = "time"
        return self._run.should_stop()

    def _offer_in_turn(self, found: Matching, plans: PlanArrays, problem: Contention) -> None:
        """Offer a matching, unless checks would take too much of the time."""
        if self._offered is None or self._run.elapsed() > self._next_check:
            self._offer(found, plans, problem)

    def _offer(self, found: Matching, plans: PlanArrays, problem: Contention) -> None:
        """Offer a matching with the units that it needs."""
        began = self._run.elapsed()
        units = found.units(problem)
        rented = np.flatnonzero(units)
        shared, pool_of_row = np.flatnonzero(self._compiled.pools.row >= 0), np.full(len(units), -1, dtype=np.int64)
        pool_of_row[self._compiled.pools.row[shared]] = shared
        names = self._compiled.names.pools[pool_of_row[rented]]
        supply = {UNIT_PREFIX + str(name): int(amount) for name, amount in zip(names, units[rented], strict=True)}
        solution = Solution.from_choices(self._compiled, found.query, found.count, plans.choices[found.plan], supply)
        if self._is_cost:
            solution = replace(solution, objective=COST.name, goodput_floor=self._run.goodput_floor)
        self._run.offer(solution)
        self._offered, taken = found, self._run.elapsed() - began
        self._check_time = 2 * taken
        self._next_check = self._run.elapsed() + taken / _CHECKING_SHARE
