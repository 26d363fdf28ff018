"""The tables of an instance: every file, column, unit and range, in one place.

Reading, checking, defaults, canonical order and the content hash all work from `TABLES`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

FORMAT_VERSION: Final = 1
LIST_SEPARATOR: Final = ";"


class Kind(Enum):
    """What a column holds."""

    ID = "id"  # non-empty text; the name of something
    IDS = "ids"  # names joined by ";"
    TEXT = "text"  # free text, may be empty
    CHOICE = "choice"  # one of `Column.choices`
    NUMBER = "number"  # finite decimal
    INTEGER = "integer"  # whole number


@dataclass(frozen=True)
class Column:
    """One column of an instance table.

    Parameters
    ----------
    name : str
        Column name in the file and in the frame.
    kind : Kind
        What it holds. Numbers are float64 in frames, integers int64, the rest text.
    default : float | int | str | None
        Filled in where the field is empty or the column absent; None with `required` False
        means that empty stays empty (NaN for numbers, "" for text).
    required : bool
        An empty field is an error.
    above, minimum, maximum : float | None
        Range: strictly above, at least, at most.
    choices : tuple of str
        Allowed values of a CHOICE column.
    default_from : str | None
        Required column of the same table whose value stands in where this one is empty.
    meaning : str
        One line with the unit, for messages and documentation.
    """

    name: str
    kind: Kind
    meaning: str
    required: bool = False
    default: float | int | str | None = None
    above: float | None = None
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    default_from: str | None = None


@dataclass(frozen=True)
class Table:
    """One table: its columns, the columns that identify a row, and whether rows must exist."""

    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    may_be_empty: bool = False
    may_be_absent: bool = False

    @property
    def file(self) -> str:
        """Name of the CSV file."""
        return f"{self.name}.csv"

    def column(self, name: str) -> Column:
        """Return the column called `name`."""
        return next(column for column in self.columns if column.name == name)


def _id(name: str, meaning: str) -> Column:
    return Column(name, Kind.ID, meaning, required=True)


def _number(name: str, meaning: str, **limits: float | bool | None) -> Column:
    return Column(name, Kind.NUMBER, meaning, **limits)  # type: ignore[arg-type]


_SCOPE = Column("scope", Kind.CHOICE, "who competes for it", default="shared", choices=("shared", "query"))
_UTILIZATION = _number("max_utilization", "usable fraction", default=1.0, above=0.0, maximum=1.0)
_ORIGIN = Column("origin", Kind.TEXT, "where the figures of the row come from")

TABLES: Final[tuple[Table, ...]] = (
    Table("sites", ("site",), (_id("site", "name of the site"), _id("tier", "tier the site belongs to"))),
    Table(
        "pools",
        ("pool",),
        (
            _id("pool", "name of the pool"),
            _id("site", "site it stands at"),
            _id("hardware", "kind of machine, as in profiles"),
            Column("units", Kind.INTEGER, "identical machines", required=True, minimum=0),
            _number("speed", "1 = as profiled", default=1.0, above=0.0),
            _number("memory_gb", "memory per unit, GB", required=True, minimum=0.0),
            _UTILIZATION,
            _number("price_per_unit_hour", "USD per unit and hour", default=0.0, minimum=0.0),
            Column("billing", Kind.CHOICE, "what is paid", default="usage", choices=("usage", "reserved")),
            Column(
                "max_units", Kind.INTEGER, "units that may be rented (default: units)", minimum=0, default_from="units"
            ),
            _SCOPE,
            _ORIGIN,
        ),
    ),
    Table(
        "links",
        ("link",),
        (
            _id("link", "name of the directed link"),
            _id("from_site", "site it leaves"),
            _id("to_site", "site it enters"),
            _number("bandwidth_mbps", "Mbit/s", required=True, above=0.0),
            _number("delay_ms", "one way, ms", required=True, minimum=0.0),
            _number("price_per_gb", "USD per 10^9 bytes", default=0.0, minimum=0.0),
            _UTILIZATION,
            _SCOPE,
            _ORIGIN,
        ),
        may_be_empty=True,
        may_be_absent=True,
    ),
    Table(
        "routes",
        ("from_site", "to_site", "position"),
        (
            _id("from_site", "first site of the route"),
            _id("to_site", "last site of the route"),
            Column("position", Kind.INTEGER, "place of the link in the route, from 1", required=True, minimum=1),
            _id("link", "link at that place"),
        ),
        may_be_empty=True,
        may_be_absent=True,
    ),
    Table(
        "operators",
        ("operator",),
        (
            _id("operator", "name of the operator, unique in the instance"),
            _id("application", "application it belongs to"),
            _number("input_kb", "kB per request from the source (operators without predecessors)", minimum=0.0),
        ),
    ),
    Table(
        "edges",
        ("from_operator", "to_operator"),
        (_id("from_operator", "producer"), _id("to_operator", "consumer")),
        may_be_empty=True,
        may_be_absent=True,
    ),
    Table(
        "placement",
        ("operator", "allowed", "value"),
        (
            _id("operator", "operator whose placement is limited; without a row it may stand anywhere"),
            Column(
                "allowed",
                Kind.CHOICE,
                "what the row allows; an operator may stand where any of its rows allows",
                required=True,
                choices=("tier", "site", "source"),
            ),
            Column("value", Kind.TEXT, "the tier or site; empty for source"),
        ),
        may_be_empty=True,
        may_be_absent=True,
    ),
    Table(
        "configurations",
        ("operator", "configuration"),
        (
            _id("operator", "operator"),
            _id("configuration", "model variant and knobs"),
            _number("output_kb", "kB per request", required=True, minimum=0.0),
            _number("calls", "executions per request", default=1.0, minimum=0.0),
            _ORIGIN,
        ),
    ),
    Table(
        "compatible",
        ("operator", "configuration", "other_operator", "other_configuration"),
        (
            _id("operator", "operator; a pair of operators with any row allows only its rows"),
            _id("configuration", "its configuration"),
            _id("other_operator", "another operator of the same application"),
            _id("other_configuration", "a configuration of the other that goes with it"),
        ),
        may_be_empty=True,
        may_be_absent=True,
    ),
    Table(
        "profiles",
        ("operator", "configuration", "hardware", "allocation"),
        (
            _id("operator", "operator"),
            _id("configuration", "configuration"),
            _id("hardware", "kind of machine"),
            Column("allocation", Kind.ID, "batch, GPU share, threads", default="default"),
            _number("latency_ms", "ms at the instance's latency percentile, counted once", required=True, minimum=0.0),
            _number("busy_ms", "ms of a unit per call", required=True, minimum=0.0),
            _number("share", "part of a unit occupied while busy", default=1.0, above=0.0, maximum=1.0),
            _number("memory_gb", "GB needed on a unit", default=0.0, minimum=0.0),
            _number("min_rate_rps", "rate of one copy below which the allocation cannot be used", minimum=0.0),
            _ORIGIN,
        ),
    ),
    Table(
        "accuracy",
        ("factor", "configurations"),
        (
            _id("factor", "name of the accuracy factor"),
            Column("operators", Kind.IDS, "operators measured together", required=True),
            Column("configurations", Kind.IDS, "their configurations, in the same order", required=True),
            _number("accuracy", "in (0, 1]", required=True, above=0.0, maximum=1.0),
            _ORIGIN,
        ),
        may_be_empty=True,
        may_be_absent=True,
    ),
    Table(
        "queries",
        ("query",),
        (
            _id("query", "name of the query"),
            _id("application", "application it asks for"),
            _id("source_site", "where its requests start"),
            Column("sink_site", Kind.TEXT, "where its results go; empty: nowhere"),
            _number("rate_rps", "requests per second of one copy", required=True, above=0.0),
            _number("value", "worth of one served copy (default: its rate)", minimum=0.0),
            Column("count", Kind.INTEGER, "identical copies", default=1, minimum=1),
            _number("slo_latency_ms", "ms", minimum=0.0),
            _number("slo_accuracy", "in (0, 1]", above=0.0, maximum=1.0),
            _number("slo_cost_per_1k", "USD per 1,000 requests", minimum=0.0),
            _number("arrival_s", "s", minimum=0.0),
            _number("duration_s", "s", minimum=0.0),
        ),
    ),
)


def table(name: str) -> Table:
    """Return the table called `name`."""
    return next(table for table in TABLES if table.name == name)
