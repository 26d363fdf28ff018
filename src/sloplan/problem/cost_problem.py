"""What the problem is under the objective `cost`: nothing reserved stands, every unit is rented.

A reserved pool's rows begin with nothing, and whole units of it are supplies with a price. Usage pools and
links keep what they have. `goodput-then-cost` has these capacities in both of its stages.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from sloplan.problem.compiled import INT64_MAX, CompiledInstance, Int, Rows, Sparse, Supplies
from sloplan.problem.compiling.limits import refuse_supply_overflow
from sloplan.problem.compiling.read_only import make_read_only
from sloplan.problem.errors import InputError
from sloplan.problem.exact_sums import Exact
from sloplan.problem.objective import find_objective
from sloplan.problem.servable import servable_value

if TYPE_CHECKING:
    from sloplan.problem.instance import Instance

UNIT_PREFIX: Final = "unit:"
"""Begins the name of a pool's rented units; a replica's name holds "/", which no pool's name does."""


@dataclass(frozen=True, eq=False)
class CostProblem:
    """An instance under the objective `cost`; `CompiledInstance.under_cost` holds it.

    Parameters
    ----------
    compiled : CompiledInstance
        The instance, but with the rows and supplies of `cost`. Rows have the names and order that they have under
        `goodput`, and the capacity that stands there without any rented unit. Supplies are the replicas, as under
        `goodput` but up to as many as fit into `max_units` of a reserved pool, and then the rented units of every
        reserved pool: "unit:P", from 0 to `max_units`.
    supply_price : (supplies,) int64
        10^-12 USD/s of one unit of each supply; replicas are free.
    all_rented : CompiledInstance
        The instance with all units standing that can be rented, and the replicas alone as supplies.
    """

    compiled: CompiledInstance
    supply_price: Int
    all_rented: CompiledInstance

    @cached_property
    def servable(self) -> int:
        """Value of all copies that have a plan that fits alone where all units stand, milli-value.

        Raises
        ------
        SizeLimitError
            If a template has more partial plans than plain enumeration lists.
        """
        return servable_value(self.all_rented)

    @classmethod
    def of(cls, compiled: CompiledInstance) -> CostProblem:
        """Lay out rows and supplies under `cost`.

        Raises
        ------
        SizeLimitError
            If what all replicas and rented units bring to a row passes int64.
        """
        pools = compiled.pools
        rented = np.flatnonzero(pools.reserved & ~pools.query_scope)
        of_unit = pools.brought.taken(rented)
        standing = compiled.rows.capacity.copy()
        standing[of_unit.column] = 0
        rows = Rows(compiled.rows.name, standing)
        brought = Sparse.joined([compiled.supplies.brought, of_unit])
        most = np.concatenate([_most_replicas(compiled), pools.max_units[rented].astype(object)])
        refuse_supply_overflow(rows, brought, most.tolist(), "pools.csv, max_units: replicas and rented units on row")
        supplies = Supplies(
            name=np.concatenate([compiled.supplies.name, UNIT_PREFIX + compiled.names.pools[rented]]),
            maximum=most.astype(np.int64),
            brought=brought,
        )
        replicas = replace(compiled.supplies, maximum=supplies.maximum[: len(compiled.supplies)])
        everything = standing.copy()
        everything[of_unit.column] = of_unit.amount * pools.max_units[rented][of_unit.row_of_entry]
        problem = cls(
            compiled=replace(compiled, rows=rows, supplies=supplies),
            supply_price=np.concatenate([np.zeros(len(replicas), dtype=np.int64), pools.unit_price_pico[rented]]),
            all_rented=replace(compiled, rows=Rows(compiled.rows.name, everything), supplies=replicas),
        )
        return make_read_only(problem)


def under_objective(compiled: CompiledInstance, objective: str) -> CompiledInstance:
    """Return an instance with the rows and supplies that it has under an objective.

    Parameters
    ----------
    compiled : CompiledInstance
    objective : str
        "goodput", "cost" or "goodput-then-cost".

    Raises
    ------
    InputError
        If there is no such objective.
    """
    return compiled if find_objective(objective).name == "goodput" else compiled.under_cost.compiled


def goodput_floor(instance: Instance, min_goodput: float) -> int:
    """Return the least goodput under `cost`: ceil(min_goodput x servable).

    Servable is the value of all copies that have a plan that meets SLOs and rules and fits alone at `max_units`.

    Parameters
    ----------
    instance : Instance
    min_goodput : float
        Fraction of what is servable, 0 to 1; stands for its shortest decimal.

    Returns
    -------
    int
        Milli-value.

    Raises
    ------
    InputError
        If `min_goodput` is not a number from 0 to 1.
    SizeLimitError
        If a template has more partial plans than plain enumeration lists.
    """
    is_number = isinstance(min_goodput, int | float | np.integer | np.floating) and not isinstance(min_goodput, bool)
    if not is_number or not 0 <= min_goodput <= 1:
        raise InputError(
            "not a fraction of what is servable", field="min_goodput", value=min_goodput, allowed="a number from 0 to 1"
        )
    fraction = Fraction(repr(float(min_goodput)))
    if not fraction:
        return 0  # nothing needs to be listed
    return -(-fraction.numerator * instance.compiled.under_cost.servable // fraction.denominator)


def _most_replicas(compiled: CompiledInstance) -> Exact:
    """Most replicas of each deployment when all units stand that can be rented, Python integers of shape (supplies,).

    Shares and memories are scaled exactly, so the quotients are those of the decimals.
    """
    pools, options, supplies = compiled.pools, compiled.options, compiled.supplies
    maximum = supplies.maximum.astype(object)
    pool = np.zeros(len(supplies), dtype=np.int64)
    hosted = options.deployment >= 0
    pool[options.deployment[hosted]] = options.pool[hosted]
    of_one_unit = np.zeros(len(compiled.rows), dtype=object)  # each share and memory row is of one pool
    of_one_unit[pools.brought.column] = pools.brought.amount.astype(object)
    rented = pools.reserved[pool]
    maximum[rented] = INT64_MAX
    entry = np.flatnonzero((supplies.brought.amount < 0) & rented[supplies.brought.row_of_entry])
    supply, row = supplies.brought.row_of_entry[entry], supplies.brought.column[entry]
    fitting = pools.max_units[pool[supply]].astype(object) * of_one_unit[row] // -supplies.brought.amount[entry]
    np.minimum.at(maximum, supply, fitting)
    return maximum
