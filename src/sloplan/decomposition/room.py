"""What recovery's kernels work on: what plans use and supplies bring, and what is left of each row, in one array."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sloplan.decomposition import recovery_kernels as kernels
from sloplan.decomposition.coupled_problem import CoupledProblem
from sloplan.problem.compiled import Bool, Int


@dataclass(frozen=True)
class Memory:
    """Named integers and integer arrays in one array; see `recovery_kernels`.

    Parameters
    ----------
    cells : (n,) int64
        Scalars, where each array begins, and the arrays.
    place : dict
        The part of `cells` that each array is.
    """

    cells: Int
    place: dict[str, slice]

    @classmethod
    def of(cls, scalars: Mapping[str, int], arrays: Mapping[str, Int]) -> Memory:
        """Lay out scalars (0 unless given) and arrays (empty unless given) one after the other."""
        names, none = kernels.ARRAYS.split(), np.zeros(0, dtype=np.int64)
        parts = [np.ravel(arrays.get(name, none)) for name in names]
        end = kernels.HEADER + np.cumsum([len(part) for part in parts])
        begin = end - [len(part) for part in parts]
        first = [scalars.get(name, 0) for name in kernels.SCALARS.split()]
        cells = np.concatenate([np.array(first, dtype=np.int64), begin, *parts]).astype(np.int64, copy=False)
        return cls(cells, {name: slice(*at) for name, *at in zip(names, begin.tolist(), end.tolist(), strict=True)})

    def __getitem__(self, name: str) -> Int:
        """Return an array: a view."""
        return self.cells[self.place[name]]


def room_of(
    problem: CoupledProblem, row_price: npt.NDArray[np.float64], amount: Int | None = None
) -> tuple[dict[str, int], dict[str, Int]]:
    """Return the empty room as scalars and arrays for `Memory`.

    Supplies that cost nothing and take from no row stand as a whole; the others come and go with what is served, as
    few of them as that needs. Where several bring to one row, the one that is cheapest at the prices comes first: then
    as few is not always as cheap as can be. Replicas and rented units of an instance never share a row.

    Parameters
    ----------
    problem : CoupledProblem
    row_price : (rows,) float64
        Says which of several supplies comes first.
    amount : (supplies,) int64, optional
        Supplies that stand; default: those alone that always do.
    """
    supplies, brought, rows = problem.supplies, problem.supplies.brought, len(problem.rows)
    moves = _moving(problem)
    standing = np.where(moves, 0 if amount is None else amount, supplies.maximum)
    left = problem.rows.capacity.copy()
    np.add.at(left, brought.column, brought.amount * standing[brought.row_of_entry])
    priced = np.flatnonzero(moves & (problem.supply_price > 0) & (supplies.maximum > 0))
    scalars = {
        "COST": int(problem.supply_price @ standing),
        "ROWS": rows,
        "SUPPLIES": len(supplies),
        "NUM_PRICED": len(priced),
    }
    arrays = {
        "USAGE_START": problem.plans.usage.start,
        "USAGE_ROW": problem.plans.usage.column,
        "USAGE": problem.plans.usage.amount,
        "BROUGHT_START": brought.start,
        "BROUGHT_ROW": brought.column,
        "BROUGHT": brought.amount,
        **_helpers(problem, row_price, moves),
        **_takers(problem, moves),
        "SUPPLY_PRICE": problem.supply_price,
        "PLAN_VALUE": problem.plans.value,
        "PLAN_COST": problem.plans.cost,
        "LEFT": left,
        "AMOUNT": standing,
        "MOST": supplies.maximum,
        "WHAT": np.zeros(kernels.LOG_LENGTH, dtype=np.int64),
        "OLD": np.zeros(kernels.LOG_LENGTH, dtype=np.int64),
        "STACK": np.zeros(kernels.STACK_LENGTH, dtype=np.int64),
        "PRICED": priced,
    }
    return scalars, arrays


def writable(*arrays: npt.NDArray) -> tuple[npt.NDArray, ...]:
    """Return copies that are contiguous and may be written to: to numba, others are types of their own."""
    return tuple(np.array(array, order="C") for array in arrays)


def has_whole_units(problem: CoupledProblem) -> bool:
    """Tell whether there are supplies that come and go with what is served: replicas, rented units."""
    return bool(_moving(problem).any())


def _moving(problem: CoupledProblem) -> Bool:
    """Supplies that cost something or take from a row, shape (supplies,)."""
    brought, moving = problem.supplies.brought, problem.supply_price > 0
    moving[brought.row_of_entry[brought.amount < 0]] = True
    return moving


def _helpers(problem: CoupledProblem, row_price: npt.NDArray[np.float64], moves: Bool) -> dict[str, Int]:
    """Supplies that come and go by the rows that they bring to, the cheapest first."""
    brought = problem.supplies.brought
    paid = np.where(brought.amount < 0, -brought.amount * row_price[brought.column], 0.0)
    price = problem.supply_price + np.bincount(brought.row_of_entry, weights=paid, minlength=len(problem.supplies))
    entry = np.flatnonzero((brought.amount > 0) & moves[brought.row_of_entry])
    supply, row, amount = brought.row_of_entry[entry], brought.column[entry], brought.amount[entry]
    order = np.lexsort((supply, price[supply] / amount, row))
    return {"HELPER_START": _starts(row, problem), "HELPER": supply[order], "HELPED": amount[order]}


def _takers(problem: CoupledProblem, moves: Bool) -> dict[str, Int]:
    """Supplies that come and go by the rows that they take from."""
    brought = problem.supplies.brought
    entry = np.flatnonzero((brought.amount < 0) & moves[brought.row_of_entry])
    supply, row = brought.row_of_entry[entry], brought.column[entry]
    return {"TAKER_START": _starts(row, problem), "TAKER": supply[np.lexsort((supply, row))]}


def _starts(row: Int, problem: CoupledProblem) -> Int:
    return np.concatenate([[0], np.cumsum(np.bincount(row, minlength=len(problem.rows)))]).astype(np.int64)
