"""Serving groups in turn at given prices, each by its open plans of least price that still fit."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sloplan.decomposition import recovery_kernels as kernels
from sloplan.decomposition.assignment import Assignment
from sloplan.decomposition.choice_kernels import sort_by_price
from sloplan.decomposition.coupled_problem import CoupledProblem
from sloplan.decomposition.lagrangian import Response
from sloplan.decomposition.room import Memory, room_of, writable
from sloplan.problem.compiled import Int

Float = npt.NDArray[np.float64]

_PLANS_PER_GROUP = 64
"""Plans among which the copies of one group are spread, at most."""


def serve_by_price(problem: CoupledProblem, response: Response, turn: Int) -> Assignment:
    """Serve groups in turn, each copy by its open plan of least price that still fits.

    A group that does not fit by its best plan tries all its open plans in the order of their prices. Supplies come as
    they are needed. Under cost, serving ends once the floor is reached; must groups are served all the same. The rows
    hold; must groups and the floor may have been missed.

    Parameters
    ----------
    problem : CoupledProblem
    response : Response
        At the prices that say what is cheap.
    turn : (n,) int64
        Groups, the first first.
    """
    groups, plans = problem.groups, problem.plans
    memory = Memory.of(*room_of(problem, response.prices.row))
    length = np.diff(plans.start)[groups.template[turn]]
    most = int(np.minimum(np.minimum(groups.count[turn], length), _PLANS_PER_GROUP).sum())
    entries = np.zeros((3, most), dtype=np.int64)
    number = kernels.serve(
        memory.cells,
        *writable(problem.most_supplied),
        *writable(groups.template, groups.rate, groups.value, groups.count, groups.must, groups.allowed),
        *writable(plans.start, sort_by_price(plans.start, response.plan_price), plans.needs, turn),
        problem.floor if problem.is_cost else -1,
        entries,
    )
    kernels.trim_all(memory.cells)
    group, plan, count = entries[:, :number]
    return Assignment(group, plan, count, memory["AMOUNT"].copy())


def by_return(response: Response, seed: int) -> Int:
    """Return the groups that have a plan in the order in which they are best served: most value per price first.

    Must groups come before all others, those whose plan takes most, at its price, first. Of equals, the seed decides.

    Parameters
    ----------
    response : Response
    seed : int
    """
    value, paid = value_and_price(response)
    return _in_order(response, np.divide(value, paid, out=np.full(len(paid), np.inf), where=paid > 0), paid, seed)


def by_worth(response: Response, seed: int) -> Int:
    """Return the same groups, those that lose most by staying out first; see `by_return`."""
    return _in_order(response, response.worth, value_and_price(response)[1], seed)


def value_and_price(response: Response) -> tuple[Float, Float]:
    """Return the value of one copy of each group by its best plan, and the price of that plan; 0 without a plan.

    Parameters
    ----------
    response : Response
    """
    problem, found = response.problem, response.plan >= 0
    value = np.zeros(len(found))
    value[found] = problem.groups.value[found] + problem.plans.value[response.plan[found]]
    paid = np.where(found, response.prices.value * value - response.worth, 0.0)
    return value, paid


def _in_order(response: Response, key: Float, paid: Float, seed: int) -> Int:
    groups = response.problem.groups
    able = np.flatnonzero((response.plan >= 0) & (groups.count > 0))
    ties = np.random.default_rng(seed).permutation(len(able))
    must = groups.must[able]
    return able[np.lexsort((ties, -np.where(must, paid[able], key[able]), ~must))]
