"""Every name that a table uses must be defined in another."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from sloplan.problem.compiled import Text
from sloplan.problem.compiling.lookup import indices_of
from sloplan.problem.errors import InputError
from sloplan.problem.schema import table
from sloplan.problem.validation.columns import first_true
from sloplan.problem.validation.naming import near_names, some_names

# table, column, and the table and column that define its names
_REFERENCES = (
    ("pools", "site", "sites", "site"),
    ("links", "from_site", "sites", "site"),
    ("links", "to_site", "sites", "site"),
    ("routes", "from_site", "sites", "site"),
    ("routes", "to_site", "sites", "site"),
    ("routes", "link", "links", "link"),
    ("edges", "from_operator", "operators", "operator"),
    ("edges", "to_operator", "operators", "operator"),
    ("placement", "operator", "operators", "operator"),
    ("configurations", "operator", "operators", "operator"),
    ("compatible", "operator", "operators", "operator"),
    ("compatible", "other_operator", "operators", "operator"),
    ("profiles", "operator", "operators", "operator"),
    ("queries", "application", "operators", "application"),
    ("queries", "source_site", "sites", "site"),
    ("queries", "sink_site", "sites", "site"),  # empty: no sink
)

# table, column of the operator, column of its configuration
_CONFIGURATIONS = (
    ("compatible", "operator", "configuration"),
    ("compatible", "other_operator", "other_configuration"),
    ("profiles", "operator", "configuration"),
)


def check_references(frames: Mapping[str, pd.DataFrame]) -> None:
    """Check that sites, links, operators, applications and configurations named anywhere exist.

    Raises
    ------
    InputError
        Names the first unknown name, with near ones.
    """
    for name, column, source, key in _REFERENCES:
        values = frames[name][column].to_numpy()
        if not len(values):
            continue
        known = pd.unique(frames[source][key].to_numpy())
        unknown = indices_of(known, values) < 0
        if not table(name).column(column).required:
            unknown &= values != ""
        if (row := first_true(unknown)) is not None:
            raise unknown_name(name, row, column, values[row], known, f"{key}s of {source}.csv", source)
    _check_placement(frames)
    for name, operator, configuration in _CONFIGURATIONS:
        frame = frames[name]
        check_configurations(frames, name, frame[operator].to_numpy(), frame[configuration].to_numpy(), configuration)


def unknown_name(name: str, row: int, column: str, value: str, known: Text, what: str, source: str) -> InputError:
    """Return the error for a name that is not among `known`, the names of `source`."""
    noun = what.split("s of ")[0]
    return InputError(
        f"unknown {noun}{near_names(value, list(known))}",
        file=table(name).file,
        row=row + 1,
        field=column,
        value=value,
        allowed=f"{what}: {some_names(list(known))}",
        advice=f"correct the name, or add it to {source}.csv",
    )


def check_configurations(
    frames: Mapping[str, pd.DataFrame], name: str, operators: Text, configurations: Text, column: str
) -> None:
    """Check that each of `configurations` belongs to the operator beside it.

    Parameters
    ----------
    frames : mapping of table name to DataFrame
    name, column : str
        Table and column that a message names.
    operators, configurations : (rows,) str
        In the rows of table `name`; the operators exist.
    """
    own = frames["configurations"]
    # No name holds "/", so joined names are told apart.
    known = (own["operator"] + "/" + own["configuration"]).to_numpy(dtype=object)
    row = first_true(indices_of(pd.unique(known), operators + "/" + configurations) < 0)
    if row is not None:
        candidates = own["configuration"].to_numpy()[own["operator"].to_numpy() == operators[row]]
        what = f"configurations of operator {operators[row]}"
        raise unknown_name(name, row, column, configurations[row], candidates, what, "configurations")


def _check_placement(frames: Mapping[str, pd.DataFrame]) -> None:
    placement = frames["placement"]
    allowed, values = placement["allowed"].to_numpy(), placement["value"].to_numpy()
    for kind in ("tier", "site"):
        known = pd.unique(frames["sites"][kind].to_numpy())
        row = first_true((allowed == kind) & (indices_of(known, values) < 0))
        if row is not None:
            raise unknown_name("placement", row, "value", values[row], known, f"{kind}s of sites.csv", "sites")
    row = first_true((allowed == "source") & (values != ""))
    if row is not None:
        raise InputError(
            "a value beside 'source'",
            file="placement.csv",
            row=row + 1,
            field="value",
            value=values[row],
            allowed="empty: each query's own source site is meant",
            advice="empty the field, or allow a 'site' or 'tier'",
        )
