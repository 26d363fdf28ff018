"""Responses worked out in shards of templates, by threads or by workers elsewhere; the same for any number of them.

A shard is a coupled problem of its own: some templates, one after the other, with their groups. Every figure of an
answer is one group's or one plan's and is worked out in one shard, by the same steps whichever that is; what is added
up over shards is added up when they are put together again, in the order of groups. So answers agree to the last bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from sloplan.decomposition.coupled_problem import AnySolution, CoupledProblem, Groups, TemplatePlans
from sloplan.decomposition.lagrangian import Prices, Response, respond
from sloplan.problem.compiled import Int, Sparse

Float = npt.NDArray[np.float64]

_SHARDS_PER_THREAD: Final = 4  # so that no thread waits long for the last one
_SEARCH: Final = 100_000  # what a template that is searched weighs, in plans looked at


@dataclass(frozen=True)
class Shard:
    """Some templates of a problem.

    Parameters
    ----------
    problem : CoupledProblem
        Of these templates and their groups alone; of threads it shares the arrays of the whole.
    groups : (groups,) int64
        Which groups of the whole these are.
    first_template, first_plan : int
        Of the whole.
    """

    problem: CoupledProblem
    groups: Int
    first_template: int
    first_plan: int


@dataclass(frozen=True)
class Answer:
    """What a shard says at some prices: the parts of a `Response`, with the indices of the shard.

    Parameters
    ----------
    plan : (groups,) int64
    worth, most : (groups,) float64
    plan_price : (plans,) float64
    found : dict
        By template, options of the plans found of it since the answer before.
    """

    plan: Int
    worth: Float
    most: Float
    plan_price: Float
    found: dict[int, Int]


def shards_of(problem: CoupledProblem, number: int) -> list[Shard]:
    """Divide a problem into at most so many shards of about the same work.

    Parameters
    ----------
    problem : CoupledProblem
    number : int
        At least 1.
    """
    plans, groups = problem.plans, problem.groups
    templates = len(plans.start) - 1
    weight = np.diff(plans.start) + np.bincount(groups.template, minlength=templates) + 1
    weight[list(problem.searched)] += _SEARCH
    number = min(number, templates)
    cut = np.arange(1, number)
    ends = np.cumsum(weight)
    places = np.searchsorted(ends, ends[-1:] * cut / max(number, 1)) + 1
    # Every shard gets a template at least, however much some of them weigh.
    places = np.minimum(np.maximum.accumulate(places - cut) + cut, templates - number + cut)
    bounds = np.concatenate([[0], places, [templates]]).astype(np.int64)
    by_template = np.argsort(groups.template, kind="stable")
    first = np.searchsorted(groups.template[by_template], bounds)
    return [
        _shard(problem, int(bounds[part]), int(bounds[part + 1]), np.sort(by_template[first[part] : first[part + 1]]))
        for part in range(len(bounds) - 1)
    ]


def _shard(problem: CoupledProblem, first: int, end: int, members: Int) -> Shard:
    """Cut out the templates from `first` to before `end`."""
    plans, groups = problem.plans, problem.groups
    part = slice(int(plans.start[first]), int(plans.start[end]))
    entries = slice(int(plans.usage.start[part.start]), int(plans.usage.start[part.stop]))
    usage_start = plans.usage.start[part.start : part.stop + 1] - entries.start
    own = replace(
        problem,
        groups=Groups(
            template=groups.template[members] - first,
            rate=groups.rate[members],
            value=groups.value[members],
            count=groups.count[members],
            must=groups.must[members],
            allowed=groups.allowed[members],
        ),
        plans=TemplatePlans(
            start=plans.start[first : end + 1] - part.start,
            needs=plans.needs[part],
            value=plans.value[part],
            cost=plans.cost[part],
            usage=Sparse(usage_start, plans.usage.column[entries], plans.usage.amount[entries]),
        ),
        solution=_no_solution,
        searched={template - first: one for template, one in problem.searched.items() if first <= template < end},
    )
    return Shard(own, members, first, part.start)


def _no_solution(_group: Int, _plan: Int, _count: Int, _amount: Int) -> AnySolution:
    """Stand where the whole problem makes solutions; a function of a module, so that it can be sent."""
    raise NotImplementedError("a shard makes no solutions: its problem does")


def answered(problem: CoupledProblem, prices: Prices) -> Answer:
    """Work out the answer of a shard.

    Parameters
    ----------
    problem : CoupledProblem
        A shard's.
    prices : Prices
    """
    known = {template: one.known for template, one in problem.searched.items()}
    response = respond(problem, prices)
    found = {template: one.found_since(known[template]) for template, one in problem.searched.items()}
    return Answer(response.plan, response.worth, response.most, response.plan_price, found)


def put_together(
    problem: CoupledProblem, prices: Prices, shards: Sequence[Shard], answers: Sequence[Answer]
) -> Response:
    """Return the response that the answers of all shards are.

    Parameters
    ----------
    problem : CoupledProblem
        The whole.
    prices : Prices
    shards : sequence of Shard
    answers : sequence of Answer
        One of each shard.
    """
    plan = np.full(len(problem.groups), -1, dtype=np.int64)
    worth = np.full(len(problem.groups), -np.inf)
    most = worth.copy() if problem.searched else worth
    plan_price = np.zeros(len(problem.plans))
    for shard, answer in zip(shards, answers, strict=True):
        plan[shard.groups] = np.where(answer.plan >= 0, answer.plan + shard.first_plan, -1)
        worth[shard.groups] = answer.worth
        if most is not worth:
            most[shard.groups] = answer.most
        plan_price[shard.first_plan : shard.first_plan + len(answer.plan_price)] = answer.plan_price
    return Response(problem, prices, plan, worth, most, plan_price)


class ThreadExecutor:
    """Works out responses by several threads at once; a `Respond`.

    Parameters
    ----------
    problem : CoupledProblem
    threads : int
        At least 1.

    Examples
    --------
    >>> with ThreadExecutor(problem, threads=2) as respond:
    ...     *_, last = cutting_planes(problem, respond)
    """

    def __init__(self, problem: CoupledProblem, threads: int) -> None:
        self._problem = problem
        self._shards = shards_of(problem, 1 if threads == 1 else threads * _SHARDS_PER_THREAD)
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None

    def __call__(self, prices: Prices) -> Response:
        """Return the best plan of every group at some prices."""
        if self._pool is None:
            return respond(self._problem, prices)
        answers = self._pool.map(lambda shard: answered(shard.problem, prices), self._shards)
        return put_together(self._problem, prices, self._shards, list(answers))

    def __enter__(self) -> ThreadExecutor:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the threads go."""
        if self._pool is not None:
            self._pool.shutdown()
