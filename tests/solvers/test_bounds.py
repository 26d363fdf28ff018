"""Engine bounds are widened by the engine's tolerances before they are rounded to the grid."""

from __future__ import annotations

import math

import numpy as np

from sloplan.solvers.bounds import column_range, on_grid, value_of_all, widened
from sloplan.solvers.engine import Tolerances
from sloplan.solvers.standard_form import standard_form
from tests.models.tiny_instances import CHAIN, TWO, tiny

EXACT = Tolerances(mip_feasibility=0.0, dual_feasibility=0.0)


def test_widening_adds_each_tolerance() -> None:
    """Dual tolerance counts once per unit of column range, the others once."""
    tolerances = Tolerances(mip_feasibility=1e-6, dual_feasibility=1e-7)
    assert math.isclose(widened(10.0, 1000.0, tolerances), 10.0 + 1e-6 + 1e-4 + 1e-10, rel_tol=1e-15)
    assert widened(10.0, 1000.0, EXACT) > 10.0  # sums round


def test_bound_is_rounded_down_to_the_grid() -> None:
    """A bound between two grid points says the lower one; just below a point it says the point."""
    tolerances = Tolerances()
    assert on_grid(7.9, 100.0, tolerances, scale=500) == 3500
    assert on_grid(8.0, 100.0, tolerances, scale=500) == 4000
    assert on_grid(8.0 - 1e-7, 100.0, tolerances, scale=500) == 4000
    assert on_grid(8.0 - 1e-3, 100.0, tolerances, scale=500) == 3500


def test_tolerance_beyond_the_grid_proves_nothing() -> None:
    """With columns so wide that the tolerance passes a grid step, an exact optimum stays unproven."""
    assert on_grid(8.0, 2e7, Tolerances(), scale=1) == 10
    assert on_grid(1e13, 10.0, Tolerances(), scale=1) > 10**13


def test_infinite_bound_says_nothing() -> None:
    """Before its first relaxation an engine has no bound."""
    assert on_grid(math.inf, 10.0, Tolerances(), scale=1) is None


def test_column_range_counts_every_column() -> None:
    """Binary and continuous columns count by their width."""
    import pyomo.environ as pyo

    model = pyo.ConcreteModel()
    model.x, model.y = pyo.Var(bounds=(0, 1)), pyo.Var(bounds=(-2, 3))
    model.cost = pyo.Objective(expr=model.x + model.y)
    assert column_range(standard_form(model)) == 6.0


def test_value_of_all_counts_copies_of_queries_with_options() -> None:
    """The bound known at once: all copies of queries whose operators have an option each."""
    rows = [
        {"query": name, "application": "app", "source_site": "device", "rate_rps": 1.0, "value": 2.5, "count": count}
        for name, count in (("p", 2), ("q", 3))
    ]
    assert value_of_all(tiny(TWO, edges=CHAIN, queries=rows).compiled) == 12500
    placement = [{"operator": "a", "allowed": "site", "value": "cloud"}]
    assert value_of_all(tiny(TWO, edges=CHAIN, queries=rows, placement=placement).compiled) == 0


def test_standard_form_minimises_and_keeps_both_sides() -> None:
    """Maximisation is negated; equations and ranges keep their limits."""
    import pyomo.environ as pyo

    model = pyo.ConcreteModel()
    model.x, model.z = pyo.Var(bounds=(0, 4)), pyo.Var(domain=pyo.Binary)
    model.gain = pyo.Objective(expr=3 * model.x - model.z + 5, sense=pyo.maximize)
    model.equal = pyo.Constraint(expr=model.x + model.z == 2)
    model.above = pyo.Constraint(expr=model.x >= 1)
    model.below = pyo.Constraint(expr=model.x - model.z <= 3)
    form = standard_form(model)
    x, z = (form.column_of()[id(variable)] for variable in (model.x, model.z))
    assert (form.cost[x], form.cost[z], form.offset) == (-3.0, 1.0, -5.0)
    assert form.integer.tolist() == [column == z for column in range(2)]
    assert form.row_lower.tolist() == [2.0, 1.0, -np.inf]
    assert form.row_upper.tolist() == [2.0, np.inf, 3.0]
