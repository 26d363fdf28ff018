"""The method `lagrangian`: row prices coordinate the queries, and what they say is put together and improved."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from sloplan.decomposition.column_generation import column_generation
from sloplan.decomposition.cutting_planes import cutting_planes
from sloplan.decomposition.executors import ThreadExecutor
from sloplan.decomposition.pursuing import find_any, follow, improve, round_off, threads_for
from sloplan.decomposition.pursuit import Pursuit
from sloplan.decomposition.starting import start, unsupported_objective
from sloplan.decomposition.subgradient import subgradient
from sloplan.decomposition.volume import volume
from sloplan.problem.errors import InputError

if TYPE_CHECKING:
    from sloplan.decomposition.coordination import Coordination
    from sloplan.problem.compiled import CompiledInstance
    from sloplan.problem.run import Run
    from sloplan.problem.selections.selection import PlanSelection

COORDINATIONS: Final[dict[str, Coordination]] = {
    "cutting-planes": cutting_planes,
    "subgradient": subgradient,
    "volume": volume,
}

_CERTIFYING_SHARE: Final = 0.4
"""Part of the time left that may go into the verification of the bound."""

_GENERATING_SHARE: Final = 0.3
"""Part of the time left that may go into linear programs: with a million queries one takes minutes."""


class Lagrangian:
    """Coordinate queries by row prices: a certified bound at any size, and answers near it.

    Cutting planes look for the prices of least bound; at some of their steps every query is served greedily at the best
    prices so far. The bound's certificate is verified. From those prices columns are generated for the linear program
    over all plans, and its optimum, whole but for few queries, is rounded. Rounded inequalities tighten the bound.
    Local search and core problems, the first of the plans that lose least, improve the best answer in turn, until time
    is up or bound and answer meet.
    """

    name = "lagrangian"
    summary = "row prices by cutting planes, answers put together and improved; a certified bound at any size"

    def unsupported(self, problem: CompiledInstance | PlanSelection, objective: str) -> str | None:  # noqa: ARG002
        """Return in one line why this method cannot solve `problem`, or None."""
        return unsupported_objective(self.name, objective)

    def solve(
        self,
        problem: CompiledInstance | PlanSelection,
        run: Run,
        *,
        coordination: str = "cutting-planes",
        inequalities: bool = True,
        local_search: bool = True,
    ) -> None:
        """Solve `problem`.

        Parameters
        ----------
        problem : CompiledInstance or PlanSelection
        run : Run
        coordination : {"cutting-planes", "subgradient", "volume"}
            How the prices are found.
        inequalities : bool
            Off: no rounded inequalities tighten the bound (docs/core-problem.md).
        local_search : bool
            Off: core problems alone improve answers.

        Raises
        ------
        InputError
            If there is no such coordination.
        """
        if coordination not in COORDINATIONS:
            allowed = ", ".join(COORDINATIONS)
            raise InputError("unknown coordination", field="coordination", value=coordination, allowed=allowed)
        coupled = start(problem, run)
        if coupled is None:
            return
        pursuit, fractional = Pursuit(coupled, run), None
        with ThreadExecutor(coupled, threads_for(coupled, run)) as respond:
            step = follow(pursuit, run, COORDINATIONS[coordination](coupled, respond))
            best = step.best
            find_any(pursuit, run, best)
            pursuit.certify(best, _CERTIFYING_SHARE * run.remaining())
            if step.settled and not (pursuit.is_settled or pursuit.time_is_up()):
                known = step.fractional
                until = run.elapsed() + _GENERATING_SHARE * pursuit.remaining()
                more = column_generation(
                    coupled, respond, best.prices, known, remaining=partial(_left, pursuit, run, until)
                )
                generated = follow(pursuit, run, more)
                step = step if generated.fractional is None else generated
                fractional = generated.fractional if generated.settled else None
        round_off(pursuit, run, step)
        improve(pursuit, run, best, fractional, inequalities=inequalities, local_search=local_search)
        pursuit.settle()


def _left(pursuit: Pursuit, run: Run, until: float) -> float:
    """Return the seconds until some moment of the run, or until its answer has to be checked if that is sooner."""
    return min(pursuit.remaining(), until - run.elapsed())
