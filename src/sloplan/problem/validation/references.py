"""Every name that a table uses must be defined in another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sloplan.problem.compiled import Text
from sloplan.problem.errors import InputError
from sloplan.problem.schema import table
from sloplan.problem.tables import Tables
from sloplan.problem.validation.columns import first_true, first_unknown
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


def check_references(tables: Tables) -> None:
    """Check that sites, links, operators, applications and configurations named anywhere exist.

    Raises
    ------
    InputError
        Names the first unknown name, with near ones.
    """
    sources = dict.fromkeys(reference[2:] for reference in _REFERENCES)
    names = {(source, key): dict.fromkeys(tables[source][key].tolist()) for source, key in sources}
    for name, column, source, key in _REFERENCES:
        values, known = tables[name][column].tolist(), names[source, key]
        row = first_unknown(values, known if table(name).column(column).required else {**known, "": None})
        if row is not None:
            raise unknown_name(name, row, column, values[row], list(known), f"{key}s of {source}.csv", source)
    _check_placement(tables)
    for name, operator, configuration in _CONFIGURATIONS:
        columns = tables[name]
        check_configurations(tables, name, columns[operator], columns[configuration], configuration)


def unknown_name(
    name: str, row: int, column: str, value: str, known: Sequence[str], what: str, source: str
) -> InputError:
    """Return the error for a name that is not among `known`, the names of `source`."""
    noun = what.split("s of ")[0]
    return InputError(
        f"unknown {noun}{near_names(value, known)}",
        file=table(name).file,
        row=row + 1,
        field=column,
        value=value,
        allowed=f"{what}: {some_names(known)}",
        advice=f"correct the name, or add it to {source}.csv",
    )


def check_configurations(tables: Tables, name: str, operators: Text, configurations: Text, column: str) -> None:
    """Check that each of `configurations` belongs to the operator beside it.

    Parameters
    ----------
    tables : mapping of table name to mapping of column name to array
    name, column : str
        Table and column that a message names.
    operators, configurations : (rows,) str
        In the rows of table `name`; the operators exist.
    """
    own = tables["configurations"]
    known = set(zip(own["operator"].tolist(), own["configuration"].tolist(), strict=True))
    row = first_unknown(list(zip(operators.tolist(), configurations.tolist(), strict=True)), known)
    if row is not None:
        candidates = own["configuration"][own["operator"] == operators[row]].tolist()
        what = f"configurations of operator {operators[row]}"
        raise unknown_name(name, row, column, configurations[row], candidates, what, "configurations")


def _check_placement(tables: Tables) -> None:
    allowed, values = tables["placement"]["allowed"], tables["placement"]["value"]
    for kind in ("tier", "site"):
        known = dict.fromkeys(tables["sites"][kind].tolist())
        of_kind = np.flatnonzero(allowed == kind)
        unknown = first_unknown(values[of_kind].tolist(), known)
        if unknown is not None:
            at = int(of_kind[unknown])
            raise unknown_name("placement", at, "value", values[at], list(known), f"{kind}s of sites.csv", "sites")
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
