"""JellyBean's shipped example as an instance: visual question answering on nine workers at two tiers.

Figures are those of libertyeagle/JellyBean @ 65a1d678, `VQA/examples/optimizer_inputs/` (MIT). The catalogue holds most
of them; `jellybean.csv` holds the latencies that its planner reads, 75th percentiles in ms. `docs/jellybean.md` says
what of its planner's reading an instance keeps and what not.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from importlib.resources import files
from typing import Final

import pandas as pd

from sloplan.instances.applications import application_frames
from sloplan.instances.catalogue import measurement, origin, table
from sloplan.instances.spec_text import Reader, decimal, stated_parameters, whole
from sloplan.problem.errors import InputError
from sloplan.problem.instance import Instance

NAME: Final = "jellybean-vqa"
SUMMARY: Final = "JellyBean's shipped example: questions on images, nine rented workers, least cost at an accuracy"

RATE_RPS: Final = 40
"""Questions per second; measured, input_injection_rates.csv."""

BACKWARD_PRICE_PER_GIB: Final = 10.0
"""USD from a worker of the cloud to one of the edge, before scaling; measured, workers_workers_link.csv."""

_GB_PER_GIB: Final = 2**30 / 10**9
_FREE_BANDWIDTH_MBPS: Final = 1_000_000.0
"""The source limits no link; assumed so wide that none binds."""


@dataclass(frozen=True)
class JellyBean:
    """What a spec states.

    Parameters
    ----------
    accuracy : float
        End-to-end accuracy that every stream asks for, in (0, 1]; the shipped threshold is 0.56.
    streams : int
        Identical streams that share the 40 requests/s evenly, each with a plan of its own; a divisor of 40,000.
    """

    accuracy: float = 0.56
    streams: int = 400

    def __post_init__(self) -> None:
        if not 0 < self.accuracy <= 1:
            raise InputError("bad parameter", field="accuracy", value=self.accuracy, allowed="above 0 and at most 1")
        if self.streams < 1 or (RATE_RPS * 1000) % self.streams:
            allowed = f"a divisor of {RATE_RPS * 1000:,}: rates are whole thousandths"
            raise InputError("bad parameter", field="streams", value=self.streams, allowed=allowed)


def parse_jellybean(text: str) -> JellyBean:
    """Return the parameters of a spec, ``jellybean-vqa`` or ``jellybean-vqa:accuracy=0.58,streams=40``.

    Raises
    ------
    InputError
        Unknown parameter, a parameter given twice, or a bad value.
    """
    readers: dict[str, Reader] = {"accuracy": decimal, "streams": whole}
    return JellyBean(**stated_parameters(text, readers))


def jellybean_spec(parameters: JellyBean) -> str:
    """Return the spec that states every parameter."""
    return f"{NAME}:" + ",".join(f"{field.name}={getattr(parameters, field.name)}" for field in fields(parameters))


def jellybean_instance(parameters: JellyBean, *, name: str) -> Instance:
    """Return the instance: one reserved unit per worker, replicas that fill a unit, traffic priced by tier."""
    latencies = _latencies()
    frames = application_frames("vqa", hardware=list(dict.fromkeys(latencies["hardware"])))
    frames["profiles"] = latencies
    frames["sites"] = pd.DataFrame({"site": ["edge", "cloud"], "tier": ["edge", "cloud"]})
    frames["pools"] = _pools(list(dict.fromkeys(latencies["hardware"])))
    frames["links"] = _links()
    query = {
        "query": "questions",
        "application": "vqa",
        "source_site": "edge",
        "rate_rps": RATE_RPS / parameters.streams,
        "count": parameters.streams,
        "slo_accuracy": parameters.accuracy,
    }
    frames["queries"] = pd.DataFrame([query])
    return Instance.from_frames(
        frames,
        name=name,
        hosting="replicas",
        latency_percentile="p75",
        description="figures of libertyeagle/JellyBean @ 65a1d678, VQA/examples/optimizer_inputs; docs/jellybean.md",
    )


def _latencies() -> pd.DataFrame:
    """Return the profiles; a worker is busy as long as a call lasts, and the source speaks of no memory."""
    with files("sloplan.instances").joinpath("jellybean.csv").open(encoding="utf-8") as file:
        rows = pd.read_csv(file, dtype=str)
    latency = [float(text) for text in rows["latency_ms"]]  # pandas' own parser may miss the last digit
    rows = rows.assign(origin=origin(rows), latency_ms=latency, busy_ms=latency, memory_gb=0.0)
    return rows.drop(columns=["source", "mark"])


def _pools(workers: list[str]) -> pd.DataFrame:
    """Return a pool of one unit for each worker, which is rented whole."""
    prices = table("prices")
    rows = prices[prices["hardware"].isin(workers) & (prices["tier"] != "device")]
    return pd.DataFrame(
        {
            "pool": rows["hardware"].str.removeprefix("jellybean-"),
            "site": rows["tier"],
            "hardware": rows["hardware"],
            "units": 1,
            "memory_gb": 0.0,
            "price_per_unit_hour": rows["price_per_unit_hour"],
            "billing": "reserved",
            "origin": origin(rows),
        }
    )


def _links() -> pd.DataFrame:
    """Return the ways between the tiers; the source prices 2^30 bytes, an instance 10^9."""
    forward, scale = measurement("jellybean-edge-cloud.price_per_gb"), measurement("jellybean.price_scale")
    rows = [
        {"link": "forward", "from_site": "edge", "to_site": "cloud", "price_per_gb": forward * scale / _GB_PER_GIB},
        {
            "link": "backward",
            "from_site": "cloud",
            "to_site": "edge",
            "price_per_gb": BACKWARD_PRICE_PER_GIB * scale / _GB_PER_GIB,
        },
    ]
    return pd.DataFrame(rows).assign(bandwidth_mbps=_FREE_BANDWIDTH_MBPS, delay_ms=0.0)
