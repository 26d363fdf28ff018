"""What is found of one template stands in the same places, seen from its source, in another."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from sloplan.heuristics.group_frontiers import GroupFrontiers
from sloplan.instances.families.spec import generate_spec
from sloplan.problem.compiled import CompiledInstance
from sloplan.problem.evaluation import evaluate_plans
from sloplan.problem.plan_table import enumerate_plans
from tests.pricing.pricing_cases import compiled_case

SPEC = "edge-cloud:queries=200,seed=3"


def at_source(compiled: CompiledInstance, template: int) -> set[int]:
    """Return the profile rows of what runs on a template's source."""
    options = np.concatenate(compiled.template_options(template))
    on_it = options[compiled.options.site[options] == compiled.templates.source[template]]
    return set(compiled.options.profile[on_it].tolist())


@pytest.mark.parametrize("seed", range(8))
def test_every_plan_is_its_own_counterpart(seed: int) -> None:
    """From a template to itself all plans come back, each once, as from the nearest of kin."""
    compiled = compiled_case(seed, "fluid")
    for template in range(len(compiled.templates)):
        plans = enumerate_plans(compiled, template).choices
        frontiers = GroupFrontiers(compiled)
        frontiers.add(template, np.concatenate([plans, plans]))
        kinship, same = frontiers.of(template)
        assert (kinship if len(plans) else 2) == 2
        assert np.array_equal(same, np.unique(plans, axis=0))


def test_counterparts_run_the_same_in_the_same_places() -> None:
    """A counterpart is open to its template, runs the same configurations, and is on the source where its model is."""
    compiled = generate_spec(SPEC).compiled
    options, templates = compiled.options, compiled.templates
    kinships = set()
    for known in range(len(templates)):
        plans = enumerate_plans(compiled, known).choices
        frontiers = GroupFrontiers(compiled)
        frontiers.add(known, plans)
        here = options.site[plans] == templates.source[known]
        models = set(map(tuple, np.column_stack([options.configuration[plans], here]).tolist()))
        for template in range(len(templates)):
            kinship, moved = frontiers.of(template)
            kinships.add(kinship)
            if templates.application[template] != templates.application[known]:
                assert (kinship, len(moved)) == (0, 0)
                continue
            assert kinship == (2 if at_source(compiled, template) == at_source(compiled, known) else 1)
            assert len(moved)
            assert evaluate_plans(compiled, template, moved).owned.all()
            there = options.site[moved] == templates.source[template]
            assert set(map(tuple, np.column_stack([options.configuration[moved], there]).tolist())) <= models
            elsewhere = ~there
            hardware = {
                (o, p) for o, p in zip(options.operator[plans][~here], options.profile[plans][~here], strict=True)
            }
            assert hardware >= {
                (o, p)
                for o, p in zip(options.operator[moved][elsewhere], options.profile[moved][elsewhere], strict=True)
            }
    assert kinships == {0, 1, 2}


def test_the_first_of_a_kind_stays() -> None:
    """Plans come from the first template of the same class of devices, before the first of the application."""
    compiled = generate_spec("edge-cloud:queries=1000,seed=3").compiled
    kind = [(int(a), *sorted(at_source(compiled, t))) for t, a in enumerate(compiled.templates.application)]
    first, last = next(
        (one, other)
        for one, other in combinations(range(1, len(kind)), 2)
        if kind[one] == kind[other] != kind[0] and kind[one][0] == kind[0][0]
    )
    frontiers = GroupFrontiers(compiled)
    frontiers.add(0, enumerate_plans(compiled, 0).choices)
    assert frontiers.of(last)[0] == 1
    one = enumerate_plans(compiled, first).choices[:1]
    frontiers.add(first, one)
    kinship, plans = frontiers.of(last)
    assert (kinship, len(plans)) == (2, 1)
    assert np.array_equal(compiled.options.configuration[plans], compiled.options.configuration[one])


def test_nothing_is_learnt_of_nothing() -> None:
    """A template of which no plan was found hands nothing on, and later ones may."""
    compiled = compiled_case(0, "fluid")
    plans = enumerate_plans(compiled, 0).choices
    frontiers = GroupFrontiers(compiled)
    frontiers.add(0, plans[:0])
    assert frontiers.of(0)[0] == 0
    frontiers.add(0, plans)
    assert frontiers.of(0)[0] == 2
