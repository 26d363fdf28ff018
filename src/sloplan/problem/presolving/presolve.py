"""What every method may leave out of an instance: options, queries and rows that decide nothing.

The optimum and the servable value stay as they are. What is left has the names, numbers and rows of the instance, so
that its solutions are solutions of the instance.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from sloplan.problem.compiled import NO_LIMIT, Bool, CompiledInstance, Int, Text
from sloplan.problem.cost_problem import under_objective
from sloplan.problem.errors import SizeLimitError
from sloplan.problem.exact_sums import exact_dot, exact_totals
from sloplan.problem.grouping import grouped
from sloplan.problem.plan_table import PlanTable, enumerate_plans
from sloplan.problem.presolving.blame import blame
from sloplan.problem.presolving.dominance import replacements
from sloplan.problem.servable import largest_rate_alone
from sloplan.problem.transfers import share_transfers

if TYPE_CHECKING:
    from sloplan.problem.instance import Instance

logger = logging.getLogger(__name__)

TEMPLATE_PLAN_LIMIT: Final = 200_000
"""Most partial plans of a template that are listed; of templates with more only dominated options go."""


@dataclass(frozen=True, eq=False)
class Presolved:
    """An instance without what decides nothing, and what that was.

    Parameters
    ----------
    compiled : CompiledInstance
        The instance with the options that are left per template; queries that nothing can serve have count 0.
    objective : str
    replacement : (options,) int64
        Option that takes the place of each: itself, or for a dominated one the option that replaces it.
    served : (queries,) bool
        Whether some plan meets the query's SLOs and rules and fits alone; also True where that was not looked into.
    slack : (rows,) bool
        Rows that hold whatever plans of the options that are left are followed, if they meet SLOs and rules.
    num_open : int
        Options open to the templates, summed over templates.
    num_dominated : int
        Those of them that others replace.
    num_unused : int
        Those of the rest that no plan within the loosest SLOs of the template's queries uses.
    num_unlisted : int
        Templates with too many plans to be listed.
    seconds : float
        Time that it took.
    """

    compiled: CompiledInstance
    objective: str
    replacement: Int
    served: Bool
    slack: Bool
    num_open: int
    num_dominated: int
    num_unused: int
    num_unlisted: int
    seconds: float
    _whole: CompiledInstance = field(repr=False)

    @cached_property
    def reasons(self) -> Text:
        """Why nothing can serve a query, "" for the others, shape (queries,); see `blame`. Found when asked for."""
        reason = np.full(len(self.served), "", dtype=object)
        out = np.flatnonzero(~self.served)
        for template, members in grouped(self._whole.queries.template[out]):
            reason[out[members]] = blame(self._whole, template, out[members], TEMPLATE_PLAN_LIMIT)
        return reason

    def replaced(self, choices: Int, supply: Int) -> tuple[Int, Int]:
        """Return plans with options that are left in place of dominated ones, and the supplies that carry them.

        Parameters
        ----------
        choices : (n, operators) int64
            Plans of a valid solution: global option per local operator position, padded by -1.
        supply : (supplies,) int64
            Amounts, under the objective.

        Returns
        -------
        choices, supply
            Of the same shapes; feasible again, of the same value and no dearer.
        """
        deployment = self.compiled.options.deployment
        moved = np.arange(len(supply))
        hosted = np.flatnonzero(deployment >= 0)
        moved[deployment[hosted]] = deployment[self.replacement[hosted]]
        total = np.zeros_like(supply)
        np.add.at(total, moved, supply)
        return np.where(choices >= 0, self.replacement[choices], choices), total

    def __str__(self) -> str:
        """What was left out, in one line."""
        told = (
            f"{self.num_dominated:,} dominated and {self.num_unused:,} unused of {self.num_open:,} options, "
            f"{int((~self.served).sum()):,} of {len(self.served):,} queries that nothing can serve, "
            f"{int(self.slack.sum()):,} of {len(self.slack):,} rows that cannot bind"
        )
        return f"{told}; {self.num_unlisted:,} templates not looked into" if self.num_unlisted else told


def presolve(
    problem: Instance | CompiledInstance,
    objective: str = "goodput",
    checkpoint: Callable[[], None] = lambda: None,
) -> Presolved:
    """Find what can be left out of an instance under an objective.

    Parameters
    ----------
    problem : Instance or CompiledInstance
    objective : str
        "goodput", "cost" or "goodput-then-cost".
    checkpoint : callable, optional
        Called before each template; what it raises breaks off.

    Returns
    -------
    Presolved

    Raises
    ------
    InputError
        If there is no such objective.

    Examples
    --------
    >>> print(sloplan.presolve(sloplan.load("edge-cloud-s-1.2-tight")))  # doctest: +SKIP
    """
    started = time.perf_counter()
    compiled = problem if isinstance(problem, CompiledInstance) else problem.compiled
    facing = under_objective(compiled, objective)
    whole = compiled if facing is compiled else compiled.under_cost.all_rented
    replacement = replacements(compiled, objective)
    kept = replacement == np.arange(len(replacement))
    share_transfers(compiled, whole)
    templates = range(len(compiled.templates))
    before = [compiled.template_options(template) for template in templates]
    thinned = _with(whole, tuple(tuple(part[kept[part]] for part in parts) for parts in before))
    found = []
    for template in templates:
        checkpoint()
        found.append(_Template.of(thinned, template))
    served = np.ones(len(compiled.queries.count), dtype=np.bool_)
    for one in found:
        served[one.members] = one.served
    reduced = replace(
        _with(compiled, tuple(one.options for one in found)),
        queries=replace(compiled.queries, count=np.where(served, compiled.queries.count, 0)),
    )
    share_transfers(compiled, reduced)
    num_open = sum(len(part) for parts in before for part in parts)
    num_kept = sum(int(kept[part].sum()) for parts in before for part in parts)
    presolved = Presolved(
        compiled=reduced,
        objective=objective,
        replacement=replacement,
        served=served,
        slack=_slack_rows(facing, found),
        num_open=num_open,
        num_dominated=num_open - num_kept,
        num_unused=num_kept - sum(len(part) for one in found for part in one.options),
        num_unlisted=sum(not one.listed for one in found),
        seconds=time.perf_counter() - started,
        _whole=whole,
    )
    logger.info("presolve: %s; %.2f s", presolved, presolved.seconds)
    return presolved


def _with(compiled: CompiledInstance, options: tuple[tuple[Int, ...], ...]) -> CompiledInstance:
    """Return the instance with the options that are left per template."""
    fewer = replace(compiled, left_options=options)
    share_transfers(compiled, fewer)
    return fewer


@dataclass(frozen=True)
class _Template:
    """What is left of a template.

    Parameters
    ----------
    members : (m,) int64
        Its queries.
    served : (m,) bool
    options : tuple of int64 arrays
        Per local operator position.
    listed : bool
        Whether its plans were looked at.
    row, most : (k,) int64
        Rows that plans use, and the greatest usage per request.
    rate : int
        Of all copies that may be served, milli-requests/s.
    """

    members: Int
    served: Bool
    options: tuple[Int, ...]
    listed: bool
    row: Int
    most: Int
    rate: int

    @classmethod
    def of(cls, compiled: CompiledInstance, template: int) -> _Template:
        """List the template's plans, and see who can follow which."""
        members, options = compiled.template_queries(template), compiled.template_options(template)
        none = np.zeros(0, dtype=np.int64)
        try:
            table = enumerate_plans(compiled, template, TEMPLATE_PLAN_LIMIT)
        except SizeLimitError:
            return cls(members, np.ones(len(members), dtype=np.bool_), options, False, none, none, 0)
        rate = compiled.queries.rate_milli[members]
        alone = largest_rate_alone(compiled, table.figures.usage, int(rate.max()))
        order = np.argsort(-alone, kind="stable")
        served = table.first_feasible(compiled, members, order, alone) >= 0
        within = _within(compiled, table, members[served])
        rates = rate[served]
        used = within & (alone >= rates.min(initial=NO_LIMIT))
        options = tuple(np.unique(column[used]) for column in table.choices.T)
        # Options that are left may still make up a plan that does not fit alone: a model keeps it out by these rows.
        for column, left in zip(table.choices.T, options, strict=True):
            within &= np.isin(column, left)
        usage = table.figures.usage.taken(np.flatnonzero(within))
        most = np.zeros(len(compiled.rows), dtype=np.int64)
        np.maximum.at(most, usage.column, usage.amount)
        row = np.flatnonzero(most)
        total = exact_dot(rates, compiled.queries.count[members[served]])
        return cls(members, served, options, True, row, most[row], total)


