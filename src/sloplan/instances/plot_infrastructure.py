"""The panel of the infrastructure: tiers as columns, sites as boxes with their machines and links."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from sloplan.instances.plot_boxes import (
    HEADING,
    QUIET,
    Box,
    Line,
    Place,
    column_height,
    column_places,
    draw_box,
    draw_lines,
    line_width,
    shortened,
    span,
    text_height,
)
from sloplan.instances.plot_sites import Hardware, Links, SiteGroup, group_sites
from sloplan.problem.instance import Instance

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHARED_LINK: Final[dict[str, Any]] = {"color": "#333333", "linewidth": 1.6, "linestyle": "solid"}
OWN_LINK: Final[dict[str, Any]] = {"color": "#777777", "linewidth": 0.9, "linestyle": (0, (4, 2))}

_Point = tuple[float, float]

_GAP = 10.0
_BETWEEN = 70.0
_LANE = 18.0  # below the boxes, for links that pass a tier by
_MAX_HARDWARE = 7
_MAX_WIDTH = 330.0


class InfrastructurePanel:
    """Boxes of the infrastructure, laid out.

    Parameters
    ----------
    instance : Instance
    colors : dict of tier to str
    """

    def __init__(self, instance: Instance, colors: dict[str, str]) -> None:
        self._groups = {tier: groups for tier, groups in group_sites(instance).items() if groups}
        self._boxes = {
            tier: [_site_box(group, colors[tier]) for group in groups] for tier, groups in self._groups.items()
        }
        self._headings = {tier: _heading(tier, groups) for tier, groups in self._groups.items()}
        self._heading_height = text_height(list(self._headings.values())[:1]) + 4
        self._body = max(column_height(boxes, _GAP) for boxes in self._boxes.values())

    @property
    def width(self) -> float:
        """Width in points, with the least room between columns."""
        return sum(map(self._column_width, self._boxes)) + _BETWEEN * self.gaps

    def _column_width(self, tier: str) -> float:
        return max(line_width(self._headings[tier]), *(box.width for box in self._boxes[tier]))

    @property
    def gaps(self) -> int:
        """Gaps between columns."""
        return len(self._boxes) - 1

    @property
    def height(self) -> float:
        """Height in points."""
        return self._heading_height + self._body + (_LANE if self._passes_by() else 0)

    def _passes_by(self) -> bool:
        """Whether links lead past a tier."""
        order = list(self._groups)
        return any(
            order.index(links.tier) - order.index(group.tier) > 1
            for groups in self._groups.values()
            for group in groups
            for links in group.links
        )

    def draw(self, axes: Axes, left: float, top: float, between: float) -> None:
        """Draw the panel from an upper left corner, with so much room added between columns."""
        x, places = left, {}
        for tier, boxes in self._boxes.items():
            draw_lines(axes, [self._headings[tier]], x, top)
            places[tier] = column_places(boxes, x, top + self._heading_height, self._body, _GAP)
            x += self._column_width(tier) + _BETWEEN + between
        lane = top + self._heading_height + self._body + _LANE / 2
        curves: dict[tuple[_Point, _Point, bool], None] = {}  # in order, each once: links that meet share their way
        for tier, boxes in self._boxes.items():
            for group, box, place in zip(self._groups[tier], boxes, places[tier], strict=True):
                draw_box(axes, box, place)
                for links in group.links:
                    passed = [places[name][0] for name in _between(list(places), tier, links.tier)]
                    for target in places[links.tier] if links.tier != tier else ():
                        way = pairwise(_corners(place, target, passed, lane))
                        curves |= {(start, end, links.query_scope): None for start, end in way}
        for start, end, query_scope in curves:
            _draw_curve(axes, start, end, OWN_LINK if query_scope else SHARED_LINK)


def _heading(tier: str, groups: Sequence[SiteGroup]) -> Line:
    sites = _number(sum(len(group.sites) for group in groups), "site")
    return Line(shortened(f"{tier}: {sites}", _MAX_WIDTH, HEADING, bold=True), HEADING, bold=True)


def _between(order: Sequence[str], lower: str, upper: str) -> Sequence[str]:
    return order[order.index(lower) + 1 : order.index(upper)]


def _corners(start: Place, end: Place, passed: Sequence[Place], lane: float) -> list[_Point]:
    """Where a link leads from box to box: below the columns of the tiers that it passes by."""
    below = [(x, lane) for place in passed for x in (place.x, place.x + place.width)]
    return [(start.x + start.width, start.middle), *below, (end.x, end.middle)]


def _draw_curve(axes: Axes, start: _Point, end: _Point, style: dict[str, Any]) -> None:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    middle = (start[0] + end[0]) / 2
    path = Path(
        [start, (middle, start[1]), (middle, end[1]), end], [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4]
    )
    axes.add_patch(PathPatch(path, fill=False, zorder=1, **style))


def _site_box(group: SiteGroup, color: str) -> Box:
    alone = len(group.sites) == 1
    name = group.sites[0] if alone else f"{len(group.sites):,} sites: {_some(group.sites)}"
    lines = [Line(shortened(name, _MAX_WIDTH, bold=True), bold=True)]
    all_own = bool(group.hardware) and all(hardware.query_scope for hardware in group.hardware)
    if all_own:
        lines.append(Line("each query copy has its own:", color=QUIET))
    lines += [_hardware_line(hardware, len(group.sites), all_own) for hardware in group.hardware[:_MAX_HARDWARE]]
    if len(group.hardware) > _MAX_HARDWARE:
        lines.append(Line(f"and {len(group.hardware) - _MAX_HARDWARE} more kinds of hardware"))
    lines += [Line(shortened(_links_text(links), _MAX_WIDTH), color=QUIET) for links in group.links]
    if group.copies:
        lines.append(Line(f"source of {_number(group.copies, 'query copy', 'query copies')}", color=QUIET))
    return Box(tuple(lines), color)


def _some(sites: Sequence[str]) -> str:
    return ", ".join(sites) if len(sites) <= 3 else f"{sites[0]}, {sites[1]}, …"


def _hardware_line(hardware: Hardware, sites: int, all_own: bool) -> Line:
    where = "" if len(hardware.units) == sites else f" at {len(hardware.units)} of {sites}"
    own = " (each query copy's own)" if hardware.query_scope and not all_own else ""
    return Line(shortened(f"{span(hardware.units)} × {hardware.name}{where}{own}", _MAX_WIDTH))


def _links_text(links: Links) -> str:
    parts = []
    if links.up_mbps:
        parts.append(f"{span(links.up_mbps)} Mbit/s up")
    if links.down_mbps:
        parts.append(f"{span(links.down_mbps)} Mbit/s down")
    return f"to {shortened(links.tier, _MAX_WIDTH / 4)}: {', '.join(parts)}, delay {span(links.delay_ms, 'ms')}"


def _number(count: int, one: str, many: str | None = None) -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"
