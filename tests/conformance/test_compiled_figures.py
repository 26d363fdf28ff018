"""The toolkit's integers equal those of brute force, quantity by quantity, on random instances."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sloplan.problem.compiled import NO_LIMIT, CompiledInstance, Sparse
from sloplan.problem.evaluation import evaluate_plans
from sloplan.problem.plan_table import enumerate_plans
from tests.conformance.brute_force import Plan
from tests.conformance.cases import Case, random_case
from tests.conformance.seeds import SEEDS


@pytest.mark.parametrize("seed", SEEDS)
def test_compiled_figures_equal_brute_force(seed: int) -> None:
    """Queries, capacities and every figure of every plan agree, and the plan table misses no feasible plan."""
    case = random_case(seed)
    compiled = case.instance.compiled
    assert _queries(compiled) == _plain_queries(case), str(case)
    assert _capacities(compiled) == _plain_capacities(case), str(case)
    for query, name in enumerate(compiled.names.queries):
        plain = case.plain.queries[name]
        template = int(compiled.queries.template[query])
        plans = case.plain.plans(plain.application, plain.source, plain.sink)
        choices = _choices(compiled, template, [plan for plan, _ in plans])
        assert _figures(compiled, template, choices) == [_plain_figures(case, figures) for _, figures in plans], str(
            case
        )

        table = enumerate_plans(compiled, template)
        listed = set(map(tuple, table.choices[table.feasible(compiled, query)].tolist()))
        feasible = _choices(compiled, template, [plan for plan, _ in case.plain.feasible_plans(name)])
        assert listed == set(map(tuple, feasible.tolist())), str(case)


def _choices(compiled: CompiledInstance, template: int, plans: list[Plan]) -> np.ndarray[Any, Any]:
    """Global option indices of plans given by names."""
    names, options = compiled.names, compiled.options
    index = {
        (operator, configuration, pool, allocation): option
        for option, (operator, configuration, pool, allocation) in enumerate(
            zip(
                names.operators[options.operator],
                names.configurations[options.configuration],
                names.pools[options.pool],
                names.allocations[options.allocation],
                strict=True,
            )
        )
    }
    operators = names.operators[compiled.applications[compiled.templates.application[template]].operators]
    chosen = [[index[(operator, *plan[operator])] for operator in operators] for plan in plans]
    return np.array(chosen, dtype=np.int64).reshape(len(plans), len(operators))


def _figures(compiled: CompiledInstance, template: int, choices: np.ndarray[Any, Any]) -> list[dict[str, Any]]:
    figures = evaluate_plans(compiled, template, choices)
    own = [("pool", name) for name in compiled.names.pools] + [("link", name) for name in compiled.names.links]
    return [
        {
            "placeable": bool(figures.placeable[plan]),
            "latency_us": int(figures.latency_us[plan]),
            "nano_nats": int(figures.accuracy_nano_nats[plan]),
            "cost_nano": int(figures.cost_nano[plan]),
            "billed_cost_nano": int(figures.billed_cost_nano[plan]),
            "min_rate_milli": int(figures.min_rate_milli[plan]),
            "shared": _loads(figures.usage, plan, list(compiled.rows.name)),
            "own": _loads(figures.own_load, plan, own),
        }
        for plan in range(len(choices))
    ]


def _loads(sparse: Sparse, row: int, names: list[Any]) -> dict[Any, int]:
    columns, amounts = sparse.row(row)
    return {names[column]: int(amount) for column, amount in zip(columns, amounts, strict=True) if amount}


def _plain_figures(case: Case, figures: Any) -> dict[str, Any]:
    return {
        "placeable": True,
        "latency_us": figures.latency_us,
        "nano_nats": figures.nano_nats,
        "cost_nano": figures.cost_nano,
        "billed_cost_nano": figures.billed_cost_nano,
        "min_rate_milli": figures.min_rate_milli,
        "shared": {row: amount for row, amount in figures.shared.items() if amount},
        "own": {place: amount for place, amount in figures.own.items() if amount},
    }


def _queries(compiled: CompiledInstance) -> dict[str, tuple[int | None, ...]]:
    queries = compiled.queries
    columns = (
        queries.rate_milli,
        queries.value_milli,
        queries.count,
        queries.slo_latency_us,
        queries.slo_accuracy,
        queries.slo_cost_nano,
    )
    return {
        name: tuple(None if column[query] == NO_LIMIT else int(column[query]) for column in columns)
        for query, name in enumerate(compiled.names.queries)
    }


def _plain_queries(case: Case) -> dict[str, tuple[int | None, ...]]:
    return {
        name: (q.rate_milli, q.value_milli, q.count, q.slo_latency_us, q.slo_nano_nats, q.slo_cost_nano)
        for name, q in case.plain.queries.items()
    }


def _capacities(compiled: CompiledInstance) -> dict[str, int]:
    pools = zip(compiled.names.pools, compiled.pools.capacity, strict=True)
    links = zip(compiled.names.links, compiled.links.capacity, strict=True)
    rows = zip(compiled.rows.name, compiled.rows.capacity, strict=True)
    own = {f"pool:{name}": int(capacity) for name, capacity in pools}
    own |= {f"link:{name}": int(capacity) for name, capacity in links}
    return own | {name: int(capacity) for name, capacity in rows}


def _plain_capacities(case: Case) -> dict[str, int]:
    names = [f"pool:{name}" for name in case.plain.pools] + [f"link:{name}" for name in case.plain.links]
    return {name: case.plain.capacity(name) for name in names}
