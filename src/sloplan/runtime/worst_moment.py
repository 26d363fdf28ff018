"""Do the integers of every moment fit? Asked before anything begins, of the worst that events can come to together."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from sloplan.problem.errors import InputError, SizeLimitError
from sloplan.problem.instance import Instance
from sloplan.runtime.arrivals import BANDWIDTH, PROFILE, RATE, SPEED, UNITS, Events
from sloplan.runtime.world import World

_WORST: Final = (
    {UNITS: "max", BANDWIDTH: "min", SPEED: "min", PROFILE: "max"},  # slowest: latencies and busy times are longest
    {UNITS: "max", BANDWIDTH: "max", SPEED: "max", PROFILE: "max"},  # strongest: capacities are largest
)


def refuse_too_much(instance: Instance, events: Events) -> None:
    """Refuse events that could make an instance of some moment whose sums 64-bit integers cannot hold.

    Every sum grows with each figure or falls with it, so two instances stand for all moments: every rate and profile at
    its largest in both, pools and links at their slowest in one, at their strongest in the other.

    Parameters
    ----------
    instance : Instance
        Hosting `fluid`.
    events : Events
        Strangers among their subjects count nothing.

    Raises
    ------
    InputError
        If the amounts come to too much together.
    """
    changes = events.taken(events.kind >= RATE)
    if not len(changes):
        return
    frame = pd.DataFrame({"kind": changes.kind, "subject": changes.subject, "amount": changes.amount})
    for worst in _WORST:
        world = World(instance)
        for kind, extreme in worst.items():
            factors = frame.loc[frame["kind"] == kind].groupby("subject")["amount"].agg(extreme)
            for subject, factor in factors.items():
                if world.knows(kind, str(subject)):
                    world.change(kind, str(subject), max(factor, 1.0) if extreme == "max" else min(factor, 1.0))
        rates = frame.loc[frame["kind"] == RATE].groupby("subject")["amount"].max()
        query = world.find(rates.index.to_list())
        known, own = query >= 0, instance.table("queries")["rate_rps"].to_numpy()
        if known.any():
            world.change_rates(query[known], np.maximum(rates.to_numpy()[known], own[query[known]]))
        try:
            world.compiled  # noqa: B018 - compiling refuses what does not fit
        except SizeLimitError as error:
            raise InputError(
                f"too much together: {error}", file="events", field="amount", advice="check the units of the amounts"
            ) from None
