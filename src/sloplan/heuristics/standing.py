"""The whole plans that are known of a template, and the best of them in every direction for every demand."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from sloplan.heuristics.evaluator import Evaluator, Figure
from sloplan.heuristics.plan_search import Demands, SearchSpace
from sloplan.heuristics.scarcity import Scarcity
from sloplan.problem.compiled import Bool, Int
from sloplan.problem.evaluation import PlanFigures

Float = npt.NDArray[np.float64]

_FIRST: Final[tuple[Figure, ...]] = ("usage",)


class Standing:
    """Takes plans of one template, evaluates them whole, and knows what others have to beat.

    Parameters
    ----------
    space : SearchSpace
    scarcity : Scarcity
        Its directions.
    demands : Demands
    evaluator : Evaluator
    figures : tuple of str
        What is not known of a whole plan beforehand: a step each.
    own_directions : bool
        Latency and cost are directions of their own.

    Attributes
    ----------
    plans : (n, operators) int64
        Distinct.
    """

    def __init__(
        self,
        space: SearchSpace,
        scarcity: Scarcity,
        demands: Demands,
        evaluator: Evaluator,
        figures: tuple[Figure, ...],
        *,
        own_directions: bool,
    ) -> None:
        self._space, self._scarcity, self._evaluator, self._figures = space, scarcity, evaluator, figures
        self._demands, self._own_directions = demands.table, own_directions
        directions = scarcity.directions + 2 * own_directions
        self.plans: Int = np.zeros((0, len(space.parts)), dtype=np.int64)
        self._score: Float = np.zeros((0, directions))
        self._meets: Bool = np.zeros((len(self._demands), 0), dtype=np.bool_)

    @property
    def best(self) -> Float:
        """Least score per demand and direction of the plans that meet the demand, infinite without any."""
        return self._scores().min(axis=1, initial=np.inf)

    def add(self, plans: Int) -> None:
        """Evaluate plans, those that are known already left out.

        Parameters
        ----------
        plans : (n, operators) int64
        """
        new = self._new(plans)
        if len(new):
            self._take(new, self._evaluator.evaluate(self._space.template, new, self._figures))

    def look_around(self, good_plans: int) -> None:
        """Look at the neighbours of good plans, which differ in one option, and take those that beat all others.

        What they take of what is scarce is looked at first, the rest only where that is less than others take.

        Parameters
        ----------
        good_plans : int
            Plans whose neighbours are looked at: those that are the best in most directions for most demands.
        """
        if not len(self.plans):
            return
        scores = self._scores()
        wins = np.bincount(scores.argmin(axis=1)[np.isfinite(self.best)], minlength=len(self.plans))
        good = np.argsort(-wins, kind="stable")[:good_plans]
        near = self._new(self._neighbours(self.plans[good[wins[good] > 0]]))
        if not len(near):
            return
        figures = self._evaluator.evaluate(self._space.template, near, _FIRST)
        directions = self._scarcity.directions
        load = self._scarcity.of_plans(figures)
        promising = np.asarray((load[None, :, :] < self.best[:, None, :directions]).any(axis=(0, 2)))
        self._evaluator.count(int(promising.sum()) * len([one for one in self._figures if one not in _FIRST]))
        self._take(near, figures, promising)

    def _scores(self) -> Float:
        """Score of each plan in each direction for each demand; infinite where it does not meet the demand."""
        return np.where(self._meets[:, :, None], self._score[None, :, :], np.inf)

    def _take(self, plans: Int, figures: PlanFigures, taken: Bool | slice = slice(None)) -> None:
        """Take some plans with their figures."""
        score = self._scarcity.of_plans(figures)
        if self._own_directions:
            score = np.column_stack([score, figures.latency_us, figures.cost_nano])
        self.plans = np.concatenate([self.plans, plans[taken]])
        self._score = np.concatenate([self._score, score[taken]])
        self._meets = np.concatenate([self._meets, self._meet(figures)[:, taken]], axis=1)

    def _meet(self, figures: PlanFigures) -> Bool:
        """Whether each plan meets each demand, shape (demands, plans)."""
        rate, nano_nats, latency, cost = (column[:, None] for column in self._demands.T)
        meets = figures.placeable & (figures.min_rate_milli <= rate) & (rate <= figures.max_rate_milli)
        meets &= (figures.accuracy_nano_nats <= nano_nats) & (figures.latency_us <= latency)
        return np.asarray(meets & (figures.cost_nano <= cost))

    def _new(self, plans: Int) -> Int:
        """Return the distinct plans that are not known yet."""
        distinct = np.unique(plans, axis=0)
        return distinct[~_among(distinct, self.plans)]

    def _neighbours(self, plans: Int) -> Int:
        """Return all plans that differ from one of `plans` in one operator's option."""
        every = [self.plans[:0]]
        for position, part in enumerate(self._space.parts):
            changed = np.repeat(plans, len(part), axis=0)
            changed[:, position] = np.tile(part, len(plans))
            every.append(changed)
        near = np.concatenate(every)
        if self._space.nano_nats is None:
            return near
        return near[_among(self._space.compiled.options.configuration[near], self._space.combinations)]


def _among(rows: Int, others: Int) -> Bool:
    """Say which rows are among others, shape (rows,)."""
    _, number = np.unique(np.concatenate([others, rows]), axis=0, return_inverse=True)
    number = number.reshape(-1)
    return np.asarray(np.isin(number[len(others) :], number[: len(others)]))
