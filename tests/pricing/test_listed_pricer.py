"""Looking plans up that were listed once."""

from __future__ import annotations

import numpy as np
import pytest

from sloplan.pricing import undominated
from sloplan.pricing.listed_pricer import ListedPricer
from sloplan.pricing.undominated import UndominatedPlans
from sloplan.problem.plan_table import PLAN_LIMIT
from tests.conformance.seeds import every
from tests.pricing.pricing_cases import HOSTINGS, Enumerated, compiled_case, random_prices


@pytest.mark.parametrize("together", [1, 10**6])
@pytest.mark.parametrize("hosting", HOSTINGS)
@pytest.mark.parametrize("seed", every(2, range(15)))
def test_every_query_pays_what_enumeration_says(
    seed: int, hosting: str, together: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Prices and bounds are those of enumeration, however many templates are sifted together; only rows are used."""
    monkeypatch.setattr(undominated, "_SIFTED_TOGETHER", together)
    compiled = compiled_case(seed, hosting)
    plans, templates = UndominatedPlans(compiled, PLAN_LIMIT, billed=True), np.arange(len(compiled.templates))
    for template in templates:
        plans.add(template)
    pricer = ListedPricer(compiled, plans.plans(), templates)
    for prices, cost_price in random_prices(seed, len(compiled.rows)):
        found = pricer.price(prices, cost_price, threads=1)
        assert found.query.tolist() == list(range(len(compiled.queries.template)))
        assert (found.usage.column < len(compiled.rows)).all()
        assert found.exact
        paid = np.bincount(
            found.usage.row_of_entry, found.usage.amount * prices[found.usage.column], minlength=len(found.query)
        )
        paid = paid + cost_price * found.billed_cost_nano
        assert paid[found.exists] == pytest.approx(found.price[found.exists], rel=1e-9)
        for template in templates:
            every = Enumerated.at(compiled, template, prices, cost_price)
            for query in compiled.template_queries(template):
                least = every.prices_of(query)
                assert found.price[query] == pytest.approx(least[0] if len(least) else np.inf, rel=1e-9)
