"""The evaluator: its figures are those of the one evaluation, and it counts what was asked for."""

from __future__ import annotations

import numpy as np
import pytest

from sloplan.heuristics.evaluator import PROFILING_ITEMS, Evaluator, PartialPlans
from sloplan.problem.compiled import CompiledInstance, Int
from sloplan.problem.errors import InputError
from sloplan.problem.evaluation import meets
from sloplan.problem.plan_table import enumerate_plans
from tests.models.tiny_instances import latency_of_a_diamond
from tests.pricing.pricing_cases import compiled_case


def choices_of(compiled: CompiledInstance, template: int = 0) -> Int:
    """Return every combination of the template's options."""
    grid = np.meshgrid(*compiled.template_options(template), indexing="ij")
    return np.stack([axis.reshape(-1) for axis in grid], axis=1)


@pytest.mark.parametrize("seed", range(6))
def test_extending_gives_the_figures_of_whole_plans(seed: int) -> None:
    """Operator by operator, what can be placed has the accuracy, latency and cost that enumeration finds."""
    compiled = compiled_case(seed, "fluid")
    for template in np.flatnonzero(compiled.templates.sink < 0).tolist():
        evaluator, partial = Evaluator(compiled), PartialPlans.empty()
        for options in compiled.template_options(template):
            parent = np.repeat(np.arange(len(partial)), len(options))
            partial = evaluator.extend(template, partial, parent, np.tile(options, len(partial)))
        whole = Evaluator(compiled).evaluate(template, partial.choices)
        assert np.array_equal(partial.possible, whole.compatible & whole.routed)
        able = partial.possible
        assert np.array_equal(partial.latency_us[able], whole.latency_us[able])
        assert np.array_equal(partial.accuracy_nano_nats[able], whole.accuracy_nano_nats[able])
        assert np.array_equal(partial.cost_nano[able], whole.cost_nano[able])


@pytest.mark.parametrize("seed", range(6))
def test_feasible_plans_are_those_of_enumeration(seed: int) -> None:
    """Of all combinations of options those are feasible for a query that plain enumeration lists for it."""
    compiled = compiled_case(seed, "fluid")
    for query, template in enumerate(compiled.queries.template.tolist()):
        choices = choices_of(compiled, template)
        evaluator = Evaluator(compiled)
        feasible = evaluator.feasible(query, evaluator.evaluate(template, choices))
        table = enumerate_plans(compiled, template)
        listed = table.choices[meets(compiled, query, table.figures)]
        assert set(map(tuple, choices[feasible].tolist())) == set(map(tuple, listed.tolist()))


def test_accuracy_is_that_of_plans() -> None:
    """Accuracy needs configurations only, and is the same as that of plans with them."""
    compiled = compiled_case(4, "fluid")
    choices = choices_of(compiled)
    evaluator = Evaluator(compiled)
    accuracy = evaluator.accuracy(0, compiled.options.configuration[choices])
    figures = evaluator.evaluate(0, choices)
    assert np.array_equal(accuracy[figures.compatible], figures.accuracy_nano_nats[figures.compatible])


def test_steps() -> None:
    """One step per figure asked for and plan, three per extension, looked up before or not."""
    compiled = latency_of_a_diamond().compiled
    choices = choices_of(compiled)[:5]
    evaluator = Evaluator(compiled)
    evaluator.evaluate(0, choices)
    evaluator.evaluate(0, choices, ("latency", "usage"))
    assert evaluator.steps == 5 * 4 + 5 * 2
    evaluator.accuracy(0, compiled.options.configuration[choices])
    assert evaluator.steps == 35
    evaluator.extend(0, PartialPlans.empty(), np.zeros(2, dtype=np.int64), compiled.template_options(0)[0][:2])
    assert evaluator.steps == 41
    evaluator.count(9)
    assert evaluator.statistics() == {"steps": 50, "profiled": 0, "profiling_s": 0.0}


