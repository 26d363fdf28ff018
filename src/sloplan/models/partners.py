"""Which options of two operators can be in one plan: bounds on every plan that has both.

Bounds are those of a template, with every other operator at its best. A query compares them with its SLOs. Operators of
a single option are left out: bounds on every plan say the same of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, pairwise

import numpy as np

from sloplan.models.legs import Leg
from sloplan.models.lower_bounds import SATURATED, least_cost, longest_paths, saturated_sum
from sloplan.problem.compiled import NO_LIMIT, Application, Bool, CompiledInstance, Int


class Partners:
    """Bounds on the plans of a template that have two given options.

    Parameters
    ----------
    compiled : CompiledInstance
        With the rows and supplies of the objective at hand.
    application : Application
    options : sequence of int64 arrays
        Global option indices per local operator position.
    legs : sequence of Leg
    largest_load : (options of the instance,) int64
        Greatest load that what each option runs on can carry.
    """

    def __init__(
        self,
        compiled: CompiledInstance,
        application: Application,
        options: Sequence[Int],
        legs: Sequence[Leg],
        largest_load: Int,
    ) -> None:
        self._queries = compiled.queries
        self._application, self._options, self._legs = application, options, legs
        self._varying = [position for position, part in enumerate(options) if len(part) > 1]
        if len(self._varying) < 2:
            self._varying = []
            return
        self._start = np.cumsum([0, *(len(options[position]) for position in self._varying)])
        table, every = compiled.options, np.concatenate([options[position] for position in self._varying])
        self._configuration = [table.configuration[part] for part in options]
        self._latency = [table.latency_us[part] for part in options]
        self._cost = [table.cost_nano[part] for part in options]
        figures = [self._with_each_of(position) for position in self._varying]
        self._latency_us, self._cost_nano, self._nano_nats = (
            np.concatenate([self._joined(blocks) for blocks in kind]) for kind in zip(*figures, strict=True)
        )
        where = np.where(table.deployment[every] >= 0, -1 - table.deployment[every], table.pool[every])
        busy = table.busy_us[every]
        both = (busy[:, None] + busy) * (where[:, None] == where)
        self._largest_rate = np.where(both == 0, NO_LIMIT, largest_load[every][:, None] // np.maximum(both, 1))

    def allowed(self, query: int) -> dict[tuple[int, int], Bool]:
        """Return which options of each two operators a query's plans may have together.

        Parameters
        ----------
        query : int

        Returns
        -------
        dict
            (options of the first, options of the second) bool, per pair of local operator positions in order; both
            have several options.
        """
        if not self._varying:
            return {}
        queries = self._queries
        allowed = self._latency_us <= min(int(queries.slo_latency_us[query]), SATURATED - 1)
        allowed &= self._cost_nano <= min(int(queries.slo_cost_nano[query]), SATURATED - 1)
        allowed &= self._nano_nats <= min(int(queries.slo_accuracy[query]), SATURATED - 1)
        allowed &= queries.rate_milli[query] <= self._largest_rate
        spans = [slice(start, end) for start, end in pairwise(self._start.tolist())]
        return {
            (first, second): allowed[rows, columns]
            for (first, rows), (second, columns) in combinations(zip(self._varying, spans, strict=True), 2)
        }

    def _joined(self, blocks: Sequence[Int]) -> Int:
        return np.concatenate([blocks[position] for position in self._varying], axis=1)

    def _with_each_of(self, position: int) -> tuple[list[Int], list[Int], list[Int]]:
        """Bound all plans with each option of one operator: latency, cost and nano-nats, per other operator."""
        own = self._configuration[position]
        masks = [np.ones((len(own), len(part)), dtype=np.bool_) for part in self._options]
        masks[position] = np.eye(len(own), dtype=np.bool_)
        for pair in self._application.compatibilities:
            for one, other, column in ((pair.first, pair.second, 0), (pair.second, pair.first, 1)):
                if one == position:
                    listed = [pair.allowed[pair.allowed[:, column] == value, 1 - column] for value in own]
                    masks[other] &= np.stack([np.isin(self._configuration[other], fits) for fits in listed])
        pairs = [leg.possible for leg in self._legs]
        head, tail = longest_paths(self._legs, self._latency, masks, pairs)
        latency = [saturated_sum(before, after) for before, after in zip(head, tail, strict=True)]
        cost, _ = least_cost(self._legs, self._cost, masks, pairs)
        return latency, cost, self._least_nano_nats(position, masks)

    def _least_nano_nats(self, position: int, masks: Sequence[Bool]) -> list[Int]:
        """Least sum of factors with each option, given what is left with each option of one operator."""
        values, which = np.unique(self._configuration[position], return_inverse=True)
        first = [int(np.flatnonzero(which == value)[0]) for value in range(len(values))]
        total = [np.zeros((len(values), mask.shape[1]), dtype=np.int64) for mask in masks]
        for row, option in enumerate(first):
            left = [configuration[mask[option]] for configuration, mask in zip(self._configuration, masks, strict=True)]
            left[position] = values[row : row + 1]
            for place, sums in enumerate(self._least_sums(left)):
                total[place][row] = sums
        return [np.where(mask, sums[which], SATURATED) for mask, sums in zip(masks, total, strict=True)]

    def _least_sums(self, left: Sequence[Int]) -> list[Int]:
        """Least sum of factors with each option, given the configurations that are left per operator."""
        factors = self._application.factors
        rows = [
            np.logical_and.reduce(
                [
                    np.isin(column, left[place])
                    for column, place in zip(factor.configurations.T, factor.positions, strict=True)
                ]
            )
            for factor in factors
        ]
        least = [int(factor.nano_nats[kept].min(initial=SATURATED)) for factor, kept in zip(factors, rows, strict=True)]
        sums = [np.full(len(part), min(sum(least), SATURATED), dtype=np.int64) for part in self._options]
        for factor, kept, own in zip(factors, rows, least, strict=True):
            for column, place in zip(factor.configurations.T, factor.positions.tolist(), strict=True):
                best = {int(value): SATURATED for value in self._configuration[place]}
                for value, figure in zip(column[kept].tolist(), factor.nano_nats[kept].tolist(), strict=True):
                    best[value] = min(best.get(value, SATURATED), figure)
                more = np.array([best[value] - own for value in self._configuration[place].tolist()], dtype=np.int64)
                sums[place] = saturated_sum(sums[place], more)
        return sums
