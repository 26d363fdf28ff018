"""What a template's network says of plans, against enumeration without SLOs."""

from __future__ import annotations

import numpy as np
import pytest

from sloplan.pricing.bound_kernels import IMPOSSIBLE, least_to_come, price_parts
from sloplan.pricing.label_kernels import _IMPOSSIBLE
from sloplan.pricing.network import Network
from sloplan.problem.compiled import CompiledInstance
from tests.conformance.cases import instance_from
from tests.conformance.random_instances import random_tables
from tests.conformance.seeds import every
from tests.pricing.pricing_cases import HOSTINGS, Enumerated, random_prices

SLOS = ("slo_latency_ms", "slo_accuracy", "slo_cost_per_1k")


def without_slos(seed: int, hosting: str) -> CompiledInstance:
    """Return the random instance of `seed` whose queries ask for nothing."""
    tables = random_tables(seed)
    tables["queries"] = [{k: v for k, v in row.items() if k not in SLOS} for row in tables["queries"]]
    return instance_from(tables, name="without-slos", hosting=hosting).compiled


@pytest.mark.parametrize("seed", every(3, range(60)))
def test_plans_are_counted_without_being_listed(seed: int) -> None:
    """The count is the number of plans that meet placement, compatibility and routes."""
    compiled = without_slos(seed, "fluid")
    for template in range(len(compiled.templates)):
        every = Enumerated.at(compiled, template, np.zeros(len(compiled.rows)), 0.0)
        assert Network.of(compiled, template).count_plans() == len(every.table)


@pytest.mark.parametrize("hosting", HOSTINGS)
@pytest.mark.parametrize("seed", every(3, range(40)))
def test_parts_add_up_and_completion_bounds_hold(seed: int, hosting: str) -> None:
    """A plan's price is the sum over its options and pairs; at every operator, no bound passes what is to come."""
    compiled = without_slos(seed, hosting)
    for template in range(len(compiled.templates)):
        network = Network.of(compiled, template)
        for prices, cost_price in random_prices(seed, len(compiled.rows), times=2):
            every = Enumerated.at(compiled, template, prices, cost_price)
            of_option, of_pair = price_parts(prices[network.rows], cost_price, *network.pricing)
            rest, without = least_to_come(*network.shape, network.anchor, network.possible, of_option, of_pair, np.inf)
            start, arc_start, producer, table, width, arc_class = network.shape
            paid = np.zeros(len(every.table))
            numbers = np.zeros_like(every.table.choices)
            for stage in range(network.operators):
                part = slice(start[stage], start[stage + 1])
                numbers[:, stage] = start[stage] + np.searchsorted(network.options[part], every.table.choices[:, stage])
                paid += of_option[numbers[:, stage]]
                for arc in range(arc_start[stage], arc_start[stage + 1]):
                    first, second = numbers[:, producer[arc]], numbers[:, stage]
                    pair = table[arc] + arc_class[arc, first] * width[arc] + arc_class[arc, second]
                    assert network.possible[pair].all()
                    paid += of_pair[pair]
                bound = paid + without[stage] + rest[stage, numbers[:, : stage + 1]].sum(axis=1)
                assert (bound <= every.price * (1 + 1e-9) + 1e-12).all()
            assert paid == pytest.approx(every.price, rel=1e-9)


def test_what_cannot_be_is_one_number() -> None:
    """Two files of kernels cut sums off at the same amount."""
    assert IMPOSSIBLE == _IMPOSSIBLE
