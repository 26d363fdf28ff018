"""Figures of instances, on instances small enough to know them."""

from __future__ import annotations

import numpy as np
import pytest

from sloplan.instances import library
from sloplan.instances.figures import figures_of
from sloplan.pricing.plan_arrays import list_plans
from sloplan.problem.plan_table import PLAN_LIMIT
from sloplan.problem.servable import servable_value
from tests.one_pool import one_pool


def test_one_pool() -> None:
    """Three queries of one plan each on a pool that holds two: two thirds served, one tight row."""
    compiled = one_pool(values=[1.0, 1.0, 1.0], busy_ms=500.0).compiled
    figures = figures_of(compiled)
    assert figures.servable_share == 1
    assert figures.lp_share == pytest.approx(2 / 3)
    assert figures.tight_by_kind == figures.rows_by_kind == {"pool": 1}
    assert set(figures.pinched.values()) == {0.0}
    assert (figures.plans_median, figures.plans_most) == (1, 1)


@pytest.mark.parametrize("name", ["city-s-1.2-tight", "mixed-s-2-loose"])
def test_shares_are_those_of_the_problem(name: str) -> None:
    """Servable value and plans are those that the problem's own functions give."""
    instance = library.load(name)
    compiled = instance.compiled
    figures = figures_of(compiled)
    worth = int((compiled.queries.value_milli * compiled.queries.count).sum())
    assert figures.servable_share == pytest.approx(servable_value(compiled) / worth)
    counts = np.diff(list_plans(compiled, PLAN_LIMIT, lambda _: False)[0].start)
    assert (figures.plans_median, figures.plans_most) == (int(np.median(counts)), int(counts.max()))
    assert 0 < figures.lp_share < 1


def test_slos_pinch() -> None:
    """Accuracy SLOs pinch where they differ, and not where all of an application are the loosest."""
    instance = library.load("edge-cloud-s-1.2-tight")
    queries = instance.table("queries")
    loosest = queries.groupby("application")["slo_accuracy"].transform("min")
    loosened = instance.replace(queries=queries.assign(slo_accuracy=loosest))
    assert figures_of(instance.compiled).pinched["accuracy"] > 0.1
    assert figures_of(loosened.compiled).pinched["accuracy"] == 0
