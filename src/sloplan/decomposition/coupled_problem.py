"""What decomposition works on, made alike from an instance and from a plan selection: groups, their plans, coupling.

Groups that share a template share its plans; they differ in rate, value, count and what they allow. A group's plan is
worth, at prices of the rows and of value,

    value price x (value of the group + value of the plan) - rate x (cost, if it counts, + priced usage of the plan).

Queries of an instance have values, plans have none; of a plan selection it is the other way round, and every group is
a template of its own, of rate 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from sloplan.decomposition.searched_template import SearchedTemplate
from sloplan.decomposition.vacant_places import with_vacant_places
from sloplan.pricing.plan_arrays import PlanArrays, list_plans
from sloplan.pricing.plan_kernels import MAX_RATE, allowed_by, raise_most_used
from sloplan.pricing.shard_pricer import LIST_LIMIT
from sloplan.pricing.undominated import Listed, list_undominated
from sloplan.problem.compiled import Bool, CompiledInstance, Int, Rows, Sparse, Supplies
from sloplan.problem.cost_problem import under_objective
from sloplan.problem.evaluation import largest_rate
from sloplan.problem.most_supplied import most_supplied
from sloplan.problem.plan_table import PLAN_LIMIT
from sloplan.problem.selections.selection import PlanSelection
from sloplan.problem.selections.solution import SelectionSolution
from sloplan.problem.solution import Solution
from sloplan.problem.spans import spans

Float = npt.NDArray[np.float64]

AnySolution = Solution | SelectionSolution


@dataclass(frozen=True)
class Groups:
    """Groups of identical copies, each of which takes one plan of the group's template, or none.

    Parameters
    ----------
    template : (groups,) int64
    rate : (groups,) int64
        Factor of a plan's cost and usage.
    value : (groups,) int64
        Of one copy, beside the plan's.
    count : (groups,) int64
    must : (groups,) bool
        No copy may stay out.
    allowed : (groups, 5) int64
        What a plan may need at most, as `plan_kernels` says.
    """

    template: Int
    rate: Int
    value: Int
    count: Int
    must: Bool
    allowed: Int

    def __len__(self) -> int:
        return len(self.template)


@dataclass(frozen=True)
class TemplatePlans:
    """Plans of all templates, those of template t at ``start[t]:start[t + 1]``.

    Of a template whose plans are not listed most places are vacant at first: their needs close them to every group, and
    their usage has an entry of 0 for every row that the template may use. They are filled in place.

    Parameters
    ----------
    start : (templates + 1,) int64
    needs : (plans, 5) int64
        What a plan needs of a group, fitting alone in the shared capacity included.
    value : (plans,) int64
        Of one copy.
    cost : (plans,) int64
        Of one copy per unit of rate; 0 where cost does not count.
    usage : Sparse
        Of one copy per unit of rate: of the coupling rows, a row per plan.
    """

    start: Int
    needs: Int
    value: Int
    cost: Int
    usage: Sparse

    def __len__(self) -> int:
        return len(self.value)

    @cached_property
    def template(self) -> Int:
        """Template of every plan, shape (plans,)."""
        return np.repeat(np.arange(len(self.start) - 1), np.diff(self.start))


@dataclass(frozen=True)
class CoupledProblem:
    """Groups that compete for rows, and supplies that bring capacity to them.

    Parameters
    ----------
    name : str
    groups : Groups
    plans : TemplatePlans
        Those that no other replaces, unless all were asked for.
    rows : Rows
    supplies : Supplies
    supply_price : (supplies,) int64
        What one unit of each supply costs; 0 where cost does not count.
    is_cost : bool
        Least cost is sought for a goodput of at least `floor`; otherwise the greatest value.
    floor : int
        0 where value is what is sought.
    most_used : (templates, rows + 1) float64
        The most that one copy of any group uses of each row, whatever its plan, and in the end the most that it costs;
        plans that are left out count too.
    solution : callable
        Returns (group, plan, count), each (n,) int64, and the amount of every supply as a solution to be checked.
    source : CompiledInstance or PlanSelection
        What it was made from: the groups are its queries or groups, in their order.
    choices : (plans, positions) int64
        What each plan chooses there: the option of each operator, padded by -1; of a plan selection, its plan there.
    searched : mapping
        By template, those whose plans are too many to list.
    """

    name: str
    groups: Groups
    plans: TemplatePlans
    rows: Rows
    supplies: Supplies
    supply_price: Int
    is_cost: bool
    floor: int
    most_used: Float
    solution: Callable[[Int, Int, Int, Int], AnySolution]
    source: CompiledInstance | PlanSelection
    choices: Int
    searched: Mapping[int, SearchedTemplate] = field(default_factory=dict)

    @cached_property
    def searched_groups(self) -> dict[int, Int]:
        """Groups of every template whose plans are not listed, ascending."""
        return {template: np.flatnonzero(self.groups.template == template) for template in self.searched}

    def dearest(self, prices: Float, value_price: float) -> float:
        """Return what no plan's priced usage, cost or priced value of one copy is above, also of those left out.

        Parameters
        ----------
        prices : (rows,) float64
        value_price : float
        """
        return max(value_price * self._most_valued, float((self.most_used @ np.append(prices, 1.0)).max(initial=0.0)))

    @cached_property
    def _most_valued(self) -> float:
        """Value of the copy worth most; plans of a plan selection that are left out count too."""
        plans = self.source.plans if isinstance(self.source, PlanSelection) else self.plans
        return float(self.groups.value.max(initial=0)) + float(plans.value.max(initial=0))

    @cached_property
    def most_supplied(self) -> Int:
        """Capacity of every row with as much of every supply as helps it, shape (rows,)."""
        return most_supplied(self.rows, self.supplies)

    @cached_property
    def used_rows(self) -> Int:
        """Rows that some plan uses, or that a supply takes from, ascending."""
        brought = self.supplies.brought
        return np.union1d(self.plans.usage.column, brought.column[brought.amount < 0])

    def open_plans(self, groups: Int) -> tuple[Int, Int]:
        """Return all pairs (group, plan) of some groups with the plans that are open to them, group by group.

        Parameters
        ----------
        groups : (n,) int64
        """
        first = self.plans.start[self.groups.template[groups]]
        length = self.plans.start[self.groups.template[groups] + 1] - first
        plan, group = spans(first, length), np.repeat(groups, length)
        is_open = (self.plans.needs[plan] <= self.groups.allowed[group]).all(axis=1)
        return group[is_open], plan[is_open]


def coupled_instance(
    compiled: CompiledInstance,
    objective: str,
    floor: int | None = None,
    should_stop: Callable[[int], bool] = lambda _: False,
    list_limit: int = LIST_LIMIT,
    threads: int = 1,
    *,
    sifted: bool = True,
) -> CoupledProblem | None:
    """Return an instance as a coupled problem, its plans listed and sifted; None if time was up before.

    Parameters
    ----------
    compiled : CompiledInstance
        As compiled, whatever the objective.
    objective : {"goodput", "cost"}
    floor : int, optional
        Least goodput under "cost", milli-value.
    should_stop : callable, optional
        Asked before the plans of each template are listed, and before those too many to list are searched first.
    list_limit : int
        A template with more partial plans is not listed: its plans are searched whenever prices are tried.
    threads : int
        Threads that list and sift plans.
    sifted : bool
        Leave out plans that others replace whatever follows. Decisions on options need them all, with what
        certificates ask of a plan: to fit alone into each row with as much supply as helps it.

    Raises
    ------
    SizeLimitError
        If not sifted, and a template has more partial plans than `PLAN_LIMIT`.
    """
    is_cost = objective == "cost"
    facing = under_objective(compiled, objective)
    standing = compiled.under_cost.all_rented if is_cost else compiled
    listed = (
        list_undominated(standing, list_limit, should_stop, facing=facing, billed=is_cost, threads=threads)
        if sifted
        else _all_listed(standing, should_stop)
    )
    if listed.num_listed < len(compiled.templates):
        return None
    queries = compiled.queries
    searched = {template: SearchedTemplate(standing, template, float(is_cost)) for template in listed.too_many}
    plans, choices = with_vacant_places(
        _instance_plans(
            listed.plans, is_cost, listed.plans.needs_alone if sifted else _needs_proved(listed.plans, facing)
        ),
        listed.plans.choices,
        searched,
    )
    allowed = allowed_by(queries)
    for template, one in searched.items():  # what plans cost is known before anybody scales by it
        if should_stop(listed.num_listed):
            return None
        of_template = allowed[compiled.template_queries(template)]
        one.extend(plans, int(plans.start[template]), of_template, np.zeros(len(facing.rows)))

    def solution(group: Int, plan: Int, count: Int, amount: Int) -> Solution:
        supplied = np.flatnonzero(amount)
        supply = dict(zip(facing.supplies.name[supplied].tolist(), amount[supplied].tolist(), strict=True))
        found = Solution.from_choices(compiled, group, count, choices[plan], supply)
        return replace(found, objective=objective, goodput_floor=floor) if is_cost else found

    return CoupledProblem(
        name=compiled.name,
        groups=Groups(
            template=queries.template,
            rate=queries.rate_milli,
            value=queries.value_milli,
            count=queries.count,
            must=np.zeros(len(queries.template), dtype=np.bool_),
            allowed=allowed,
        ),
        plans=plans,
        rows=facing.rows,
        supplies=facing.supplies,
        supply_price=compiled.under_cost.supply_price if is_cost else np.zeros(len(facing.supplies), dtype=np.int64),
        is_cost=is_cost,
        floor=floor or 0,
        most_used=_most_used(listed, searched, _largest_rates(compiled), is_cost),
        solution=solution,
        source=compiled,
        choices=choices,
        searched=searched,
    )


def _largest_rates(compiled: CompiledInstance) -> Int:
    """Return the largest rate of each template's queries, shape (templates,)."""
    rate = np.zeros(len(compiled.templates), dtype=np.int64)
    np.maximum.at(rate, compiled.queries.template, compiled.queries.rate_milli)
    return rate


