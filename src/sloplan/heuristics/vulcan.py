"""`vulcan`: Bayesian optimisation of knobs per placement, by margin per resource cost (NSDI 2024)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sloplan.heuristics.evaluator import Evaluator
from sloplan.heuristics.knob_spaces import KnobSpaces
from sloplan.heuristics.one_after_another import OneAfterAnother
from sloplan.heuristics.placements import Placements, promising_placements
from sloplan.heuristics.rival import Rival, check_whole
from sloplan.heuristics.samples import Samples
from sloplan.heuristics.searches import FoundPlans, Searches, search_alone
from sloplan.heuristics.utility import margin, utility
from sloplan.problem.compiled import CompiledInstance, Int
from sloplan.problem.run import Run

Float = npt.NDArray[np.float64]

_BEAM = 64
"""Partial placements kept per query."""

_FIRST_SAMPLES = 4
"""Knobs of a placement that are drawn at random before a surrogate chooses."""

_BELOW_ALL = 10.0
"""Taken from what ranks plans that are not feasible: a feasible plan's margins, and so its utility, are 0 or more."""

_KEPT = 32
"""Plans of a query that it may fall back on."""

_CELLS = 4_000_000
"""Entries of the largest array of surrogates worked on together."""


@dataclass(frozen=True)
class Effort:
    """How much a search may take.

    Parameters
    ----------
    placements : int
        Placements of a query, at most.
    evaluations : int
        Plans evaluated in each of them, at most.
    """

    placements: int
    evaluations: int


class VulcanPlanner:
    """Searches the placements of greatest bound, each by Bayesian optimisation of its knobs.

    Parameters
    ----------
    effort : Effort
    random : numpy Generator
        Draws the first samples.
    """

    def __init__(self, effort: Effort, random: np.random.Generator) -> None:
        self._effort, self._random = effort, random

    def plans(self, searches: Searches, evaluator: Evaluator, should_stop: Callable[[], bool]) -> FoundPlans:
        """Return the feasible plans that were evaluated, of greatest utility first."""
        found = FoundPlans.none(searches)
        if should_stop():
            return found
        placements = promising_placements(searches, evaluator, _BEAM, self._effort.placements)
        place = np.arange(len(placements.search)) - np.searchsorted(placements.search, placements.search)
        best = np.full(len(searches), -np.inf)
        all_search, all_choices, all_utility = [found.search], [found.choices], [np.zeros(0)]
        for number in range(self._effort.placements):
            # A placement whose bound is no better than what another one has shown is pruned.
            turn = np.flatnonzero((place == number) & (placements.bound > best[placements.search]))
            if len(turn) == 0 or should_stop():
                break
            for part in _parts(searches, placements, turn, self._effort.evaluations):
                search, choices, reached = self._optimised(searches, placements, part, evaluator)
                np.maximum.at(best, search, reached)
                all_search.append(search)
                all_choices.append(choices)
                all_utility.append(reached)
        search, choices = np.concatenate(all_search), np.concatenate(all_choices)
        return FoundPlans.ranked(search, choices, (-np.concatenate(all_utility),), _KEPT)

    def _optimised(
        self, searches: Searches, placements: Placements, part: Int, evaluator: Evaluator
    ) -> tuple[Int, Int, Float]:
        """Optimise the knobs of one placement of each search; return the feasible plans that were evaluated."""
        spaces = KnobSpaces.of(searches, placements.search[part], placements.pool[part])
        seen = _Evaluated(searches, spaces, placements.search[part], evaluator)
        if not spaces.exists.any():
            return seen.feasible()
        order = np.argsort(np.where(spaces.exists, self._random.random(spaces.exists.shape), np.inf), axis=1)
        first = order[:, : min(_FIRST_SAMPLES, self._effort.evaluations)]
        space, number = np.nonzero(np.arange(first.shape[1]) < spaces.size[:, None])
        values = np.zeros(first.shape)
        values[space, number] = seen.at(space, first[space, number])
        samples = Samples(spaces, first, values)
        for _ in range(first.shape[1], self._effort.evaluations):
            samples.leave_finished()
            if len(samples.space) == 0:
                break
            point = samples.most_promising()
            samples.add(point, seen.at(samples.space, point))
        return seen.feasible()


