"""What `explain` says of a query: plain figures in the user's units, as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from sloplan.problem.cost_problem import UNIT_PREFIX


@dataclass(frozen=True)
class Part:
    """A part of a plan's latency (ms), cost (USD per 1,000 requests) or accuracy, by what it is spent on."""

    name: str
    amount: float


@dataclass(frozen=True)
class Relaxation:
    """The least change of one thing, all others as they are, that lets the query have a plan.

    Parameters
    ----------
    dimension : {"rate", "latency", "accuracy", "cost", "capacity"}
    asked, needed : float
        Requests/s, ms, accuracy, USD per 1,000 requests; for the capacity the rate asked for and the greatest one
        at which a plan fits alone.
    plan : tuple of str
        Options of the plan that needs it.
    parts : tuple of Part
        What it is spent on, the greatest first (of accuracy the lowest).
    culprits : tuple of str
        Operators, own pools and links, or rows that stand in the way.
    """

    dimension: str
    asked: float
    needed: float
    plan: tuple[str, ...]
    parts: tuple[Part, ...]
    culprits: tuple[str, ...]


@dataclass(frozen=True)
class Together:
    """What would do where no one change does: all that is asked for changed by one factor.

    Parameters
    ----------
    factor : float, optional
        Least factor by which latency and cost SLOs must grow, the accuracy SLO be divided, and the rate grow or
        fall; None where no rate that a plan needs fits into what there is.
    rate_rps : float, optional
        Requests/s of the plan then.
    plan : tuple of str
        Options of the plan that needs the least factor.
    culprits : tuple of str
        What stands in its way as things are.
    """

    factor: float | None
    rate_rps: float | None
    plan: tuple[str, ...]
    culprits: tuple[str, ...]


@dataclass(frozen=True)
class Alone:
    """Whether the query has a plan with nobody else there, and what it would take.

    Parameters
    ----------
    feasible : bool
    faults : tuple of str
        Why there is no plan whatever the query asks for; empty where there is.
    relaxations : tuple of Relaxation
        Those that admit a plan alone.
    common_factor : float, optional
        Least factor by which latency and cost SLOs must grow, and the accuracy SLO be divided, together.
    together : Together, optional
        Where neither a relaxation nor a common factor admits a plan.
    """

    feasible: bool
    faults: tuple[str, ...] = ()
    relaxations: tuple[Relaxation, ...] = ()
    common_factor: float | None = None
    together: Together | None = None


@dataclass(frozen=True)
class RowUse:
    """What one copy on the plan looked at uses of a row.

    Parameters
    ----------
    row : str
    price : float
        Value (under `cost` USD/h) per unit of usage, of the LP relaxation or of the result given.
    usage, room : int
        Of one copy; left in the solution with the supplies that stand there. In the units of the row as compiled.
    worth : float
        price x usage.
    one_more : float, optional
        What one more unit of the row's pool, or Mbit/s of its link, is worth at the price; None for a deployment's
        row, whose capacity replicas bring.
    step : str
        "unit" or "Mbit/s".
    """

    row: str
    price: float
    usage: int
    room: int
    worth: float
    one_more: float | None = None
    step: str = ""


@dataclass(frozen=True)
class Displaced:
    """Copies of a query that would have to leave."""

    query: str
    copies: int
    value: float


@dataclass(frozen=True)
class Standing:
    """Replicas or rented units that would have to stand beyond those of the solution.

    Parameters
    ----------
    supply : str
        "pool/operator/configuration/allocation", or "unit:pool".
    amount : int
    """

    supply: str
    amount: int


@dataclass(frozen=True)
class Service:
    """How the query fares in a solution.

    Parameters
    ----------
    source : str
        Where the solution comes from.
    served, count : int
        Copies.
    plan : tuple of str
        The plan followed, or else the cheapest at the prices.
    value : float
        Of one copy.
    price_source : str
    worth : float
        What one more copy is worth at the prices: its value under goodput, what it saves of the floor under `cost`.
    priced_at : float
        What one more copy takes at the prices: the usage of its cheapest plan and, under `cost`, its bill.
    unit : str
        USD/h under `cost`; none where these are values.
    rows : tuple of RowUse
        Rows that the plan uses and that have a price or no room, those worth most first.
    displaced : tuple of Displaced, optional
        Copies of least value whose leaving makes room, supplies free up to their maximum and everybody else staying
        on their plans; None where none do.
    standing : tuple of Standing
        What has to stand, then, beyond what stands in the solution.
    """

    source: str
    served: int
    count: int
    plan: tuple[str, ...]
    value: float
    price_source: str = ""
    worth: float = 0.0
    priced_at: float = 0.0
    unit: str = ""
    rows: tuple[RowUse, ...] = ()
    displaced: tuple[Displaced, ...] | None = None
    standing: tuple[Standing, ...] = ()


@dataclass(frozen=True)
class Saving:
    """What the bill falls by, USD/h, if one thing were not asked for."""

    name: str
    usd_per_hour: float


