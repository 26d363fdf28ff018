"""The checker against a check written apart from it, on random changes of brute-forced solutions."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest

from sloplan.problem.checker import check
from tests.conformance.brute_force import Choice, TinyInstance
from tests.conformance.brute_force_check import Assignment, PlannedCopies, brute_force_check
from tests.conformance.cases import Case, assignment_from, random_case, solution_from
from tests.conformance.plain_figures import number
from tests.conformance.seeds import SEEDS

FEWEST = 3
"""Times that each rule must be broken alone; valid solutions, and most rules, are met far more often."""

PLAN_RULES = ("query", "count", "operator", "pool", "profile", "memory", "placement", "ownership", "compatibility")
FIGURE_RULES = ("route", "latency", "accuracy", "cost", "min_rate", "own_pool", "own_link")


@pytest.mark.timeout(600)  # where it runs first it also brute-forces all instances
@pytest.mark.parametrize(("changes", "step"), [(4, 2), pytest.param(10, 1, marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    ("hosting", "seeds", "rules"),
    [
        ("fluid", SEEDS, ("valid", *PLAN_RULES, *FIGURE_RULES, "capacity")),
        ("replicas", SEEDS[::2], ("valid", "capacity", "supply")),  # a plan's own rules do not depend on hosting
    ],
    ids=["fluid", "replicas"],
)
def test_verdicts_agree(hosting: str, seeds: Sequence[int], rules: Sequence[str], changes: int, step: int) -> None:
    """Valid and invalid are told apart alike; a rule broken alone is the one named; each rule is met.

    The solution of every `step`-th instance is changed `changes` times, once at a time.
    """
    met: Counter[str] = Counter()
    for seed in seeds[::step]:
        case = random_case(seed)
        rng = Random(seed)
        plain = TinyInstance(case.tables, hosting)
        instance = case.instance if hosting == "fluid" else case.instance.replace(hosting=hosting)
        for _ in range(changes):
            assignment = _changed(rng, case, assignment_from(case.optimum), met)
            if hosting == "replicas":
                assignment = replace(assignment, supply=_supply(rng, plain, assignment))
            expected = brute_force_check(plain, assignment)
            named = {violation.rule for violation in check(instance, solution_from(instance, assignment))}
            assert bool(named) == bool(expected), f"{assignment}\n{expected} expected, {named} named\n{case}"
            if len(expected) == 1:
                # Whether a plan with wrong operators is judged by its other operators too is left open.
                alike = expected <= named if expected == {"operator"} else expected == named
                assert alike, f"{assignment}\n{expected} expected, {named} named\n{case}"
            met[_kind(expected)] += 1
    assert {rule: met[rule] for rule in rules if met[rule] < FEWEST} == {}


def _changed(rng: Random, case: Case, assignment: Assignment, met: Counter[str]) -> Assignment:
    """Change a solution once, or leave it as it is."""
    plans = list(assignment.plans)
    change = rng.choice(("none", "add", "add", "add", "choice", "choice", "choice", "count", "query", "operator"))
    if change == "add" or not plans:
        return Assignment([*plans, _random_copies(rng, case, met)])
    index = rng.randrange(len(plans))
    plan = plans[index]
    if change == "choice":
        options = list(plan.options)
        position = rng.randrange(len(options))
        options[position] = (options[position][0], _random_choice(rng, case, options[position][0]))
        plans[index] = replace(plan, options=options)
    elif change == "count":
        plans[index] = replace(plan, count=rng.choice((-1, 0, 2, 3, 10**6)))
    elif change == "query":
        plans[index] = replace(plan, query=rng.choice([*case.plain.queries, "nobody"]))
    elif change == "operator":
        operator = rng.choice([*case.plain.application, "nothing"])
        options = [*plan.options, (operator, plan.options[0][1])] if rng.random() < 0.5 else list(plan.options[1:])
        plans[index] = replace(plan, options=options)
    return Assignment(plans)


def _random_copies(rng: Random, case: Case, met: Counter[str]) -> PlannedCopies:
    """Copies of any query: of many draws one of the kind least met: valid, or breaking one rule or several."""
    plain = case.plain
    draws: dict[str, PlannedCopies] = {}
    for name, query in plain.queries.items():
        template = (query.application, query.source, query.sink)
        operators = plain.operators(query.application)
        free = [{operator: _random_choice(rng, case, operator) for operator in operators} for _ in range(4)]
        placeable = plain.plans(*template)
        for plan, figures in [(plan, None) for plan in free] + rng.sample(placeable, len(placeable)):
            broken = {rule for o, choice in plan.items() if (rule := plain.option_rule(o, choice)) is not None}
            broken |= set() if broken else plain.broken_rules(query, figures or plain.figures(*template, plan))
            draws[_kind(broken)] = PlannedCopies(name, rng.choice((1, 1, 1, 2)), list(plan.items()))
    return draws[min(draws, key=lambda kind: met[kind])]


def _kind(broken: set[str]) -> str:
    return "several" if len(broken) > 1 else "".join(broken) or "valid"


def _random_choice(rng: Random, case: Case, operator: str) -> Choice:
    """Return a combination of names that some query may use, or one that a random rule forbids."""
    configurations = [name for owner, name in case.plain.configuration_rows if owner == operator]
    allocations = sorted({allocation for *_, allocation in case.plain.profile_rows})
    pools = [*case.plain.pools] + ["nowhere"] * (rng.random() < 0.1)
    by_rule: dict[str | None, list[Choice]] = {}
    for choice in itertools.product(configurations, pools, allocations):
        by_rule.setdefault(case.plain.option_rule(operator, choice), []).append(choice)
    usable = None in by_rule and rng.random() < 0.9
    return rng.choice(by_rule[None if usable else rng.choice([*by_rule])])


def _supply(rng: Random, plain: TinyInstance, assignment: Assignment) -> list[tuple[str, int]]:
    """Replicas that just carry the plans' load, at times changed by one."""
    load: Counter[str] = Counter()
    for plan in assignment.plans:
        if plan.query not in plain.queries or any(
            o not in plain.application or plain.option_rule(o, c) for o, c in plan.options
        ):
            continue
        for operator, (configuration, pool, allocation) in plan.options:
            if not plain.pools[pool].own:
                busy = plain.option_figures(operator, (configuration, pool, allocation))[1]
                name = f"{pool}/{operator}/{configuration}/{allocation}"
                load[name] += max(0, plan.count) * plain.queries[plan.query].rate_milli * busy
    supply = []
    for name, amount in load.items():
        pool_name, operator, configuration, allocation = name.split("/")
        profile, pool = plain.profile(operator, (configuration, pool_name, allocation)), plain.pools[pool_name]
        assert profile is not None
        brought = math.floor(10**9 * number(profile, "share", 1) * pool.max_utilization)
        # Where a capacity was made for a tie, a replica brings next to nothing: few of them are enough to see it.
        replicas = -(-amount // brought) + rng.choice((0,) * 12 + (-1, 1))
        supply.append((name, replicas))
    if supply and rng.random() < 0.2:
        supply.append(rng.choice([supply[0], ("nowhere/nothing/none/default", 1)]))
    return supply
