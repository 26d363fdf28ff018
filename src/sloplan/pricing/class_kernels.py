"""Inner loops over classes of queries and whole plans: which are open to a class, and what it has to undercut.

They take plain arrays and hold no lock; see `plan_kernels`.
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

from sloplan.problem.compiled import Bool, Int

Float = npt.NDArray[np.float64]

_FIRST_ROOM = 1024


@numba.njit(cache=True, nogil=True)
def known_ceilings(needs: Int, price: Float, allowed: Int, hopeless: Bool, k: int) -> Float:
    """Return the price of each class's k-th cheapest known open plan: infinite with fewer, -infinite if hopeless."""
    order = np.argsort(price, kind="mergesort")
    ceiling = np.full(len(allowed), np.inf)
    for member in range(len(allowed)):
        if hopeless[member]:
            ceiling[member] = -np.inf
            continue
        found = 0
        for plan in order:
            if _at_most(needs[plan], allowed[member]):
                found += 1
                if found == k:
                    ceiling[member] = price[plan]
                    break
    return ceiling


@numba.njit(cache=True, nogil=True)
def rough_groups(allowed: Int, ceiling: Float, most: int) -> tuple[Int, Float]:
    """Return at most so many looser classes: what is of use to none of them is of use to no class.

    The one of highest ceiling comes first, since most labels are of use to it.
    """
    groups = min(len(ceiling), most)
    order = np.argsort(-ceiling, kind="mergesort")
    rough_allowed = np.empty((groups, allowed.shape[1]), dtype=np.int64)
    rough_ceiling = np.empty(groups)
    for group in range(groups):
        first, end = group * len(ceiling) // groups, (group + 1) * len(ceiling) // groups
        rough_allowed[group], rough_ceiling[group] = allowed[order[first]], ceiling[order[first]]
        for member in order[first:end]:
            for column in range(allowed.shape[1]):
                rough_allowed[group, column] = max(rough_allowed[group, column], allowed[member, column])
    return rough_allowed, rough_ceiling


@numba.njit(cache=True, nogil=True)
def pick(figures: Int, price: Float, allowed: Int, ceiling: Float, most: int) -> tuple[Int, Int]:
    """Return (class, plan) of the cheapest plans open to each class, at most `most` of each and none above its ceiling.

    Class by class, the cheapest first, of equals the first.
    """
    order = np.argsort(price, kind="mergesort")
    room = max(_FIRST_ROOM, len(allowed))
    of_class, of_plan = np.empty(room, dtype=np.int64), np.empty(room, dtype=np.int64)
    count = 0
    for member in range(len(allowed)):
        taken = 0
        for plan in order:
            if taken == most or price[plan] > ceiling[member]:
                break
            if _at_most(figures[plan], allowed[member]):
                if count == room:
                    room *= 2
                    of_class, of_plan = _longer_vector(of_class, room), _longer_vector(of_plan, room)
                of_class[count], of_plan[count] = member, plan
                count += 1
                taken += 1
    return of_class[:count], of_plan[:count]


@numba.njit(cache=True, nogil=True)
def _at_most(needs: Int, allowed: Int) -> bool:
    for column in range(len(needs)):  # noqa: SIM110 - numba takes no generator
        if needs[column] > allowed[column]:
            return False
    return True


@numba.njit(cache=True, nogil=True)
def _longer_vector(array: npt.NDArray, room: int) -> npt.NDArray:
    longer = np.empty(room, dtype=array.dtype)
    longer[: len(array)] = array
    return longer
