"""Query copies: a query of count n becomes n copies, each free to take its own plan; and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from sloplan.problem.compiled import CompiledInstance, Int
from sloplan.problem.errors import InputError, SizeLimitError
from sloplan.problem.solution import Solution

COPY_LIMIT = 500
"""Largest number of query copies that the compact model lists, unless told otherwise.

With twice as many HiGHS finds next to nothing in a minute (docs/compact-milp.md).
"""


def expand_copies(compiled: CompiledInstance, copy_limit: int = COPY_LIMIT) -> Int:
    """List the query of every copy; copies of one query stand side by side.

    Parameters
    ----------
    compiled : CompiledInstance
    copy_limit : int
        Largest number of copies.

    Returns
    -------
    (copies,) int64
        Query index of each copy.

    Raises
    ------
    InputError
        If `copy_limit` is less than 1.
    SizeLimitError
        If there are more copies than `copy_limit`.
    """
    count = compiled.queries.count
    total = sum(count.tolist())
    if copy_limit < 1:
        raise InputError("unusable value", field="copy_limit", value=copy_limit, allowed="a whole number of at least 1")
    if total > copy_limit:
        raise SizeLimitError(
            f"{total:,} query copies: the compact model lists at most {copy_limit:,}; "
            "next: a method that does not list copies (greedy), or from Python a larger copy_limit"
        )
    return np.repeat(np.arange(len(count), dtype=np.int64), count)


def plan_width(compiled: CompiledInstance) -> int:
    """Return the largest number of operators of an application: the columns that plans need."""
    return max((len(application.operators) for application in compiled.applications), default=0)


def solution_of_copies(
    compiled: CompiledInstance,
    query: Int,
    choices: Int,
    supply: Mapping[str, int] | None = None,
    goodput_floor: int | None = None,
) -> Solution:
    """Build a solution from one plan per served copy; copies of one query with one plan are counted.

    Parameters
    ----------
    compiled : CompiledInstance
    query : (copies served,) int64
    choices : (copies served, operators) int64
        Global option index per local operator position, padded by -1.
    supply : mapping, optional
        Replicas and rented units by supply name.
    goodput_floor : int, optional
        Least goodput of a solution for the objective "cost", milli-value; left out, it is one for "goodput".
    """
    plans, count = np.unique(np.column_stack([query, choices]), axis=0, return_counts=True)
    solution = Solution.from_choices(compiled, plans[:, 0], count.astype(np.int64), plans[:, 1:], supply)
    return solution if goodput_floor is None else replace(solution, objective="cost", goodput_floor=goodput_floor)
