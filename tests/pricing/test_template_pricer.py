"""Label setting against plain enumeration, and on plans too many to enumerate."""

from __future__ import annotations

import numpy as np
import pytest

from sloplan.pricing.template_pricer import TemplatePricer
from sloplan.problem.errors import SizeLimitError
from sloplan.problem.evaluation import evaluate_plans, meets
from sloplan.problem.plan_table import enumerate_plans
from tests.conformance.seeds import every
from tests.pricing.large_plan_space import large_instance
from tests.pricing.pricing_cases import HOSTINGS, Enumerated, compiled_case, random_prices

SEEDS = range(100)


@pytest.mark.parametrize("hosting", HOSTINGS)
@pytest.mark.parametrize("seed", every(4, SEEDS))
def test_the_cheapest_plan_of_every_query(seed: int, hosting: str) -> None:
    """Price after price, each query's plan is feasible and as cheap as enumeration's best, if there is any."""
    compiled = compiled_case(seed, hosting)
    for template in range(len(compiled.templates)):
        pricer = TemplatePricer(compiled, template)
        for prices, cost_price in random_prices(seed, len(compiled.rows)):
            found = pricer.price(prices, cost_price)
            every = Enumerated.at(compiled, template, prices, cost_price)
            assert found.exact
            assert found.query.tolist() == compiled.template_queries(template).tolist()
            for place, query in enumerate(found.query.tolist()):
                expected = every.prices_of(query)
                if len(expected) == 0:
                    assert np.isinf(found.price[place])
                    assert (found.choices[place] == -1).all()
                    continue
                assert found.price[place] == pytest.approx(expected[0], rel=1e-9)
                choice = found.choices[place, : every.table.choices.shape[1]]
                assert tuple(choice.tolist()) in every.feasible_choices(query)
                figures = evaluate_plans(compiled, template, choice[None])
                column, amount = found.usage.row(place)
                assert (column.tolist(), amount.tolist()) == tuple(map(np.ndarray.tolist, figures.usage.row(0)))
                assert found.billed_cost_nano[place] == figures.billed_cost_nano[0]


@pytest.mark.parametrize("hosting", HOSTINGS)
@pytest.mark.parametrize("seed", every(3, SEEDS[:50]))
def test_k_best_and_all_within_a_margin(seed: int, hosting: str) -> None:
    """The k cheapest plans, and all up to a margin, are those of enumeration, each plan once and the cheapest first."""
    compiled = compiled_case(seed, hosting)
    for template in range(len(compiled.templates)):
        pricer = TemplatePricer(compiled, template)
        for prices, cost_price in random_prices(seed, len(compiled.rows), times=2):
            every = Enumerated.at(compiled, template, prices, cost_price)
            pricer.price(prices, cost_price)  # what is known of the cheapest must not hide the others
            ranked = pricer.ranked(pricer.search_k_best(prices, 3, cost_price), prices, cost_price)
            ceiling = np.array(
                [every.prices_of(q)[:1].sum() * 1.5 if compiled.queries.template[q] == template else 0.0
                 for q in range(len(compiled.queries.template))]
            )  # fmt: skip
            close = pricer.ranked(pricer.search_below(prices, ceiling, cost_price), prices, cost_price).below(ceiling)
            assert ranked.complete
            assert close.complete
            for query in compiled.template_queries(template).tolist():
                expected = every.prices_of(query)
                for found, wanted in ((ranked, expected[:3]), (close, expected[expected <= ceiling[query]])):
                    mine = found.query == query
                    assert found.price[mine] == pytest.approx(wanted, rel=1e-9)
                    plans = [tuple(row[row >= 0].tolist()) for row in found.choices[found.plan[mine]]]
                    assert len(set(plans)) == len(plans)
                    assert set(plans) <= every.feasible_choices(query)


