"""Rules of applications: their DAGs, inputs, configurations, profiles and compatible pairs."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter

import networkx as nx
import numpy as np

from sloplan.problem.compiled import Text
from sloplan.problem.compiling.lookup import indices_of
from sloplan.problem.errors import InputError
from sloplan.problem.tables import Tables
from sloplan.problem.validation.columns import first_true, first_unknown


def check_applications(tables: Tables) -> None:
    """Check that every application is a DAG whose operators are complete.

    Raises
    ------
    InputError
        Names the first breach.
    """
    _check_edges(tables)
    _check_inputs(tables)
    _check_completeness(tables)
    compatible = tables["compatible"]
    _check_pairs(tables, "compatible", compatible["operator"], compatible["other_operator"])


def _check_pairs(tables: Tables, name: str, first: Text, second: Text) -> None:
    """Check that two columns name two different operators of one application."""
    operators = tables["operators"]
    application = operators["application"]
    index = [indices_of(operators["operator"], column) for column in (first, second)]
    field = "to_operator" if name == "edges" else "other_operator"
    for bad, problem in (
        (first == second, "operator paired with itself"),
        (application[index[0]] != application[index[1]], "operators of two applications"),
    ):
        if (row := first_true(bad)) is not None:
            raise InputError(
                problem,
                file=f"{name}.csv",
                row=row + 1,
                field=field,
                value=second[row],
                allowed=f"another operator of {application[index[0][row]]}, the application of {first[row]}",
                advice="correct or drop the row",
            )


def _check_edges(tables: Tables) -> None:
    edges = tables["edges"]
    producers, consumers = edges["from_operator"], edges["to_operator"]
    _check_pairs(tables, "edges", producers, consumers)
    predecessors: dict[str, list[str]] = {}
    for start, end in zip(producers, consumers, strict=True):
        predecessors.setdefault(end, []).append(start)
    try:
        TopologicalSorter(predecessors).prepare()
    except CycleError:
        pass
    else:
        return
    cycle = nx.find_cycle(nx.DiGraph(list(zip(producers, consumers, strict=True))))
    rows = [int(np.argmax((producers == start) & (consumers == end))) for start, end in cycle]
    path = " -> ".join([start for start, _ in cycle] + [cycle[0][0]])
    raise InputError(
        f"cycle of operators: {path}",
        file="edges.csv",
        row=max(rows) + 1,
        field="to_operator",
        value=consumers[max(rows)],
        allowed="edges without a way back",
        advice="drop one edge of the cycle",
    )


def _check_inputs(tables: Tables) -> None:
    operators = tables["operators"]
    consumers = set(tables["edges"]["to_operator"].tolist())
    root = np.array([name not in consumers for name in operators["operator"].tolist()], dtype=np.bool_)
    given = ~np.isnan(operators["input_kb"])
    for bad, problem, allowed in (
        (
            root & ~given,
            "missing input of an operator without predecessors",
            "kB per request, 0 or more",
        ),
        (~root & given, "only operators without predecessors take input", "empty"),
    ):
        if (row := first_true(bad)) is not None:
            raise InputError(
                f"{problem} ({operators['operator'][row]})",
                file="operators.csv",
                row=row + 1,
                field="input_kb",
                value=float(operators["input_kb"][row]) if given[row] else None,
                allowed=allowed,
                advice="correct the field, or the edges",
            )


def _check_completeness(tables: Tables) -> None:
    operators, configurations, profiles = tables["operators"], tables["configurations"], tables["profiles"]
    row = first_unknown(operators["operator"].tolist(), set(configurations["operator"].tolist()))
    if row is not None:
        raise InputError(
            "operator without configuration",
            file="operators.csv",
            row=row + 1,
            field="operator",
            value=operators["operator"][row],
            allowed="operators with at least one row in configurations.csv",
            advice="add its configurations, or drop the operator",
        )
    pairs, profiled = (
        list(zip(columns["operator"].tolist(), columns["configuration"].tolist(), strict=True))
        for columns in (configurations, profiles)
    )
    row = first_unknown(pairs, set(profiled))
    if row is not None:
        raise InputError(
            f"configuration without profile (operator {configurations['operator'][row]})",
            file="configurations.csv",
            row=row + 1,
            field="configuration",
            value=configurations["configuration"][row],
            allowed="configurations with at least one row in profiles.csv",
            advice="add a profile for some hardware, or drop the configuration",
        )
