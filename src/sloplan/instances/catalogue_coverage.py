"""What the catalogue covers: which operator is profiled on which machine, and how much is measured."""

from __future__ import annotations

from typing import Final

import pandas as pd

from sloplan.instances.catalogue import MARKS, TABLES, applications, table
from sloplan.problem.errors import InputError

_CELL: Final = ["application", "operator", "hardware"]


def coverage() -> pd.DataFrame:
    """Count the configurations that are profiled, by application, operator and machine.

    A configuration counts once on a machine, by the best mark of its allocations there: one measured
    at batch 1 is measured, though its time at batch 32 is derived.

    Returns
    -------
    DataFrame
        `application`, `operator`, `hardware`, `configurations` and its parts `measured`, `derived`
        and `assumed`; a row per pair of operator and machine with a profile, in the order of the
        catalogue's applications, operators and machines.
    """
    profiles = table("profiles")
    profiles["best"] = profiles["mark"].map({mark: rank for rank, mark in enumerate(MARKS)})
    found = profiles.groupby([*_CELL, "configuration"], as_index=False)["best"].min()
    for rank, mark in enumerate(MARKS):
        found[mark] = (found["best"] == rank).astype("int64")
    counts = found.assign(configurations=1).groupby(_CELL, as_index=False)[["configurations", *MARKS]].sum()
    places = {
        "application": applications(),
        "operator": tuple(table("operators")["operator"]),
        "hardware": tuple(table("hardware")["hardware"]),
    }
    return counts.sort_values(_CELL, key=lambda column: column.map(places[str(column.name)].index), ignore_index=True)


def coverage_grid(application: str) -> pd.DataFrame:
    """Return an application's coverage as text, machines by operators.

    Parameters
    ----------
    application : str

    Returns
    -------
    DataFrame
        First column `hardware`, then one for each operator: ``3m 2d 1a`` for three configurations
        measured, two derived and one assumed there, empty for none; last `runs`, how many of the operators
        the machine runs. The last row, `configurations`, counts those of each operator.

    Raises
    ------
    InputError
        The catalogue has no such application.
    """
    if application not in applications():
        raise InputError(
            "no such application", value=application, allowed=", ".join(applications()), advice="name one of these"
        )
    known = table("operators")
    operators = list(known.loc[known["application"] == application, "operator"])
    cells = coverage()
    cells = cells[cells["application"] == application]
    cells = cells.assign(text=[_cell(counts) for counts in cells[list(MARKS)].itertuples(index=False)])
    machines = cells["hardware"].unique()
    wide = cells.pivot_table(index="hardware", columns="operator", values="text", aggfunc="first", sort=False)
    wide = wide.reindex(index=sorted(machines, key=list(table("hardware")["hardware"]).index), columns=operators)
    wide["runs"] = wide.notna().sum(axis=1).map(lambda number: f"{number} of {len(operators)}")
    configurations = table("configurations")
    total = configurations[configurations["application"] == application].groupby("operator").size()
    wide.loc["configurations"] = [*(str(total[operator]) for operator in operators), ""]
    return wide.fillna("").rename_axis(index="hardware", columns=None).reset_index()


def _cell(counts: tuple[int, ...]) -> str:
    return " ".join(f"{count}{mark[0]}" for count, mark in zip(counts, MARKS, strict=True) if count)


def mark_counts() -> pd.DataFrame:
    """Count the rows of each table by mark.

    Returns
    -------
    DataFrame
        `table`, `measured`, `derived` and `assumed`, in the order of `TABLES`; last the row `all`.
    """
    counts = pd.DataFrame(
        [[name, *(int((table(name)["mark"] == mark).sum()) for mark in MARKS)] for name in TABLES],
        columns=["table", *MARKS],
    )
    counts.loc[len(counts)] = ["all", *counts[list(MARKS)].sum()]
    return counts


def coverage_totals(application: str) -> str:
    """Return in words how many pairs of configuration and machine are profiled, and how."""
    cells = coverage()
    sums = cells.loc[cells["application"] == application, ["configurations", *MARKS]].sum()
    parts = ", ".join(f"{sums[mark]} {mark}" for mark in MARKS)
    return f"{sums['configurations']} pairs of configuration and machine: {parts}"
