"""The policy `resolve`: decomposition on the whole state at every epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sloplan.decomposition.cutting_planes import cutting_planes
from sloplan.decomposition.executors import ThreadExecutor
from sloplan.decomposition.pursuing import follow, improve
from sloplan.decomposition.pursuit import Pursuit
from sloplan.decomposition.starting import start
from sloplan.problem.run import Run
from sloplan.problem.solution import Solution
from sloplan.problem.solution_index import index_solution
from sloplan.runtime.placements import Placements
from sloplan.runtime.policy import Decision, Situation
from sloplan.runtime.simple_policies import FirstComePolicy

if TYPE_CHECKING:
    from sloplan.problem.instance import Instance


class ResolvePolicy:
    """Solve the instance of everybody who is there anew, as `lagrangian` does, for a limited time.

    What is found is followed if it is worth more than what `first-come` makes of the moment, over the time that
    queries stay (as far as is known) and less what the migration costs. Not repeatable: time decides what is found.

    Parameters
    ----------
    time_limit : float
        Seconds at each epoch.
    """

    name = "resolve"

    def __init__(self, time_limit: float) -> None:
        self._time_limit = time_limit

    def decide(self, situation: Situation) -> Decision:
        """Say what runs from now on."""
        usual = FirstComePolicy().decide(situation)
        found, prices = self._solved(situation, usual.running)
        if found is None:
            return Decision(usual.running, prices)
        is_better = situation.worth(found) > situation.worth(usual.running)
        return Decision(found if is_better else usual.running, prices)

    def _solved(
        self, situation: Situation, usual: Placements
    ) -> tuple[Placements | None, np.ndarray[tuple[int], np.dtype[np.float64]] | None]:
        copies = situation.waiting + situation.kept.copies(len(situation.waiting))
        there = np.flatnonzero(copies > 0)
        if not len(there):
            return None, None
        instance = _instance_of(situation.instance, there)
        run = Run(instance, seed=situation.seed, time_limit=self._time_limit)
        run.offer(self._solution(situation, instance, usual, there))
        prices = _pursue(instance, run)
        best = run.best_solution
        if not isinstance(best, Solution):
            return None, prices
        indexed, _ = index_solution(instance, best)
        query = there[indexed.query]
        template = situation.instance.compiled.queries.template[query]
        plan = situation.plans.add(template, indexed.choices)
        return Placements.merged(query, plan, indexed.count), prices

    @staticmethod
    def _solution(
        situation: Situation,
        instance: Instance,
        placements: Placements,
        there: np.ndarray[tuple[int], np.dtype[np.int64]],
    ) -> Solution:
        choices = situation.plans.choices[placements.plan]
        query = np.searchsorted(there, placements.query)
        return Solution.from_choices(instance.compiled, query, placements.count, choices)


def _pursue(instance: Instance, run: Run) -> np.ndarray[tuple[int], np.dtype[np.float64]] | None:
    """Do what `lagrangian` does but for the certificate, and return the row prices."""
    coupled = start(instance.compiled, run)
    if coupled is None:
        return None
    pursuit = Pursuit(coupled, run)
    with ThreadExecutor(coupled, 1) as respond:
        best = follow(pursuit, run, cutting_planes(coupled, respond)).best
    improve(pursuit, run, best)
    pursuit.settle()
    return best.prices.row


def _instance_of(instance: Instance, query: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Instance:
    """Return an instance with some of its queries alone; all their copies are there."""
    return instance.replace(queries=instance.table("queries").iloc[query].reset_index(drop=True))
