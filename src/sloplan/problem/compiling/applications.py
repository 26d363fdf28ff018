"""Compiles applications: the order of operators, accuracy factors, compatibilities, bytes."""

from __future__ import annotations

import networkx as nx
import numpy as np

from sloplan.problem.compiled import Application, Compatibility, Factor, Int, Names
from sloplan.problem.compiling.decimals import nano_nats
from sloplan.problem.compiling.lookup import configuration_index, indices_of
from sloplan.problem.compiling.rounding import rounded
from sloplan.problem.compiling.row_places import place_in
from sloplan.problem.schema import LIST_SEPARATOR
from sloplan.problem.tables import Columns, Tables


def compile_applications(tables: Tables, names: Names) -> tuple[Application, ...]:
    """Compile every application.

    Parameters
    ----------
    tables : mapping of table name to mapping of column name to array
    names : Names

    Returns
    -------
    tuple of Application
        In the order of `names.applications`.
    """
    operator_application = indices_of(names.applications, tables["operators"]["application"])
    edges = np.column_stack(
        [indices_of(names.operators, tables["edges"][column]) for column in ("from_operator", "to_operator")]
    )
    configuration = configuration_index(tables["configurations"])
    order_of_all = _topological_order(len(names.operators), edges)
    orders = [order_of_all[operator_application[order_of_all] == index] for index in range(len(names.applications))]
    # Position of every operator within its application.
    local = np.zeros(len(names.operators), dtype=np.int64)
    for order in orders:
        local[order] = np.arange(len(order))
    operator_index = {name: i for i, name in enumerate(names.operators)}
    factors = _factors(tables["accuracy"], operator_index, operator_application, local, configuration)
    pairs = _compatibilities(tables["compatible"], operator_index, operator_application, local, configuration)

    applications = []
    for index, order in enumerate(orders):
        own = local[edges[operator_application[edges[:, 0]] == index]]
        own = own[np.lexsort((own[:, 1], own[:, 0]))]
        num_outputs, num_inputs = (np.bincount(ends, minlength=len(order)) for ends in own.T)
        applications.append(
            Application(
                name=names.applications[index],
                operators=order,
                edges=own,
                roots=np.flatnonzero(num_inputs == 0),
                leaves=np.flatnonzero(num_outputs == 0),
                factors=tuple(factors.get(index, ())),
                compatibilities=tuple(pairs.get(index, ())),
            )
        )
    return tuple(applications)


def _topological_order(num_operators: int, edges: Int) -> Int:
    """All operators, the least one that may come next first: those of each application are in such an order, too."""
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_nodes_from(range(num_operators))
    graph.add_edges_from(edges.tolist())
    # Operator indices follow their names, so ties go by name.
    return np.array(list(nx.lexicographical_topological_sort(graph)), dtype=np.int64)


def _factors(
    columns: Columns,
    operator_index: dict[str, int],
    operator_application: Int,
    local: Int,
    configuration: dict[tuple[str, str], int],
) -> dict[int, list[Factor]]:
    """Accuracy factors per application, sorted by name."""
    factors: dict[int, list[Factor]] = {}
    rows_of: dict[str, list[int]] = {}
    for row, name in enumerate(columns["factor"].tolist()):
        rows_of.setdefault(name, []).append(row)
    nats = nano_nats(columns["accuracy"])
    for name, rows in sorted(rows_of.items()):
        operators = columns["operators"][rows[0]].split(LIST_SEPARATOR)
        indices = np.array([operator_index[operator] for operator in operators], dtype=np.int64)
        combinations = np.array(
            [
                [configuration[pair] for pair in zip(operators, listed.split(LIST_SEPARATOR), strict=True)]
                for listed in columns["configurations"][rows]
            ],
            dtype=np.int64,
        )
        by_position = np.argsort(local[indices])
        factors.setdefault(int(operator_application[indices[0]]), []).append(
            Factor(
                name=name,
                positions=local[indices][by_position],
                configurations=combinations[:, by_position],
                nano_nats=nats[rows],
            )
        )
    return factors


def _compatibilities(
    columns: Columns,
    operator_index: dict[str, int],
    operator_application: Int,
    local: Int,
    configuration: dict[tuple[str, str], int],
) -> dict[int, list[Compatibility]]:
    """Allowed pairs per application, sorted by operators; a pair may be listed from either side."""
    allowed: dict[tuple[int, int, int], set[tuple[int, int]]] = {}
    names = ("operator", "configuration", "other_operator", "other_configuration")
    for one, of_one, other, of_other in zip(*(columns[name].tolist() for name in names), strict=True):
        ends = sorted(
            [
                (int(local[operator_index[one]]), configuration[one, of_one]),
                (int(local[operator_index[other]]), configuration[other, of_other]),
            ]
        )
        (first, of_first), (second, of_second) = ends
        application = int(operator_application[operator_index[one]])
        allowed.setdefault((application, first, second), set()).add((of_first, of_second))
    pairs: dict[int, list[Compatibility]] = {}
    for (application, first, second), listed in sorted(allowed.items()):
        pairs.setdefault(application, []).append(Compatibility(first, second, np.array(sorted(listed), dtype=np.int64)))
    return pairs


def input_bytes(tables: Tables) -> Int:
    """Return the bytes that each operator gets from the query's source, per request.

    Parameters
    ----------
    tables : mapping of table name to mapping of column name to array

    Returns
    -------
    (operators,) int64
        0 for operators with predecessors.
    """
    operators = tables["operators"]
    is_root = indices_of(np.unique(tables["edges"]["to_operator"]), operators["operator"]) < 0
    return rounded(
        "ceil",
        1000,
        np.where(is_root, np.nan_to_num(operators["input_kb"]), 0.0),
        locate=place_in("operators", operators, "input_kb"),
    )


def configuration_bytes(tables: Tables) -> Int:
    """Return the output bytes per request of each configuration.

    Parameters
    ----------
    tables : mapping of table name to mapping of column name to array

    Returns
    -------
    (configurations,) int64
    """
    configurations = tables["configurations"]
    place = place_in("configurations", configurations, "output_kb")
    return rounded("ceil", 1000, configurations["output_kb"], locate=place)
