"""The panel of an application: its operators as a DAG, where they run, what they send, how accurate they are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING, Final

import networkx as nx
import pandas as pd

from sloplan.instances.plot_boxes import (
    QUIET,
    Box,
    Line,
    Place,
    column_height,
    column_places,
    draw_box,
    draw_lines,
    shortened,
    span,
    text_height,
    wrapped,
)
from sloplan.instances.plot_layers import Node, layered
from sloplan.problem.instance import Instance
from sloplan.problem.schema import LIST_SEPARATOR

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SOURCE: Final = Node("query source", "end")
SINK: Final = Node("query sink", "end")

_GAP = 14.0
_BETWEEN = 46.0
_MAX_WIDTH = 215.0
_COLOR = "#444444"
_END_COLOR = "#999999"


class ApplicationPanel:
    """Boxes of an application's operators, laid out.

    Parameters
    ----------
    instance : Instance
    application : str
    colors : dict of tier to str
    """

    def __init__(self, instance: Instance, application: str, colors: dict[str, str]) -> None:
        tables = _Tables(instance, application)
        self._layers = layered(tables.graph())
        self._boxes: dict[Node, Box] = {}
        for node in chain.from_iterable(self._layers.columns):
            if node.kind == "operator":
                self._boxes[node] = _operator_box(tables, node.name, colors)
            else:
                self._boxes[node] = Box((Line(node.name, color=QUIET),) if node.kind == "end" else (), _END_COLOR)
        self._body = max(column_height(self._of(column), _GAP) for column in self._layers.columns)
        self._notes = [
            Line(text, color=QUIET) for note in tables.joint_factors() for text in wrapped(note, max(self.width, 300))
        ]

    def _of(self, column: list[Node]) -> list[Box]:
        return [self._boxes[node] for node in column]

    @property
    def width(self) -> float:
        """Width in points, with the least room between columns."""
        widths = [max(box.width for box in self._of(column)) for column in self._layers.columns]
        return sum(widths) + _BETWEEN * self.gaps

    @property
    def gaps(self) -> int:
        """Gaps between columns."""
        return len(self._layers.columns) - 1

    @property
    def height(self) -> float:
        """Height in points."""
        return self._body + (text_height(self._notes) + _GAP if self._notes else 0)

    def draw(self, axes: Axes, left: float, top: float, between: float) -> None:
        """Draw the panel from an upper left corner, with so much room added between columns."""
        places: dict[Node, Place] = {}
        x = left
        for column in self._layers.columns:
            found = column_places(self._of(column), x, top, self._body, _GAP)
            places |= dict(zip(column, found, strict=True))
            x += found[0].width + _BETWEEN + between
        for node, place in places.items():
            if node.kind != "pass":
                draw_box(axes, self._boxes[node], place)
        for way in self._layers.ways:
            _draw_arrow(axes, [places[node] for node in way])
        draw_lines(axes, self._notes, left, top + self._body + _GAP)


def _draw_arrow(axes: Axes, places: Sequence[Place]) -> None:
    """Draw an arrow from the first place to the last, along the middle of those between."""
    from matplotlib.patches import FancyArrowPatch
    from matplotlib.path import Path

    first, *between, last = places
    corners = [(first.x + first.width, first.middle)]
    for place in between:
        corners += [(place.x, place.middle), (place.x + place.width, place.middle)]
    path = Path([*corners, (last.x, last.middle)])
    arrow = FancyArrowPatch(path=path, arrowstyle="-|>", mutation_scale=11, color=_COLOR, linewidth=1.3, zorder=1)
    arrow.set_fill(False)
    axes.add_patch(arrow)


def _operator_box(tables: _Tables, operator: str, colors: dict[str, str]) -> Box:
    lines = [Line(shortened(operator, _MAX_WIDTH, bold=True), bold=True)]
    for text in tables.facts(operator):
        lines += [Line(part, color=QUIET) for part in wrapped(text, _MAX_WIDTH)]
    where = tables.hardware(operator)
    for tier, color in colors.items():
        for number, text in enumerate(
            wrapped(f"{tier}: {', '.join(where[tier])}", _MAX_WIDTH) if tier in where else []
        ):
            lines.append(Line(text, marker=color if number == 0 else "none"))
    if not where:
        lines.append(Line("runs nowhere: no option is left"))
    return Box(tuple(lines), _COLOR)


class _Tables:
    """What the instance says of one application."""

    def __init__(self, instance: Instance, application: str) -> None:
        operators = instance.table("operators")
        operators = operators[operators["application"] == application]
        self.operators: list[str] = operators["operator"].tolist()
        self._input_kb: dict[str, float] = dict(zip(self.operators, operators["input_kb"].tolist(), strict=True))
        self._edges = instance.table("edges")
        self._configurations = instance.table("configurations")
        self._accuracy = instance.table("accuracy")
        self._placement = instance.table("placement")
        queries = instance.table("queries")
        self._queries = queries[queries["application"] == application]
        compiled = instance.compiled
        options, names = compiled.options, compiled.names
        tier_of = instance.table("sites").set_index("site")["tier"]
        hardware_of = instance.table("pools").set_index("pool")["hardware"]
        self._options = pd.DataFrame(
            {
                "operator": names.operators[options.operator],
                "tier": tier_of.reindex(names.sites[options.site]).to_numpy(),
                "hardware": hardware_of.reindex(names.pools[options.pool]).to_numpy(),
            }
        ).drop_duplicates()

    def graph(self) -> nx.DiGraph[Node]:
        """Operators, the query source before the first of them and the sink after the last if there is one."""
        graph: nx.DiGraph[Node] = nx.DiGraph()
        graph.add_nodes_from(map(Node, self.operators))
        inside = self._edges[self._edges["from_operator"].isin(self.operators)]
        ends = zip(inside["from_operator"].tolist(), inside["to_operator"].tolist(), strict=True)
        graph.add_edges_from((Node(producer), Node(consumer)) for producer, consumer in ends)
        roots = [node for node, degree in graph.in_degree if degree == 0]
        leaves = [node for node, degree in graph.out_degree if degree == 0]
        graph.add_edges_from((SOURCE, root) for root in roots)
        if (self._queries["sink_site"] != "").any():
            graph.add_edges_from((leaf, SINK) for leaf in leaves)
        return graph

    def facts(self, operator: str) -> list[str]:
        """Configurations, kilobytes in and out, calls, accuracy and where it may stand, a line each."""
        own = self._configurations[self._configurations["operator"] == operator]
        count = len(own)
        facts = [f"{count} configuration{'' if count == 1 else 's'}"]
        given = self._input_kb[operator]
        if not math.isnan(given):
            facts.append(f"input {span([given], 'kB')} per request, from the source")
        facts.append(f"output {span(own['output_kb'].tolist(), 'kB')} per request")
        if set(own["calls"]) != {1.0}:
            facts.append(f"{span(own['calls'].tolist())} calls per request")
        for factor, part in self._factors():
            operators = part["operators"].iloc[0].split(LIST_SEPARATOR)
            if operators == [operator]:
                facts.append(f"accuracy factor {factor}: {span(part['accuracy'].tolist())}")
            elif operator in operators:
                facts.append(f"accuracy factor {factor}: joint, see below")
        rules = self._placement[self._placement["operator"] == operator]
        if len(rules):
            allowed = [f"{row.allowed} {row.value}".strip() for row in rules.itertuples()]
            facts.append(f"only at: {', '.join(allowed)}")
        return facts

    def joint_factors(self) -> list[str]:
        """A line for every accuracy factor that was measured for several operators together."""
        lines = []
        for factor, part in self._factors():
            operators = part["operators"].iloc[0].split(LIST_SEPARATOR)
            if len(operators) > 1 and set(operators) <= set(self.operators):
                figures = f"{span(part['accuracy'].tolist())} over {len(part)} combinations"
                lines.append(f"accuracy factor {factor}, joint for {' and '.join(operators)}: {figures}")
        return lines

    def _factors(self) -> list[tuple[str, pd.DataFrame]]:
        return [(str(name), part) for name, part in self._accuracy.groupby("factor")]

    def hardware(self, operator: str) -> dict[str, list[str]]:
        """Hardware that the operator can run on, per tier."""
        own = self._options[self._options["operator"] == operator]
        return {str(tier): sorted(part["hardware"]) for tier, part in own.groupby("tier")}


def application_title(instance: Instance, application: str) -> str:
    """Return what the panel is about: the application, how many queries it has, the range of their SLOs."""
    queries = instance.table("queries")
    own = queries[queries["application"] == application]
    copies, of_all = int(own["count"].sum()), int(queries["count"].sum())
    title = f"Application {application}: {copies:,} of {of_all:,} query copies"
    if own.empty:
        return title
    title += f", {span(own['rate_rps'].tolist())} requests/s"
    for column, what, unit in (
        ("slo_latency_ms", "latency", "ms"),
        ("slo_accuracy", "accuracy", ""),
        ("slo_cost_per_1k", "cost", "USD per 1,000 requests"),
    ):
        stated = own[column].dropna().tolist()
        if stated:
            title += f"; {what} SLO {span(stated, unit)}"
    return title
