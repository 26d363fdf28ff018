"""Room for one more copy in a solution: what more has to stand, and whom it would displace."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, diags_array, hstack

from sloplan.explained import Displaced, Standing
from sloplan.models.carried import supplies_needed
from sloplan.problem.compiled import Bool, CompiledInstance, Int, Sparse
from sloplan.problem.evaluation import evaluate_plans
from sloplan.problem.exact_sums import Exact, exact_totals
from sloplan.problem.grouping import grouped
from sloplan.problem.solution_index import IndexedSolution

_SEARCH_SECONDS = 10.0  # for whom to displace


@dataclass(frozen=True)
class Load:
    """What a solution uses of the rows.

    Parameters
    ----------
    total : (rows,) Python integers
    of_copy : Sparse
        One copy on each of its plans.
    """

    total: Exact
    of_copy: Sparse

    @classmethod
    def of(cls, compiled: CompiledInstance, chosen: IndexedSolution) -> Load:
        """Evaluate the plans of a solution.

        Parameters
        ----------
        compiled : CompiledInstance
        chosen : IndexedSolution
        """
        none = np.zeros(0, dtype=np.int64)
        parts, places = [Sparse(np.zeros(1, dtype=np.int64), none, none)], [none]
        templates = compiled.queries.template[chosen.query]
        for application, members in grouped(compiled.templates.application[templates]):
            width = len(compiled.applications[application].operators)
            usage = evaluate_plans(compiled, templates[members], chosen.choices[members, :width]).usage
            rate = compiled.queries.rate_milli[chosen.query[members]]
            parts.append(Sparse(usage.start, usage.column, usage.amount * rate[usage.row_of_entry]))
            places.append(members)
        of_copy = Sparse.joined(parts).taken(np.argsort(np.concatenate(places)))
        return cls(_totals(of_copy, chosen.count, len(compiled.rows)), of_copy)


def room_left(compiled: CompiledInstance, supply: Int, load: Load) -> Exact:
    """Return what a solution leaves of every row with the supplies that stand in it, Python integers.

    Parameters
    ----------
    compiled : CompiledInstance
        With the rows and supplies of the solution's objective.
    supply : (supplies,) int64
    load : Load
    """
    return _held(compiled, supply) - load.total


def make_room(
    compiled: CompiledInstance, chosen: IndexedSolution, load: Load, row: Int, usage: Int
) -> tuple[tuple[Displaced, ...] | None, tuple[Standing, ...]]:
    """Find room for one more copy, supplies free up to their maximum and everybody else staying on their plans.

    Parameters
    ----------
    compiled : CompiledInstance
        With the rows and supplies of the solution's objective.
    chosen : IndexedSolution
    load : Load
        Of the solution.
    row, usage : (n,) int64
        What the copy uses.

    Returns
    -------
    displaced : tuple of Displaced, optional
        Copies of least value whose leaving makes room, none where it fits; None where no way is proved the least.
    standing : tuple of Standing
        What has to stand, then, beyond what stands in the solution.
    """
    wanted = load.total.copy()
    np.add.at(wanted, row, usage.astype(object))
    more = _more_standing(compiled, chosen.supply, wanted)
    if more is not None:
        return (), more
    leaving = _leaving(compiled, chosen, load, wanted, row)
    if leaving is None:
        return None, ()
    # The engine answers within a tolerance: what it says is summed up again in integers.
    more = _more_standing(compiled, chosen.supply, wanted - _totals(load.of_copy, leaving, len(wanted)))
    if more is None:
        return None, ()
    told = []
    for query, members in grouped(chosen.query):
        copies = int(leaving[members].sum())
        if copies:
            worth = copies * int(compiled.queries.value_milli[query]) / 1000
            told.append(Displaced(str(compiled.names.queries[query]), copies, worth))
    return tuple(told), more


def _totals(of_copy: Sparse, copies: Int, num_rows: int) -> Exact:
    return exact_totals(of_copy.column, of_copy.amount, copies[of_copy.row_of_entry], num_rows)


def _held(compiled: CompiledInstance, supply: Int) -> Exact:
    """Capacity of every row with some supplies."""
    brought = compiled.supplies.brought
    held = compiled.rows.capacity.astype(object)
    return held + exact_totals(brought.column, brought.amount, supply[brought.row_of_entry], len(held))


def _more_standing(compiled: CompiledInstance, supply: Int, usage: Exact) -> tuple[Standing, ...] | None:
    """Supplies beyond those that stand with which a usage fits; None where it does not fit with any."""
    needed = supplies_needed(compiled, usage)
    if np.any(needed > compiled.supplies.maximum):
        return None
    fewest = needed.astype(np.int64)
    if np.any(usage > _held(compiled, fewest)):
        return None
    more = fewest - supply
    return tuple(Standing(str(compiled.supplies.name[one]), int(more[one])) for one in np.flatnonzero(more > 0))


def _leaving(compiled: CompiledInstance, chosen: IndexedSolution, load: Load, wanted: Exact, row: Int) -> Int | None:
    """Copies of each plan, of least value, without which the rest fits by the engine's word; None if none is proved."""
    plans = len(chosen.query)
    if not plans:
        return None
    supplies, value = compiled.supplies, compiled.queries.value_milli[chosen.query]
    rows = np.flatnonzero(_coupled(compiled, row))
    lacking = (wanted - _held(compiled, chosen.supply))[rows].astype(np.float64)
    parts = [_by_row(part, len(compiled.rows))[rows] for part in (load.of_copy, supplies.brought)]
    frees = hstack(parts, format="csr")
    # A row is divided by what it lacks, if anything: the engine likes figures near 1.
    scale = np.where(lacking > 0, lacking, np.maximum(abs(frees).max(axis=1).toarray().reshape(-1), 1.0))
    found = milp(
        np.append(value / max(int(value.max()), 1), np.zeros(len(supplies))),
        constraints=LinearConstraint(diags_array(1 / scale) @ frees, lb=lacking / scale),
        bounds=Bounds(
            np.append(np.zeros(plans), -chosen.supply.astype(np.float64)),
            np.append(chosen.count, supplies.maximum - chosen.supply).astype(np.float64),
        ),
        integrality=np.ones(plans + len(supplies)),
        options={"time_limit": _SEARCH_SECONDS, "mip_rel_gap": 0.0},
    )
    return np.rint(found.x[:plans]).astype(np.int64) if found.status == 0 else None


def _by_row(part: Sparse, num_rows: int) -> csr_array:
    """Coupling rows by plans or supplies."""
    entries = part.amount.astype(np.float64), (part.column, part.row_of_entry)
    return csr_array(entries, shape=(num_rows, len(part)))


def _coupled(compiled: CompiledInstance, row: Int) -> Bool:
    """Rows that some rows depend on through supplies: a replica takes share and memory, which others take too."""
    brought = compiled.supplies.brought
    rows = np.zeros(len(compiled.rows), dtype=np.bool_)
    rows[row] = True
    reached = 0
    while reached < rows.sum():
        reached = int(rows.sum())
        touching = np.zeros(len(compiled.supplies), dtype=np.bool_)
        touching[brought.row_of_entry[rows[brought.column]]] = True
        rows[brought.column[touching[brought.row_of_entry]]] = True
    return rows
