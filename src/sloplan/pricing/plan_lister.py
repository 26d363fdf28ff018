"""Lists plans quickly: the same as `problem.plan_table.enumerate_plans`, which the checker goes by, in one kernel."""

from __future__ import annotations

import numpy as np

from sloplan.pricing.listing_kernels import BYTES, CONFIGURATION, DONE, FULL, MIN_RATE, NONE, SITE, list_template
from sloplan.pricing.listing_layout import ApplicationLayout, Legs
from sloplan.problem import plan_table
from sloplan.problem.compiled import CompiledInstance, Int, Sparse
from sloplan.problem.evaluation import own_capacity
from sloplan.problem.servable import largest_rate_alone
from sloplan.problem.transfers import transfers_of

_FIRST_ROOM = 32_768  # plans; memory that is not written to costs nothing


class PlanLister:
    """Lists plans of templates one after the other.

    Parameters
    ----------
    compiled : CompiledInstance
    limit : int
        Largest number of partial plans per template.
    """

    def __init__(self, compiled: CompiledInstance, limit: int) -> None:
        self._compiled, self._limit = compiled, limit
        self._layouts: dict[int, ApplicationLayout] = {}
        self._figures_of_options()
        self._loosest_slos()
        pools, links = compiled.pools, compiled.links
        self._capacity = np.concatenate([compiled.rows.capacity, own_capacity(compiled)])
        own_link = len(compiled.rows) + len(pools.site) + np.arange(len(links.row))
        self._row_of_link = np.where(links.query_scope, own_link, links.row)
        self._most_rate = int(compiled.queries.rate_milli.max(initial=0))
        self._width = max((len(application.operators) for application in compiled.applications), default=0)
        self._begin(_FIRST_ROOM, 8 * _FIRST_ROOM)

    def _begin(self, plans: int, entries: int) -> None:
        """Take room for some plans, of which there are none yet."""
        self._start = np.zeros(len(self._compiled.templates) + 1, dtype=np.int64)
        self._listed = 0
        self._arrays = [np.empty((plans, *shape), dtype=np.int64) for shape in ((self._width,), (5,), (), (), ())]
        self._usage = [np.empty(entries, dtype=np.int64) for _ in range(2)]

    def _figures_of_options(self) -> None:
        compiled, options = self._compiled, self._compiled.options
        own_row = len(compiled.rows) + options.pool
        # A deployment's row has the index of its supply; without replicas the busy row is the pool's.
        row = np.where(options.deployment >= 0, options.deployment, compiled.pools.row[options.pool])
        self._table = np.column_stack(
            [
                options.configuration,
                np.zeros_like(options.site),
                options.latency_us,
                options.busy_us,
                np.where(compiled.pools.query_scope[options.pool], own_row, row),
                options.cost_nano,
                options.billed_cost_nano,
                options.min_rate_milli,
                options.site,
            ]
        )

    def _loosest_slos(self) -> None:
        queries = self._compiled.queries
        asked = (queries.slo_latency_us, queries.slo_accuracy, queries.slo_cost_nano, queries.rate_milli)
        self._loosest = np.full((len(self._compiled.templates), len(asked)), NONE, dtype=np.int64)
        for column, values in enumerate(asked):
            np.maximum.at(self._loosest[:, column], queries.template, values)

    def add(self, template: int) -> None:
        """List the plans of a template, after those of lower ones.

        Parameters
        ----------
        template : int

        Raises
        ------
        SizeLimitError
            If it has more partial plans than the limit; nothing is added then.
        """
        compiled = self._compiled
        number = int(compiled.templates.application[template])
        if number not in self._layouts:
            self._layouts[number] = ApplicationLayout.of(compiled, compiled.applications[number])
        layout, transfers = self._layouts[number], transfers_of(compiled)
        *slos, rate = self._loosest[template].tolist()
        parts = [part[self._table[part, MIN_RATE] <= rate] for part in compiled.template_options(template)]
        option_start = np.cumsum([0, *map(len, parts)])
        option = np.concatenate(parts)
        figures = self._table[option]
        figures[:, BYTES] = layout.size_of[figures[:, CONFIGURATION]]
        source, sink = int(compiled.templates.source[template]), int(compiled.templates.sink[template])
        ends = [source] if sink < 0 else [source, sink]
        sites, place = np.unique(np.concatenate([ends, figures[:, SITE]]), return_inverse=True)
        figures[:, SITE] = place[len(ends) :]
        stands = np.zeros((len(parts), len(sites)), dtype=np.bool_)
        stands[np.repeat(np.arange(len(parts)), np.diff(option_start)), figures[:, SITE]] = True
        source, sink = int(place[0]), NONE if sink < 0 else int(place[1])
        legs = Legs.of(layout, transfers, sites, stands, (source, sink))
        links, link = np.unique(legs.link, return_inverse=True)
        shape = len(links), len(layout.sizes)
        crossing = transfers.crossing(np.repeat(links, shape[1]), np.tile(layout.sizes, shape[0]))
        most = np.minimum(self._limit, plan_table.CELL_LIMIT // np.arange(1, len(parts) + 1))
        while True:
            choices, needs, *rest = self._arrays
            failed, count = list_template(
                (option_start, option, legs.leg_of, legs.start, link, self._row_of_link[legs.link], most),
                figures,
                layout.shape,
                layout.compatible,
                layout.factors,
                crossing[0].reshape(shape),
                crossing[1].reshape(shape),
                self._capacity,
                (*slos, len(compiled.rows), self._most_rate, source, sink, len(sites)),
                choices,
                (*rest, *self._usage),
                needs,
                self._listed,
            )
            if failed != FULL:
                break
            self._make_room(count)
        if failed != DONE:
            raise plan_table.too_many_partial_plans(compiled, layout.application, failed, int(most[failed]))
        self._start[template + 1] = count - self._listed
        self._listed = count

    def __len__(self) -> int:
        return self._listed

    def _make_room(self, count: int) -> None:
        """Double the room that was too small; what the template at hand has begun is written again."""
        if count == len(self._arrays[0]):
            self._arrays = [_doubled(array, self._listed) for array in self._arrays]
        else:
            self._usage = [_doubled(array, self._num_entries) for array in self._usage]

    @property
    def _num_entries(self) -> int:
        return int(self._arrays[-1][self._listed - 1]) if self._listed else 0

    def take(self) -> tuple[Int, Int, Int, Int, Int, Sparse]:
        """Return the fields of `PlanArrays` and forget the plans; templates that were not added have none."""
        choices, needs, alone_rate, billed_cost, usage_end = (array[: self._listed] for array in self._arrays)
        row, amount = (array[: self._num_entries] for array in self._usage)
        usage = Sparse(np.concatenate([np.zeros(1, dtype=np.int64), usage_end]), row, amount)
        if self._compiled.hosting != "fluid":  # whole replicas
            alone_rate = largest_rate_alone(self._compiled, usage, self._most_rate)
        taken = np.cumsum(self._start), choices, needs, alone_rate, billed_cost, usage
        self._begin(len(self._arrays[0]), len(self._usage[0]))
        return taken


def _doubled(array: Int, kept: int) -> Int:
    larger = np.empty((2 * len(array), *array.shape[1:]), dtype=np.int64)
    larger[:kept] = array[:kept]
    return larger
