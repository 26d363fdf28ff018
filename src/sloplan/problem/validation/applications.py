"""Rules of applications: their DAGs, inputs, configurations, profiles and compatible pairs."""

from __future__ import annotations

from collections.abc import Mapping

import networkx as nx
import numpy as np
import pandas as pd

from sloplan.problem.compiled import Text
from sloplan.problem.compiling.lookup import indices_of
from sloplan.problem.errors import InputError
from sloplan.problem.validation.columns import first_true


def check_applications(frames: Mapping[str, pd.DataFrame]) -> None:
    """Check that every application is a DAG whose operators are complete.

    Raises
    ------
    InputError
        Names the first breach.
    """
    _check_edges(frames)
    _check_inputs(frames)
    _check_completeness(frames)
    compatible = frames["compatible"]
    _check_pairs(frames, "compatible", compatible["operator"].to_numpy(), compatible["other_operator"].to_numpy())


def _check_pairs(frames: Mapping[str, pd.DataFrame], name: str, first: Text, second: Text) -> None:
    """Check that two columns name two different operators of one application."""
    operators = frames["operators"]
    application = operators["application"].to_numpy()
    index = [indices_of(operators["operator"].to_numpy(), column) for column in (first, second)]
    field = frames[name].columns[1 if name == "edges" else 2]
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


def _check_edges(frames: Mapping[str, pd.DataFrame]) -> None:
    edges = frames["edges"]
    producers, consumers = edges["from_operator"].to_numpy(), edges["to_operator"].to_numpy()
    _check_pairs(frames, "edges", producers, consumers)
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_edges_from(zip(producers, consumers, strict=True))
    if nx.is_directed_acyclic_graph(graph):
        return
    cycle = nx.find_cycle(graph)
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


def _check_inputs(frames: Mapping[str, pd.DataFrame]) -> None:
    operators = frames["operators"]
    root = ~operators["operator"].isin(frames["edges"]["to_operator"]).to_numpy()
    given = operators["input_kb"].notna().to_numpy()
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
                f"{problem} ({operators['operator'].iloc[row]})",
                file="operators.csv",
                row=row + 1,
                field="input_kb",
                value=float(operators["input_kb"].iloc[row]) if given[row] else None,
                allowed=allowed,
                advice="correct the field, or the edges",
            )


def _check_completeness(frames: Mapping[str, pd.DataFrame]) -> None:
    operators, configurations, profiles = frames["operators"], frames["configurations"], frames["profiles"]
    row = first_true(~operators["operator"].isin(configurations["operator"]).to_numpy())
    if row is not None:
        raise InputError(
            "operator without configuration",
            file="operators.csv",
            row=row + 1,
            field="operator",
            value=operators["operator"].iloc[row],
            allowed="operators with at least one row in configurations.csv",
            advice="add its configurations, or drop the operator",
        )
    profiled = profiles["operator"] + "/" + profiles["configuration"]
    row = first_true(~(configurations["operator"] + "/" + configurations["configuration"]).isin(profiled).to_numpy())
    if row is not None:
        raise InputError(
            f"configuration without profile (operator {configurations['operator'].iloc[row]})",
            file="configurations.csv",
            row=row + 1,
            field="configuration",
            value=configurations["configuration"].iloc[row],
            allowed="configurations with at least one row in profiles.csv",
            advice="add a profile for some hardware, or drop the configuration",
        )
