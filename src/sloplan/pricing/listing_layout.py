"""What `listing_kernels` reads of an application and of a template, in flat arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sloplan.pricing.listing_kernels import NONE
from sloplan.problem.compiled import Application, CompiledInstance, Factor, Int
from sloplan.problem.transfers import Transfers


@dataclass(frozen=True)
class ApplicationLayout:
    """An application, the same for all its templates; the parts are as `list_template` takes them.

    Parameters
    ----------
    application : Application
    shape, compatible, factors : tuple of arrays
    size_of : (configurations of the instance,) int64
        Index of the bytes that a configuration puts out.
    """

    application: Application
    shape: tuple[Int, ...]
    compatible: tuple[Int, ...]
    factors: tuple[Int, ...]
    size_of: Int

    @property
    def sizes(self) -> Int:
        """Numbers of bytes that are sent."""
        return self.shape[5]

    @classmethod
    def of(cls, compiled: CompiledInstance, application: Application) -> ApplicationLayout:
        """Lay out an application."""
        operators = len(application.operators)
        positions = np.arange(operators + 1)
        edges = application.edges[np.argsort(application.edges[:, 1], kind="stable")]
        is_root, is_leaf = np.zeros(operators, dtype=np.bool_), np.zeros(operators, dtype=np.int64)
        is_root[application.roots], is_leaf[application.leaves] = True, 1

        configurations = [np.flatnonzero(compiled.configuration_operator == o) for o in application.operators]
        place_of, size_of = np.full((2, len(compiled.configuration_bytes)), NONE, dtype=np.int64)
        for own in configurations:
            place_of[own] = np.arange(len(own))
        every = np.concatenate(configurations)
        input_bytes = compiled.operator_input_bytes[application.operators]
        sizes, index = np.unique(
            np.concatenate([input_bytes, compiled.configuration_bytes[every]]), return_inverse=True
        )
        size_of[every] = index[operators:]

        last = [(int(factor.positions.max()), int(factor.nano_nats.min())) for factor in application.factors]
        rest = [sum(least for end, least in last if end > position) for position in range(operators)]
        return cls(
            application=application,
            shape=(
                np.searchsorted(edges[:, 1], positions).astype(np.int64),
                edges[:, 0].copy(),
                np.where(is_root, index[:operators], NONE),
                is_leaf,
                np.array(rest, dtype=np.int64),
                sizes,
                place_of,
            ),
            compatible=_compatible(application, configurations, place_of),
            factors=_factors(application),
            size_of=size_of,
        )


def _compatible(application: Application, configurations: list[Int], place_of: Int) -> tuple[Int, ...]:
    """Pairs of operators by the second one, each with a table over their configurations."""
    pairs = sorted(application.compatibilities, key=lambda pair: pair.second)
    shapes = [(len(configurations[pair.first]), len(configurations[pair.second])) for pair in pairs]
    first_cell = np.cumsum([0, *(height * width for height, width in shapes)])
    cells = np.zeros(first_cell[-1], dtype=np.int64)
    for pair, (_, width), cell in zip(pairs, shapes, first_cell[:-1], strict=True):
        first, second = place_of[pair.allowed].T
        cells[cell + first * width + second] = 1
    second = np.array([pair.second for pair in pairs], dtype=np.int64)
    return (
        np.searchsorted(second, np.arange(len(configurations) + 1)).astype(np.int64),
        np.array([pair.first for pair in pairs], dtype=np.int64),
        np.array([width for _, width in shapes], dtype=np.int64),
        first_cell[:-1].astype(np.int64),
        cells,
    )


def _factors(application: Application) -> tuple[Int, ...]:
    """Members of the accuracy factors by position, each with its column of the factor's sorted table."""
    at: list[int] = []
    previous, column, length, last = [], [], [], []
    columns, cells = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    for factor in application.factors:
        by_position, table, nano_nats = _sorted(factor)
        for number, position in enumerate(by_position.tolist()):
            is_last = number == len(by_position) - 1
            previous.append(len(at) - 1 if number else NONE)
            column.append(sum(map(len, columns)))
            length.append(len(table))
            last.append(sum(map(len, cells)) if is_last else NONE)
            at.append(position)
            columns.append(table[:, number])
        cells.append(nano_nats)
    member = np.argsort(at, kind="stable").astype(np.int64)
    start = np.searchsorted(np.sort(np.array(at, dtype=np.int64)), np.arange(len(application.operators) + 1))
    lists = (np.array(values, dtype=np.int64) for values in (previous, column, length, last))
    return (start.astype(np.int64), member, *lists, np.concatenate(columns), np.concatenate(cells))


def _sorted(factor: Factor) -> tuple[Int, Int, Int]:
    """Positions ascending; the factor's combinations in this order of operators, sorted; their nano-nats."""
    order = np.argsort(factor.positions)
    table = factor.configurations[:, order]
    by_row = np.lexsort(table.T[::-1])
    return factor.positions[order], table[by_row], factor.nano_nats[by_row]


@dataclass(frozen=True)
class Legs:
    """Routes between the sites of one template.

    Parameters
    ----------
    leg_of : (sites x sites,) int64
        Leg from one site to another, `NONE` where there is no route or nothing is sent.
    start : (legs + 1,) int64
    link : (crossings,) int64
        Links of every leg.
    """

    leg_of: Int
    start: Int
    link: Int

    @classmethod
    def of(
        cls,
        layout: ApplicationLayout,
        transfers: Transfers,
        sites: Int,
        stands: np.ndarray,
        ends: tuple[int, int],
    ) -> Legs:
        """Look up the routes that plans may take.

        Parameters
        ----------
        layout : ApplicationLayout
        transfers : Transfers
        sites : (sites,) int64
            Sites of the instance that matter to the template.
        stands : (operators, sites) bool
            Where each operator may stand.
        ends : tuple of int
            Source and sink, as indices into `sites`; `NONE` without a sink.
        """
        application, (source, sink) = layout.application, ends
        sends = np.zeros((len(sites), len(sites)), dtype=np.bool_)
        sends[source] = stands[application.roots].any(axis=0)
        for producer, consumer in application.edges.tolist():
            sends |= stands[producer][:, None] & stands[consumer]
        if sink != NONE:
            sends[:, sink] |= stands[application.leaves].any(axis=0)
        start, end = np.nonzero(sends)
        route = transfers.routes(int(sites[source]), sites[start], sites[end])
        possible = np.flatnonzero(route >= 0)
        paths = [transfers.route_links(number) for number in route[possible].tolist()]
        leg_of = np.full(sends.size, NONE, dtype=np.int64)
        leg_of[start[possible] * len(sites) + end[possible]] = np.arange(len(possible))
        return cls(
            leg_of,
            np.cumsum([0, *map(len, paths)]).astype(np.int64),
            np.array([link for path in paths for link in path], dtype=np.int64),
        )
