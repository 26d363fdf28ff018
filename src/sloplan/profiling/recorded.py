"""A workload that was run before: a table of every plan's score, time and output size on every item."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from sloplan.profiling.prefix_cache import PrefixCache
from sloplan.profiling.workload import Configurations, FloatArray, IntArray, Ran, Workload


class RecordedWorkload:
    """A workload whose runs are looked up.

    Parameters
    ----------
    name : str
    configurations : mapping of str to sequence of str
        By operator, in the order in which the operators run.
    features : array of float64, shape (num_items, num_features)
    scores : array of float64, shape (num_plans, num_items)
        In [0, 1]. Plans are the combinations of configurations in the order of `itertools.product`.
    seconds, output_kb : array of float64, shape (num_plans, num_items, num_operators)
        Of each operator in each plan. What an operator does cannot depend on later ones: of plans that agree
        up to an operator the first one's figures are used.
    input_kb : float
    """

    def __init__(
        self,
        name: str,
        configurations: Mapping[str, Sequence[str]],
        features: FloatArray,
        scores: FloatArray,
        seconds: FloatArray,
        output_kb: FloatArray,
        input_kb: float,
    ) -> None:
        self.name = name
        self.operators = tuple(configurations)
        self.configurations = {operator: tuple(known) for operator, known in configurations.items()}
        self.features = features
        self.input_kb = input_kb
        self._scores, self._seconds, self._output_kb = scores, seconds, output_kb
        self._row: dict[Configurations, int] = {}
        for row, plan in enumerate(self.plans):
            for depth in range(1, len(plan) + 1):
                self._row.setdefault(plan[:depth], row)

    @property
    def plans(self) -> list[Configurations]:
        """All combinations of configurations."""
        return list(product(*self.configurations.values()))

    def accuracies(self) -> FloatArray:
        """Return every plan's mean score over all items, shape (num_plans,)."""
        means: FloatArray = self._scores.mean(axis=1)
        return means

    def latencies_s(self) -> FloatArray:
        """Return how long every plan takes on every item, all operators together, shape (num_plans, num_items)."""
        total: FloatArray = self._seconds.sum(axis=2)
        return total

    def run(self, configurations: Configurations, items: IntArray, inputs: npt.NDArray[Any] | None) -> Ran:
        """Look up what an operator did with items; its outputs are handles without content."""
        del inputs
        row, place = self._row[configurations], len(configurations) - 1
        return Ran(
            outputs=np.zeros(len(items)),
            seconds=self._seconds[row, items, place],
            output_kb=self._output_kb[row, items, place],
            scores=self._scores[row, items] if len(configurations) == len(self.operators) else None,
        )


def record(workload: Workload) -> RecordedWorkload:
    """Return a workload's record, after running every plan on every item; common prefixes run once."""
    cache = PrefixCache(workload)
    items = np.arange(len(workload.features))
    known = {operator: workload.configurations[operator] for operator in workload.operators}
    plans = list(product(*known.values()))
    scores = np.stack([cache.scores(plan, items) for plan in plans])
    made = [[cache.figures(plan[:depth]) for depth in range(1, len(plan) + 1)] for plan in plans]
    seconds, output_kb = (
        np.array([[figures[kind] for figures in chain] for chain in made]).transpose(0, 2, 1) for kind in (0, 1)
    )
    return RecordedWorkload(workload.name, known, workload.features, scores, seconds, output_kb, workload.input_kb)