class _Evaluated:
    """Evaluates points of knob spaces and keeps the plans that are feasible."""

    def __init__(self, searches: Searches, spaces: KnobSpaces, search: Int, evaluator: Evaluator) -> None:
        self._searches, self._spaces, self._search, self._evaluator = searches, spaces, search, evaluator
        none = np.zeros(0, dtype=np.int64)
        self._found = [(none, np.zeros((0, searches.num_operators), dtype=np.int64), np.zeros(0))]

    def at(self, space: Int, point: Int) -> Float:
        """Return what ranks points: the utility, and below those of all feasible plans what is not feasible."""
        if len(space) == 0:
            return np.zeros(0)
        searches, search, plan = self._searches, self._search[space], self._spaces.choices[space, point]
        figures = self._evaluator.evaluate(searches.template[search], plan, search=search)
        able = searches.accepts(self._evaluator, search, figures)
        margins = margin(searches.compiled, searches.query[search], figures.accuracy_nano_nats, figures.latency_us)
        gained = utility(margins, figures.cost_nano)
        self._found.append((search[able], plan[able], gained[able]))
        return np.where(able, gained, np.minimum(margins, 0.0) - _BELOW_ALL)

    def feasible(self) -> tuple[Int, Int, Float]:
        """Return search, choices and utility of the feasible plans."""
        search, choices, gained = zip(*self._found, strict=True)
        return np.concatenate(search), np.concatenate(choices), np.concatenate(gained)


def _parts(searches: Searches, placements: Placements, turn: Int, evaluations: int) -> list[Int]:
    """Cut placements into parts whose surrogates fit into memory, spaces of a size together."""
    size = KnobSpaces.sizes(searches, placements.search[turn], placements.pool[turn])
    order = np.argsort(size, kind="stable")
    parts, begin = [], 0
    while begin < len(order):
        # Sizes ascend, so the last one is the width of all.
        cells = size[order[begin:]] * np.arange(1, len(order) - begin + 1) * evaluations
        end = begin + max(1, int(np.searchsorted(cells, _CELLS)))
        parts.append(turn[np.sort(order[begin:end])])
        begin = end
    return parts


class Vulcan(Rival):
    """Vulcan's planner, query after query.

    Source: Zhang et al., *Vulcan: Automatic Query Planning for Live ML Analytics*, NSDI 2024. It chooses placement,
    knobs and filter order of one live query by its utility, the margins over accuracy and latency SLO per resource
    cost: Bayesian optimisation of the knobs of each placement, placements pruned, intermediate results reused.

    Here a knob is an operator's configuration or allocation, and a placement the pool of each operator. Placements
    are taken in the order of a bound on their utility; one whose bound is no better than what was found is pruned. In
    each, after 4 random samples, a Gaussian process over the knobs is fitted to the ranks of the utilities, what is
    not feasible ranked below, and the point of greatest expected improvement over the whole space is evaluated next.
    What was measured once is measured for all placements (where profiles are not known; see `Evaluator`).

    Adapted to many queries: queries with one template and the same SLOs are planned together, each takes the plan
    of greatest utility that was evaluated and fits, and those left over are planned again in what capacity is left;
    queries are taken in three orders, and the best answer is kept (`one_after_another`).

    Differs from the original: filter order is the application's; searches of many queries go on in step; the
    margins are weighted alike, and 1 nano-USD is added to the cost. Under the objective `cost` it still plans by
    utility, and the bill is that of its plans.
    """

    name = "vulcan"
    summary = "Bayesian optimisation of knobs per placement, by margin per cost (Vulcan, NSDI 2024)"

    def solve(
        self,
        problem: CompiledInstance,
        run: Run,
        *,
        placements: int = 16,
        evaluations: int = 12,
        profiles_known: bool = True,
        template_caching: bool = True,
    ) -> None:
        """Solve `problem`.

        Parameters
        ----------
        problem : CompiledInstance
        run : Run
            Its seed decides what is drawn.
        placements : int, optional
            Placements searched per query, at least 1.
        evaluations : int, optional
            Plans evaluated in each, at least 1.
        profiles_known, template_caching
            See `Evaluator`.
        """
        check_whole("placements", placements)
        check_whole("evaluations", evaluations)
        evaluator = Evaluator(problem, profiles_known=profiles_known, caching=template_caching)
        planner = VulcanPlanner(Effort(placements, evaluations), np.random.default_rng(run.seed))
        OneAfterAnother(problem, run, evaluator, planner).place()


def best_utility(
    problem: CompiledInstance, query: int, *, placements: int = 16, evaluations: int = 12, seed: int = 0
) -> tuple[Int, float] | None:
    """Plan one query as Vulcan does: the plan of greatest utility that meets its SLOs.

    Parameters
    ----------
    problem : CompiledInstance
    query : int
    placements, evaluations : int, optional
        See `Vulcan.solve`; with as many as there are, the search is exhaustive.
    seed : int, optional

    Returns
    -------
    choices : (operators,) int64
        Global option per local operator position.
    utility : float
        See `utility`.

        None if nothing is found.
    """
    alone = search_alone(problem, query)
    evaluator = Evaluator(alone.compiled)
    planner = VulcanPlanner(Effort(placements, evaluations), np.random.default_rng(seed))
    found = planner.plans(alone, evaluator, lambda: False)
    if len(found.search) == 0:
        return None
    figures = evaluator.evaluate(alone.template, found.choices[:1])
    margins = margin(alone.compiled, alone.query, figures.accuracy_nano_nats, figures.latency_us)
    reached = utility(margins, figures.cost_nano)
    return found.choices[0], float(reached[0])