def _within(compiled: CompiledInstance, table: PlanTable, queries: Int) -> Bool:
    """Whether each plan is within the loosest of what some queries ask for, one thing at a time; shape (plans,)."""
    if not len(queries):
        return np.zeros(len(table), dtype=np.bool_)
    asked, figures = compiled.queries, table.figures
    rate = asked.rate_milli[queries]
    return np.asarray(
        (figures.latency_us <= asked.slo_latency_us[queries].max())
        & (figures.accuracy_nano_nats <= asked.slo_accuracy[queries].max())
        & (figures.cost_nano <= asked.slo_cost_nano[queries].max())
        & (figures.min_rate_milli <= rate.max())
        & (figures.max_rate_milli >= rate.min())
    )


def _slack_rows(compiled: CompiledInstance, templates: list[_Template]) -> Bool:
    """Rows that stay within capacity if every copy takes the plan that uses most, and all supplies stand."""
    if not all(one.listed for one in templates):
        return np.zeros(len(compiled.rows), dtype=np.bool_)
    row = np.concatenate([one.row for one in templates])
    most = np.concatenate([one.most for one in templates])
    rate = np.array([one.rate for one in templates], dtype=object).repeat([len(one.row) for one in templates])
    total = exact_totals(row, most, rate, len(compiled.rows))
    supplies, brought = compiled.supplies, compiled.supplies.brought
    takes = np.flatnonzero(brought.amount < 0)
    total += exact_totals(
        brought.column[takes], -brought.amount[takes], supplies.maximum[brought.row_of_entry[takes]], len(total)
    )
    return np.asarray(total <= compiled.rows.capacity.astype(object), dtype=np.bool_)
