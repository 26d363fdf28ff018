"""What happens to a planner from outside: queries arrive, leave and change their rate; what they run on changes.

Events are columns, in the order in which they are delivered, which need not be that of their times.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from sloplan.problem.compiled import Bool, Int, Text
from sloplan.problem.errors import InputError
from sloplan.problem.instance import Instance

Float = npt.NDArray[np.float64]

KINDS: Final = ("arrive", "leave", "rate", "units", "bandwidth", "speed", "profile")
"""By kind, what the subject is and what the amount says:

- arrive, leave: a query; no amount.
- rate: a query; its requests per second from then on, of one copy.
- units, speed: a pool; factor on the instance's own figure (units are rounded down).
- bandwidth: a link; factor on the instance's own figure.
- profile: an operator; factor on latency and busy time of all its profiles.
"""

ARRIVE, LEAVE, RATE, UNITS, BANDWIDTH, SPEED, PROFILE = range(len(KINDS))

_MOST: Final = 1e6
"""Of an amount: beyond it there is no factor, and hardly a rate."""


@dataclass(frozen=True)
class Events:
    """Events in the order of their delivery.

    Parameters
    ----------
    number : (n,) int64
        What tells an event from others: the same number twice is a duplicate.
    time_s : (n,) float64
        When it happened.
    kind : (n,) int64
        Index into `KINDS`.
    subject : (n,) str
    amount : (n,) float64
        NaN where the kind has none.
    """

    number: Int
    time_s: Float
    kind: Int
    subject: Text
    amount: Float

    def __len__(self) -> int:
        return len(self.number)

    @property
    def delivered_s(self) -> Float:
        """When each is delivered: at its time, or with those delivered before it; shape (n,)."""
        return np.maximum.accumulate(self.time_s) if len(self) else self.time_s

    def taken(self, which: Int | Bool | slice) -> Events:
        """Return some events, in the given order."""
        return Events(self.number[which], self.time_s[which], self.kind[which], self.subject[which], self.amount[which])

    @classmethod
    def joined(cls, *parts: Events) -> Events:
        """Return the events of all parts, one part after the other."""
        return cls(
            number=np.concatenate([part.number for part in parts]),
            time_s=np.concatenate([part.time_s for part in parts]),
            kind=np.concatenate([part.kind for part in parts]),
            subject=np.concatenate([part.subject for part in parts]),
            amount=np.concatenate([part.amount for part in parts]),
        )

    @classmethod
    def none(cls) -> Events:
        """Return no events."""
        number, time = np.zeros(0, dtype=np.int64), np.zeros(0)
        return cls(number, time, number.copy(), np.zeros(0, dtype=object), time.copy())

    @classmethod
    def from_frame(cls, frame: pd.DataFrame) -> Events:
        """Return the events of a table.

        Parameters
        ----------
        frame : DataFrame
            Columns `time_s`, `kind` (of `KINDS`), `subject`, and if need be `amount` and `number` (default: the row's,
            from 0), rows in the order of their delivery.

        Raises
        ------
        InputError
            If a column is missing or a value unusable.
        """
        missing = [column for column in ("time_s", "kind", "subject") if column not in frame]
        if missing:
            raise InputError("a column is missing", file="events", field=missing[0], allowed="time_s, kind, subject")
        rows = len(frame)
        amount = _numbers(frame, "amount") if "amount" in frame else np.full(rows, np.nan)
        time, kind = _numbers(frame, "time_s"), pd.Index(KINDS).get_indexer(pd.Index(frame["kind"])).astype(np.int64)
        _refuse(kind < 0, frame, "kind", "unknown kind of event", ", ".join(KINDS))
        _refuse(~(np.isfinite(time) & (time >= 0)), frame, "time_s", "no point in time", "seconds, 0 or more")
        positive = (amount > 0) & (amount <= _MOST)
        _refuse((kind >= RATE) & ~positive & ~((kind == UNITS) & (amount == 0)), frame, "amount", "unusable amount",
                "a number above 0 (units: or 0), at most 1,000,000")  # fmt: skip
        amount = np.where(kind >= RATE, amount, np.nan)
        stated = _numbers(frame, "number") if "number" in frame else np.arange(rows, dtype=np.float64)
        whole = (stated == np.rint(stated)) & (np.abs(stated) <= 2.0**53)
        _refuse(~whole, frame, "number", "no number of an event", "a whole number")
        number = stated.astype(np.int64)
        return cls(number, time, kind, frame["subject"].astype(str).to_numpy(dtype=object), amount)


def events_of(instance: Instance) -> Events:
    """Return the arrivals and leavings that an instance states, in the order of their times.

    Without `arrival_s` a query is there from the beginning, without `duration_s` it stays.

    Parameters
    ----------
    instance : Instance
    """
    queries = instance.table("queries")
    arrival = queries["arrival_s"].fillna(0.0).to_numpy()
    # A sum of decimals, not of their nearest floats: 0.1 + 0.2 leaves at 0.3.
    leave = np.round(arrival + queries["duration_s"].to_numpy(), 9)
    leaves = np.flatnonzero(~np.isnan(leave))
    name = queries["query"].to_numpy(dtype=object)
    time = np.concatenate([arrival, leave[leaves]])
    kind = np.repeat([ARRIVE, LEAVE], [len(arrival), len(leaves)])
    order = np.lexsort((kind, time))
    subject = np.concatenate([name, name[leaves]])[order]
    return Events(
        np.arange(len(time), dtype=np.int64),
        time[order],
        kind[order].astype(np.int64),
        subject,
        np.full(len(time), np.nan),
    )


def with_disturbances(events: Events, disturbances: pd.DataFrame) -> Events:
    """Return events with further ones among them, each delivered at its time.

    Parameters
    ----------
    events : Events
        In the order of their times.
    disturbances : DataFrame
        As in `Events.from_frame`; numbers are given anew.

    Raises
    ------
    InputError
        As `Events.from_frame`.
    """
    further = Events.from_frame(disturbances.drop(columns="number", errors="ignore"))
    first = int(events.number.max(initial=-1)) + 1
    both = Events.joined(events, replace(further, number=further.number + first))
    return both.taken(np.argsort(both.time_s, kind="stable"))


def tier_loses_units(instance: Instance, tier: str, time_s: float, factor: float) -> pd.DataFrame:
    """Return the disturbance that leaves every shared pool of a tier only a part of its units.

    Parameters
    ----------
    instance : Instance
    tier : str
    time_s : float
    factor : float
        Part that is left, from 0 to 1.

    Raises
    ------
    InputError
        If the instance has no shared pool of that tier.
    """
    sites, pools = instance.table("sites"), instance.table("pools")
    there = pools["site"].isin(sites.loc[sites["tier"] == tier, "site"]) & (pools["scope"] == "shared")
    if not there.any():
        raise InputError(
            "no shared pool of this tier", field="tier", value=tier, allowed=", ".join(sorted(set(sites["tier"])))
        )
    return pd.DataFrame({"time_s": time_s, "kind": "units", "subject": pools.loc[there, "pool"], "amount": factor})


def _numbers(frame: pd.DataFrame, field: str) -> Float:
    numbers = pd.to_numeric(frame[field], errors="coerce").to_numpy(dtype=np.float64)
    _refuse(np.isnan(numbers) & frame[field].notna().to_numpy(), frame, field, "no number", "a number")
    return numbers


def _refuse(wrong: Bool, frame: pd.DataFrame, field: str, problem: str, allowed: str) -> None:
    for row in np.flatnonzero(wrong)[:1].tolist():
        value: Any = frame[field].tolist()[row] if field in frame else None
        raise InputError(problem, file="events", row=row + 1, field=field, value=value, allowed=allowed)