@dataclass(frozen=True)
class Bill:
    """What drives the bill under `cost`, by the LP relaxation.

    Parameters
    ----------
    usd_per_hour : float
        Of the relaxation: a lower bound on every bill.
    goodput_floor : float
    floor_price : float
        USD/h of one more unit of goodput asked for.
    savings : tuple of Saving
        The query's SLOs dropped one at a time, and its value taken off the floor; the greatest first.
    """

    usd_per_hour: float
    goodput_floor: float
    floor_price: float
    savings: tuple[Saving, ...]


@dataclass(frozen=True)
class Explanation:
    """Why a query is served or not, or what it costs; `print` shows it, `to_json` gives plain data.

    Parameters
    ----------
    instance, query, objective : str
    alone : Alone
    service : Service, optional
        None where the query has no plan.
    bill : Bill, optional
        Under `cost`.
    no_bill : str
        Why there is none under `cost`, if the engine failed.
    """

    instance: str
    query: str
    objective: str
    alone: Alone
    service: Service | None = None
    bill: Bill | None = None
    no_bill: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return dicts, lists, text and numbers, named as the fields are."""
        return asdict(self)

    def __str__(self) -> str:
        """Return some lines of text."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield f"query {self.query} of {self.instance}"
        yield from _alone_lines(self.alone)
        if self.service is not None:
            yield from _service_lines(self.service)
        if self.bill is not None:
            yield from _bill_lines(self.bill)
        if self.no_bill:
            yield f"bill: not known ({self.no_bill})"


_UNITS = {"rate": "requests/s", "latency": "ms", "accuracy": "", "cost": "USD per 1,000 requests", "capacity": ""}


def _alone_lines(alone: Alone) -> Iterator[str]:
    if alone.feasible:
        yield "alone: it has a plan that meets its SLOs and fits"
        return
    yield "alone: no plan"
    for fault in alone.faults:
        yield f"  {fault}"
    for one in alone.relaxations:
        unit = f" {_UNITS[one.dimension]}".rstrip()
        if one.dimension == "capacity":
            yield f"  capacity: at most {one.needed:.6g} requests/s fit alone; {one.asked:.6g} asked for"
        else:
            yield f"  {one.dimension}: {one.asked:.9g}{unit} asked for, {one.needed:.9g}{unit} would do"
        if one.culprits:
            yield f"    in the way: {', '.join(one.culprits)}"
        if one.parts:
            yield "    " + ", ".join(f"{part.name} {part.amount:.6g}{unit}" for part in one.parts)
        yield f"    by {'; '.join(one.plan)}"
    if alone.common_factor is not None:
        yield f"  all SLOs together: looser by a factor of {alone.common_factor:.6g}"
    if alone.together is not None:
        yield from _together_lines(alone.together)


def _together_lines(together: Together) -> Iterator[str]:
    if together.factor is None:
        yield "  no rate would do: what plans need at least is more than fits"
    else:
        yield (
            f"  rate and SLOs together: looser by a factor of {together.factor:.6g} "
            f"({together.rate_rps:.6g} requests/s would do)"
        )
    yield f"    in the way: {', '.join(together.culprits)}"
    yield f"    by {'; '.join(together.plan)}"


def _service_lines(service: Service) -> Iterator[str]:
    yield f"served: {service.served:,} of {service.count:,} copies ({service.source})"
    if service.served == service.count:
        yield f"  by {'; '.join(service.plan)}"
        return
    yield f"  cheapest plan for one more copy: {'; '.join(service.plan)}"
    unit = f" {service.unit}".rstrip()
    yield (
        f"  at the prices of {service.price_source} it is worth {service.worth:.6g}{unit} "
        f"and takes {service.priced_at:.6g}{unit}"
    )
    for row in service.rows:
        more = "" if row.one_more is None else f"; one more {row.step} is worth {row.one_more:.6g}{unit}"
        yield (
            f"  {row.row}: needs {row.usage:,}, {row.room:,} left"
            f"{' (too little)' if row.room < row.usage else ''}, at its price {row.worth:.6g}{unit}{more}"
        )
    if service.displaced:
        total = sum(one.value for one in service.displaced)
        told = ", ".join(f"{one.copies:,} of {one.query}" for one in service.displaced)
        yield f"  would displace at least {told}: value {total:.6g}"
    elif service.displaced == ():
        yield "  would displace nobody: it fits"
    elif service.rows:
        yield "  nobody's leaving alone makes room for this plan"
    for one in service.standing:
        pool = one.supply.removeprefix(UNIT_PREFIX)
        kind = "replica" if pool == one.supply else "unit"
        yield f"  needs {one.amount:,} more {kind}{'s' if one.amount > 1 else ''} of {pool}"


def _bill_lines(bill: Bill) -> Iterator[str]:
    yield f"bill: at least {bill.usd_per_hour:.6g} USD/h for a goodput of {bill.goodput_floor:.6g}"
    yield f"  one more unit of goodput: {bill.floor_price:.6g} USD/h"
    for saving in bill.savings:
        yield f"  without {saving.name}: {saving.usd_per_hour:.6g} USD/h less"