def _most_used(listed: Listed, searched: Mapping[int, SearchedTemplate], rate: Int, is_cost: bool) -> Float:
    """Return the most that a copy of each template's queries uses of each row, and costs in the end."""
    most = listed.most_used * rate[:, None]
    for template, one in searched.items():
        used, billed = one.most_used()
        most[template, one.rows] = used * float(rate[template])
        most[template, -1] = billed * float(rate[template])
    most[:, -1] *= is_cost
    return np.asarray(most, dtype=np.float64)


def _all_listed(compiled: CompiledInstance, should_stop: Callable[[int], bool]) -> Listed:
    plans, number = list_plans(compiled, PLAN_LIMIT, should_stop)
    most = np.zeros((len(compiled.templates), len(compiled.rows) + 1))
    raise_most_used(plans.start, plans.usage, plans.billed_cost_nano, most)
    return Listed(plans, number, (), most)


def _needs_proved(plans: PlanArrays, facing: CompiledInstance) -> Int:
    """Return what plans need with the rates that certificates let them have: rows are looked at one by one."""
    needs = plans.needs.copy()
    alone = largest_rate(plans.usage, most_supplied(facing.rows, facing.supplies))
    np.maximum(needs[:, MAX_RATE], -alone, out=needs[:, MAX_RATE])
    return needs


