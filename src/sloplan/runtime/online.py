"""Online planning of an instance's arrivals, from the first event to the horizon."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from sloplan.problem.errors import InputError
from sloplan.problem.instance import Instance
from sloplan.runtime.arguments import is_number, refuse_no_seconds, refuse_unusable_seed, usable_horizon
from sloplan.runtime.arrivals import Events, Float, events_of
from sloplan.runtime.journal import Journal, events_sha256
from sloplan.runtime.planner import Epoch, Planner
from sloplan.runtime.policies import policy_of
from sloplan.runtime.policy import Policy
from sloplan.runtime.warming import compile_kernels
from sloplan.runtime.world import refuse_hosting
from sloplan.runtime.worst_moment import refuse_too_much

_MILLI: Final = 1e-3

_MOST_EPOCHS: Final = 10**7


@dataclass(frozen=True)
class OnlineRun:
    """What became of an instance's queries under a policy.

    Parameters
    ----------
    instance : Instance
    policy : str
    epoch_s : float or None
        Distance of epochs; None: at every event.
    horizon_s, migration_s : float
    seed : int
    goodput : float
        Integral over time of the value of copies that run by a valid plan, less what moved copies missed, divided by
        the horizon; in the objective's unit.
    queries : DataFrame
        The books: see `Books.frame`.
    reports : DataFrame
        What was not as it should be: see `Books.reports`.
    epochs : DataFrame
        See `Epoch`; `value` in the objective's unit.
    used, prices : (epochs, rows) float64
        See `Epoch`.
    """

    instance: Instance
    policy: str
    epoch_s: float | None
    horizon_s: float
    migration_s: float
    seed: int
    goodput: float
    queries: pd.DataFrame
    reports: pd.DataFrame
    epochs: pd.DataFrame
    used: Float
    prices: Float

    def to_dict(self) -> dict[str, Any]:
        """Return the summary that `sloplan simulate --online POLICY --json` prints."""
        books, epochs = self.queries, self.epochs
        lost = books[books["lost"] > 0].groupby("reason")["lost"].sum()
        return {
            "instance": self.instance.name,
            "instance_sha256": self.instance.sha256,
            "policy": self.policy,
            "epoch_s": self.epoch_s,
            "horizon_s": self.horizon_s,
            "migration_s": self.migration_s,
            "seed": self.seed,
            "goodput": self.goodput,
            **{name: int(books[name].sum()) for name in ("copies", "running", "waiting", "served", "lost")},
            "unservable": int(books.loc[books["status"] == "unservable", "waiting"].sum()),
            "lost_by_reason": {str(reason): int(copies) for reason, copies in lost.items()},
            "moved": int(books["moved"].sum()),
            "interrupted": int(books["interrupted"].sum()),
            "unneeded": int(epochs["unneeded"].sum()),
            "reports": {str(what): int(number) for what, number in self.reports["what"].value_counts().items()},
            "epochs": len(epochs),
            "planning_s_p50": _percentile(epochs["planning_s"], 50),
            "planning_s_p99": _percentile(epochs["planning_s"], 99),
            "planning_s_max": _percentile(epochs["planning_s"], 100),
        }


def run_online(
    instance: Instance,
    policy: str | Policy = "matching",
    *,
    events: Events | None = None,
    epoch: float | None = 10.0,
    horizon: float | None = None,
    migration: float = 1.0,
    time_limit: float = 1.0,
    journal: str | os.PathLike[str] | None = None,
    seed: int = 0,
    on_epoch: Callable[[Epoch], None] = lambda _: None,
) -> OnlineRun:
    """Plan online for queries that come and go.

    Parameters
    ----------
    instance : Instance
        Hosting `fluid`, with all queries that may come.
    policy : str or Policy, optional
        "matching", "resolve", "first-come", "greedy" or "static".
    events : Events, optional
        What happens; without it what the instance states: `arrival_s` and `duration_s` of its queries.
    epoch : float, optional
        Seconds from one epoch to the next; None: an epoch at every time at which something is delivered.
    horizon : float, optional
        Seconds, above 0; without it until the last event.
    migration : float, optional
        Seconds for which a copy that changes its plan earns nothing.
    time_limit : float, optional
        Seconds that `resolve` takes at an epoch.
    journal : path, optional
        Every event and decision is written there; a run that was broken off goes on from there.
    seed : int, optional
    on_epoch : callable, optional
        Told of every epoch that was not in the journal.

    Returns
    -------
    OnlineRun

    Raises
    ------
    InputError
        If an argument is unusable, the instance has another hosting, or the journal is of another run.

    Examples
    --------
    >>> import sloplan as sp
    >>> run = sp.run_online(sp.load("burst-xs-1.2-tight"), epoch=60)  # doctest: +SKIP
    >>> run.goodput  # doctest: +SKIP
    """
    events = events_of(instance) if events is None else events
    horizon = usable_horizon(horizon, float(events.delivered_s.max(initial=0.0)))
    refuse_no_seconds(time_limit=time_limit, **({} if epoch is None else {"epoch": epoch}))
    if epoch is not None and horizon > _MOST_EPOCHS * epoch:
        least = f"at least {horizon / _MOST_EPOCHS:g} s: {_MOST_EPOCHS:,} epochs until the horizon at most"
        raise InputError("too many epochs", field="epoch", value=epoch, allowed=least)
    refuse_unusable_seed(seed)
    refuse_hosting(instance)  # before there is a journal
    if not (is_number(migration) and migration >= 0):
        raise InputError("unusable value", field="migration", value=migration, allowed="seconds, 0 or more")
    refuse_too_much(instance, events)
    chosen = policy_of(policy, instance, time_limit) if isinstance(policy, str) else policy
    compile_kernels()
    heading = {
        "instance_sha256": instance.sha256,
        "policy": chosen.name,
        "epoch_s": epoch,
        "horizon_s": horizon,
        "migration_s": migration,
        "seed": seed,
        "events_sha256": events_sha256(events),
    }
    with nullcontext() if journal is None else Journal(journal, heading) as opened:
        planner = Planner(instance, chosen, migration_s=migration, epoch_s=epoch, journal=opened, seed=seed)
        _follow(planner, events, _times(events, epoch, horizon), horizon, on_epoch)
    return _summed_up(planner, instance, chosen.name, epoch, horizon, migration, seed)


def _follow(planner: Planner, events: Events, times: Float, horizon: float, on_epoch: Callable[[Epoch], None]) -> None:
    """Deliver events and plan at the epochs that are not done yet."""
    delivered = events.delivered_s
    for now in times[len(planner.epochs) :].tolist():
        due = int(np.searchsorted(delivered, now, side="right"))
        planner.take(events.taken(slice(planner.num_taken, due)))
        on_epoch(planner.plan(now))
    if not planner.is_closed:
        due = int(np.searchsorted(delivered, horizon, side="right"))
        planner.take(events.taken(slice(planner.num_taken, due)))
        planner.close(horizon)


def _times(events: Events, epoch: float | None, horizon: float) -> Float:
    """Return the times of all epochs: before the horizon."""
    if epoch is not None:
        return np.arange(math.ceil(horizon / epoch), dtype=np.float64) * epoch
    times = np.unique(events.delivered_s)
    return times[times < horizon]


def _summed_up(
    planner: Planner, instance: Instance, name: str, epoch: float | None, horizon: float, migration: float, seed: int
) -> OnlineRun:
    state, rows = planner.state, len(planner.state.capacity)
    records = [
        {name: figure for name, figure in asdict(one).items() if name not in ("used", "prices")}
        for one in planner.epochs
    ]
    columns = ["time_s", "value_milli", "running", "waiting", "unservable", "started", "stopped", "moved", "unneeded"]
    epochs = pd.DataFrame(records, columns=[*columns, "planning_s", "check_s"])
    epochs.insert(1, "value", epochs.pop("value_milli") * _MILLI)
    return OnlineRun(
        instance=instance,
        policy=name,
        epoch_s=epoch,
        horizon_s=horizon,
        migration_s=migration,
        seed=seed,
        goodput=state.served_value * _MILLI / horizon,
        queries=state.books.frame(state.names),
        reports=state.books.reports,
        epochs=epochs,
        used=np.array([one.used for one in planner.epochs]).reshape(-1, rows),
        prices=np.array([one.prices for one in planner.epochs]).reshape(-1, rows),
    )


def _percentile(figures: pd.Series, percent: int) -> float | None:
    return float(np.percentile(figures, percent)) if len(figures) else None
