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


def with_vacant_places(
    plans: TemplatePlans, choices: Int, searched: Mapping[int, SearchedTemplate]
) -> tuple[TemplatePlans, Int]:
    """Make room for the plans of templates that have none listed.

    Parameters
    ----------
    plans : TemplatePlans
        Of the templates that are listed.
    choices : (plans, most operators) int64
        Their options, padded by -1.
    searched : mapping
        The others, by template; each is given its part of the options.

    Returns
    -------
    TemplatePlans
        Written to in place wherever a plan is found.
    (plans, most operators) int64
        The options of these, written to as well.
    """
    if not searched:
        return plans, choices
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
    options = np.full((start[-1], choices.shape[1]), -1, dtype=np.int64)
    options[place] = choices
    for template, one in searched.items():
        one.choices = options[start[template] : start[template + 1], : one.choices.shape[1]]
    return roomy, options