def _instance_plans(plans: PlanArrays, is_cost: bool, needs: Int) -> TemplatePlans:
    nothing = np.zeros(len(plans), dtype=np.int64)
    return TemplatePlans(
        start=plans.start,
        needs=needs,
        value=nothing,
        cost=plans.billed_cost_nano if is_cost else nothing,
        usage=plans.usage,
    )


def coupled_selection(selection: PlanSelection) -> CoupledProblem:
    """Return a plan selection as a coupled problem; plans that do not fit alone are left out.

    Parameters
    ----------
    selection : PlanSelection
    """
    is_cost = selection.objective == "cost"
    listed, groups = selection.plans, len(selection.groups)
    overloading = listed.usage.amount > most_supplied(selection.rows, selection.supplies)[listed.usage.column]
    fits = np.bincount(listed.usage.row_of_entry, weights=overloading, minlength=len(listed)) == 0
    plan_of = np.flatnonzero(fits)
    zero = np.zeros(len(selection.supplies), dtype=np.int64)

    def solution(_group: Int, plan: Int, count: Int, amount: Int) -> SelectionSolution:
        return SelectionSolution.from_choices(selection, plan_of[plan], count, amount)

    return CoupledProblem(
        name=selection.name,
        groups=Groups(
            template=np.arange(groups),
            rate=np.ones(groups, dtype=np.int64),
            value=np.zeros(groups, dtype=np.int64),
            count=selection.groups.count,
            must=selection.groups.must,
            allowed=np.zeros((groups, 5), dtype=np.int64),
        ),
        plans=TemplatePlans(
            start=np.searchsorted(plan_of, selection.plan_start),
            needs=np.zeros((len(plan_of), 5), dtype=np.int64),
            value=listed.value[plan_of],
            cost=listed.cost[plan_of] if is_cost else np.zeros(len(plan_of), dtype=np.int64),
            usage=listed.usage.taken(plan_of),
        ),
        rows=selection.rows,
        supplies=selection.supplies,
        supply_price=selection.supplies.price if is_cost else zero,
        is_cost=is_cost,
        floor=(selection.goodput_floor or 0) if is_cost else 0,
        most_used=_most_of_groups(selection, is_cost),
        solution=solution,
        source=selection,
        choices=plan_of[:, np.newaxis],
    )


def _most_of_groups(selection: PlanSelection, is_cost: bool) -> Float:
    """Return the most that a plan of each group uses of each row, and costs in the end."""
    plans = selection.plans
    most = np.zeros((len(selection.groups), len(selection.rows) + 1))
    bills = plans.cost if is_cost else np.zeros_like(plans.cost)
    raise_most_used(selection.plan_start, plans.usage, bills, most)
    return most
