"""The plans that a planner knows: a short list for every template, and those that are followed besides."""

from __future__ import annotations

from typing import Final

import numpy as np

from sloplan.heuristics.compass import EFFORT
from sloplan.heuristics.contention import room_of
from sloplan.heuristics.evaluator import Evaluator
from sloplan.heuristics.listing import Classes
from sloplan.heuristics.plan_search import Switches
from sloplan.heuristics.scarcity import first_prices
from sloplan.heuristics.shortlists import StageOne
from sloplan.pricing.plan_arrays import PlanArrays
from sloplan.pricing.undominated import list_undominated
from sloplan.problem.compiled import INT64_MAX, CompiledInstance, Int, Sparse
from sloplan.problem.evaluation import evaluate_plans
from sloplan.problem.grouping import grouped
from sloplan.runtime.compiled_queries import at_any_rate

LIST_LIMIT: Final = 200_000
"""Partial plans of a template; where one has more, the plans of all are searched instead of listed."""

_NEVER: Final = np.array([0, INT64_MAX, 0, 0, 0])  # a least rate that no query has


class KnownPlans:
    """Plans in flat arrays: those of the lists first, template by template, then others that were added.

    Parameters
    ----------
    compiled : CompiledInstance
        Of the moment.

    Attributes
    ----------
    listed : PlanArrays
        The lists: of every template the plans that no other replaces, or that search found.
    template : (plans,) int64
    choices : (plans, most operators of an application) int64
        Global option per local operator position, padded by -1.
    needs : (plans, 5) int64
        What a plan needs of a query, as `plan_kernels` says.
    usage : Sparse
        Per plan: usage per request on the coupling rows.
    """

    def __init__(self, compiled: CompiledInstance) -> None:
        self._compiled = compiled
        self.listed = short_lists(compiled)
        self.template: Int = self.listed.template
        self.choices: Int = self.listed.choices
        self.needs: Int = self.listed.needs
        self.usage: Sparse = self.listed.usage

    def __len__(self) -> int:
        return len(self.template)

    def add(self, template: Int, choices: Int) -> Int:
        """Return the indices of plans, of which those not known yet are added.

        Parameters
        ----------
        template : (n,) int64
        choices : (n, k) int64
            Padded by -1, as `choices`.
        """
        width = self.choices.shape[1]
        padded = np.full((len(template), width), -1, dtype=np.int64)
        padded[:, : choices.shape[1]] = choices[:, :width]
        known = np.column_stack([self.template, self.choices])
        every = np.concatenate([known, np.column_stack([template, padded])])
        _, first, number = np.unique(every, axis=0, return_index=True, return_inverse=True)
        index = first[number.reshape(-1)[len(known) :]]  # of the first that is the same, a known one if there is any
        new = np.unique(index[index >= len(known)])
        place = np.arange(len(every))
        place[new] = len(known) + np.arange(len(new))
        self._append(every[new, 0], every[new, 1:])
        return place[index]

    def _append(self, template: Int, choices: Int) -> None:
        if not len(template):
            return
        compiled, templates = self._compiled, self._compiled.templates
        needs = np.tile(_NEVER, (len(template), 1))
        order, usages = [], []
        for application, member in grouped(templates.application[template]):
            operators = len(compiled.applications[application].operators)
            figures = evaluate_plans(compiled, template[member], choices[member, :operators])
            found = [
                -figures.max_rate_milli,
                figures.min_rate_milli,
                figures.accuracy_nano_nats,
                figures.latency_us,
                figures.cost_nano,
            ]
            needs[member[figures.placeable]] = np.column_stack(found)[figures.placeable]
            order.append(member)
            usages.append(figures.usage)
        usage = Sparse.joined(usages).taken(np.argsort(np.concatenate(order), kind="stable"))
        self.template = np.concatenate([self.template, template])
        self.choices = np.concatenate([self.choices, choices])
        self.needs = np.concatenate([self.needs, needs])
        self.usage = Sparse.joined([self.usage, usage])


def short_lists(compiled: CompiledInstance) -> PlanArrays:
    """Return of every template the plans that no other replaces; searched ones where a template has too many.

    Those that no other replaces serve whatever rates queries come to have; searched ones are those of the moment's.

    Parameters
    ----------
    compiled : CompiledInstance
    """
    listed = list_undominated(at_any_rate(compiled), LIST_LIMIT, lambda _: False)
    if not listed.too_many:
        return listed.plans
    evaluator = Evaluator(compiled, profiles_known=True, caching=True)
    classes, switches = Classes.of(compiled), Switches()
    stage = StageOne(compiled, classes, evaluator, switches, is_cost=False, seed=0)
    return stage.plans(first_prices(room_of(compiled, "goodput")), lambda: EFFORT)
