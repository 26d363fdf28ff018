"""A table, ready to be shown, and the runs that a table compares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

import pandas as pd

SETTING: Final = ["objective_name", "min_goodput", "time_limit_s", "threads"]
"""Runs are compared that agree in these."""

Kind = Literal["count", "percent", "seconds", "figure", "text"]
"""How the values of a column are shown."""


@dataclass(frozen=True)
class Table:
    """A table, ready to be shown.

    Parameters
    ----------
    name : str
        Of its files.
    title : str
    frame : DataFrame
        Numbers; NaN where unknown.
    kinds : mapping of column to Kind
        Columns that are not named hold texts.
    notes : str
        What the columns mean.
    """

    name: str
    title: str
    frame: pd.DataFrame
    kinds: Mapping[str, Kind]
    notes: str


def settings(frame: pd.DataFrame) -> Iterator[tuple[pd.DataFrame, str, str]]:
    """Yield the runs of each setting, with what it adds to names of files and to titles.

    Parameters
    ----------
    frame : DataFrame
    """
    groups = [part for _, part in frame.groupby(SETTING, sort=True)]
    for number, part in enumerate(groups, start=1):
        first = part.iloc[0]
        share = f" with {first['min_goodput']:.0%} of the servable value" if first["objective_name"] == "cost" else ""
        threads = f"{first['threads']} thread{'s' if first['threads'] > 1 else ''}"
        title = f"{first['objective_name']}{share}, {first['time_limit_s']:g} s, {threads}"
        yield part, "" if len(groups) == 1 else f"-{number}", title
