"""Which method "auto" stands for, and why: a choice by size and structure."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

from sloplan.models.copies import COPY_LIMIT
from sloplan.problem.compiled import CompiledInstance
from sloplan.problem.instance import Instance
from sloplan.problem.selections.selection import PlanSelection

_MOST_COMBINATIONS: Final = 1_000_000
"""Options of a template's operators, multiplied: of more than that plans may be too many to list."""


class AutomaticChoice(NamedTuple):
    """A method, and in a few words why it was picked: None if it was asked for."""

    method: str
    reason: str | None


def choose_method(problem: Instance | PlanSelection) -> AutomaticChoice:
    """Return the method that proves most of its kind of problem, or where nothing proves much, comes nearest.

    What is behind it are the studies `conformance` and `proof` (docs/benchmarks): with fluid hosting `branch-and-price`
    proves as many optima as any method, or more, for every objective, and sooner. With whole replicas prices bound
    badly, and the compact model does; where copies are counted, listed plans keep them together. So does the compact
    model where plans may be too many to list. Thousands of groups only row prices coordinate.

    Parameters
    ----------
    problem : Instance or PlanSelection

    Examples
    --------
    >>> import sloplan as sp
    >>> choose_method(sp.load("edge-cloud-s-1.2-tight")).method
    'branch-and-price'
    """
    if isinstance(problem, PlanSelection):
        count, kind, whole, combinations = problem.groups.count, "groups", False, 0
    else:
        count = problem.compiled.queries.count
        kind, whole, combinations = "queries", problem.hosting == "replicas", _most_combinations(problem.compiled)
    groups = len(count)
    if groups > COPY_LIMIT:
        return AutomaticChoice("lagrangian", f"{groups:,} {kind} are too many for an exact method")
    if combinations > _MOST_COMBINATIONS and count.sum() <= COPY_LIMIT:
        return AutomaticChoice(
            "milp", f"up to {combinations:,} combinations of options for a query are too many to list"
        )
    if not whole:
        return AutomaticChoice("branch-and-price", f"{groups:,} {kind}, few enough to prove what is best by row prices")
    if count.max(initial=0) > 1:
        return AutomaticChoice("milp-plans", f"whole replicas for {groups:,} queries that stand for several copies")
    return AutomaticChoice("milp", f"whole replicas for {groups:,} single queries")


def _most_combinations(compiled: CompiledInstance) -> int:
    """Return how many combinations of options a template has at most."""
    templates = range(len(compiled.templates))
    return max((math.prod(map(len, compiled.template_options(template))) for template in templates), default=0)
