"""The method `branch-and-price`: settled prices, a good answer, and a proof that nothing better is left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sloplan.decomposition.branch_and_price import BranchAndPrice
from sloplan.decomposition.core_problem import solve_core
from sloplan.decomposition.cutting_planes import cutting_planes
from sloplan.decomposition.executors import ThreadExecutor
from sloplan.decomposition.fixing import bounded_survivors, loss_allowed
from sloplan.decomposition.pursuing import find_any, follow, improve, search, threads_for
from sloplan.decomposition.pursuit import Pursuit
from sloplan.decomposition.starting import start, unsupported_objective
from sloplan.problem.compiled import CompiledInstance
from sloplan.problem.errors import InputError
from sloplan.solvers.milp import CompactMilp

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

_FEW_PAIRS: Final = 6_000
"""CP-SAT settles small cores soonest (docs/core-problem.md)."""

_EFFORT: Final = 1.0
"""Work that CP-SAT may put into a core, about seconds, before others try: it settles a core soon, or not for long."""

_FEW_COPIES: Final = 500
"""So many copies the compact MILP can cope with; see `solving.automatic_method`."""

_NODES: Final = 200_000

_CERTIFYING_SHARE: Final = 0.2
"""Part of the time left that may go into the verification of the root's bound."""


class BranchAndPriceMethod:
    """Prove what is best: prices rule most plans out, and what survives is solved exactly.

    Cutting planes settle the row prices, and local search finds a good answer. No plan that loses more at the prices
    than the gap between the two is in a better answer. What is left, the core problem, is solved by CP-SAT or HiGHS:
    `proof` is "solver" then. Where the bound of the prices is met already, its certificate is verified. Or a tree of
    cases with prices of their own proves it, which is a certificate: `proof` is "certified".
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
            self._solve_core(problem, pursuit, run, best)
            pursuit.settle()
            if run.proof != "solver" or not pursuit.is_settled:  # an engine's proof says more than the prices
                pursuit.certify(best, _CERTIFYING_SHARE * run.remaining())
        else:
            self._prove(pursuit, run, best)
        improve(pursuit, run, best)
        pursuit.settle()

    def _solve_core(
        self, problem: CompiledInstance | PlanSelection, pursuit: Pursuit, run: Run, response: Response
    ) -> None:
        """Solve what survives, if all of it is known and there is little enough.

        CP-SAT on the pairs comes first, since it settles some cores at once. Few single copies are then left to the
        compact MILP, which starts from the best answer; other cores to HiGHS on the pairs.
        """
        if pursuit.problem.searched or pursuit.best is None or pursuit.is_settled or pursuit.time_is_up():
            return
        assert pursuit.worth is not None
        allowed = loss_allowed(response, pursuit.worth + 1)
        core, lost = bounded_survivors(response, allowed, _MOST_PAIRS)
        if lost < allowed:
            return
        if len(core) <= _FEW_PAIRS:
            self._solve_pairs(pursuit, run, core, "cp", _EFFORT)
        if pursuit.is_settled or pursuit.time_is_up():
            return
        pursuit.settle()
        if isinstance(problem, CompiledInstance) and problem.queries.count.sum() <= _FEW_COPIES:
            CompactMilp().solve(problem, run, in_process=True)
        else:
            self._solve_pairs(pursuit, run, core, "highs")

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
