"""The catalogue: published figures of models, machines and networks, each with its source.

The tables are CSV files in the folder `catalogue`. Every row names its `source`
(``repository@commit:file``, several joined by " + ", or ``assumption``) and its `mark`: `measured`
as published, `derived` from published figures, or `assumed`; `how` gives the formula or the reason
of the latter two. A row is marked as its weakest figure is, rules apart: a derived row may follow
an assumed rule, which it names.

A derived row also has a `formula`: ``figure = expression``, several joined by "; ". A name in
brackets is a row of `measurements` (published figures that no other table holds as they are) or,
as ``rule:name``, of `rules`; the result is rounded to four decimals.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Final

import pandas as pd

from sloplan.problem.errors import InputError

TABLES: Final = (
    "operators",
    "edges",
    "placement",
    "configurations",
    "accuracy",
    "profiles",
    "memory",
    "hardware",
    "prices",
    "networks",
    "rules",
    "measurements",
)
MARKS: Final = ("measured", "derived", "assumed")

_NUMBERS: Final = (
    "input_kb",
    "output_kb",
    "calls",
    "frames_per_s",
    "width_px",
    "accuracy",
    "latency_ms",
    "busy_ms",
    "share",
    "batch",
    "memory_gb",
    "price_per_unit_hour",
)


def table(name: str) -> pd.DataFrame:
    """Return a copy of one table of the catalogue.

    Parameters
    ----------
    name : str
        One of `TABLES`.

    Returns
    -------
    DataFrame
        Figures are float64 (empty: NaN), everything else text (empty: "").

    Raises
    ------
    InputError
        There is no such table.
    """
    if name not in TABLES:
        raise InputError("no such catalogue table", value=name, allowed=", ".join(TABLES), advice="name one of these")
    return _read(name).copy()


@cache
def _read(name: str) -> pd.DataFrame:
    path = files("sloplan.instances").joinpath("catalogue", f"{name}.csv")
    with path.open(encoding="utf-8") as file:
        frame = pd.read_csv(file, dtype=str, keep_default_na=False)
    for column in frame.columns:
        if column in _NUMBERS or (column == "value" and name in ("rules", "networks", "measurements")):
            # A CSV number is its shortest decimal: pandas' own parser may miss the last digit.
            frame[column] = [float(text) if text else float("nan") for text in frame[column]]
        else:
            frame[column] = frame[column].astype(object)
    return frame


def applications() -> tuple[str, ...]:
    """Return the names of the applications."""
    return tuple(dict.fromkeys(_read("operators")["application"]))


def rule(name: str) -> float:
    """Return the value of a rule, e.g. ``objects_per_second``."""
    return _only("rules", "value", rule=name)


def measurement(name: str) -> float:
    """Return a published figure of the table of measurements, e.g. ``azure-llm-code.arrivals_count``."""
    return _only("measurements", "value", measurement=name)


def network(name: str, quantity: str) -> float:
    """Return a figure of a network, e.g. ``network("wifi", "delay_ms")``."""
    return _only("networks", "value", network=name, quantity=quantity)


def unit_memory_gb(hardware: str) -> float:
    """Return the memory of one machine, GB."""
    return _only("hardware", "memory_gb", hardware=hardware)


def unit_price(hardware: str, tier: str) -> float:
    """Return what one machine costs at a tier (device, edge, cloud), USD per hour."""
    return _only("prices", "price_per_unit_hour", hardware=hardware, tier=tier)


@cache
def _only(name: str, column: str, **keys: str) -> float:
    frame = _read(name)
    for key, value in keys.items():
        frame = frame[frame[key] == value]
    if len(frame) != 1:
        raise InputError(f"{len(frame)} rows instead of one in the catalogue", file=f"{name}.csv", value=keys)
    return float(frame[column].iloc[0])


def origin(rows: pd.DataFrame) -> pd.Series[str]:
    """Return the `origin` of instance rows made from catalogue rows: mark and source."""
    return rows["mark"] + ": " + rows["source"]
