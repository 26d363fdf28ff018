"""Coordinations are followed until their prices are settled, or stall."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import numpy as np

from sloplan.decomposition.coordination import Step
from sloplan.decomposition.coupled_problem import coupled_selection
from sloplan.decomposition.lagrangian import Prices, Response, respond
from sloplan.decomposition.pursuing import follow
from sloplan.decomposition.pursuit import Pursuit
from sloplan.problem.run import Run
from sloplan.problem.selections.selection import PlanSelection

NUMBERS: dict[str, Any] = {
    "group": [0, 1, 2],
    "value": [4, 7, 8],
    "usage": [[2], [2], [3]],
    "capacity": [5],
    "must": [False] * 3,
}
"""Two of three fit, the second and third are worth most together: 15. Without prices the bound is 19."""


def unsettled(responses: Iterator[Response], taken: list[int]) -> Iterator[Step]:
    """Yield responses as steps without end, and note how many were asked for."""
    best = None
    for response in responses:
        taken.append(1)
        best = response if best is None or response.bound < best.bound else best
        yield Step(response, best)


def test_prices_that_stall_are_left() -> None:
    """A bound that stays where it is while a gap is left ends the coordination after two hundred steps."""
    problem = coupled_selection(selection := PlanSelection.from_numbers(**NUMBERS))
    run, taken = Run(selection), list[int]()
    nothing = respond(problem, Prices(np.zeros(1)))
    step = follow(Pursuit(problem, run), run, unsettled((nothing for _ in count()), taken))
    assert (len(taken), step.settled) == (200, False)


def test_prices_that_gain_are_followed() -> None:
    """As long as the later half of the steps closes some of the gap they go on."""
    problem = coupled_selection(selection := PlanSelection.from_numbers(**NUMBERS))
    run, taken = Run(selection), list[int]()
    rising = (respond(problem, Prices(np.full(1, 1e-3 * number))) for number in range(400))
    follow(Pursuit(problem, run), run, unsettled(rising, taken))
    assert len(taken) == 400


def test_without_an_answer_there_is_no_stall() -> None:
    """Nobody knows how far the bound is from anything then."""
    problem = coupled_selection(selection := PlanSelection.from_numbers(**(NUMBERS | {"must": [True] * 3})))
    run, taken = Run(selection), list[int]()
    nothing = respond(problem, Prices(np.zeros(1)))
    follow(Pursuit(problem, run), run, unsettled((nothing for _ in range(300)), taken))
    assert len(taken) == 300
