"""The method `column-generation`: a linear program over plans that grows until it is solved, then rounded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sloplan.decomposition.column_generation import column_generation
from sloplan.decomposition.cutting_planes import cutting_planes
from sloplan.decomposition.executors import ThreadExecutor
from sloplan.decomposition.pursuing import find_any, follow, improve, round_off, threads_for
from sloplan.decomposition.pursuit import Pursuit
from sloplan.decomposition.starting import start, unsupported_objective

if TYPE_CHECKING:
    from sloplan.problem.compiled import CompiledInstance
    from sloplan.problem.run import Run
    from sloplan.problem.selections.selection import PlanSelection

_CERTIFYING_SHARE: Final = 0.4
"""Part of the time left that may go into the verification of the bound."""


class ColumnGeneration:
    """Solve the linear program over all plans with few of them at hand, and round what it says.

    Cutting planes give first prices; then a restricted master grows by each query's best plan at smoothed prices until
    none improves it. Plans that the optimum takes in whole or in part are put together as a small core problem, and
    the answer is improved by local search and neighbourhoods. The bound's certificate is verified.
    """

    name = "column-generation"
    summary = "the linear program over all plans by growing it, then rounded and improved; a certified bound"

    def unsupported(self, problem: CompiledInstance | PlanSelection, objective: str) -> str | None:  # noqa: ARG002
        """Return in one line why this method cannot solve `problem`, or None."""
        return unsupported_objective(self.name, objective)

    def solve(self, problem: CompiledInstance | PlanSelection, run: Run, *, warm_start: bool = True) -> None:
        """Solve `problem`.

        Parameters
        ----------
        problem : CompiledInstance or PlanSelection
        run : Run
        warm_start : bool
            Begin at prices that cutting planes have settled.
        """
        coupled = start(problem, run)
        if coupled is None:
            return
        pursuit = Pursuit(coupled, run)
        with ThreadExecutor(coupled, threads_for(coupled, run)) as respond:
            first = follow(pursuit, run, cutting_planes(coupled, respond)) if warm_start else None
            last = first
            if first is None or not (pursuit.is_settled or pursuit.time_is_up()):
                prices, known = (None, None) if first is None else (first.best.prices, first.fractional)
                last = follow(
                    pursuit, run, column_generation(coupled, respond, prices, known, remaining=pursuit.remaining)
                )
        assert last is not None
        round_off(pursuit, run, last)
        find_any(pursuit, run, last.best)
        pursuit.certify(last.best, _CERTIFYING_SHARE * run.remaining())
        improve(pursuit, run, last.best, last.fractional if last is not first and last.settled else None)
        pursuit.settle()
