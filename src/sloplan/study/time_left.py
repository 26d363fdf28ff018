"""How long a study will still take, judged by how long its runs took so far."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Final

from sloplan.study.matrix import PlannedRun
from sloplan.study.rows import Row

_BESIDE_S: Final = 1.0
"""Seconds that a run is taken to need beyond its time limit while no run of its method has ended."""


class TimeLeft:
    """An estimate that follows the runs.

    A run that is still to come counts as the mean of the runs of its method and time limit that have ended, and as
    its time limit while there is none.

    Parameters
    ----------
    runs : list of PlannedRun
        Still to come.
    side_by_side : int
        Runs at a time.
    """

    def __init__(self, runs: list[PlannedRun], side_by_side: int) -> None:
        self._left = {run.key: run for run in runs}
        self._side_by_side = side_by_side
        self._taken: dict[tuple[str, float], list[float]] = defaultdict(list)

    def ended(self, run: PlannedRun, row: Row) -> None:
        """Take a run that has ended off what is left."""
        self._left.pop(run.key, None)
        self._taken[_kind(run)].append((row.get("process_s") or 0.0) + (row.get("check_s") or 0.0))

    def seconds(self) -> float:
        """Return the estimate."""
        left = Counter(map(_kind, self._left.values()))
        return sum(number * self._mean(kind) for kind, number in left.items()) / self._side_by_side

    def _mean(self, kind: tuple[str, float]) -> float:
        taken = self._taken[kind]
        _, time_limit = kind
        return sum(taken) / len(taken) if taken else time_limit + _BESIDE_S


def _kind(run: PlannedRun) -> tuple[str, float]:
    return run.label, run.time_limit
