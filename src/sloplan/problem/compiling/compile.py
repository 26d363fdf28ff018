"""From tables to integers: compiles an instance once, for every method.

The formulas are those of the problem statement's table of integers; `docs/integers.md` works one
instance by hand.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from sloplan.problem.compiled import CompiledInstance, Names
from sloplan.problem.compiling.applications import compile_applications, configuration_bytes, input_bytes
from sloplan.problem.compiling.infrastructure import compile_links, compile_pools, given_routes, link_delay_ranks
from sloplan.problem.compiling.limits import refuse_overflow
from sloplan.problem.compiling.lookup import indices_of
from sloplan.problem.compiling.options import compile_options, profile_item_us
from sloplan.problem.compiling.queries import compile_queries
from sloplan.problem.compiling.read_only import make_read_only
from sloplan.problem.compiling.rows import compile_rows
from sloplan.problem.storage.content_hash import ContentHash
from sloplan.problem.tables import Tables

if TYPE_CHECKING:
    from sloplan.problem.instance import Instance


def compile_instance(instance: Instance) -> CompiledInstance:
    """Compile an instance to int64.

    Parameters
    ----------
    instance : Instance

    Returns
    -------
    CompiledInstance

    Raises
    ------
    SizeLimitError
        When a figure, or a worst-case sum of figures, does not fit into int64.
    """
    return compile_tables(
        instance._tables, content_hash=instance._content_hash, name=instance.name, hosting=instance.hosting
    )


def compile_tables(tables: Tables, *, content_hash: ContentHash, name: str, hosting: str) -> CompiledInstance:
    """Compile checked tables in canonical form (defaults filled in, rows sorted by key).

    Parameters
    ----------
    tables : mapping of table name to mapping of column name to array
        The tables of the schema.
    content_hash : ContentHash
        What the result carries.
    name : str
    hosting : {"fluid", "replicas"}

    Returns
    -------
    CompiledInstance
        Its arrays are read-only.

    Raises
    ------
    SizeLimitError
        When a figure, or a worst-case sum of figures, does not fit into int64.
    """
    names = _names(tables)
    applications = compile_applications(tables, names)
    pools = compile_pools(tables["pools"], names)
    links = compile_links(tables["links"], names)
    options, option_profile = compile_options(tables, names, pools)
    layout = compile_rows(tables, names, options, option_profile, pools, links, hosting)
    queries, templates = compile_queries(tables["queries"], names, applications)
    compiled = CompiledInstance(
        content_hash=content_hash,
        name=name,
        hosting=hosting,
        names=names,
        applications=applications,
        operator_application=indices_of(names.applications, tables["operators"]["application"]),
        operator_input_bytes=input_bytes(tables),
        configuration_operator=indices_of(names.operators, tables["configurations"]["operator"]),
        configuration_bytes=configuration_bytes(tables),
        profile_item_us=profile_item_us(tables),
        options=replace(options, deployment=layout.option_deployment),
        pools=replace(pools, row=layout.pool_row, brought=layout.pool_brought),
        links=replace(links, row=layout.link_row),
        rows=layout.rows,
        supplies=layout.supplies,
        queries=queries,
        templates=templates,
        given_routes=given_routes(tables["routes"], names),
        link_delay_rank=link_delay_ranks(tables["links"]),
    )
    refuse_overflow(compiled)
    make_read_only(compiled)  # a method that writes to them would change what its solutions are checked against
    return compiled


def _names(tables: Tables) -> Names:
    # Rows are in the order of their keys, so these columns are sorted already.
    return Names(
        sites=tables["sites"]["site"],
        pools=tables["pools"]["pool"],
        links=tables["links"]["link"],
        applications=np.unique(tables["operators"]["application"]),
        operators=tables["operators"]["operator"],
        configurations=tables["configurations"]["configuration"],
        allocations=np.unique(tables["profiles"]["allocation"]),
        queries=tables["queries"]["query"],
    )
