"""What "auto" stands for, by size and structure, and that its reason names what decided."""

from __future__ import annotations

import pytest

from sloplan.choosing import choose_method
from sloplan.problem.instance import Instance
from sloplan.problem.selections.selection import PlanSelection
from tests.one_pool import one_pool
from tests.pricing.large_plan_space import large_instance


def queries(number: int) -> Instance:
    """Return as many single queries."""
    return one_pool((1.0,) * number)


@pytest.mark.parametrize(
    ("problem", "method", "reason"),
    [
        (queries(500), "branch-and-price", "500 queries, few enough"),
        (one_pool(counts=[1, 2, 1]), "branch-and-price", "3 queries"),
        (queries(501), "lagrangian", "501 queries are too many"),
        (PlanSelection.from_instance(queries(500)), "branch-and-price", "500 groups, few enough"),
        (PlanSelection.from_instance(queries(501)), "lagrangian", "501 groups are too many"),
        (queries(500).replace(hosting="replicas"), "milp", "whole replicas for 500 single queries"),
        (
            one_pool(counts=[1, 2, 1]).replace(hosting="replicas"),
            "milp-plans",
            "whole replicas for 3 queries",
        ),
        (large_instance(0, 2), "milp", "up to "),
        (queries(501).replace(hosting="replicas"), "lagrangian", "501 queries are too many"),
    ],
)
def test_size_and_structure_decide(problem: Instance | PlanSelection, method: str, reason: str) -> None:
    """Up to 500 queries or groups are proved, by prices or with whole replicas by a model; more are coordinated."""
    choice = choose_method(problem)
    assert choice.method == method
    assert choice.reason is not None
    assert choice.reason.startswith(reason)
