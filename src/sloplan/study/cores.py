"""Who runs on which cores: never more threads at work than there are cores."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Sequence


class Cores:
    """Cores to be lent to runs.

    Parameters
    ----------
    numbers : sequence of int
    most_runs : int
        At a time.
    """

    def __init__(self, numbers: Sequence[int], most_runs: int) -> None:
        self._free = list(numbers)
        self._runs_left = most_runs
        self._changed = threading.Condition()

    def take(self, count: int) -> tuple[int, ...]:
        """Wait until so many cores are free, and another run may start, and take them."""
        with self._changed:
            while self._runs_left == 0 or len(self._free) < count:
                self._changed.wait(timeout=1.0)  # now and then, so that Ctrl-C is heard on every system
            self._runs_left -= 1
            taken, self._free = self._free[:count], self._free[count:]
            return tuple(taken)

    def give_back(self, taken: tuple[int, ...]) -> None:
        """Return the cores of a run that has ended."""
        with self._changed:
            self._free = sorted([*self._free, *taken])
            self._runs_left += 1
            self._changed.notify_all()


def runs_at_a_time(wanted: int | None, threads: Sequence[int], cores: int) -> int:
    """Return how many runs may be at work, and warn if that is not what was asked for.

    Parameters
    ----------
    wanted : int, optional
        As many as the cores allow without it.
    threads : sequence of int
        Of the runs.
    cores : int

    Warns
    -----
    UserWarning
        More threads, or more runs times threads, are wanted than there are cores.
    """
    if max(threads) > cores:
        warnings.warn(f"{max(threads)} threads are wanted and there are {cores} cores: runs get {cores}", stacklevel=2)
    most = max(1, cores // min(min(threads), cores))
    if wanted is not None and wanted * min(max(threads), cores) > cores:
        warnings.warn(
            f"{wanted} workers with up to {min(max(threads), cores)} threads are more than {cores} cores: "
            "runs wait until their cores are free",
            stacklevel=2,
        )
    return most if wanted is None else min(wanted, most)
