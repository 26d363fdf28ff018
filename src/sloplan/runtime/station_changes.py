"""Disturbances of a simulation: pools lose units or speed, links bandwidth, while requests flow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from sloplan.problem.errors import InputError
from sloplan.runtime.arrivals import BANDWIDTH, KINDS, SPEED, UNITS, Events
from sloplan.runtime.queue_network import Changes

if TYPE_CHECKING:
    import pandas as pd

    from sloplan.problem.instance import Instance
    from sloplan.runtime.planned_network import PlannedNetwork

_STATION: Final = {UNITS: "pool", SPEED: "pool", BANDWIDTH: "link"}


def station_changes(instance: Instance, planned: PlannedNetwork, disturbances: pd.DataFrame) -> Changes:
    """Return what disturbances do to the stations of a solution's network.

    Parameters
    ----------
    instance : Instance
    planned : PlannedNetwork
    disturbances : DataFrame
        As in `Events.from_frame`, of the kinds `units`, `speed` and `bandwidth`: factors on what stands, on a pool's
        speed and on a link's bandwidth, from `time_s` on. Requests at work are done to their end.

    Raises
    ------
    InputError
        If one is of another kind, or names what is no station that queries share.
    """
    events = Events.from_frame(disturbances)
    own = {
        f"{table[:-1]}:{name}"
        for table in ("pools", "links")
        for name in instance.table(table).query("scope == 'query'")[table[:-1]]
    }
    station_of = {name: place for place, name in enumerate(planned.station_name.tolist()) if name not in own}
    if instance.hosting == "replicas":  # pools work through their deployments
        station_of = {name: place for name, place in station_of.items() if not name.startswith("pool:")}
    station = np.zeros(len(events), dtype=np.int64)
    for place, (kind, subject) in enumerate(zip(events.kind.tolist(), events.subject.tolist(), strict=True)):
        if kind not in _STATION:
            allowed = ", ".join(KINDS[one] for one in _STATION)
            raise InputError(
                "plans stay as they are in a simulation", file="disturbances", row=place + 1, field="kind",
                value=KINDS[kind], allowed=allowed, advice="`run_online` plans anew",
            )  # fmt: skip
        name = f"{_STATION[kind]}:{subject}"
        if name not in station_of:
            raise InputError(
                "no station that queries share", file="disturbances", row=place + 1, field="subject", value=subject,
                allowed=", ".join(one.split(":", 1)[1] for one in station_of if one.startswith(_STATION[kind])),
            )  # fmt: skip
        station[place] = station_of[name]
    order = np.argsort(events.time_s, kind="stable")
    capacity, slowness = np.zeros((2, len(events)))
    now = {place: (float(planned.network.capacity[place]), 1.0) for place in station.tolist()}
    for position, place in enumerate(order.tolist()):
        one, amount = int(station[place]), float(events.amount[place])
        standing, slow = now[one]
        if events.kind[place] == UNITS:
            standing = float(np.floor(planned.network.capacity[one] * amount + 1e-9))
        else:
            slow = 1.0 / amount
        now[one] = standing, slow
        capacity[position], slowness[position] = standing, slow
    return Changes(events.time_s[order], station[order], capacity, slowness)