@pytest.mark.parametrize("limit", [1, 2, 5])
@pytest.mark.parametrize("seed", every(3, SEEDS[:40]))
def test_labels_cut_off_leave_a_valid_bound(seed: int, limit: int) -> None:
    """With few labels the plan found is feasible, no plan is cheaper than the bound, and what is called exact is."""
    compiled = compiled_case(seed, "fluid")
    for template in range(len(compiled.templates)):
        pricer = TemplatePricer(compiled, template, label_limit=limit)
        for prices, cost_price in random_prices(seed, len(compiled.rows)):
            found = pricer.price(prices, cost_price)
            every = Enumerated.at(compiled, template, prices, cost_price)
            for place, query in enumerate(found.query.tolist()):
                least = every.prices_of(query)[0] if len(every.prices_of(query)) else np.inf
                assert found.bound[place] <= least
                assert found.price[place] >= least * (1 - 1e-9)
                if found.exact:
                    assert found.price[place] == pytest.approx(least, rel=1e-9)
                if np.isfinite(found.price[place]):
                    choice = found.choices[place, : every.table.choices.shape[1]]
                    assert tuple(choice.tolist()) in every.feasible_choices(query)


def test_labels_are_cut_off_in_some_case() -> None:
    """The test above looks at answers that are not exact."""
    inexact = 0
    for seed in SEEDS[:40]:
        compiled = compiled_case(seed, "fluid")
        for template in range(len(compiled.templates)):
            pricer = TemplatePricer(compiled, template, label_limit=1)
            prices, cost_price = next(random_prices(seed, len(compiled.rows)))
            inexact += not pricer.price(prices, cost_price).exact
    assert inexact > 5


def test_same_prices_are_not_priced_again() -> None:
    """Prices of rows that a template does not use, or the same ones, return the very same answer."""
    compiled = large_instance(3, num_queries=4).compiled
    pricer = TemplatePricer(compiled, 0)
    prices = np.random.default_rng(0).random(len(compiled.rows)) / np.maximum(compiled.rows.capacity, 1)
    first = pricer.price(prices)
    assert pricer.price(prices.copy()) is first
    assert pricer.price(prices * 2) is not first


@pytest.mark.parametrize("seed", every(3, range(3)))
def test_more_plans_than_can_be_listed(seed: int) -> None:
    """Of 30^8 plans each query gets a feasible one that no change of one or two operators makes cheaper."""
    compiled = large_instance(seed, num_queries=8).compiled
    with pytest.raises(SizeLimitError):
        enumerate_plans(compiled, 0)
    pricer = TemplatePricer(compiled, 0)
    assert pricer.network.count_plans() == 30**8
    random = np.random.default_rng(seed)
    prices = random.random(len(compiled.rows)) / np.maximum(compiled.rows.capacity, 1)
    found = pricer.price(prices)
    assert found.exact
    assert found.exists.any()
    options = compiled.template_options(0)
    for place in np.flatnonzero(found.exists).tolist():
        best = found.choices[place]
        near = [best[None]]
        for one in range(8):
            for other in range(one):
                pairs = np.stack(np.meshgrid(options[one], options[other]), axis=-1).reshape(-1, 2)
                changed = np.tile(best, (len(pairs), 1))
                changed[:, [one, other]] = pairs
                near.append(changed)
        figures = evaluate_plans(compiled, 0, np.concatenate(near))
        feasible = meets(compiled, int(found.query[place]), figures) & figures.placeable
        usage = figures.usage
        price = np.bincount(usage.row_of_entry, usage.amount * prices[usage.column], minlength=len(usage))
        assert feasible[0]
        assert price[0] == pytest.approx(found.price[place], rel=1e-9)
        assert price[feasible].min() >= found.price[place] * (1 - 1e-9)


def test_a_limit_on_many_plans_bounds_the_best() -> None:
    """With a hundredth of the labels needed, the bound is below the exact price, and the plan found above it."""
    compiled = large_instance(1, num_queries=8).compiled
    prices = np.random.default_rng(1).random(len(compiled.rows)) / np.maximum(compiled.rows.capacity, 1)
    exact = TemplatePricer(compiled, 0).price(prices)
    rough = TemplatePricer(compiled, 0, label_limit=50).price(prices)
    assert not rough.exact
    assert (rough.bound <= exact.price).all()
    assert (rough.price >= exact.price * (1 - 1e-9)).all()
