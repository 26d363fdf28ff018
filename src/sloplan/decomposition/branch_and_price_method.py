"""The method `branch-and-price`: settled prices, a good answer, and a proof that nothing better is left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from sloplan.decomposition.branch_and_price import BranchAndPrice
from sloplan.decomposition.cutting_planes import cutting_planes
from sloplan.decomposition.executors import ThreadExecutor
from sloplan.decomposition.knapsack_rows import KnapsackRows
from sloplan.decomposition.pattern_solving import PatternSolving
from sloplan.decomposition.pursuing import find_any, follow, improve, search, threads_for
from sloplan.decomposition.pursuit import Pursuit
from sloplan.decomposition.settling_core import core_within_reach, settle_by_models, settle_few_pairs
from sloplan.decomposition.starting import start, unsupported_objective
from sloplan.decomposition.tightening import Tightening
from sloplan.problem.compiled import CompiledInstance
from sloplan.problem.errors import InputError

if TYPE_CHECKING:
    from sloplan.decomposition.lagrangian import Response
    from sloplan.problem.run import Run
    from sloplan.problem.selections.selection import PlanSelection

_SEARCH_ROUNDS: Final = 5
"""Rounds of local search without a better answer, before the proof begins."""

_NODES: Final = 200_000

_CERTIFYING_SHARE: Final = 0.2
"""Part of the time left that may go into the verification of the root's bound."""

_LARGE_CORE: Final = 5000
"""Pairs from which on rounded inequalities come before the core: engines settle smaller ones as soon without."""

_DIVING_SHARE: Final = 0.4
"""Part of the time left that may go into dives before the core problem."""


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

    def solve(
        self, problem: CompiledInstance | PlanSelection, run: Run, *, proof: str = "solver", fixing: bool = True
    ) -> None:
        """Solve `problem`.

        Parameters
        ----------
        problem : CompiledInstance or PlanSelection
        run : Run
        proof : {"solver", "certified"}
            What the proof may rest on: an engine's word on the core problem, or a certificate alone.
        fixing : bool
            Off, for comparisons: models of an instance get all options, not those that survive, and a plan selection
            gets no core problem.

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
            core = core_within_reach(pursuit, best, patterns) if fixing else None
            if core is not None and len(core) > _LARGE_CORE:
                tightening = Tightening(pursuit, run, best)
                tightening.tighten()
                core = tightening.narrowed(core)
            settle_few_pairs(pursuit, run, core)
            pursuit.settle()
            if run.proof != "solver" or not pursuit.is_settled:  # an engine's proof says more than the prices
                pursuit.certify(best, _CERTIFYING_SHARE * run.remaining())
            settle_by_models(pursuit, run, core)
            pursuit.settle()
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

    def _prove(self, pursuit: Pursuit, run: Run, response: Response) -> None:
        """Split cases until nothing better is left, or for as long as there is time; the tree is the certificate.

        Rounded inequalities come first: what they prove a tree of prices seldom reaches. Time to verify the tree is
        kept back: for every leaf what the root alone takes.
        """
        began = run.elapsed()
        pursuit.certify(response, _CERTIFYING_SHARE * run.remaining())
        of_leaf = run.elapsed() - began
        Tightening(pursuit, run, response).tighten()
        if not (pursuit.is_settled or pursuit.time_is_up()):
            tree = BranchAndPrice(pursuit.problem, response.prices, pursuit.best, on_better=pursuit.take)
            tree.run(_NODES, lambda: run.remaining() < of_leaf * tree.leaves or pursuit.time_is_up())
            run.certify(tree.certificate(), run.remaining())
