"""A DAG in layers: every edge leads to a later layer, and past the layers between without touching their boxes."""

from __future__ import annotations

from statistics import mean
from typing import NamedTuple

import networkx as nx


class Node(NamedTuple):
    """A node of a drawn DAG.

    Parameters
    ----------
    name : str
    kind : {"operator", "end", "pass"}
        An operator, the source or the sink of the queries, or where an edge passes a layer by.
    layer : int
        For "pass", which layer; else 0.
    """

    name: str
    kind: str = "operator"
    layer: int = 0


class Layers(NamedTuple):
    """A layered DAG.

    Parameters
    ----------
    columns : list of list of Node
        Layer by layer, from top to bottom.
    ways : list of list of Node
        For every edge, the nodes that it leads through.
    """

    columns: list[list[Node]]
    ways: list[list[Node]]


def layered(graph: nx.DiGraph[Node]) -> Layers:
    """Arrange a DAG: a node stands one layer after the last of those before it, near the height of their middle."""
    layer_of = {node: number for number, layer in enumerate(nx.topological_generations(graph)) for node in layer}
    ways = []
    for producer, consumer in sorted(graph.edges):
        between = range(layer_of[producer] + 1, layer_of[consumer])
        name = f"{producer.name} {consumer.name}"
        ways.append([producer, *(Node(name, "pass", layer) for layer in between), consumer])
    drawn: nx.DiGraph[Node] = nx.DiGraph()
    drawn.add_nodes_from(graph)
    for way in ways:
        nx.add_path(drawn, way)
    columns: list[list[Node]] = []
    height: dict[Node, float] = {}
    for layer in nx.topological_generations(drawn):
        near = {node: mean([height[before] for before in drawn.predecessors(node)] or [0.0]) for node in layer}
        column = sorted(layer, key=lambda node: (near[node], node))
        height |= {node: number - (len(column) - 1) / 2 for number, node in enumerate(column)}
        columns.append(column)
    return Layers(columns, ways)
