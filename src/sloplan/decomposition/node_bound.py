"""The bound at a node of the tree: prices by column generation, as far as they help to close it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sloplan.decomposition.branching_case import Case
from sloplan.decomposition.lagrangian import Prices
from sloplan.decomposition.node_master import NodeMaster
from sloplan.decomposition.open_pairs import OpenPairs
from sloplan.problem.compiled import Int

_MOST_ROUNDS = 200
_TOLERANCE = 1e-7
"""Of the bound: a round that may gain no more is the last."""


@dataclass(frozen=True)
class NodeBound:
    """What is known at a node.

    Parameters
    ----------
    bound : float
        Most that anything can be worth there.
    prices : Prices
        Which prove it.
    """

    bound: float
    prices: Prices


def node_bound(pairs: OpenPairs, master: NodeMaster, case: Case, inherited: NodeBound, cutoff: float) -> NodeBound:
    """Return the least bound found at a node; the master is left at its optimum unless the node is closed before.

    Parameters
    ----------
    pairs : OpenPairs
    master : NodeMaster
    case : Case
    inherited : NodeBound
        Of the node's parent: its prices hold here too.
    cutoff : float
        A bound below this closes the node, and no less is sought.
    """
    best = NodeBound(case.bound(pairs, inherited.prices), inherited.prices)
    if best.bound < cutoff:
        return best
    master.face(case)
    master.add(*best_pairs(pairs, master, case, best.prices))  # who must be served needs a column
    for _ in range(_MOST_ROUNDS):
        if best.bound < cutoff:
            break
        master.face(case)
        prices = master.solve()
        bound = case.bound(pairs, prices)
        if bound < best.bound:
            best = NodeBound(bound, prices)
        unit, pair = best_pairs(pairs, master, case, prices)
        is_last = bound - master.worth <= _TOLERANCE * max(1.0, abs(bound)) or not master.add(unit, pair)
        if is_last and not master.raise_shortfalls():
            break
    return _gentle(pairs, case, inherited, best, cutoff, master.denominator) if best.bound < cutoff else best


def _gentle(pairs: OpenPairs, case: Case, inherited: NodeBound, best: NodeBound, cutoff: float, grid: int) -> NodeBound:
    """Return prices no further from the inherited ones than closing the node takes, by powers of two.

    Shortfalls make prices that are a thousand times as large as any other, and a certificate has one grid for all.
    The bound is convex between the two, so what closes the node nearer by is found by going there.
    """
    before, after = inherited.prices, best.prices
    if after.row.max(initial=0.0) <= 2 * before.row.max(initial=0.0) and after.value <= 2 * before.value:
        return best
    for exponent in range(16, 0, -1):
        part = 2.0**-exponent
        between = Prices(
            np.rint((before.row + part * (after.row - before.row)) * grid) / grid,
            float(np.rint((before.value + part * (after.value - before.value)) * grid) / grid),
        )
        bound = case.bound(pairs, between)
        if bound < cutoff:
            return NodeBound(bound, between)
    return best


def best_pairs(pairs: OpenPairs, master: NodeMaster, case: Case, prices: Prices) -> tuple[Int, Int]:
    """Return the best pair of every unit at some prices, by unit and pair; none where none may be taken.

    Parameters
    ----------
    pairs : OpenPairs
    master : NodeMaster
    case : Case
    prices : Prices
    """
    worth = pairs.worth(prices)
    groups = np.array([group for group, _ in master.units], dtype=np.int64)
    filled = np.flatnonzero(np.diff(pairs.start))
    best = np.full(len(pairs.problem.groups), -1, dtype=np.int64)
    most = pairs.best(worth)
    at_most = np.flatnonzero(worth >= most[pairs.group])
    best[pairs.group[at_most[::-1]]] = at_most[::-1]  # the first of equals stands last
    chosen = best[groups] if len(filled) else np.full(len(groups), -1, dtype=np.int64)
    for copy, of_copy in case.copies.items():
        first = pairs.start[copy[0]]
        of_group: npt.NDArray[np.float64] = worth[first : pairs.start[copy[0] + 1]]
        allowed = np.flatnonzero(of_copy.open)
        unit = master.unit_of(copy)
        chosen[unit] = first + allowed[int(np.argmax(of_group[allowed]))] if len(allowed) else -1
    taken = np.flatnonzero(chosen >= 0)
    return taken, chosen[taken]
