"""A function applied to many items by a few threads, answers in the order of the items."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")


def in_threads(function: Callable[[Item], Answer], items: Iterable[Item], threads: int) -> list[Answer]:
    """Return the function of every item.

    Parameters
    ----------
    function : callable
        Gains by threads only in what it does without Python's lock, as kernels do.
    items : iterable
    threads : int
        1: all is done by the caller's own thread.
    """
    if threads == 1:
        return list(map(function, items))
    listed = list(items)
    # A few long parts: handing single items over may take longer than the work itself.
    size = max(1, -(-len(listed) // (4 * threads)))
    parts = [listed[first : first + size] for first in range(0, len(listed), size)]
    with ThreadPoolExecutor(threads) as executor:
        answers = executor.map(lambda part: list(map(function, part)), parts)
        return [answer for part in answers for answer in part]
