"""Placements, bounds on what is reached there, and the knobs that each leaves open."""

from __future__ import annotations

import numpy as np
import pytest

from sloplan.heuristics.evaluator import Evaluator
from sloplan.heuristics.knob_spaces import KnobSpaces
from sloplan.heuristics.placements import promising_placements
from sloplan.heuristics.searches import search_alone
from sloplan.heuristics.utility import margin, utility
from tests.heuristics.plain_plans import PlainPlans
from tests.pricing.pricing_cases import compiled_case

EVERYTHING = 100_000


@pytest.mark.parametrize("seed", range(20))
def test_bounds_hold(seed: int) -> None:
    """Every feasible plan stands in a placement that is listed, and has at most the utility of its bound."""
    compiled = compiled_case(seed, "fluid")
    for query in range(len(compiled.queries.template)):
        plans = PlainPlans.of(compiled, query)
        placements = promising_placements(search_alone(compiled, query), Evaluator(compiled), EVERYTHING, EVERYTHING)
        bound = dict(zip(map(tuple, placements.pool.tolist()), placements.bound.tolist(), strict=True))
        assert (np.diff(placements.bound) <= 0).all()
        figures, of_query = plans.figures, np.full(len(plans.choices), query)
        reached = utility(margin(compiled, of_query, figures.accuracy_nano_nats, figures.latency_us), figures.cost_nano)
        for place in np.flatnonzero(plans.open("accuracy", "latency", "cost")).tolist():
            assert reached[place] <= bound[tuple(compiled.options.pool[plans.choices[place]].tolist())]


def test_a_beam_keeps_the_greatest_bounds() -> None:
    """Of all placements the first ones are returned."""
    compiled = compiled_case(6, "fluid")
    searches = search_alone(compiled, 0)
    everything = promising_placements(searches, Evaluator(compiled), EVERYTHING, EVERYTHING)
    some = promising_placements(searches, Evaluator(compiled), EVERYTHING, 2)
    assert np.array_equal(some.pool, everything.pool[:2])


@pytest.mark.parametrize("seed", range(20))
def test_knobs_of_a_placement(seed: int) -> None:
    """A space holds every compatible combination of the options in its pools, once."""
    compiled = compiled_case(seed, "fluid")
    searches = search_alone(compiled, 0)
    placements = promising_placements(searches, Evaluator(compiled), EVERYTHING, EVERYTHING)
    if len(placements.search) == 0:
        return
    spaces = KnobSpaces.of(searches, placements.search, placements.pool)
    plans = PlainPlans.of(compiled, 0)
    opened = np.all(
        [np.isin(plans.choices[:, at], part.option) for at, part in enumerate(searches.open_options)], axis=0
    )
    for place, pool in enumerate(placements.pool.tolist()):
        here = (compiled.options.pool[plans.choices] == pool).all(axis=1) & plans.figures.compatible & opened
        points = spaces.choices[place, spaces.exists[place]].tolist()
        assert sorted(points) == sorted(plans.choices[here].tolist())
    assert (KnobSpaces.sizes(searches, placements.search, placements.pool) >= spaces.size).all()


def test_distances() -> None:
    """Knobs that differ are counted: configurations and allocations."""
    compiled = compiled_case(6, "fluid")
    searches = search_alone(compiled, 0)
    placements = promising_placements(searches, Evaluator(compiled), EVERYTHING, EVERYTHING)
    spaces = KnobSpaces.of(searches, placements.search, placements.pool)
    point = spaces.size - 1
    distances = spaces.distances(np.arange(len(point)), point)
    options = compiled.options
    for space, exists in enumerate(spaces.exists):
        mine = spaces.choices[space, point[space]]
        for other in np.flatnonzero(exists).tolist():
            theirs = spaces.choices[space, other]
            expected = np.sum(options.configuration[mine] != options.configuration[theirs])
            expected += np.sum(options.allocation[mine] != options.allocation[theirs])
            assert distances[space, other] == expected
