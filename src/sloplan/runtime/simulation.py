"""What a plan promises, tested: requests flow through the queues of a solution."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from sloplan.problem.checker import judge_plans
from sloplan.problem.errors import InputError
from sloplan.problem.evaluation import evaluate_plans
from sloplan.problem.exact_sums import exact_dot
from sloplan.problem.grouping import grouped
from sloplan.runtime.arguments import is_number, refuse_unusable_seed
from sloplan.runtime.event_loop import DROPPED, IN_FLIGHT, IN_TIME, LATE
from sloplan.runtime.network_run import Behaviour, Happened, run_network
from sloplan.runtime.planned_network import PlannedNetwork, planned_network
from sloplan.runtime.queue_network import Float, Int
from sloplan.runtime.station_changes import station_changes

if TYPE_CHECKING:
    from sloplan.problem.instance import Instance
    from sloplan.problem.solution import Solution

ARRIVALS: Final = ("poisson", "periodic")
PERCENTILES: Final = (50, 95, 99)
FATES: Final = {"in_time": IN_TIME, "late": LATE, "dropped": DROPPED, "in_flight": IN_FLIGHT}

_MILLI: Final = 1e-3


@dataclass(frozen=True)
class Simulation:
    """What became of the requests of a solution.

    Parameters
    ----------
    instance : Instance
    planned : PlannedNetwork
    behaviour : Behaviour
    happened : Happened
    goodput_milli, cost_pico : int
        What the checker says of the solution: milli-value, 10^-12 USD/s.
    """

    instance: Instance
    planned: PlannedNetwork
    behaviour: Behaviour
    happened: Happened
    goodput_milli: int
    cost_pico: int

    @cached_property
    def queries(self) -> pd.DataFrame:
        """A row per plan of the solution: `query`, `count`, `requests`, what became of them, latency.

        `in_time`, `late`, `dropped`, `in_flight` add up to `requests`. `overdue` are those in flight that can no longer
        be in time. `attainment` is the part in time of those whose fate is known, which ended or are overdue; NaN where
        that is nobody. `latency_ms_pX` are percentiles (nearest rank) of those that were
        served, NaN without any; `planned_ms` is the plan's latency, `slo_ms` the query's SLO (NaN without one).
        """
        planned, happened = self.planned, self.happened
        compiled, streams = self.instance.compiled, len(self.planned.query)
        fates = {
            name: np.bincount(happened.stream[happened.fate == fate], minlength=streams) for name, fate in FATES.items()
        }
        deadline = planned.network.streams.deadline_s
        is_overdue = (happened.fate == IN_FLIGHT) & (happened.latency_s > deadline[happened.stream])
        overdue = np.bincount(happened.stream[is_overdue], minlength=streams)
        known = fates["in_time"] + fates["late"] + fates["dropped"] + overdue
        return pd.DataFrame(
            {
                "query": compiled.names.queries[planned.query],
                "count": planned.plans.count,
                "requests": np.bincount(happened.stream, minlength=streams),
                **fates,
                "overdue": overdue,
                "attainment": _ratio(fates["in_time"], known),
                **dict(zip((f"latency_ms_p{p}" for p in PERCENTILES), self._percentiles() / _MILLI, strict=True)),
                "planned_ms": self._planned_latency_us * _MILLI,
                "slo_ms": np.where(np.isinf(deadline), np.nan, deadline / _MILLI),
            }
        )

    @cached_property
    def stations(self) -> pd.DataFrame:
        """A row per shared pool, deployment and link that is there: `station`, `capacity`, mean `utilization`.

        Under `replicas` pools work through their deployments.
        """
        number = len(self.planned.station_name)
        capacity = self.planned.network.capacity[:number]
        seconds = self.behaviour.horizon_s - self.behaviour.warmup_s
        frame = pd.DataFrame(
            {
                "station": self.planned.station_name,
                "capacity": capacity,
                "utilization": _ratio(self.happened.busy_s[:number] / seconds, capacity),
            }
        )
        return frame[self._is_used[:number]].reset_index(drop=True)

    @property
    def attainment(self) -> float | None:
        """Part in time of the requests, of all queries together, whose fate is known; None without any."""
        counts = self.queries[["in_time", "late", "dropped", "overdue"]].to_numpy().sum(axis=0)
        return None if not counts.sum() else float(counts[0] / counts.sum())

    @property
    def goodput(self) -> float:
        """Value of the copies served, each counting as far as its requests ended in time; in the objective's unit."""
        value = self.instance.compiled.queries.value_milli[self.planned.query] * self.planned.plans.count * _MILLI
        return float((value * self.queries["attainment"].fillna(0.0)).sum())

    def kept(self, attainment: float) -> float:
        """Return the value of the copies whose requests ended in time often enough, in the objective's unit.

        Parameters
        ----------
        attainment : float
            Part of the requests, 0.95 say.
        """
        value = self.instance.compiled.queries.value_milli[self.planned.query] * self.planned.plans.count * _MILLI
        return float(value[self.queries["attainment"].to_numpy() >= attainment].sum())

    @property
    def bill_usd_per_hour(self) -> float:
        """Busy time and traffic of the requests that arrived, and all units that the solution rents, USD/h."""
        compiled, planned = self.instance.compiled, self.planned
        seconds = self.behaviour.horizon_s - self.behaviour.warmup_s
        per_second = (self.queries["requests"] / seconds * self._billed_nano).sum() * 1e-9
        usage = exact_dot(
            self._billed_nano, compiled.queries.rate_milli[planned.query] * planned.plans.count
        )  # 10^-12 USD/s
        return float((per_second + (self.cost_pico - usage) * 1e-12) * 3600)

    def to_dict(self) -> dict[str, Any]:
        """Return the summary that `sloplan simulate --json` prints."""
        queries = self.queries
        return {
            "instance": self.instance.name,
            "instance_sha256": self.instance.sha256,
            "horizon_s": self.behaviour.horizon_s,
            "warmup_s": self.behaviour.warmup_s,
            "arrivals": self.behaviour.arrivals,
            "variation": self.behaviour.variation,
            "drop_late": self.behaviour.drop_late,
            "seed": self.behaviour.seed,
            "requests": int(queries["requests"].sum()),
            **{name: int(queries[name].sum()) for name in (*FATES, "overdue")},
            "attainment": self.attainment,
            "goodput": self.goodput,
            "goodput_kept_95": self.kept(0.95),
            "goodput_kept_99": self.kept(0.99),
            "goodput_planned": self.goodput_milli * _MILLI,
            "bill_usd_per_hour": self.bill_usd_per_hour,
        }

    @cached_property
    def _figures(self) -> tuple[Int, Int]:
        """Latency (us) and billed cost (nano-USD per request) of every plan."""
        compiled, planned = self.instance.compiled, self.planned
        latency, billed = np.zeros((2, len(planned.query)), dtype=np.int64)
        template = compiled.queries.template[planned.query]
        for number, member in grouped(compiled.templates.application[template]):
            width = len(compiled.applications[number].operators)
            figures = evaluate_plans(compiled, template[member], planned.plans.choices[member, :width])
            latency[member], billed[member] = figures.latency_us, figures.billed_cost_nano
        return latency, billed

    @property
    def _planned_latency_us(self) -> Int:
        return self._figures[0]

    @property
    def _billed_nano(self) -> Int:
        return self._figures[1]

    @cached_property
    def _is_used(self) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        used = np.zeros(len(self.planned.network.capacity), dtype=np.bool_)
        station = self.planned.network.tasks.station
        used[station[station >= 0]] = True
        return used

    def _percentiles(self) -> Float:
        """Latency percentiles of the requests served, shape (percentiles, streams), s."""
        happened, streams = self.happened, len(self.planned.query)
        served = happened.fate <= LATE
        stream, latency = happened.stream[served], happened.latency_s[served]
        order = np.lexsort((latency, stream))
        latency, size = latency[order], np.bincount(stream, minlength=streams)
        first = np.cumsum(size) - size
        some = np.flatnonzero(size)
        found = np.full((len(PERCENTILES), streams), np.nan)
        for place, percentile in enumerate(PERCENTILES):
            rank = np.ceil(size[some] * percentile / 100).astype(np.int64) - 1
            found[place, some] = latency[first[some] + np.maximum(rank, 0)]
        return found


