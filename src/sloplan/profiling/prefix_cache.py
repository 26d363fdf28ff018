"""Runs plans on items; what a prefix of operators has made of an item is kept and taken again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sloplan.profiling.workload import Configurations, FloatArray, IntArray, Ran, Workload, check_ran


@dataclass
class _Made:
    """What one prefix has made so far, by item; seconds are nan for items it has not run on."""

    outputs: npt.NDArray[Any]
    seconds: FloatArray
    output_kb: FloatArray
    scores: FloatArray


class PrefixCache:
    """Runs a workload, each prefix of configurations on each item once.

    Parameters
    ----------
    workload : Workload

    Attributes
    ----------
    items_run : int
        Runs of an operator on an item.
    cache_hits : int
        Results of an operator for an item that were taken from the cache instead.
    profiling_s : float
        Seconds of all those runs, as the workload states them.
    """

    def __init__(self, workload: Workload) -> None:
        self._workload = workload
        self._made: dict[Configurations, _Made] = {}
        self.items_run = 0
        self.cache_hits = 0
        self.profiling_s = 0.0

    def scores(self, plan: Configurations, items: IntArray) -> FloatArray:
        """Return the scores of a plan on items, running what has not been run yet.

        Raises
        ------
        InputError
            The workload returned something else than scores in [0, 1] and times.
        """
        made: _Made | None = None
        for depth in range(1, len(plan) + 1):
            prefix, before = plan[:depth], made
            made = self._made.get(prefix)
            new = items if made is None else items[np.isnan(made.seconds[items])]
            self.cache_hits += len(items) - len(new)
            if len(new):
                ran = self._workload.run(prefix, new, None if before is None else before.outputs[new])
                check_ran(ran, prefix, len(new), is_last=depth == len(plan))
                made = self._keep(prefix, new, ran)
        assert made is not None  # plans have operators and are run on items
        found: FloatArray = made.scores[items]
        return found

    def _keep(self, prefix: Configurations, items: IntArray, ran: Ran) -> _Made:
        made = self._made.get(prefix)
        if made is None:
            num_items = len(self._workload.features)
            unknown = np.full(num_items, np.nan)
            outputs = np.zeros((num_items, *ran.outputs.shape[1:]), ran.outputs.dtype)
            made = self._made[prefix] = _Made(outputs, unknown.copy(), unknown.copy(), unknown.copy())
        # A later batch may need a wider type: longer texts, larger numbers.
        made.outputs = made.outputs.astype(np.promote_types(made.outputs.dtype, ran.outputs.dtype), copy=False)
        made.outputs[items] = ran.outputs
        made.seconds[items] = ran.seconds
        made.output_kb[items] = ran.output_kb
        if ran.scores is not None:
            made.scores[items] = ran.scores
        self.items_run += len(items)
        self.profiling_s += float(np.sum(ran.seconds))
        return made

    def figures(self, prefix: Configurations) -> tuple[FloatArray, FloatArray]:
        """Return seconds and output sizes (kB) of a prefix's last operator by item; nan where it has not run."""
        made = self._made[prefix]
        return made.seconds, made.output_kb

    def measured(self, place: int, configuration: str) -> tuple[FloatArray, FloatArray]:
        """Return seconds and output sizes (kB) of every run of an operator in a configuration, after any prefix.

        Parameters
        ----------
        place : int
            The operator's place in the chain, from 0.
        configuration : str
        """
        made = [
            figures
            for prefix, figures in self._made.items()
            if len(prefix) == place + 1 and prefix[place] == configuration
        ]
        seconds = np.concatenate([figures.seconds for figures in made] or [np.zeros(0)])
        sizes = np.concatenate([figures.output_kb for figures in made] or [np.zeros(0)])
        known = ~np.isnan(seconds)
        return seconds[known], sizes[known]
