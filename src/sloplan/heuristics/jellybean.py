"""`jellybean`: model variants by beam search, then workers tier by tier, greedily (VLDB 2022)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sloplan.heuristics.evaluator import Evaluator, PartialPlans
from sloplan.heuristics.one_after_another import OneAfterAnother
from sloplan.heuristics.rival import Rival, check_whole
from sloplan.heuristics.searches import FoundPlans, Searches, best_of_each, search_alone
from sloplan.heuristics.variants import Variants, cheapest_variants
from sloplan.problem.compiled import CompiledInstance, Int
from sloplan.problem.run import Run
from sloplan.problem.transfers import transfers_of

_UNREACHED = 2**31
"""Tier of a site without a route from the source."""


class JellyBeanPlanner:
    """Variants first, by beam search from the sink; then a worker for each operator, tier by tier.

    Parameters
    ----------
    beam : int
        Combinations of variants, and assignments of workers for each, that are kept.
    """

    def __init__(self, beam: int) -> None:
        self._beam = beam

    def plans(self, searches: Searches, evaluator: Evaluator, should_stop: Callable[[], bool]) -> FoundPlans:
        """Return the assignments found for all variants kept, the cheapest first."""
        if should_stop():
            return FoundPlans.none(searches)
        # All models are measured on all workers before any planning begins.
        for part in searches.open_options:
            evaluator.profile(part.option, np.repeat(np.arange(len(searches)), np.diff(part.start)))
        variants = cheapest_variants(searches, evaluator, self._beam)
        owner, assigned = self._assigned(searches, variants, evaluator)
        if len(owner) == 0:
            return FoundPlans.none(searches)
        search, choices = variants.search[owner], assigned.choices
        figures = evaluator.evaluate(searches.template[search], choices, search=search)
        kept = np.flatnonzero(searches.accepts(evaluator, search, figures))
        return FoundPlans.ranked(search[kept], choices[kept], (figures.cost_nano[kept],), len(kept))

    def _assigned(self, searches: Searches, variants: Variants, evaluator: Evaluator) -> tuple[Int, PartialPlans]:
        """Assign workers operator by operator; returns the combination of variants of each plan, and the plans."""
        compiled = searches.compiled
        to_come = searches.least_latency_to_come()
        tier = _tiers(compiled, searches.template)
        owner = np.arange(len(variants))
        partial = PartialPlans.empty().taken(np.zeros(len(variants), dtype=np.int64))
        for position in range(searches.num_operators):
            configuration = variants.configuration[owner, position]
            state, option = searches.extensions_of(position, variants.search[owner], configuration)
            search = variants.search[owner[state]]
            partial = evaluator.extend(searches.template[search], partial, state, option, search)
            owner = owner[state]
            site_tier = tier[search, compiled.options.site[option]]
            query = searches.query[search]
            able = (
                partial.possible
                & (site_tier < _UNREACHED)
                & (partial.finish_us[:, position] + to_come[position, search] <= compiled.queries.slo_latency_us[query])
                & (partial.cost_nano <= compiled.queries.slo_cost_nano[query])
            )
            for producer in searches.application.edges[searches.application.edges[:, 1] == position, 0].tolist():
                able &= tier[search, compiled.options.site[partial.choices[:, producer]]] <= site_tier
            kept = np.flatnonzero(able)
            # The cheapest worker of each tier, for each way in which the operators before stand.
            place = state[kept] * (_UNREACHED + 1) + site_tier[kept]
            kept = kept[best_of_each(place, (partial.cost_nano[kept], partial.finish_us[kept, position]), 1)]
            kept = kept[best_of_each(owner[kept], (partial.cost_nano[kept],), self._beam)]
            owner, partial = owner[kept], partial.taken(kept)
        return owner, partial


def _tiers(compiled: CompiledInstance, template: Int) -> Int:
    """How many links each site is from the source of a template: data goes from tier to tier, never back."""
    transfers, sites = transfers_of(compiled), np.arange(len(compiled.names.sites))
    source, which = np.unique(compiled.templates.source[template], return_inverse=True)
    tiers = np.full((len(source), len(sites)), _UNREACHED, dtype=np.int64)
    for place, site in enumerate(source.tolist()):
        for target, route in enumerate(transfers.routes(site, np.full(len(sites), site), sites).tolist()):
            if route >= 0:
                tiers[place, target] = len(transfers.route_links(route))
    return tiers[which]


class JellyBean(Rival):
    """JellyBean's planner, query after query.

    Source: Wu, Lentz, Zhuo, Lu, *Serving and Optimizing Machine Learning Workflows on Heterogeneous Infrastructures*,
    PVLDB 16 (2022). It plans one workflow for a rate and an accuracy threshold at least cost: beam search over model
    variants from the sink, each partial choice setting the accuracy that its inputs must reach, the 10 cheapest kept;
    for each of them workers operator by operator, greedily, over tiers that data passes in one direction, the 10
    cheapest states kept.

    Adapted to many queries: queries with one template and the same SLOs are planned together, each takes the
    cheapest plan of its list that fits, and those left over are planned again in what capacity is left; queries
    are taken in three orders, and the best answer is kept (`one_after_another`).

    Differs from the original: a stream is not split over workers, each copy of a query follows one plan, so the greedy
    choice of workers is that of one pool and allocation per operator. A worker's cost is its busy time and traffic,
    not its whole rent. Latency and cost SLOs, which it does not know, leave out workers that cannot meet them. A tier
    is the number of links from the source. It knows all profiles beforehand, so where they are not known all options
    are measured.
    """

    name = "jellybean"
    summary = "beam search over variants, then the cheapest workers tier by tier (JellyBean, VLDB 2022)"

    def solve(
        self,
        problem: CompiledInstance,
        run: Run,
        *,
        beam: int = 10,
        profiles_known: bool = True,
        template_caching: bool = True,
    ) -> None:
        """Solve `problem`.

        Parameters
        ----------
        problem : CompiledInstance
        run : Run
        beam : int, optional
            Combinations of variants, and assignments of workers for each, that are kept, at least 1.
        profiles_known, template_caching
            See `Evaluator`.
        """
        check_whole("beam", beam)
        evaluator = Evaluator(problem, profiles_known=profiles_known, caching=template_caching)
        OneAfterAnother(problem, run, evaluator, JellyBeanPlanner(beam)).place()


def least_cost_at_accuracy(problem: CompiledInstance, query: int, *, beam: int = 10) -> tuple[Int, int] | None:
    """Plan one query as JellyBean does: least cost at its accuracy threshold; no other SLO is looked at.

    Parameters
    ----------
    problem : CompiledInstance
    query : int
    beam : int, optional

    Returns
    -------
    choices : (operators,) int64
        Global option per local operator position.
    cost_nano : int
        nano-USD per request.

        None if nothing is found.
    """
    alone = search_alone(problem, query, "slo_latency_us", "slo_cost_nano")
    evaluator = Evaluator(alone.compiled)
    found = JellyBeanPlanner(beam).plans(alone, evaluator, lambda: False)
    if len(found.search) == 0:
        return None
    return found.choices[0], int(evaluator.evaluate(alone.template, found.choices[:1]).cost_nano[0])
