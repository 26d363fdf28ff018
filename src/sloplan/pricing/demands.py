"""What the queries of a template ask of a plan, in as few figures and classes of queries as tell plans apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sloplan.problem.compiled import Bool, CompiledInstance, Int


@dataclass(frozen=True)
class Demands:
    """Classes of queries that allow the same.

    Parameters
    ----------
    queries : (q,) int64
        The template's queries, ascending.
    of_query : (q,) int64
        Class of each of them.
    allowed : (classes, 2 + amounts) int64
        Latency, rate, and the amounts of `active`: what a plan may need at most.
    active : (resources,) bool
        Additive resources that limit some class; others cannot be exceeded by any plan.
    latency, rate : bool
        The same of the latency SLO and the least rate.
    """

    queries: Int
    of_query: Int
    allowed: Int
    active: Bool
    latency: bool
    rate: bool

    @classmethod
    def of(cls, compiled: CompiledInstance, template: int, own_capacity: Int, most: list[int]) -> Demands:
        """Compare what queries allow with the most that any plan needs.

        Parameters
        ----------
        compiled : CompiledInstance
        template : int
        own_capacity : (own resources,) int64
            Capacity of the query's own pools and links that plans may load.
        most : list of int
            Upper bounds on any plan's latency, least rate, nano-nats, cost and load of each own resource.
        """
        members, asked = compiled.template_queries(template), compiled.queries
        rate = asked.rate_milli[members]
        columns = [asked.slo_latency_us[members], rate, asked.slo_accuracy[members], asked.slo_cost_nano[members]]
        # rate x load <= capacity holds exactly when load <= floor(capacity / rate).
        columns += [capacity // rate for capacity in own_capacity]
        limiting = np.array(
            [bool((column < bound).any()) for column, bound in zip(columns, most, strict=True)], dtype=np.bool_
        )
        # Beyond what any plan needs, a limit is none; and equal limits make one class.
        limits = np.column_stack(
            [
                np.minimum(column, min(bound, np.iinfo(np.int64).max)) if limits_some else np.zeros_like(rate)
                for column, bound, limits_some in zip(columns, most, limiting, strict=True)
            ]
        )
        kept = np.concatenate([[True, True], limiting[2:]])
        allowed, of_query = np.unique(limits[:, kept], axis=0, return_inverse=True)
        return cls(
            queries=members,
            of_query=of_query.reshape(-1).astype(np.int64),
            allowed=np.ascontiguousarray(allowed),
            active=limiting[2:],
            latency=bool(limiting[0]),
            rate=bool(limiting[1]),
        )
