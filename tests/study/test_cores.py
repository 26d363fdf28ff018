"""Tests of cores lent to runs."""

from __future__ import annotations

import threading
import warnings

import pytest

from sloplan.study.cores import Cores, runs_at_a_time


def test_runs_wait_for_their_cores() -> None:
    """A run of two threads waits until both cores are free; nobody shares a core."""
    cores = Cores([0, 1], most_runs=2)
    first, second = cores.take(1), cores.take(1)
    assert (first, second) == ((0,), (1,))
    taken: list[tuple[int, ...]] = []
    wide = threading.Thread(target=lambda: taken.append(cores.take(2)))
    wide.start()
    cores.give_back(first)
    wide.join(timeout=0.1)
    assert wide.is_alive()
    cores.give_back(second)
    wide.join(timeout=5)
    assert taken == [(0, 1)]


def test_no_more_runs_than_allowed() -> None:
    """Free cores are no reason for another run beyond the number of workers."""
    cores = Cores([0, 1, 2, 3], most_runs=1)
    first = cores.take(1)
    waiting = threading.Thread(target=lambda: cores.take(1))
    waiting.start()
    waiting.join(timeout=0.1)
    assert waiting.is_alive()
    cores.give_back(first)
    waiting.join(timeout=5)
    assert not waiting.is_alive()


@pytest.mark.parametrize(
    ("wanted", "threads", "cores", "expected"),
    [(None, [1], 2, 2), (None, [2], 2, 1), (None, [1, 4], 4, 4), (1, [1], 8, 1), (2, [2], 4, 2)],
)
def test_as_many_as_the_cores_allow(wanted: int | None, threads: list[int], cores: int, expected: int) -> None:
    """Cores over threads, or fewer if so wanted, without a warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert runs_at_a_time(wanted, threads, cores) == expected


def test_more_than_the_cores_allow() -> None:
    """Too many workers or threads are warned of and made fewer."""
    with pytest.warns(UserWarning, match="4 workers with up to 2 threads are more than 4 cores"):
        assert runs_at_a_time(4, [2], 4) == 2
    with pytest.warns(UserWarning, match="8 threads are wanted and there are 2 cores"):
        assert runs_at_a_time(None, [8], 2) == 1
