"""`inferline`: from the fastest plan down in cost, step by step, as the latency SLO allows (SoCC 2020)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sloplan.heuristics.evaluator import Evaluator, PartialPlans
from sloplan.heuristics.one_after_another import OneAfterAnother
from sloplan.heuristics.rival import Rival
from sloplan.heuristics.searches import FoundPlans, Searches, best_of_each, search_alone
from sloplan.heuristics.variants import cheapest_variants
from sloplan.problem.compiled import CompiledInstance, Int
from sloplan.problem.run import Run

_VARIANT_BEAM = 10
"""Combinations of configurations kept while the cheapest is looked for."""

_FAST_BEAM = 32
"""Fastest partial plans kept per query while a first plan is looked for."""


class InferLinePlanner:
    """A configuration per operator is given; hardware and allocation follow from cost cuts that keep the SLO."""

    def plans(self, searches: Searches, evaluator: Evaluator, should_stop: Callable[[], bool]) -> FoundPlans:
        """Return the plan at the end of the cuts, then those that were passed on the way, the last first."""
        variants = cheapest_variants(searches, evaluator, _VARIANT_BEAM)
        first = best_of_each(variants.search, (), 1)
        search, configuration = variants.search[first], variants.configuration[first]
        # All models given are measured on all hardware, at all allocations, before any planning begins.
        for position in range(searches.num_operators):
            state, option = searches.extensions_of(position, search, configuration[:, position])
            evaluator.profile(option, search[state])
        search, choices, cost = _fastest(searches, search, configuration, evaluator)
        passed = [(search, choices.copy(), cost.copy())]
        active = np.arange(len(search))
        while len(active) and not should_stop():
            cut, current, lower = _greatest_cut(searches, search[active], choices[active], cost[active], evaluator)
            active = active[cut]
            choices[active], cost[active] = current, lower
            passed.append((search[active], current, lower))
        return FoundPlans.ranked(
            np.concatenate([part[0] for part in passed]),
            np.concatenate([part[1] for part in passed]),
            (np.concatenate([part[2] for part in passed]),),
            2**62,
        )


def _fastest(searches: Searches, search: Int, configuration: Int, evaluator: Evaluator) -> tuple[Int, Int, Int]:
    """Return searches with their fastest feasible plan and its cost; those without one are left out."""
    partial = PartialPlans.empty().taken(np.zeros(len(search), dtype=np.int64))
    owner = np.arange(len(search))
    for position in range(searches.num_operators):
        state, option = searches.extensions_of(position, search[owner], configuration[owner, position])
        owner = owner[state]
        partial = evaluator.extend(searches.template[search[owner]], partial, state, option, search[owner])
        able = np.flatnonzero(partial.possible)
        kept = able[best_of_each(owner[able], (partial.latency_us[able], partial.cost_nano[able]), _FAST_BEAM)]
        owner, partial = owner[kept], partial.taken(kept)
    if len(owner) == 0:
        return search[:0], partial.choices, partial.cost_nano
    figures = evaluator.evaluate(searches.template[search[owner]], partial.choices, search=search[owner])
    able = np.flatnonzero(searches.accepts(evaluator, search[owner], figures))
    kept = able[best_of_each(owner[able], (figures.latency_us[able], figures.cost_nano[able]), 1)]
    return search[owner[kept]], partial.choices[kept], figures.cost_nano[kept]


def _greatest_cut(
    searches: Searches, search: Int, choices: Int, cost: Int, evaluator: Evaluator
) -> tuple[Int, Int, Int]:
    """Move one operator of each plan so that most cost is saved: which plans can, what they become, their cost."""
    plans, moved = [np.zeros(0, dtype=np.int64)], [choices[:0]]
    for position in range(searches.num_operators):
        configuration = searches.compiled.options.configuration[choices[:, position]]
        state, option = searches.extensions_of(position, search, configuration)
        other = option != choices[state, position]
        state, option = state[other], option[other]
        neighbour = choices[state].copy()
        neighbour[:, position] = option
        plans.append(state)
        moved.append(neighbour)
    plan, neighbour = np.concatenate(plans), np.concatenate(moved)
    if len(plan) == 0:
        return plan, neighbour, plan
    figures = evaluator.evaluate(searches.template[search[plan]], neighbour, search=search[plan])
    able = np.flatnonzero(searches.accepts(evaluator, search[plan], figures) & (figures.cost_nano < cost[plan]))
    kept = able[best_of_each(plan[able], (figures.cost_nano[able], figures.latency_us[able]), 1)]
    return plan[kept], neighbour[kept], figures.cost_nano[kept]


class InferLine(Rival):
    """InferLine's planner, query after query.

    Source: Crankshaw et al., *InferLine: Latency-Aware Provisioning and Scaling for Prediction Serving Pipelines*, SoCC
    2020. It takes a pipeline of given models, begins with a feasible plan, the fastest hardware and no batching, and
    cuts cost as long as an estimator says that the latency SLO is kept: each step takes the cut that saves most of a
    cheaper machine, another batch size or a replica less.

    Adapted to many queries: queries with one template and the same SLOs are planned together, each takes the cheapest
    plan that its descent came by and that fits, and those left over are planned again in what capacity is left;
    queries are taken in three orders, and the best answer is kept (`one_after_another`).

    Differs from the original: it has no choice of accuracy, so its models are given to it: the combination of least
    own cost that meets the accuracy SLO, found as JellyBean finds its first. Where another pool stands, not just
    other hardware, its network is in the estimate, which is the instance's own. Capacity is busy time: replicas follow
    from it and are not planned. A cost SLO, which it does not know, must be met by the first plan already.
    """

    name = "inferline"
    summary = "from the fastest plan down in cost while the latency SLO holds (InferLine, SoCC 2020)"

    def solve(
        self, problem: CompiledInstance, run: Run, *, profiles_known: bool = True, template_caching: bool = True
    ) -> None:
        """Solve `problem`.

        Parameters
        ----------
        problem : CompiledInstance
        run : Run
        profiles_known, template_caching
            See `Evaluator`.
        """
        evaluator = Evaluator(problem, profiles_known=profiles_known, caching=template_caching)
        OneAfterAnother(problem, run, evaluator, InferLinePlanner()).place()


def least_cost_within_latency(problem: CompiledInstance, query: int) -> tuple[Int, int] | None:
    """Plan one query as InferLine does: least cost under its latency SLO, for the models that it is given.

    Parameters
    ----------
    problem : CompiledInstance
    query : int
        The cheapest models that meet its accuracy SLO are those given; its cost SLO is not looked at.

    Returns
    -------
    choices : (operators,) int64
        Global option per local operator position.
    cost_nano : int
        nano-USD per request.

        None if nothing is found.
    """
    alone = search_alone(problem, query, "slo_cost_nano")
    evaluator = Evaluator(alone.compiled)
    found = InferLinePlanner().plans(alone, evaluator, lambda: False)
    if len(found.search) == 0:
        return None
    return found.choices[0], int(evaluator.evaluate(alone.template, found.choices[:1]).cost_nano[0])