def test_profiling_seconds() -> None:
    """Measuring takes calls x latency x items per distinct profile row, once; a faster machine changes nothing."""
    compiled = latency_of_a_diamond().compiled
    choices = choices_of(compiled)
    evaluator = Evaluator(compiled, profiles_known=False)
    evaluator.evaluate(0, choices[:1])
    options = compiled.options
    first = {
        (operator, configuration): latency
        for operator, configuration, latency in zip(
            options.operator[choices[0]].tolist(),
            options.configuration[choices[0]].tolist(),
            options.latency_us[choices[0]].tolist(),
            strict=True,
        )
    }
    assert evaluator.profiled == 4
    assert evaluator.profiling_s == PROFILING_ITEMS * sum(first.values()) / 1e6
    evaluator.evaluate(0, choices[:1])
    assert evaluator.profiled == 4
    evaluator.evaluate(0, choices)
    assert evaluator.profiled == 14  # seven configurations, on either hardware
    # Latencies on the fast hardware are 2, 4; 3, 9; 2, 8; 1 ms, four times that on the slow one.
    assert evaluator.profiling_s == pytest.approx(PROFILING_ITEMS * 5 * 29e-3)


def test_accuracy_is_measured_where_that_is_quickest() -> None:
    """A configuration that has run anywhere is not run again for its accuracy."""
    compiled = latency_of_a_diamond().compiled
    choices = choices_of(compiled)
    evaluator = Evaluator(compiled, profiles_known=False)
    evaluator.accuracy(0, compiled.options.configuration[choices])
    assert evaluator.profiled == 7
    assert evaluator.profiling_s == pytest.approx(PROFILING_ITEMS * 29e-3)
    evaluator = Evaluator(compiled, profiles_known=False)
    slow = choices[(options_pool := compiled.options.pool[choices]).max(axis=1) == options_pool.min()]
    evaluator.evaluate(0, slow)
    before = evaluator.profiling_s
    evaluator.accuracy(0, compiled.options.configuration[choices])
    assert evaluator.profiling_s == before


def test_without_caching_every_query_counts() -> None:
    """A search that stands for three queries counts three times, and the next one measures anew."""
    compiled = latency_of_a_diamond().compiled
    choices = choices_of(compiled)[:5]
    shared, alone = (Evaluator(compiled, profiles_known=False, caching=caching) for caching in (True, False))
    for evaluator in (shared, alone):
        for number in (3, 2):
            evaluator.begin_search(number)
            evaluator.evaluate(0, choices)
    assert alone.steps == 5 * 20
    assert shared.steps == 2 * 20
    assert alone.profiled == shared.profiled > 0
    assert alone.profiling_s == pytest.approx(5 * shared.profiling_s)


def test_searches_side_by_side() -> None:
    """Searches begun together count and measure as they do one after the other."""
    compiled = latency_of_a_diamond().compiled
    choices = choices_of(compiled)[:4]
    one, other = (Evaluator(compiled, profiles_known=False, caching=False) for _ in range(2))
    for number, part in ((3, choices[:1]), (2, choices[1:])):
        one.begin_search(number)
        one.evaluate(0, part)
        one.accuracy(0, compiled.options.configuration[part])
    other.begin_search(np.array([3, 2]))
    search = np.array([0, 1, 1, 1])
    other.evaluate(np.zeros(4, dtype=np.int64), choices, search=search)
    other.accuracy(0, compiled.options.configuration[choices], search)
    assert one.statistics() == other.statistics()
    assert one.steps == (3 + 2 * 3) * 5


def test_a_group_searched_again_measures_nothing_twice() -> None:
    """What was measured for a group of queries is known when it is searched again, and to no other group."""
    compiled = latency_of_a_diamond().compiled
    choices = choices_of(compiled)[:1]
    evaluator = Evaluator(compiled, profiles_known=False, caching=False)
    spent = []
    for group in ([4], [4], [2, 4]):
        evaluator.begin_search(np.ones(len(group), dtype=np.int64), np.array(group))
        evaluator.evaluate(0, choices.repeat(len(group), axis=0), search=np.arange(len(group)))
        spent.append(evaluator.profiling_s)
    assert spent[0] == spent[1] > 0
    assert spent[2] == pytest.approx(2 * spent[0])


def test_a_search_stands_for_a_query_at_least() -> None:
    """A search for no query is refused with the field's name."""
    with pytest.raises(InputError, match="num_queries"):
        Evaluator(latency_of_a_diamond().compiled).begin_search(0)
