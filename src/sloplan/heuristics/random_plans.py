"""`random`: plans drawn at random, the plainest baseline."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sloplan.heuristics.evaluator import Evaluator
from sloplan.heuristics.one_after_another import OneAfterAnother
from sloplan.heuristics.rival import Rival, check_whole
from sloplan.heuristics.searches import FoundPlans, Searches
from sloplan.problem.compiled import CompiledInstance
from sloplan.problem.run import Run


class RandomPlanner:
    """Draws an option for every operator, each as likely as any other, and keeps the plans that are feasible.

    Parameters
    ----------
    draws : int
        Plans drawn per search.
    random : numpy Generator
    """

    def __init__(self, draws: int, random: np.random.Generator) -> None:
        self._draws, self._random = draws, random

    def plans(self, searches: Searches, evaluator: Evaluator, should_stop: Callable[[], bool]) -> FoundPlans:
        """Return the feasible ones of the plans drawn, in the order in which they came."""
        length = np.stack([np.diff(part.start) for part in searches.open_options])
        search = np.repeat(np.flatnonzero(length.min(axis=0, initial=1) > 0), self._draws)
        if len(search) == 0 or should_stop():
            return FoundPlans.none(searches)
        drawn = self._random.random((searches.num_operators, len(search)))
        place = np.floor(drawn * length[:, search]).astype(np.int64)
        choices = np.column_stack(
            [part.option[part.start[search] + at] for part, at in zip(searches.open_options, place, strict=True)]
        )
        figures = evaluator.evaluate(searches.template[search], choices, search=search)
        kept = np.flatnonzero(searches.accepts(evaluator, search, figures))
        return FoundPlans(search[kept], choices[kept])


class Random(Rival):
    """Draw plans at random, serve the queries in random order by the first drawn plan that fits, keep the best.

    No published planner, but what every planner should beat: it shows how much of a goodput needs no thought. All
    queries of one template with the same SLOs draw from the same plans; every try draws anew. Queries for which no
    drawn plan fits draw again in the capacity that is left.
    """

    name = "random"
    summary = "plans drawn at random, the best of many tries"

    def solve(
        self,
        problem: CompiledInstance,
        run: Run,
        *,
        draws: int = 50,
        tries: int = 20,
        profiles_known: bool = True,
        template_caching: bool = True,
    ) -> None:
        """Solve `problem`.

        Parameters
        ----------
        problem : CompiledInstance
        run : Run
            Its seed decides what is drawn.
        draws : int, optional
            Plans drawn per search, at least 1.
        tries : int, optional
            Times that all queries are planned, at least 1.
        profiles_known, template_caching
            See `Evaluator`.
        """
        check_whole("draws", draws)
        check_whole("tries", tries)
        random = np.random.default_rng(run.seed)
        evaluator = Evaluator(problem, profiles_known=profiles_known, caching=template_caching)
        queries = OneAfterAnother(problem, run, evaluator, RandomPlanner(draws, random))
        for _ in range(tries):
            first = queries.first_plans()
            queries.serve_in(random.permutation(queries.able(first)), first)
            if queries.is_time_up():
                return
        queries.end("iterations")
