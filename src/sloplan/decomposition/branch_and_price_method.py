"""The method `branch-and-price`: settled prices, a good answer, and a proof that nothing better is left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from sloplan.decomposition.branch_and_price import BranchAndPrice
from sloplan.decomposition.core_problem import solve_core
from sloplan.decomposition.cutting_planes import cutting_planes
from sloplan.decomposition.executors import ThreadExecutor
from sloplan.decomposition.fixing import bounded_survivors, loss_allowed
from sloplan.decomposition.knapsack_rows import KnapsackRows
from sloplan.decomposition.pattern_solving import PatternSolving
from sloplan.decomposition.pursuing import find_any, follow, improve, search, threads_for
from sloplan.decomposition.pursuit import Pursuit
from sloplan.decomposition.starting import start, unsupported_objective
from sloplan.problem.compiled import CompiledInstance
from sloplan.problem.errors import InputError
from sloplan.solvers.cp import run_compact_cp_job
from sloplan.solvers.engine_options import EngineOptions
from sloplan.solvers.milp import CompactMilp
from sloplan.solvers.supervisor import run_job

if TYPE_CHECKING:
    from sloplan.decomposition.core_problem import Engine
    from sloplan.decomposition.fixing import Survivors
    from sloplan.decomposition.lagrangian import Response
    from sloplan.problem.run import Run
    from sloplan.problem.selections.selection import PlanSelection

_SEARCH_ROUNDS: Final = 5
"""Rounds of local search without a better answer, before the proof begins."""

_MOST_PAIRS: Final = 30_000
"""A core problem of more pairs is out of an engine's reach; answers are improved instead."""

_MOST_ENTRIES: Final = 200_000
"""So is one whose pairs use more rows in all. HiGHS, with 400,000, went on for ten seconds after its time was up."""

_FEW_PAIRS: Final = 600
"""Small cores are settled soonest pair by pair, larger ones operator by operator (docs/core-problem.md)."""

_EFFORT: Final = 1.0
"""Work that CP-SAT may put into pairs, about seconds, before others try: it settles them soon, or not for long."""

_LEAST_EFFORT: Final = 0.6
_EFFORT_PER_PAIR: Final = 1e-3
"""Likewise, into the compact model: what it needs where it ends at all grows with the core."""

_FEW_COPIES: Final = 500
"""So many copies the compact MILP can cope with; see `solving.automatic_method`."""

_NODES: Final = 200_000

_DIVING_SHARE: Final = 0.4
"""Part of the time left that may go into dives before the core problem."""

_CERTIFYING_SHARE: Final = 0.2
"""Part of the time left that may go into the verification of the root's bound."""


