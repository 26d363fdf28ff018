"""Plans carried over from the model neighbourhood are those that the instance itself has."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from sloplan.instances.families import generate
from sloplan.instances.families.neighbourhoods import shared_rows
from sloplan.instances.families.spec import generate_spec
from sloplan.pricing.plan_arrays import PlanArrays, list_plans
from sloplan.pricing.plan_kernels import allowed_by, cheapest
from sloplan.problem.compiled import Sparse
from tests.instances.families.family_cases import FAMILIES, SMALL

Plan = tuple[tuple[int, ...], tuple[tuple[str, int], ...]]
"""Needs, and usage by row name."""


def named(plans: PlanArrays, plan: int, names: list[str]) -> Plan:
    """Return a plan apart from row numbers."""
    columns, amounts = plans.usage.row(plan)
    used = sorted(
        (names[row], amount) for row, amount in zip(columns.tolist(), amounts.tolist(), strict=True) if amount
    )
    return tuple(plans.needs[plan].tolist()), tuple(used)


def test_rows_are_numbered_pools_first() -> None:
    """Pools come first, then lines, each in the given order."""
    assert shared_rows([("e0", "t4"), ("cloud", "t4")], [("e0", "cloud")]) == {
        ("pool", "e0", "t4"): 0, ("pool", "cloud", "t4"): 1, ("line", "e0", "cloud"): 2,
    }  # fmt: skip


@pytest.mark.parametrize(
    "spec",
    [
        *(SMALL[name] for name in FAMILIES if name != "burst"),
        "city:queries=6,seed=6",
        *(
            pytest.param(spec, marks=pytest.mark.slow)
            for spec in (
                "city:queries=150,slo=loose,applications=vqa+document-qa",
                "mixed:queries=200,applications=traffic-video",
            )
        ),
    ],
)
def test_carried_plans_are_the_real_ones(spec: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each carried plan stands in the instance with the same needs and usage, and no query misses a cheaper one."""
    seen: dict[str, Any] = {}

    def spy(load: float, plans: PlanArrays, queries: Any, pools: dict[Any, float], lines: dict[Any, float]) -> Any:
        seen.update(plans=plans, pools=pools, lines=lines)
        return meet_load(load, plans, queries, pools, lines)

    meet_load = generate.meet_load
    monkeypatch.setattr(generate, "meet_load", spy)
    instance = generate_spec(spec)
    compiled = instance.compiled
    real = list_plans(compiled, 10**7, lambda _: False)[0]
    rows = compiled.rows.name.tolist()
    names = [f"pool:{site}-{kind}" for site, kind in seen["pools"]]
    names += [f"link:{start}-to-{end}" for start, end in seen["lines"]]
    row_of = np.array([rows.index(name) if name in rows else -1 for name in names])

    # Pools that nobody used are not built; with them go the plans that need them.
    plans: PlanArrays = seen["plans"]
    gone = np.zeros(len(plans), dtype=np.bool_)
    gone[plans.usage.row_of_entry[row_of[plans.usage.column] < 0]] = True
    carried = plans.taken(np.flatnonzero(~gone))
    usage = Sparse(carried.usage.start, row_of[carried.usage.column], carried.usage.amount)
    carried = replace(carried, usage=usage)

    users = [site for site in instance.table("sites")["site"] if site.startswith("u")]
    site_of = np.array([users.index(compiled.names.sites[source]) for source in compiled.templates.source])
    queries = compiled.queries
    allowed = allowed_by(queries)
    for template, site in enumerate(site_of.tolist()):
        of_instance = {named(real, plan, rows) for plan in range(*real.start[template : template + 2].tolist())}
        # The instance lists no plans that none of its queries may take; the model serves all query classes.
        asked = allowed[queries.template == template]
        of_model = {
            named(carried, plan, rows)
            for plan in range(*carried.start[site : site + 2].tolist())
            if (carried.needs[plan] <= asked).all(axis=1).any()
        }
        assert of_model <= of_instance

    random = np.random.default_rng(0)
    for _ in range(5):
        prices = random.random(len(rows)) / np.maximum(compiled.rows.capacity, 1)
        least = []
        for some, template in ((real, queries.template), (carried, site_of[queries.template])):
            price = some.priced(prices)
            plan = cheapest(replace(queries, template=template), some.start, price, some.needs)
            least.append(np.where(plan >= 0, price[plan], -1.0))
        assert least[0] == pytest.approx(least[1], rel=1e-9)
