"""Work shared by threads."""

from __future__ import annotations

import threading

import pytest

from sloplan.pricing.shared_work import in_threads


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("count", [0, 1, 7, 100])
def test_answers_keep_the_order_of_the_items(count: int, threads: int) -> None:
    """Whatever the threads, the answers are those of a plain loop."""
    assert in_threads(lambda item: item * item, range(count), threads) == [item * item for item in range(count)]


def test_threads_work_at_once() -> None:
    """Two items that wait for each other are both finished."""
    meeting = threading.Barrier(2, timeout=30)
    assert len(in_threads(lambda _: meeting.wait(), [0, 1], 2)) == 2