class BranchAndPriceMethod:
    """Prove what is best: prices rule most plans out, and what survives is solved exactly.

    Cutting planes settle the row prices, and local search finds a good answer. No plan that loses more at the prices
    than the gap between the two is in a better answer. What is left, the core problem, is solved by CP-SAT or HiGHS:
    `proof` is "solver" then. Where the bound of the prices is met already, its certificate is verified. Or a tree of
    cases with prices of their own proves it, which is a certificate: `proof` is "certified". Where every plan uses one
    row, prices of groups bound better than prices of rows, and dives through the packings of the rows find answers.
    """

    name = "branch-and-price"
    summary = "exact: row prices rule most plans out, the core that survives is solved, or proved by a tree of prices"

    def unsupported(self, problem: CompiledInstance | PlanSelection, objective: str) -> str | None:  # noqa: ARG002
        """Return in one line why this method cannot solve `problem`, or None."""
        return unsupported_objective(self.name, objective)

    def solve(self, problem: CompiledInstance | PlanSelection, run: Run, *, proof: str = "solver") -> None:
        """Solve `problem`.

        Parameters
        ----------
        problem : CompiledInstance or PlanSelection
        run : Run
        proof : {"solver", "certified"}
            What the proof may rest on: an engine's word on the core problem, or a certificate alone.

        Raises
        ------
        InputError
            If there is no such proof.
        """
        if proof not in ("solver", "certified"):
            raise InputError("unknown kind of proof", field="proof", value=proof, allowed="solver, certified")
        coupled = start(problem, run, sifted=proof == "solver")  # decisions on options need all plans
        if coupled is None:
            return
        pursuit = Pursuit(coupled, run)
        with ThreadExecutor(coupled, threads_for(coupled, run)) as respond:
            best = follow(pursuit, run, cutting_planes(coupled, respond)).best
        find_any(pursuit, run, best)
        search(pursuit, run, best, _SEARCH_ROUNDS)
        if proof == "solver" or pursuit.is_settled:
            pursuit.settle()
            patterns = self._patterns(problem, pursuit, run, best)
            if patterns is not None:
                patterns.certify(_CERTIFYING_SHARE * run.remaining())  # soon done, and the core may take all time
                patterns.dive(_DIVING_SHARE)
            self._solve_core(problem, pursuit, run, best, patterns)
            pursuit.settle()
            if run.proof != "solver" or not pursuit.is_settled:  # an engine's proof says more than the prices
                pursuit.certify(best, _CERTIFYING_SHARE * run.remaining())
            if patterns is not None:
                patterns.dive(1.0)
        else:
            self._prove(pursuit, run, best)
        improve(pursuit, run, best)
        pursuit.settle()

    def _patterns(
        self, problem: CompiledInstance | PlanSelection, pursuit: Pursuit, run: Run, response: Response
    ) -> PatternSolving | None:
        """Return prices of groups where every plan of a plan selection uses one row; instances have compact models."""
        if isinstance(problem, CompiledInstance) or pursuit.is_settled or not np.isfinite(response.bound):
            return None
        rows = KnapsackRows.of(pursuit.problem)
        return None if rows is None else PatternSolving(pursuit, run, response, rows)

    def _solve_core(
        self,
        problem: CompiledInstance | PlanSelection,
        pursuit: Pursuit,
        run: Run,
        response: Response,
        patterns: PatternSolving | None,
    ) -> None:
        """Solve what survives, if all of it is known and there is little enough.

        CP-SAT comes first, since it settles some cores at once: small ones on their pairs. Few single copies are left
        to the compact models, which start from the best answer; other cores to HiGHS on the pairs.
        """
        if pursuit.problem.searched or pursuit.best is None or pursuit.is_settled or pursuit.time_is_up():
            return
        assert pursuit.worth is not None
        allowed = loss_allowed(response, pursuit.worth + 1)
        core, lost = bounded_survivors(response, allowed, _MOST_PAIRS)
        entries = np.diff(pursuit.problem.plans.usage.start)[core.pairs.plan].sum()
        if lost < allowed or entries > _MOST_ENTRIES:
            return
        if patterns is not None:
            narrowed = patterns.narrowed(core, pursuit.worth + 1)
            if narrowed is None:
                return
            core = narrowed
        if len(core) <= _FEW_PAIRS:
            self._solve_pairs(pursuit, run, core, "cp", _EFFORT)
            pursuit.settle()
        if pursuit.is_settled or pursuit.time_is_up():
            return
        if not isinstance(problem, CompiledInstance) or problem.queries.count.sum() > _FEW_COPIES:
            self._solve_pairs(pursuit, run, core, "highs")
            return
        effort = max(_LEAST_EFFORT, _EFFORT_PER_PAIR * len(core))
        here = EngineOptions(in_process=True)
        run_job(run_compact_cp_job, run, engine="CP-SAT", limit=_FEW_COPIES, options=here, effort=effort)
        if not pursuit.is_settled and not pursuit.time_is_up():
            CompactMilp().solve(problem, run, in_process=True)

    def _solve_pairs(
        self, pursuit: Pursuit, run: Run, core: Survivors, engine: Engine, effort: float | None = None
    ) -> None:
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

    def _prove(self, pursuit: Pursuit, run: Run, response: Response) -> None:
        """Split cases until nothing better is left, or for as long as there is time; the tree is the certificate."""
        if not pursuit.time_is_up():
            tree = BranchAndPrice(pursuit.problem, response.prices, pursuit.best, on_better=pursuit.take)
            tree.run(_NODES, pursuit.time_is_up)
            run.certificate = tree.certificate().to_json()
