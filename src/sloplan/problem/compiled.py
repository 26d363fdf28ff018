"""The compiled instance: the planning problem as int64 arrays, the one truth of every method.

Indices are positions in the sorted lists of `Names`. An *option* is (configuration, pool,
allocation) of one operator; options are listed once for the whole instance, and a template
(application, source, sink) may use those that `template_options` returns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from sloplan.problem.compiling.read_only import make_read_only
from sloplan.problem.open_options import OpenOptions

if TYPE_CHECKING:
    from sloplan.problem.cost_problem import CostProblem
    from sloplan.problem.storage.content_hash import ContentHash

Int = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]
Text = npt.NDArray[np.object_]

INT64_MAX: Final = 2**63 - 1
NO_LIMIT: Final = INT64_MAX
"""Stands for a limit that is not there (an SLO that a query does not state): everything compiled is below it."""


@dataclass(frozen=True)
class Sparse:
    """Rows of sparse integer entries (compressed rows): row i holds entries start[i]:start[i+1].

    Parameters
    ----------
    start : (n + 1,) int64
    column : (nnz,) int64
    amount : (nnz,) int64
    """

    start: Int
    column: Int
    amount: Int

    def __len__(self) -> int:
        return len(self.start) - 1

    def row(self, i: int) -> tuple[Int, Int]:
        """Return columns and amounts of row `i`."""
        part = slice(self.start[i], self.start[i + 1])
        return self.column[part], self.amount[part]

    @cached_property
    def row_of_entry(self) -> Int:
        """Row index of every entry, shape (nnz,)."""
        return make_read_only(np.repeat(np.arange(len(self), dtype=np.int64), np.diff(self.start)))

    def taken(self, rows: Int) -> Sparse:
        """Return some rows, in the given order."""
        size = np.diff(self.start)[rows]
        start = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
        entry = np.arange(start[-1]) + np.repeat(self.start[rows] - start[:-1], size)
        return Sparse(start, self.column[entry], self.amount[entry])

    def in_columns(self, kept: Bool) -> Sparse:
        """Return the same rows with the entries in some columns alone.

        Parameters
        ----------
        kept : (columns,) bool
        """
        entry = np.flatnonzero(kept[self.column])
        number = np.bincount(self.row_of_entry[entry], minlength=len(self))
        start = np.concatenate([[0], np.cumsum(number)]).astype(np.int64)
        return Sparse(start, self.column[entry], self.amount[entry])

    @classmethod
    def joined(cls, parts: Sequence[Sparse]) -> Sparse:
        """Return the rows of all parts, one part after the other."""
        size = np.concatenate([np.diff(part.start) for part in parts])
        start = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
        return cls(
            start, np.concatenate([part.column for part in parts]), np.concatenate([part.amount for part in parts])
        )


@dataclass(frozen=True)
class Names:
    """Names behind the indices, each an object array of str in canonical (sorted) order.

    `configurations` holds one entry per (operator, configuration); see `configuration_operator`.
    """

    sites: Text
    pools: Text
    links: Text
    applications: Text
    operators: Text
    configurations: Text
    allocations: Text
    queries: Text


@dataclass(frozen=True)
class Factor:
    """One accuracy factor of an application.

    Parameters
    ----------
    name : str
    positions : (k,) int64
        Local operator positions (in `Application.operators`).
    configurations : (rows, k) int64
        Global configuration index per measured combination.
    nano_nats : (rows,) int64
        nearest of -10^9 ln(accuracy).
    """

    name: str
    positions: Int
    configurations: Int
    nano_nats: Int


@dataclass(frozen=True)
class Compatibility:
    """Allowed configuration pairs of two operators of one application.

    Parameters
    ----------
    first, second : int
        Local operator positions, first < second.
    allowed : (pairs, 2) int64
        Global configuration indices; what is not listed is forbidden.
    """

    first: int
    second: int
    allowed: Int


@dataclass(frozen=True)
class Application:
    """An application's DAG with operators in topological order (ties by name).

    Parameters
    ----------
    name : str
    operators : (n,) int64
        Global operator indices; a *local position* is an index into this array.
    edges : (m, 2) int64
        Local positions (producer, consumer), producer < consumer.
    roots, leaves : int64 arrays
        Local positions without predecessors / successors.
    factors : tuple of Factor
    compatibilities : tuple of Compatibility
    """

    name: str
    operators: Int
    edges: Int
    roots: Int
    leaves: Int
    factors: tuple[Factor, ...]
    compatibilities: tuple[Compatibility, ...]


@dataclass(frozen=True)
class Options:
    """All options of the instance, sorted by (operator, configuration, pool, allocation).

    Excluded already: no profile row, memory above a unit's, tier or site not allowed.
    All arrays have shape (options,).

    Parameters
    ----------
    operator, configuration, pool, allocation, site : int64
        Global indices.
    latency_us, busy_us : int64
        us; us of unit-time per request.
    cost_nano : int64
        nano-USD per request, whatever the pool's billing.
    billed_cost_nano : int64
        The same, 0 on reserved shared pools (paid by the rented unit).
    min_rate_milli : int64
        milli-requests/s that one copy must have (0: none).
    deployment : int64
        Index of the supply of the deployment under `replicas`, -1 under `fluid` and on
        query-scope pools.
    source_only : bool
        The operator may stand here only if the query's source is this site.
    profile : int64
        Position in table `profiles` of the row that the option comes from.
    """

    operator: Int
    configuration: Int
    pool: Int
    allocation: Int
    site: Int
    latency_us: Int
    busy_us: Int
    cost_nano: Int
    billed_cost_nano: Int
    min_rate_milli: Int
    deployment: Int
    source_only: Bool
    profile: Int


@dataclass(frozen=True)
class Pools:
    """Pools; `capacity` is units x floor(10^9 max_utilization), `row` the busy row or -1.

    Query-scope pools are never `reserved`. A rented unit brings capacity to the rows in `brought`
    (`unit_capacity` to the busy row, or shares and memory) and costs `unit_price_pico` (10^-12 USD/s).
    """

    site: Int
    units: Int
    max_units: Int
    capacity: Int
    query_scope: Bool
    reserved: Bool
    row: Int
    unit_capacity: Int
    unit_price_pico: Int
    brought: Sparse


@dataclass(frozen=True)
class Links:
    """Links; `capacity` in milli-bytes/s, `row` the traffic row or -1 (query scope).

    `bandwidth_num / bandwidth_den` (Mbit/s) and `price_num / price_den` (USD/GB) are exact.
    """

    from_site: Int
    to_site: Int
    delay_us: Int
    capacity: Int
    query_scope: Bool
    row: Int
    bandwidth_num: Int
    bandwidth_den: Int
    price_num: Int
    price_den: Int


@dataclass(frozen=True)
class Rows:
    """Coupling rows: sum of usage <= capacity + supply brought.

    Parameters
    ----------
    name : (rows,) str
        "pool:P" (fluid), "deployment:P/O/C/A", "share:P", "memory:P" (replicas), "link:L".
    capacity : (rows,) int64
    """

    name: Text
    capacity: Int

    def __len__(self) -> int:
        return len(self.name)


@dataclass(frozen=True)
class Supplies:
    """Integer supply variables: replicas per deployment, under `cost` also rented units (see `CostProblem`).

    Parameters
    ----------
    name : (supplies,) str
        "P/O/C/A" (pool, operator, configuration, allocation) or "unit:P".
    maximum : (supplies,) int64
        Of replicas floor(min(units / share, units x memory / need)).
    brought : Sparse
        Signed capacity that one replica or unit brings to each row.
    """

    name: Text
    maximum: Int
    brought: Sparse

    def __len__(self) -> int:
        return len(self.name)


@dataclass(frozen=True)
class Queries:
    """Queries; all int64 of shape (queries,). Absent SLOs are `NO_LIMIT`.

    `slo_accuracy` is the largest allowed sum of nano-nats (one per factor already added).
    """

    template: Int
    rate_milli: Int
    value_milli: Int
    count: Int
    slo_latency_us: Int
    slo_accuracy: Int
    slo_cost_nano: Int


@dataclass(frozen=True)
class Templates:
    """Distinct (application, source, sink) of the queries; sink -1 means none."""

    application: Int
    source: Int
    sink: Int

    def __len__(self) -> int:
        return len(self.application)


@dataclass(frozen=True, eq=False)
class CompiledInstance:
    """The planning problem in integers (the problem statement's section on integers).

    Compared and hashed by identity; `sha256` says whether two come from the same content.

    Parameters
    ----------
    content_hash : ContentHash
        Of the instance it was compiled from.
    name, hosting : str
    names : Names
    operator_application, operator_input_bytes : (operators,) int64
        Bytes from the source per request (0 for operators with predecessors).
    configuration_operator, configuration_bytes : (configurations,) int64
        Owner and output bytes per request.
    profile_item_us : (profiles,) int64
        Time that one request takes where it was profiled, ceil(1000 calls latency_ms): what measuring costs. No
        figure of a plan follows from it.
    given_routes : dict
        (from site, to site) -> tuple of link indices, for the routes that the instance fixes.
    left_options : tuple of tuples of int64 arrays, optional
        Options that presolve has left to each template, per local operator position; None stands for all.
    """

    content_hash: ContentHash
    name: str
    hosting: str
    names: Names
    applications: tuple[Application, ...]
    operator_application: Int
    operator_input_bytes: Int
    configuration_operator: Int
    configuration_bytes: Int
    profile_item_us: Int
    options: Options
    pools: Pools
    links: Links
    rows: Rows
    supplies: Supplies
    queries: Queries
    templates: Templates
    given_routes: dict[tuple[int, int], tuple[int, ...]]
    link_delay_rank: npt.NDArray[np.object_]
    """Exact delay of every link in a common unit (decimals scaled by a power of ten), Python ints."""
    left_options: tuple[tuple[Int, ...], ...] | None = None

    @property
    def sha256(self) -> str:
        """Content hash of the instance it was compiled from."""
        return self.content_hash.sha256

    def template_queries(self, template: int) -> Int:
        """Return the queries of `template`, ascending."""
        query, start = self._queries_by_template
        return query[start[template] : start[template + 1]]

    @cached_property
    def _queries_by_template(self) -> tuple[Int, Int]:
        of_template = self.queries.template
        start = np.cumsum(np.bincount(of_template + 1, minlength=len(self.templates) + 1))
        return make_read_only((np.argsort(of_template, kind="stable"), start))

    @cached_property
    def under_cost(self) -> CostProblem:
        """What the problem is under the objective `cost`, with its own rows and supplies."""
        from sloplan.problem.cost_problem import CostProblem  # is made of compiled instances itself

        return CostProblem.of(self)

    @cached_property
    def source_bound(self) -> Bool:
        """Options open only to queries whose source is the option's site, shape (options,)."""
        return make_read_only(self.pools.query_scope[self.options.pool] | self.options.source_only)

    def template_options(self, template: int) -> tuple[Int, ...]:
        """Return the options open to `template`, per local operator position.

        An option on a query-scope pool is open only at the query's own source site, as is an
        option whose operator may stand there only as the source. Sites that the query's data cannot
        reach from the source, over shared links and its own, are left out: no plan stands there.
        """
        if self.left_options is not None:
            return self.left_options[template]
        operators = self.applications[self.templates.application[template]].operators
        return self._open_options.at(int(self.templates.source[template]), operators)

    @cached_property
    def _open_options(self) -> OpenOptions:
        return OpenOptions(self)
