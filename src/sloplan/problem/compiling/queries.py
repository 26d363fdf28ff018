"""Compiles queries and gathers their templates."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from sloplan.problem.compiled import NO_LIMIT, Application, Int, Names, Queries, Templates, Text
from sloplan.problem.compiling.decimals import Float, Locate, nano_nats, scaled
from sloplan.problem.compiling.lookup import indices_of
from sloplan.problem.compiling.row_places import place_in
from sloplan.problem.tables import Columns


def compile_queries(columns: Columns, names: Names, applications: tuple[Application, ...]) -> tuple[Queries, Templates]:
    """Compile the queries.

    Parameters
    ----------
    columns : mapping of column name to array
        Table `queries`.
    names : Names
    applications : tuple of Application

    Returns
    -------
    queries : Queries
    templates : Templates
        Sorted by (application, source, sink).
    """
    application = _positions(names.applications, columns["application"])
    source, sink = (_positions(names.sites, columns[field]) for field in ("source_site", "sink_site"))
    templates, template = _templates(application, source, sink, names)
    rate = scaled(columns["rate_rps"], 1000, "nearest", place_in("queries", columns, "rate_rps"))
    rate_milli = np.maximum(rate, 1)
    num_factors = np.array([len(one.factors) for one in applications], dtype=np.int64)

    def stated(field: str, default: int | Int, compiled: Callable[[Float, Locate, Int], Int]) -> Int:
        """Compile the stated figures of an optional column; the others get the default."""
        values = columns[field]
        result = np.array(np.broadcast_to(default, len(values)), dtype=np.int64)
        rows = np.flatnonzero(~np.isnan(values))
        place = place_in("queries", columns, field)
        result[rows] = compiled(values[rows], lambda i: place(int(rows[i])), rows)
        return result

    queries = Queries(
        template=template,
        rate_milli=rate_milli,
        value_milli=stated("value", rate_milli, lambda value, place, _: scaled(value, 1000, "nearest", place)),
        count=columns["count"],
        slo_latency_us=stated("slo_latency_ms", NO_LIMIT, lambda ms, place, _: scaled(ms, 1000, "floor", place)),
        # One more per factor: each is rounded on its own, and a plan exactly at its SLO passes.
        slo_accuracy=stated(
            "slo_accuracy", NO_LIMIT, lambda accuracy, _, rows: nano_nats(accuracy) + num_factors[application[rows]]
        ),
        slo_cost_nano=stated("slo_cost_per_1k", NO_LIMIT, lambda usd, place, _: scaled(usd, 10**6, "floor", place)),
    )
    return queries, templates


def _positions(names: Text, column: Text) -> Int:
    """Position of every name of a column, -1 where unknown; a long column repeats names, each is looked up once."""
    which, distinct = pd.factorize(column)
    return indices_of(names, distinct)[which]


def _templates(application: Int, source: Int, sink: Int, names: Names) -> tuple[Templates, Int]:
    """Distinct (application, source, sink) and the template of each query; sink -1 is none."""
    num_sites = len(names.sites)
    code = (application * num_sites + source) * (num_sites + 1) + sink + 1
    template, distinct = pd.factorize(code, sort=True)
    ends, sink_code = np.divmod(distinct, num_sites + 1)
    of_application, of_source = np.divmod(ends, num_sites)
    return Templates(of_application, of_source, sink_code - 1), template.astype(np.int64)
