"""Plain figures of an instance's rows: shortest decimals as fractions, each rounded once.

Part of the brute force: nothing here imports sloplan, numpy or pandas.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import cache

Row = Mapping[str, object]
Tables = Mapping[str, Sequence[Row]]


def given(row: Row, column: str, default: object = None) -> object:
    """Return a field, or `default` where it is absent or empty (None, "" or NaN)."""
    value = row.get(column)
    return default if value is None or value == "" or value != value else value


@cache
def exact(value: object) -> Fraction:
    """Return the shortest decimal that reads back as `value`: 2.1 is 21/10."""
    return Fraction(repr(float(value)))  # type: ignore[arg-type]


def number(row: Row, column: str, default: object = None) -> Fraction:
    """Return a number field as a fraction."""
    return exact(given(row, column, default))


def nearest(value: Fraction) -> int:
    """Round to the nearest whole number, ties up."""
    return math.floor(value + Fraction(1, 2))


def nano_nats(accuracy: Fraction) -> int:
    """Nearest of -10^9 ln(accuracy)."""
    with localcontext() as context:
        context.prec = 60
        nats = -(Decimal(accuracy.numerator) / Decimal(accuracy.denominator)).ln()
        return nearest(Fraction(nats) * 10**9)


@dataclass(frozen=True)
class Pool:
    """A pool's figures."""

    site: str
    hardware: str
    units: int
    max_units: int
    speed: Fraction
    memory: Fraction
    max_utilization: Fraction
    price: Fraction
    reserved: bool
    own: bool

    @property
    def capacity(self) -> int:
        """Unit-time of all units."""
        return self.units * math.floor(10**9 * self.max_utilization)


@dataclass(frozen=True)
class Link:
    """A link's compiled figures; `delay` is the exact one, in ms."""

    from_site: str
    to_site: str
    delay: Fraction
    bandwidth: Fraction
    price: Fraction
    capacity: int
    own: bool

    def crossing_us(self, sent_bytes: int) -> int:
        """Time that `sent_bytes` take over the link."""
        return math.ceil(1000 * self.delay) + math.ceil(8 * sent_bytes / self.bandwidth)


@dataclass(frozen=True)
class Query:
    """A query's compiled figures; an SLO that it does not state is None."""

    application: str
    source: str
    sink: str
    rate_milli: int
    value_milli: int
    count: int
    slo_latency_us: int | None
    slo_nano_nats: int | None
    slo_cost_nano: int | None


def read_pool(row: Row) -> Pool:
    """Read a row of the pools table."""
    return Pool(
        site=str(row["site"]),
        hardware=str(row["hardware"]),
        units=int(row["units"]),  # type: ignore[call-overload]
        max_units=int(given(row, "max_units", row["units"])),  # type: ignore[call-overload]
        speed=number(row, "speed", 1),
        memory=number(row, "memory_gb"),
        max_utilization=number(row, "max_utilization", 1),
        price=number(row, "price_per_unit_hour", 0),
        reserved=given(row, "billing", "usage") == "reserved",
        own=given(row, "scope", "shared") == "query",
    )


def read_link(row: Row) -> Link:
    """Read a row of the links table."""
    bandwidth = number(row, "bandwidth_mbps")
    return Link(
        from_site=str(row["from_site"]),
        to_site=str(row["to_site"]),
        delay=number(row, "delay_ms"),
        bandwidth=bandwidth,
        price=number(row, "price_per_gb", 0),
        capacity=math.floor(125_000_000 * bandwidth * number(row, "max_utilization", 1)),
        own=given(row, "scope", "shared") == "query",
    )
