"""Stage one: lists of feasible plans of which none replaces another, and the steps that they take."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from sloplan.heuristics.contention import room_of
from sloplan.heuristics.evaluator import Evaluator
from sloplan.heuristics.listing import Classes, lists_of
from sloplan.heuristics.plan_search import Switches
from sloplan.heuristics.scarcity import first_prices
from sloplan.heuristics.shortlists import Effort, StageOne
from sloplan.pricing.plan_arrays import PlanArrays, list_plans
from sloplan.problem.compiled import CompiledInstance
from sloplan.problem.evaluation import evaluate_plans, meets
from tests.one_pool import one_pool
from tests.pricing.pricing_cases import compiled_case

ALL = Switches()
EFFORT = Effort(directions=8, spread=8.0, kept=3, demands=4, good_plans=2)


def searched(compiled: CompiledInstance, switches: Switches = ALL, seed: int = 0) -> tuple[PlanArrays, Evaluator]:
    """Search the plans of an instance."""
    evaluator = Evaluator(compiled, caching=switches.across_similarity)
    stage = StageOne(compiled, Classes.of(compiled), evaluator, switches, is_cost=False, seed=seed)
    return stage.plans(first_prices(room_of(compiled, "goodput")), lambda: EFFORT), evaluator


@pytest.mark.parametrize("is_cost", [False, True])
@pytest.mark.parametrize("seed", range(8))
def test_lists_are_feasible_and_none_replaces_another(seed: int, is_cost: bool) -> None:
    """By the one evaluation, every plan of a query's list meets its SLOs and rules, and no two are comparable."""
    compiled = compiled_case(seed, "fluid")
    plans, _ = searched(compiled)
    lists = lists_of(compiled, Classes.of(compiled), plans, is_cost=is_cost)
    for query, template in enumerate(compiled.queries.template.tolist()):
        of = lists.list_of[query]
        listed = lists.plan[lists.start[of] : lists.start[of + 1]]
        if not len(listed):
            continue
        operators = len(compiled.applications[compiled.templates.application[template]].operators)
        figures = evaluate_plans(compiled, template, plans.choices[listed][:, :operators])
        assert np.all(figures.placeable & meets(compiled, query, figures))
        used = np.zeros((len(listed), len(compiled.rows) + 1), dtype=np.int64)
        used[figures.usage.row_of_entry, figures.usage.column] = figures.usage.amount
        used[:, -1] = figures.billed_cost_nano * is_cost
        assert np.all(used[:, :-1] * compiled.queries.rate_milli[query] <= compiled.rows.capacity)
        for one in range(len(listed)):
            as_good = (used <= used[one]).all(axis=1)
            assert as_good.nonzero()[0].tolist() == [one]


@pytest.mark.parametrize("seed", range(8))
def test_who_can_be_served_is_found(seed: int) -> None:
    """On tiny instances the search finds a plan for nearly everybody who has one that fits alone."""
    compiled = compiled_case(seed, "fluid")
    classes = Classes.of(compiled)
    every, _ = list_plans(compiled, 10**6, lambda _: False)
    able = np.diff(lists_of(compiled, classes, every, is_cost=False).start) > 0
    found = np.diff(lists_of(compiled, classes, searched(compiled)[0], is_cost=False).start) > 0
    assert not np.any(found & ~able)
    assert np.count_nonzero(able & ~found) <= 1


@pytest.mark.parametrize(
    ("switches", "steps"),
    [
        # One combination's accuracy; one extension's latency, cost and usage; one plan's latency, cost and usage.
        (Switches(), 1 + 3 + 3),
        # Accuracy again with the extension and the plan.
        (Switches(within_similarity=False), 1 + 4 + 4),
        # Three queries, each by itself.
        (Switches(across_similarity=False), 3 * (1 + 3 + 3)),
        # No combinations.
        (Switches(slo_decomposition=False), 4 + 4),
    ],
)
def test_steps_by_hand(switches: Switches, steps: int) -> None:
    """Three queries that ask for the same, one operator of one option: the plan is found, and each step counted."""
    plans, evaluator = searched(one_pool().compiled, switches)
    assert len(plans) == 1
    assert evaluator.steps == steps


def test_nothing_shared_costs_the_beginnings_again() -> None:
    """Without similarity within a query the same plans are found where bounds drop nothing, by more steps."""
    for seed in range(8):
        compiled = compiled_case(seed, "fluid")
        _, shared = searched(compiled)
        _, alone = searched(compiled, Switches(within_similarity=False))
        assert alone.steps > shared.steps


def test_the_same_every_time() -> None:
    """The same seed gives the same plans, by the same number of steps."""
    compiled = compiled_case(3, "fluid")
    (first, counted), (again, counted_again) = searched(compiled, seed=4), searched(compiled, seed=4)
    assert np.array_equal(first.choices, again.choices)
    assert counted.steps == counted_again.steps


def test_time_is_up() -> None:
    """Out of time before the first template, there are no plans, and nothing was counted."""
    compiled = compiled_case(0, "fluid")
    evaluator = Evaluator(compiled)
    stage = StageOne(compiled, Classes.of(compiled), evaluator, Switches(), is_cost=False, seed=0)
    assert len(stage.plans(first_prices(room_of(compiled, "goodput")), lambda: None)) == 0
    assert evaluator.steps == 0


def test_what_time_allows_goes_to_the_templates_of_most_copies() -> None:
    """Stopped after one template, there are plans of the one with most copies; a smaller effort counts fewer steps."""
    compiled = compiled_case(2, "fluid")
    classes = Classes.of(compiled)
    copies = np.bincount(classes.template, weights=classes.copies, minlength=len(compiled.templates))
    assert len(copies) > 1
    price = first_prices(room_of(compiled, "goodput"))
    steps = []
    for effort in (EFFORT, Effort(directions=1, spread=8.0, kept=1, demands=1, good_plans=1)):
        evaluator = Evaluator(compiled)
        stage = StageOne(compiled, classes, evaluator, Switches(), is_cost=False, seed=0)
        once = iter([effort, None])
        plans = stage.plans(price, partial(next, once))
        steps.append(evaluator.steps)
        assert np.flatnonzero(np.diff(plans.start)).tolist() == [int(np.argmax(copies))]
    assert steps[1] < steps[0]
