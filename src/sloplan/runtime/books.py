"""The books of an online planner: every query that came is in them, with what became of each of its copies."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from sloplan.problem.compiled import Bool, Int

Float = npt.NDArray[np.float64]

ABSENT, PRESENT, LEFT = 0, 1, 2
"""Phases of a query."""

REASONS: Final = ("", "left while waiting", "no plan could serve it", "interrupted and not served again")
"""Why copies were lost."""

_WAITING, _NO_PLAN, _INTERRUPTED = 1, 2, 3

_NO_STAY_KNOWN_S: Final = 60.0


class Books:
    """Who is there, who is served, and who was, copy by copy.

    Parameters
    ----------
    count : (queries,) int64
        Copies.

    Attributes
    ----------
    phase : (queries,) int64
    running : (queries,) int64
        Copies that run.
    served, lost : (queries,) int64
        Of queries that left: copies that ran when they did, and the others.
    unservable : (queries,) bool
        There, and no plan could serve it at the last epoch.
    arrived_s, left_s : (queries,) float64
        NaN before.
    moved, interrupted : (queries,) int64
        Times that a copy changed its plan, and that it was stopped while its query stayed.
    """

    def __init__(self, count: Int) -> None:
        self.count = count
        number = len(count)
        self.phase, self.running, self.served, self.lost, self.moved, self.interrupted, self._reason = np.zeros(
            (7, number), dtype=np.int64
        )
        self.unservable: Bool = np.zeros(number, dtype=np.bool_)
        self.arrived_s, self.left_s, self._announced_s = np.full((3, number), np.nan)
        self._reports: list[tuple[float, str, str]] = []

    def report(self, time_s: float, what: str, subject: str) -> None:
        """Note something that was not as it should be.

        Parameters
        ----------
        time_s : float
        what : str
            The same words for the same thing.
        subject : str
        """
        self._reports.append((time_s, what, subject))

    @property
    def waiting(self) -> Int:
        """Copies that are there and do not run, shape (queries,)."""
        return np.where(self.phase == PRESENT, self.count - self.running, 0)

    @property
    def mean_stay_s(self) -> float:
        """How long those that left were there; a minute before any did."""
        left = self.phase == LEFT
        return float((self.left_s[left] - self.arrived_s[left]).mean()) if left.any() else _NO_STAY_KNOWN_S

    def arrive(self, query: Int, time_s: Float, names: npt.NDArray[np.object_]) -> None:
        """Book arrivals, in the order of their times.

        Parameters
        ----------
        query : (n,) int64
        time_s : (n,) float64
        names : (queries,) str
        """
        is_first = np.zeros(len(query), dtype=np.bool_)
        is_first[np.unique(query, return_index=True)[1]] = True
        fresh = is_first & (self.phase[query] == ABSENT)
        for place in np.flatnonzero(~fresh).tolist():  # few: each is somebody's mistake
            what = "arrived after it had left" if self.phase[query[place]] == LEFT else "arrived twice"
            self.report(float(time_s[place]), what, str(names[query[place]]))
        query, time_s = query[fresh], time_s[fresh]
        self.phase[query], self.arrived_s[query] = PRESENT, time_s
        # Its leaving was delivered before its arrival: it has been and gone.
        gone = query[self._announced_s[query] >= time_s]
        self._end(gone, self._announced_s[gone])

    def leave(self, query: Int, time_s: Float, names: npt.NDArray[np.object_]) -> tuple[Int, Float]:
        """Book leavings, in the order of their times; return those that were there, and when they left.

        Parameters
        ----------
        query : (n,) int64
        time_s : (n,) float64
        names : (queries,) str
        """
        # One from before the arrival ends nothing, and must not stand for one that does.
        timely = np.flatnonzero((self.phase[query] == PRESENT) & ~(time_s < self.arrived_s[query]))
        there = np.zeros(len(query), dtype=np.bool_)
        there[timely[np.unique(query[timely], return_index=True)[1]]] = True
        for place in np.flatnonzero(~there).tolist():  # few: each is somebody's mistake
            one = query[place]
            early = self.phase[one] == ABSENT or time_s[place] < self.arrived_s[one]
            if self.phase[one] == ABSENT:
                self._announced_s[one] = np.fmax(self._announced_s[one], time_s[place])
            self.report(float(time_s[place]), "left before it arrived" if early else "left twice", str(names[one]))
        query, time_s = query[there], time_s[there]
        self._end(query, time_s)
        return query, time_s

    def _end(self, query: Int, time_s: Float) -> None:
        self.served[query] = self.running[query]
        self.lost[query] = self.count[query] - self.running[query]
        reason = np.where(self.unservable[query], _NO_PLAN, _WAITING)
        reason = np.where(self.interrupted[query] > 0, _INTERRUPTED, reason)
        self._reason[query] = np.where(self.lost[query] > 0, reason, 0)
        self.phase[query], self.left_s[query], self.running[query] = LEFT, time_s, 0
        self.unservable[query] = False

    def frame(self, names: npt.NDArray[np.object_]) -> pd.DataFrame:
        """Return a row per query that came, or was spoken of.

        `copies` is the sum of `running`, `waiting`, `served` and `lost`; `status` is one of waiting, unservable,
        running, left; `reason` says why copies were lost.

        Parameters
        ----------
        names : (queries,) str
        """
        came = np.flatnonzero(self.phase != ABSENT)
        status = np.where(self.running[came] > 0, "running", np.where(self.unservable[came], "unservable", "waiting"))
        return pd.DataFrame(
            {
                "query": names[came],
                "status": np.where(self.phase[came] == LEFT, "left", status).astype(object),
                "copies": self.count[came],
                "running": self.running[came],
                "waiting": self.waiting[came],
                "served": self.served[came],
                "lost": self.lost[came],
                "reason": np.array(REASONS, dtype=object)[self._reason[came]],
                "arrived_s": self.arrived_s[came],
                "left_s": self.left_s[came],
                "moved": self.moved[came],
                "interrupted": self.interrupted[came],
            }
        )

    @property
    def reports(self) -> pd.DataFrame:
        """What was not as it should be: `time_s`, `what`, `subject`, in the order in which it was noticed."""
        return pd.DataFrame(self._reports, columns=["time_s", "what", "subject"])
