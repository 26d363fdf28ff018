"""Who could fit, and who makes room for whom, worked out by hand."""

from __future__ import annotations

import numpy as np

from sloplan.problem.compiled import Int
from sloplan.runtime.placing_kernels import fits_any, go_back, make_room

USAGE = np.array([0, 1, 2]), np.array([0, 1]), np.array([1, 1])
"""Two plans: one takes 1 of row 0 per unit of rate, the other 1 of row 1."""

FIRST_ONLY, BOTH = 0, 1
LISTS = np.array([0, 1, 3]), np.array([0, 0, 1])


def whole(*numbers: int) -> Int:
    """Return an array of whole numbers."""
    return np.array(numbers, dtype=np.int64)


def test_who_fits_by_any_plan() -> None:
    """A query fits if one plan of its list does."""
    fits = fits_any(USAGE, (*LISTS, whole(FIRST_ONLY, BOTH, BOTH)), whole(2, 2, 4), whole(1, 3))
    assert fits.tolist() == [False, True, False]


def room_made(value: Int, host_list: int, left: Int, migration_s: float) -> tuple[list[int], list[int], list[int]]:
    """Let query 1, which only row 0 serves, ask for the place of query 0 there; both take it whole."""
    plan, hosts = whole(0), whole(0)
    lists = (*LISTS, whole(host_list, FIRST_ONLY))
    given = make_room(USAGE, lists, whole(5, 5), value, whole(1), (hosts, plan), left, 10.0, migration_s)
    return given.tolist(), plan.tolist(), left.tolist()


def test_a_host_goes_elsewhere_where_it_can() -> None:
    """It moves to row 1 if there is room, though it is worth as much: moving costs a second of ten."""
    assert room_made(whole(7, 7), BOTH, whole(0, 5), 1.0) == ([0], [1], [0, 0])


def test_a_host_stops_if_that_pays() -> None:
    """Without another place it stops for a guest of more value, and the migration counts on top."""
    assert room_made(whole(7, 8), BOTH, whole(0, 4), 1.0) == ([0], [-1], [0, 4])
    assert room_made(whole(7, 8), FIRST_ONLY, whole(0, 9), 2.0) == ([-1], [0], [0, 9])


def test_migration_that_costs_more_than_it_brings_is_left() -> None:
    """Moving for eleven seconds' value is not worth ten seconds of the guest's."""
    assert room_made(whole(7, 7), BOTH, whole(0, 5), 11.0) == ([-1], [0], [0, 5])


def test_who_could_as_well_stay_does() -> None:
    """Query 1 goes back to row 0, where there is room; that makes room on row 1 for query 0, and not for query 2."""
    left = whole(5, 0)
    stays = go_back(USAGE, whole(4, 5, 6), whole(1, 0, 1), whole(0, 1, 0), left)
    assert (stays.tolist(), left.tolist()) == ([True, True, False], [4, 1])