def simulate(
    instance: Instance,
    solution: Solution,
    *,
    horizon: float = 60.0,
    warmup: float = 0.0,
    arrivals: str = "poisson",
    variation: float = 0.0,
    drop_late: bool = False,
    disturbances: pd.DataFrame | None = None,
    seed: int = 0,
    clock: Float | None = None,
) -> Simulation:
    """Let requests flow through the queues of a solution.

    Parameters
    ----------
    instance : Instance
    solution : Solution
        A valid one.
    horizon : float
        Simulated seconds.
    warmup : float
        Of those, the first that count nowhere: queues are empty at the beginning.
    arrivals : {"poisson", "periodic"}
        Exponential gaps; or each copy's requests at equal distances, from a random phase on.
    variation : float
        Coefficient of variation of what operators take: 0 is always the profile's mean, 1 exponential.
    drop_late : bool
        Give a request up where its turn comes after its deadline.
    disturbances : DataFrame, optional
        What happens to shared pools and links meanwhile, see `station_changes`; the plans stay as they are.
    seed : int
    clock : (1,) float64, optional
        Simulated seconds so far are written there meanwhile, for who looks on from another thread.

    Returns
    -------
    Simulation

    Raises
    ------
    InputError
        If the solution is not valid, or an argument unusable.

    Examples
    --------
    >>> import sloplan as sp
    >>> instance = sp.load("edge-cloud-xs-1.2-tight")
    >>> result = sp.solve(instance, "greedy", display=False)
    >>> simulation = sp.simulate(instance, result.solution, horizon=30)
    >>> bool(simulation.queries["requests"].sum() == len(simulation.happened.fate))
    True
    """
    behaviour = Behaviour(horizon, warmup, arrivals, variation, drop_late, seed)
    _refuse_unusable(behaviour)
    verdict = judge_plans(instance, solution)
    if verdict.violations:
        raise InputError(
            f"the solution is not valid: {verdict.violations[0]}",
            field="solution",
            advice="`sloplan check` lists what is wrong with it",
        )
    assert verdict.value_milli is not None
    assert verdict.cost_pico is not None
    planned = planned_network(instance, solution)
    if disturbances is not None:
        changes = station_changes(instance, planned, disturbances)
        planned = replace(planned, network=replace(planned.network, changes=changes))
    happened = run_network(planned.network, behaviour, clock)
    return Simulation(instance, planned, behaviour, happened, verdict.value_milli, verdict.cost_pico)


def _refuse_unusable(behaviour: Behaviour) -> None:
    numbers = {
        "horizon": (behaviour.horizon_s, 0.0, "seconds above warmup"),
        "warmup": (behaviour.warmup_s, 0.0, "seconds, 0 or more"),
        "variation": (behaviour.variation, 0.0, "a number, 0 or more"),
    }
    for name, (value, least, allowed) in numbers.items():
        if not is_number(value) or value < least:
            raise InputError("unusable value", field=name, value=value, allowed=allowed)
    if behaviour.horizon_s <= behaviour.warmup_s:
        raise InputError(
            "ends before it counts", field="horizon", value=behaviour.horizon_s, allowed=numbers["horizon"][2]
        )
    refuse_unusable_seed(behaviour.seed)
    if behaviour.arrivals not in ARRIVALS:
        raise InputError(
            "unknown way to arrive", field="arrivals", value=behaviour.arrivals, allowed=", ".join(ARRIVALS)
        )


def _ratio(part: Float | Int, whole: Float | Int) -> Float:
    """Part of a whole; NaN of nothing."""
    return np.divide(part, whole, out=np.full(len(part), np.nan), where=np.asarray(whole) > 0)
