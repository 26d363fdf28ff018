"""Queries that may follow the same plans, looked up together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sloplan.problem.compiled import NO_LIMIT, CompiledInstance, Int
from sloplan.problem.evaluation import PlanFigures


@dataclass(frozen=True)
class QueryClasses:
    """Queries of one template gathered to classes: the same plans are feasible for all queries of a class.

    Parameters
    ----------
    query : (classes,) int64
        A query of each class, to stand for the others.
    of_query : (q,) int64
        Class of each of the queries.
    """

    query: Int
    of_query: Int

    def __len__(self) -> int:
        return len(self.query)

    @classmethod
    def of(cls, compiled: CompiledInstance, queries: Int, figures: PlanFigures) -> QueryClasses:
        """Gather queries by what they ask of some plans.

        An SLO that all plans meet asks for nothing, nor does a rate at which all plans can be followed. What is left
        is compared: often few SLOs, each stated by many queries of rates of their own.

        Parameters
        ----------
        compiled : CompiledInstance
        queries : (q,) int64
            Queries of one template.
        figures : PlanFigures
            The plans.
        """
        asked, rate = compiled.queries, compiled.queries.rate_milli[queries]
        demands = [
            np.minimum(asked.slo_latency_us[queries], figures.latency_us.max(initial=0)),
            np.minimum(asked.slo_accuracy[queries], figures.accuracy_nano_nats.max(initial=0)),
            np.minimum(asked.slo_cost_nano[queries], figures.cost_nano.max(initial=0)),
            np.minimum(rate, figures.min_rate_milli.max(initial=0)),
            np.maximum(rate, figures.max_rate_milli.min(initial=NO_LIMIT)),
        ]
        order = np.lexsort(demands)
        begins = np.ones(len(order), dtype=np.bool_)
        if len(order):
            begins[1:] = np.any([np.diff(demand[order]) != 0 for demand in demands], axis=0)
        of_query = np.empty(len(order), dtype=np.int64)
        of_query[order] = np.cumsum(begins) - 1
        return cls(queries[order[begins]], of_query)
