"""The panel of an application: its operators as a DAG, where they run, what they send, how accurate they are."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import networkx as nx
import numpy as np
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
from sloplan.problem.instance import Instance
from sloplan.problem.schema import LIST_SEPARATOR

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SOURCE: Final = "query source"
SINK: Final = "query sink"

_GAP = 14.0
_BETWEEN = 46.0
_MAX_WIDTH = 215.0
_COLOR = "#444444"


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
        graph = tables.graph()
        boxes = {operator: _operator_box(tables, operator, colors) for operator in tables.operators}
        ends = {SOURCE: SOURCE, SINK: SINK}
        self._boxes = boxes | {name: Box((Line(text, color=QUIET),), "#999999") for name, text in ends.items()}
        self._graph = graph
        # Layer by layer; within one, operators near those that they take from.
        self._columns: list[list[str]] = []
        rank: dict[str, float] = {}
        for layer in nx.topological_generations(graph):
            near = {name: np.mean([rank[p] for p in graph.predecessors(name)] or [0.0]) for name in layer}
            column = sorted(layer, key=lambda name: (near[name], name))
            rank |= {name: position - (len(column) - 1) / 2 for position, name in enumerate(column)}
            self._columns.append(column)
        self._body = max(column_height(self._of(column), _GAP) for column in self._columns)
        self._notes = [
            Line(text, color=QUIET) for note in tables.joint_factors() for text in wrapped(note, max(self.width, 300))
        ]

    def _of(self, column: list[str]) -> list[Box]:
        return [self._boxes[name] for name in column]

    @property
    def width(self) -> float:
        """Width in points, with the least room between columns."""
        widths = [max(box.width for box in self._of(column)) for column in self._columns]
        return sum(widths) + _BETWEEN * self.gaps

    @property
    def gaps(self) -> int:
        """Gaps between columns."""
        return len(self._columns) - 1

    @property
    def height(self) -> float:
        """Height in points."""
        return self._body + (text_height(self._notes) + _GAP if self._notes else 0)

    def draw(self, axes: Axes, left: float, top: float, between: float) -> None:
        """Draw the panel from an upper left corner, with so much room added between columns."""
        places: dict[str, Place] = {}
        x = left
        for column in self._columns:
            found = column_places(self._of(column), x, top, self._body, _GAP)
            places |= dict(zip(column, found, strict=True))
            x += found[0].width + _BETWEEN + between
        for name, place in places.items():
            draw_box(axes, self._boxes[name], place)
        for producer, consumer in self._graph.edges:
            _draw_arrow(axes, places[producer], places[consumer])
        draw_lines(axes, self._notes, left, top + self._body + _GAP)


def _draw_arrow(axes: Axes, start: Place, end: Place) -> None:
    from matplotlib.patches import FancyArrowPatch

    axes.add_patch(
        FancyArrowPatch(
            (start.x + start.width, start.middle),
            (end.x, end.middle),
            arrowstyle="-|>",
            mutation_scale=11,
            shrinkA=1,
            shrinkB=1,
            color=_COLOR,
            linewidth=1.3,
            zorder=1,
        )
    )


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

    def graph(self) -> nx.DiGraph[str]:
        """Operators, the query source before the first of them and the sink after the last if there is one."""
        graph: nx.DiGraph[str] = nx.DiGraph()
        graph.add_nodes_from(self.operators)
        inside = self._edges["from_operator"].isin(self.operators)
        graph.add_edges_from(
            self._edges.loc[inside, ["from_operator", "to_operator"]].itertuples(index=False, name=None)
        )
        roots = [name for name, degree in graph.in_degree if degree == 0]
        leaves = [name for name, degree in graph.out_degree if degree == 0]
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
    title = (
        f"Application {application}: {copies:,} of {of_all:,} query copies, {span(own['rate_rps'].tolist())} requests/s"
    )
    for column, what, unit in (
        ("slo_latency_ms", "latency", "ms"),
        ("slo_accuracy", "accuracy", ""),
        ("slo_cost_per_1k", "cost", "USD per 1,000 requests"),
    ):
        stated = own[column].dropna().tolist()
        if stated:
            title += f"; {what} SLO {span(stated, unit)}"
    return title
