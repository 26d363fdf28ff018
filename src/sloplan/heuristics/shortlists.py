"""Stage one of `compass`: the plans of which every query gets a short list, found by search."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, partial

import numpy as np
import numpy.typing as npt

from sloplan.heuristics.configuration_choice import combinations, useful_combinations, useful_options
from sloplan.heuristics.configuration_tree import free_tree, tree_of
from sloplan.heuristics.evaluator import FIGURES, Evaluator, Figure
from sloplan.heuristics.group_frontiers import NEAREST_KIN, GroupFrontiers
from sloplan.heuristics.listing import Classes
from sloplan.heuristics.plan_search import PlanSearch, SearchSpace, Switches
from sloplan.heuristics.scarcity import Scarcity
from sloplan.heuristics.slo_groups import representatives
from sloplan.heuristics.standing import Standing
from sloplan.pricing.plan_arrays import PlanArrays
from sloplan.problem.compiled import CompiledInstance, Int, Sparse
from sloplan.problem.evaluation import evaluate_plans, largest_rate

Float = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Effort:
    """How far a search goes.

    Parameters
    ----------
    directions : int
    spread : float
        See `Scarcity`.
    kept : int
        Partial plans that stay per direction and demand; half as many where plans are known of the same application,
        a quarter where they are of the same class of devices too.
    demands : int
        Representatives of a template's queries, at most.
    good_plans : int
        Plans whose neighbours are looked at.
    """

    directions: int
    spread: float
    kept: int
    demands: int
    good_plans: int


@dataclass
class StageOne:
    """Searches the plans of all templates.

    Parameters
    ----------
    compiled : CompiledInstance
        With the capacities that plans face when all stands that can.
    classes : Classes
    evaluator : Evaluator
    switches : Switches
    is_cost : bool
    seed : int
        Of the directions.
    """

    compiled: CompiledInstance
    classes: Classes
    evaluator: Evaluator
    switches: Switches
    is_cost: bool
    seed: int
    _learnt: dict[int, tuple[Int, Int] | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._frontiers = GroupFrontiers(self.compiled)

    def plans(self, price: Float, effort_now: Callable[[], Effort | None]) -> PlanArrays:
        """Return the plans that were found, of most copies' templates first; of those that came too late, none.

        Parameters
        ----------
        price : (rows,) float64
            Row prices about which directions are drawn.
        effort_now : callable
            Asked before each template how far to go; None stops.
        """
        scarcity_of = cache(partial(self._scarcity, price))
        number = len(self.compiled.templates)
        start = np.searchsorted(self.classes.template, np.arange(number + 1))
        copies = np.bincount(self.classes.template, weights=self.classes.copies, minlength=number)
        found: dict[int, Int] = {}
        for template in np.argsort(-copies, kind="stable").tolist():
            effort = effort_now()
            if effort is None:
                break
            members = np.arange(start[template], start[template + 1])
            found[template] = self._of_template(template, members, scarcity_of(effort), effort, effort_now)
        return self._evaluated(found)

    def _scarcity(self, price: Float, effort: Effort) -> Scarcity:
        return Scarcity(
            self.compiled,
            price,
            is_cost=self.is_cost,
            directions=effort.directions,
            spread=effort.spread,
            seed=self.seed,
        )

    def _of_template(
        self,
        template: int,
        members: Int,
        scarcity: Scarcity,
        effort: Effort,
        effort_now: Callable[[], Effort | None],
    ) -> Int:
        """Return plans of one template for its classes of queries."""
        evaluator, members = self.evaluator, members[self.classes.copies[members] > 0]
        operators = len(self.compiled.applications[self.compiled.templates.application[template]].operators)
        nothing = np.zeros((0, operators), dtype=np.int64)
        if not len(members):
            return nothing
        allowed, copies = self.classes.allowed[members], self.classes.copies[members]
        if self.switches.across_similarity:
            evaluator.begin_search(int(copies.sum()))
            return self._search(template, allowed, scarcity, effort)
        found = [nothing]
        for one, number in zip(allowed, copies.tolist(), strict=True):
            if effort_now() is None:
                break
            evaluator.begin_search(number)
            found.append(self._search(template, one[None, :], scarcity, effort))
        return np.unique(np.concatenate(found), axis=0)

    def _search(self, template: int, allowed: Int, scarcity: Scarcity, effort: Effort) -> Int:
        """Return plans for queries that allow so much: first what is known of their like, then what may beat it."""
        space, switches = self._space(template, allowed), self.switches
        kinship, known = 0, np.zeros((0, len(self.compiled.template_options(template))), dtype=np.int64)
        if space is None:
            return known
        hands_on = switches.group_frontiers and switches.across_similarity
        if hands_on:
            kinship, known = self._frontiers.of(template)
        demands = representatives(allowed, effort.demands)
        standing = Standing(
            space, scarcity, demands, self.evaluator, self._figures, own_directions=switches.slo_decomposition
        )
        standing.add(known)
        kept = max(1, effort.kept >> kinship) if len(known) else effort.kept
        search = PlanSearch(space, scarcity, self.evaluator, switches, kept)
        standing.add(search.plans(demands, standing.best))
        # Of the nearest kin good plans have been looked around; a bill of few units may hang on one plan more.
        if switches.neighbours and (kinship < NEAREST_KIN or self.is_cost):
            standing.look_around(effort.good_plans)
        if hands_on:
            self._frontiers.add(template, standing.plans)
        return standing.plans

    def _space(self, template: int, allowed: Int) -> SearchSpace | None:
        """Return what there is to search; None where an operator has no option that any of the queries may use."""
        compiled, options = self.compiled, self.compiled.options
        parts = [
            useful_options(compiled, part[options.min_rate_milli[part] <= allowed[:, 1].max()])
            for part in compiled.template_options(template)
        ]
        if not all(map(len, parts)):
            return None
        self.evaluator.profile(np.concatenate(parts))
        learnt = self._accuracy(template) if self.switches.slo_decomposition else None
        if learnt is None:
            tree = free_tree(parts)
            return SearchSpace(compiled, template, parts, tree, tree.node, None)
        every, nano_nats = learnt
        useful = useful_combinations(compiled, parts, every, nano_nats) & (nano_nats <= allowed[:, 2].max())
        tree = tree_of(every[useful], parts, options.configuration)
        return SearchSpace(compiled, template, parts, tree, every[useful], nano_nats[useful])

    def _accuracy(self, template: int) -> tuple[Int, Int] | None:
        """Return the combinations of an application's configurations and their accuracy, learnt once for all of it."""
        application = int(self.compiled.templates.application[template])
        again = not self.switches.within_similarity or not self.evaluator.caching
        if application not in self._learnt or again:
            found = combinations(self.compiled, application)
            self._learnt[application] = None if found is None else (found, self.evaluator.accuracy(template, found))
        return self._learnt[application]

    @property
    def _figures(self) -> tuple[Figure, ...]:
        """What is not known yet of a whole plan that was found."""
        known = self.switches.slo_decomposition and self.switches.within_similarity
        return ("latency", "cost", "usage") if known else FIGURES

    def _evaluated(self, found: dict[int, Int]) -> PlanArrays:
        """Return whole plans with their figures, those of one application at once."""
        compiled, templates = self.compiled, self.compiled.templates
        width = max(len(application.operators) for application in compiled.applications)
        parts: list[tuple[Int, Int, Int, Int, Sparse]] = []
        for application in np.unique(templates.application).tolist():
            mine = [template for template in found if templates.application[template] == application]
            of = np.repeat(mine, [len(found[template]) for template in mine]).astype(np.int64)
            if not len(of):
                continue
            choices = np.concatenate([found[template] for template in mine])
            figures = evaluate_plans(compiled, of, choices)  # counted search by search
            needs = np.column_stack(
                [
                    -figures.max_rate_milli,
                    figures.min_rate_milli,
                    figures.accuracy_nano_nats,
                    figures.latency_us,
                    figures.cost_nano,
                ]
            )
            able = np.flatnonzero(figures.placeable)
            padded = np.full((len(of), width), -1, dtype=np.int64)
            padded[:, : choices.shape[1]] = choices
            usage = figures.usage.taken(able)
            parts.append((of[able], padded[able], needs[able], figures.billed_cost_nano[able], usage))
        return _joined(parts, compiled, width)


def _joined(parts: list[tuple[Int, Int, Int, Int, Sparse]], compiled: CompiledInstance, width: int) -> PlanArrays:
    none = np.zeros(0, dtype=np.int64)
    nothing = none, none.reshape(0, width), none.reshape(0, 5), none, Sparse(np.zeros(1, dtype=np.int64), none, none)
    every = [nothing, *parts]
    of, choices, needs, billed = (np.concatenate([part[column] for part in every]) for column in range(4))
    order = np.argsort(of, kind="stable")
    usage = Sparse.joined([part[4] for part in every]).taken(order)
    return PlanArrays(
        start=np.searchsorted(of[order], np.arange(len(compiled.templates) + 1)),
        choices=choices[order],
        needs=needs[order],
        alone_rate_milli=largest_rate(usage, compiled.rows.capacity),
        billed_cost_nano=billed[order],
        usage=usage,
    )
