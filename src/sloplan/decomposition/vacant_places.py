"""Places for the plans of templates that are not listed, among those of the listed ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from sloplan.decomposition.searched_template import SearchedTemplate
from sloplan.problem.compiled import Int, Sparse
from sloplan.problem.spans import spans

if TYPE_CHECKING:
    from sloplan.decomposition.coupled_problem import TemplatePlans


def with_vacant_places(plans: TemplatePlans, searched: Mapping[int, SearchedTemplate]) -> tuple[TemplatePlans, Int]:
    """Make room for the plans of templates that have none listed.

    Parameters
    ----------
    plans : TemplatePlans
        Of the templates that are listed.
    searched : mapping
        The others, by template.

    Returns
    -------
    TemplatePlans
        Written to in place wherever a plan is found.
    (plans,) int64
        Where the listed plans stand in it.
    """
    if not searched:
        return plans, np.arange(len(plans))
    length = np.diff(plans.start)
    entries = np.diff(plans.usage.start)
    for template, one in searched.items():
        length[template] = one.places
    start = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(length)])
    place = np.arange(len(plans)) + (start[:-1] - plans.start[:-1])[plans.template]
    entries_of_place = np.zeros(start[-1], dtype=np.int64)
    entries_of_place[place] = entries
    for template, one in searched.items():
        entries_of_place[start[template] : start[template + 1]] = len(one.rows)
    usage_start = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(entries_of_place)])
    column, amount = np.zeros(usage_start[-1], dtype=np.int64), np.zeros(usage_start[-1], dtype=np.int64)
    listed = spans(usage_start[place], entries)
    column[listed], amount[listed] = plans.usage.column, plans.usage.amount
    for template, one in searched.items():
        vacant = slice(usage_start[start[template]], usage_start[start[template + 1]])
        column[vacant] = np.tile(one.rows, one.places)
    needs = np.zeros((start[-1], plans.needs.shape[1]), dtype=np.int64)  # a largest rate of 0 closes a plan
    value, cost = np.zeros(start[-1], dtype=np.int64), np.zeros(start[-1], dtype=np.int64)
    needs[place], value[place], cost[place] = plans.needs, plans.value, plans.cost
    roomy = replace(plans, start=start, needs=needs, value=value, cost=cost, usage=Sparse(usage_start, column, amount))
    return roomy, place


def chosen_options(
    plan: Int, plans: TemplatePlans, listed: Int, place: Int, searched: Mapping[int, SearchedTemplate]
) -> Int:
    """Return the options of plans, listed or found.

    Parameters
    ----------
    plan : (n,) int64
        Of `plans`.
    plans : TemplatePlans
    listed : (listed plans, most operators) int64
        Options of the plans that are listed, padded by -1.
    place : (listed plans,) int64
        Where these stand.
    searched : mapping
        The other templates.

    Returns
    -------
    (n, most operators) int64
    """
    if not searched:
        return np.asarray(listed[plan])
    choices = np.full((len(plan), listed.shape[1]), -1, dtype=np.int64)
    template = plans.template[plan]
    of_listed = np.flatnonzero(~np.isin(template, list(searched)))
    choices[of_listed] = listed[np.searchsorted(place, plan[of_listed])]
    for index, one in searched.items():
        mine = np.flatnonzero(template == index)
        choices[mine, : one.choices.shape[1]] = one.choices[plan[mine] - plans.start[index]]
    return choices
