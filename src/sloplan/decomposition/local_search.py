"""Local search on an answer: steps of ruin and repair, led by prices, that go on for as long as there is time.

A step forces an item (some copies of a group) into one of its candidate plans, and whoever stands in the way leaves;
or takes a few users of one row out; or, under cost, closes a unit. Who left goes elsewhere, by its candidate plan of
least price that fits, or forces its own way in, a few links deep; then others are tried on the room that came free.
Simulated annealing, in cycles of twice the length that begin at the best answer, keeps the step or undoes it.

Prices are those given, raised a little so that they tell equals apart (`guiding_prices`). Candidates are the cheapest
plans whose loss at the prices is at most the gap between bound and answer: plans that lose more, and groups that lose
more by being served, are in no better answer.

Sources: G. Schrimpf et al., Record breaking optimization results using the ruin and recreate principle, Journal of
Computational Physics 159(2), 2000; J. Christiaens, G. Vanden Berghe, Slack induction by string removals for vehicle
routing problems, Transportation Science 54(2), 2020; F. Glover, Ejection chains, reference structures and alternating
path methods for traveling salesman problems, Discrete Applied Mathematics 65, 1996.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from sloplan.decomposition import candidate_kernels
from sloplan.decomposition import recovery_kernels as kernels
from sloplan.decomposition.assignment import Assignment
from sloplan.decomposition.choice_kernels import sort_by_price
from sloplan.decomposition.coupled_problem import CoupledProblem
from sloplan.decomposition.guiding_prices import guided
from sloplan.decomposition.lagrangian import Response
from sloplan.decomposition.priced_greedy import value_and_price
from sloplan.decomposition.room import Memory, has_whole_units, room_of, writable
from sloplan.problem.compiled import Bool, Int
from sloplan.problem.errors import InputError

Float = npt.NDArray[np.float64]

STEPS: Final = 2000
"""Steps of one call: some hundredths of a second."""

_CANDIDATES, _CANDIDATES_OF_WHOLE_UNITS = 12, 32
_LARGEST_TOTAL = 2.0**62  # of values or costs, so that int64 holds every sum
_HOT, _HOT_OF_WHOLE_UNITS, _COLD = 0.01, 0.1, 0.001  # temperatures as shares of what an item is worth on average
_USAGE_SHARE = 0.7  # of the priced usage in what the search makes small
_FIRST_CYCLE = 5_000  # steps


class LocalSearch:
    """A search that improves an answer, or completes one that lacks must groups or the floor.

    Parameters
    ----------
    problem : CoupledProblem
    assignment : Assignment
        Rows hold; must groups and the floor may be missed.
    response : Response
        At prices near those of least bound: the nearer, the smaller the search.
    seed : int
        Same seed, same answers after the same number of steps, however they are cut into calls.

    Raises
    ------
    InputError
        A row does not hold.
    """

    def __init__(self, problem: CoupledProblem, assignment: Assignment, response: Response, seed: int) -> None:
        self._problem, self._best = problem, assignment
        response = guided(response)
        gap = _gap(problem, assignment, response)
        wanted = _worth_trying(response, gap)
        pieces = _Pieces.of(problem, assignment, wanted)
        self._group, self._size = pieces.group, pieces.size
        scalars, arrays = room_of(problem, response.prices.row, assignment.amount)
        scalars |= {"IS_COST": problem.is_cost, "FLOOR": problem.floor, "RANDOM": _seeded(seed)}
        charges, shift = _charges(response, pieces)
        choice = _choice(response, gap, wanted)
        scalars |= {"LISTED": choice["CANDIDATE"].shape[1]}
        self._memory = memory = Memory.of(
            scalars | _sizes(problem, pieces) | shift, arrays | _items(problem, pieces) | charges | choice
        )
        kernels.begin(memory.cells)
        if np.any(memory["LEFT"] < 0):
            raise InputError(
                "a row does not hold",
                field="assignment",
                value=str(problem.rows.name[int(np.argmin(memory["LEFT"]))]),
                allowed="an assignment within all rows",
            )
        kernels.trim_all(memory.cells)
        memory["BEST_AMOUNT"][:] = memory["AMOUNT"]
        self._is_idle = len(pieces.group) == 0 or _largest_total(response, pieces) >= _LARGEST_TOTAL
        self._weight = _penalties(response, assignment)
        self._schedule = _schedule(response, pieces)
        if assignment.is_valid(problem):
            energy = memory.cells[kernels.COST] if problem.is_cost else -memory.cells[kernels.VALUE]
            self._schedule[kernels.LEAST] = energy
            self._best = self._answer()
        self._least = float(self._schedule[kernels.LEAST])

    def improve(self, steps: int = STEPS) -> Assignment:
        """Search on, and return the best answer so far; the given one while there is none that is valid.

        Parameters
        ----------
        steps : int, optional
        """
        if not self._is_idle:
            kernels.search(self._memory.cells, self._schedule, self._weight, steps)
            if self._schedule[kernels.LEAST] < self._least:
                self._least = float(self._schedule[kernels.LEAST])
                self._best = self._answer()
        return self._best

    def _answer(self) -> Assignment:
        plan, plans = self._memory["BEST_PLAN"], len(self._problem.plans)
        item = np.flatnonzero(plan >= 0)
        pair, of_item = np.unique(self._group[item] * plans + plan[item], return_inverse=True)
        count = np.zeros(len(pair), dtype=np.int64)
        np.add.at(count, of_item.reshape(-1), self._size[item])
        return Assignment(pair // plans, pair % plans, count, self._memory["BEST_AMOUNT"].copy())


def _seeded(seed: int) -> int:
    """Return the first state of the random numbers: any but 0."""
    return int(np.random.SeedSequence(seed).generate_state(1, np.uint64)[0].astype(np.int64)) | 1


def _gap(problem: CoupledProblem, assignment: Assignment, response: Response) -> float:
    """Return what an answer may still gain, a little more for rounding; infinite if it is not valid."""
    if not assignment.is_valid(problem):
        return np.inf
    gap = response.bound - assignment.worth(problem)
    return max(gap, 0.0) + 1e-9 * max(abs(response.bound), 1.0)


def _worth_trying(response: Response, gap: float) -> Bool:
    """Groups that may be served in a better answer, shape (groups,)."""
    return (response.plan >= 0) & (response.problem.groups.must | (response.worth >= -gap))


def _choice(response: Response, gap: float, wanted: Bool) -> dict[str, Int]:
    """Candidate plans of every group and their number, value, must and rank by reduced worth."""
    groups, plans = response.problem.groups, response.problem.plans
    most = _CANDIDATES_OF_WHOLE_UNITS if has_whole_units(response.problem) else _CANDIDATES
    candidate, number = np.zeros((len(groups), most), dtype=np.int64), np.zeros(len(groups), dtype=np.int64)
    found, highest = np.flatnonzero(response.plan >= 0), np.zeros(len(groups))
    lost = np.where(groups.must, 0.0, np.maximum(-response.worth, 0.0))[found]  # by serving them at all
    highest[found] = response.plan_price[response.plan[found]] + (gap - lost) / groups.rate[found]
    order = sort_by_price(plans.start, response.plan_price)
    candidate_kernels.list_candidates(
        *writable(plans.usage.start, plans.usage.column, plans.usage.amount, plans.value, plans.cost),
        len(response.problem.rows),
        *writable(groups.template, groups.allowed, plans.start, order, plans.needs),
        *writable(response.plan_price),
        *(highest, wanted, candidate, number),
    )
    rank = np.empty(len(groups), dtype=np.int64)
    rank[np.argsort(-response.worth, kind="stable")] = np.arange(len(groups))
    return {
        "CANDIDATE": candidate,
        "CANDIDATES": number,
        "GROUP_VALUE": groups.value,
        "MUST": groups.must.astype(np.int64),
        "RANK": rank,
    }


@dataclass(frozen=True)
class _Pieces:
    """Copies that go together: their group, the plan that they have (-1: out) and how many they are."""

    group: Int
    plan: Int
    size: Int

    @classmethod
    def of(cls, problem: CoupledProblem, assignment: Assignment, wanted: Bool) -> _Pieces:
        """Cut what is served, and what is out but wanted, into pieces."""
        groups = problem.groups
        out = groups.count.copy()
        np.subtract.at(out, assignment.group, assignment.count)
        waiting = np.flatnonzero(wanted & (out > 0))
        group = np.concatenate([assignment.group, waiting])
        plan = np.concatenate([assignment.plan, np.full(len(waiting), -1, dtype=np.int64)])
        copies = np.concatenate([assignment.count, out[waiting]])
        largest = _largest_size(problem)[group]
        none = np.zeros(0, dtype=np.int64)
        number = candidate_kernels.split(copies, largest, none, none)
        piece, size = np.zeros(number, dtype=np.int64), np.zeros(number, dtype=np.int64)
        candidate_kernels.split(copies, largest, piece, size)
        return cls(group[piece], plan[piece], size)


def _largest_size(problem: CoupledProblem) -> Int:
    """Copies of each group of which no plan of its template uses, costs or is worth more than int64 holds."""
    plans, groups = problem.plans, problem.groups
    most = np.ones(len(plans.start) - 1)
    np.maximum.at(most, plans.template[plans.usage.row_of_entry], plans.usage.amount.astype(np.float64))
    np.maximum.at(most, plans.template, plans.cost.astype(np.float64))
    return np.maximum(2.0**61 / (groups.rate * most[groups.template]), 1.0).astype(np.int64)


def _charges(response: Response, pieces: _Pieces) -> tuple[dict[str, Int], dict[str, int]]:
    """What the usage of every plan is priced at per unit of rate, times a power of two, and that power."""
    problem = response.problem
    price = response.plan_price - problem.plans.cost + response.prices.value * problem.plans.value
    factor = float((pieces.size * problem.groups.rate[pieces.group]).max(initial=1))
    most = max(factor * float(price.max(initial=0.0)), 1e-300)
    shift = int(np.clip(np.floor(60 - np.log2(most)), 0, 40))
    charge = np.rint(price.clip(0.0) * 2.0**shift).clip(max=2.0**60 / factor)  # prices may rise without end
    return {"CHARGE": charge.astype(np.int64)}, {"SHIFT": shift}


def _sizes(problem: CoupledProblem, pieces: _Pieces) -> dict[str, int]:
    number = len(pieces.group)
    return {
        "OUTSIDE": number,
        "MISSING": int(pieces.size[problem.groups.must[pieces.group]].sum()),
        "WIDTH": _width(problem),
        "ITEMS": number,
    }


def _width(problem: CoupledProblem) -> int:
    """Rows that a plan uses, at most; at least 1."""
    return int(np.diff(problem.plans.usage.start).max(initial=1))


def _items(problem: CoupledProblem, pieces: _Pieces) -> dict[str, Int]:
    """All pieces, out for now, with the plan that they have in the best answer; nobody uses a row."""
    number, every = len(pieces.group), np.arange(len(pieces.group))
    none, nodes = np.zeros(number, dtype=np.int64), np.zeros(number * _width(problem), dtype=np.int64)
    return {
        "GROUP": pieces.group, "SIZE": pieces.size, "FACTOR": pieces.size * problem.groups.rate[pieces.group],
        "PLAN": none - 1, "OUT_AT": every, "OUT": every, "LOCKED": none - 1, "IS_CHANGED": none, "CHANGED": none,
        "BEST_PLAN": pieces.plan, "BEST_AMOUNT": np.zeros(len(problem.supplies), dtype=np.int64),
        "HEAD": np.full(len(problem.rows), -1), "AFTER": nodes, "BEFORE": nodes,
    }  # fmt: skip


def _largest_total(response: Response, pieces: _Pieces) -> float:
    """Bound on the sums of values and of costs."""
    problem = response.problem
    rate, size = problem.groups.rate[pieces.group].astype(np.float64), pieces.size.astype(np.float64)
    value = problem.groups.value[pieces.group] + float(problem.plans.value.max(initial=0))
    cost = rate * float(problem.plans.cost.max(initial=0))
    supplies = float(problem.supply_price.astype(np.float64) @ problem.supplies.maximum)
    return max(float(value @ size), float(cost @ size) + supplies)


def _penalties(response: Response, assignment: Assignment) -> Float:
    """What a must copy that is out, and a unit of value below the floor, count in the units of the objective."""
    problem, (value, paid) = response.problem, value_and_price(response)
    must = problem.groups.must & (response.plan >= 0)
    of_copy = 2 * float(np.abs(paid[must]).max(initial=0.0) + value[must].max(initial=0.0)) + 1.0
    of_value = response.prices.value
    if problem.floor > 0:  # to serve nobody must not pay, whatever whole units cost
        of_value = max(of_value, float(assignment.cost(problem)) / problem.floor)
    # Within whole units usage is free, and prices mislead: only every other cycle listens to them.
    first_share = 0.0 if has_whole_units(problem) else _USAGE_SHARE
    return np.array([of_copy, 2 * of_value + 1.0 if problem.is_cost else 0.0, first_share, _USAGE_SHARE])


def _schedule(response: Response, pieces: _Pieces) -> Float:
    """The first cycle: temperatures as shares of what a piece is worth, or costs, on average."""
    value, paid = value_and_price(response)
    of_piece = (paid if response.problem.is_cost else value)[pieces.group] * pieces.size
    scale = max(float(of_piece.mean()), 1.0) if len(of_piece) else 1.0
    hot = _HOT_OF_WHOLE_UNITS if has_whole_units(response.problem) else _HOT
    schedule = np.zeros(6)
    schedule[[kernels.HOT, kernels.HOT_NEXT, kernels.COLD]] = hot * scale, _HOT * scale, _COLD * scale
    schedule[kernels.LENGTH], schedule[kernels.LEAST] = _FIRST_CYCLE, np.inf
    return schedule
