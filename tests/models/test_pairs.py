"""Pairs of options: what is forbidden is in no feasible plan, and the rows say just that."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from sloplan.models.menu import query_menus
from sloplan.models.pairs import hall_sets
from sloplan.problem.cost_problem import under_objective
from sloplan.problem.plan_table import enumerate_plans
from tests.conformance.cost_cases import cost_case
from tests.conformance.seeds import CONTENDED_SEEDS


def test_partners_admit_every_feasible_plan() -> None:
    """Menus and partners of all queries of random instances keep all plans that are feasible alone, and forbid some."""
    forbidden = 0
    for seed, hosting, objective in itertools.product(CONTENDED_SEEDS[:15], ("fluid", "replicas"), ("goodput", "cost")):
        compiled = under_objective(cost_case(seed, hosting).instance.compiled, objective)
        most = compiled.rows.capacity.copy()
        brought = compiled.supplies.brought
        gives = brought.amount > 0
        np.add.at(
            most, brought.column[gives], (brought.amount * compiled.supplies.maximum[brought.row_of_entry])[gives]
        )
        menus = query_menus(compiled, lambda: None)
        for template in range(len(compiled.templates)):
            table = enumerate_plans(compiled, template)
            for query in compiled.template_queries(template).tolist():
                usage = table.figures.usage
                load = usage.amount * compiled.queries.rate_milli[query]
                fits = np.ones(len(table), dtype=np.bool_)
                np.logical_and.at(fits, usage.row_of_entry, load <= most[usage.column])
                feasible = table.choices[table.feasible(compiled, query) & fits]
                menu = menus[query]
                if menu is None:
                    assert len(feasible) == 0
                    continue
                for plan in feasible:
                    places = [np.flatnonzero(part == option) for part, option in zip(menu.options, plan, strict=False)]
                    assert all(len(place) == 1 for place in places)
                    for (first, second), allowed in menu.partners.items():
                        assert allowed[places[first][0], places[second][0]]
                forbidden += sum(int((~allowed).sum()) for allowed in menu.partners.values())
    assert forbidden > 20


@pytest.mark.parametrize("seed", range(40))
def test_hall_sets_forbid_just_what_is_not_allowed(seed: int) -> None:
    """A pair of options satisfies every row exactly if it is allowed; no row is empty or always holds."""
    rng = np.random.default_rng(seed)
    allowed = rng.random((rng.integers(1, 6), rng.integers(1, 6))) < 0.6
    allowed |= ~allowed.any(axis=1, keepdims=True)
    allowed |= ~allowed.any(axis=0, keepdims=True)
    sets = hall_sets(allowed)
    for first, second in np.ndindex(*allowed.shape):
        assert allowed[first, second] == all(partners[second] or not group[first] for group, partners in sets)
    for group, partners in sets:
        assert group.any()
        assert not partners.all()
        assert (allowed[group].any(axis=0) == partners).all()


def test_hall_sets_of_nested_partners_are_the_convex_hull() -> None:
    """Under a limit on a sum, no fractional choice satisfies the rows unless a mixture of allowed pairs has it."""
    figures = np.array([1, 2, 4, 7])
    allowed = figures[:, None] + figures <= 8
    sets = hall_sets(allowed)
    assert len(sets) == 2  # 4 goes with 1, 2 and 4; 7 goes with 1 alone
    weights = np.array([0.0, 0.0, 0.5, 0.5])
    with_seven = np.array([0.5, 0.0, 0.5, 0.0])
    assert all(weights[group].sum() <= with_seven[partners].sum() for group, partners in sets)
    short_of_partners = np.array([0.4, 0.1, 0.5, 0.0])
    assert any(weights[group].sum() > short_of_partners[partners].sum() for group, partners in sets)
