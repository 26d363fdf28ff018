"""`explain` where no one change would do: a phone that is too slow for one half, a cloud too small for the other."""

from __future__ import annotations

import pandas as pd
import pytest

import sloplan
from sloplan.explained import Alone
from sloplan.problem.instance import Instance


def phone_and_cloud(**asked: float) -> Instance:
    """Return one query whose phone carries 10 requests/s of `detect`, and whose cloud 5 of `read`; 301.08 ms in all."""
    tables = {
        "sites": {"site": ["phone", "cloud"], "tier": ["device", "cloud"]},
        "pools": {
            "pool": ["p", "c"], "site": ["phone", "cloud"], "hardware": ["npu", "gpu"], "units": [1, 1],
            "memory_gb": [8.0, 8.0], "price_per_unit_hour": [0.0, 1.0], "scope": ["query", "shared"],
        },
        "links": {
            "link": ["up"], "from_site": ["phone"], "to_site": ["cloud"], "bandwidth_mbps": [100.0], "delay_ms": [1.0],
        },
        "operators": {"operator": ["detect", "read"], "application": ["a", "a"], "input_kb": [1.0, None]},
        "edges": {"from_operator": ["detect"], "to_operator": ["read"]},
        "configurations": {
            "operator": ["detect", "read"], "configuration": ["d", "r"], "output_kb": [1.0, 1.0],
        },
        "profiles": {
            "operator": ["detect", "read"], "configuration": ["d", "r"], "hardware": ["npu", "gpu"],
            "latency_ms": [100.0, 200.0], "busy_ms": [100.0, 200.0],
        },
        "queries": {"query": ["q"], "application": ["a"], "source_site": ["phone"]}
        | {name: [value] for name, value in asked.items()},
    }  # fmt: skip
    return Instance.from_frames({name: pd.DataFrame(columns) for name, columns in tables.items()}, name="halves")


def alone_of(**asked: float) -> Alone:
    """What is said of the query alone."""
    return sloplan.explain(phone_and_cloud(**asked), "q").alone


def test_an_own_pool_and_a_shared_one() -> None:
    """20 requests/s are too many for either: a quarter of them would do."""
    alone = alone_of(rate_rps=20.0)
    assert (alone.relaxations, alone.common_factor) == ((), None)
    assert alone.together is not None
    assert (alone.together.factor, alone.together.rate_rps) == (4.0, 5.0)
    assert alone.together.culprits == (
        "own pool p: carries 10 requests/s",
        "pool:c: carries less than 20 requests/s",
    )
    assert sloplan.presolve(phone_and_cloud(rate_rps=5.0)).served.all()


def test_an_slo_and_a_shared_pool() -> None:
    """A latency of 100 ms, and 7 requests/s where 5 fit: the greater of both factors, and both are named."""
    together = alone_of(rate_rps=7.0, slo_latency_ms=100.0).together
    assert together is not None
    assert together.factor is not None
    assert together.factor == pytest.approx(3.01, abs=0.01)
    assert together.culprits == ("pool:c: carries less than 7 requests/s", "latency SLO: operator read")
    slo = 100.0 * together.factor + 0.001
    assert sloplan.presolve(phone_and_cloud(rate_rps=5.0, slo_latency_ms=slo)).served.all()
    text = str(sloplan.explain(phone_and_cloud(rate_rps=7.0, slo_latency_ms=100.0), "q"))
    assert "rate and SLOs together: looser by a factor of 3.01" in text


def test_no_rate_would_do() -> None:
    """A batch that fills at 8 requests/s only, on a pool that carries 5: nothing that the query asks for matters."""
    frames = phone_and_cloud(rate_rps=7.0).to_frames()
    frames["profiles"]["min_rate_rps"] = [None, 8.0]
    explanation = sloplan.explain(Instance.from_frames(frames, name="halves"), "q")
    together = explanation.alone.together
    assert together is not None
    assert (together.factor, together.rate_rps) == (None, None)
    assert together.culprits == ("operator read: needs 8 requests/s", "pool:c: carries less than 8 requests/s")
    assert "no rate would do" in str(explanation)


def test_one_change_is_enough() -> None:
    """Where one would do, nothing is said of all together."""
    assert alone_of(rate_rps=7.0).together is None
    assert alone_of(rate_rps=5.0, slo_latency_ms=100.0).together is None
