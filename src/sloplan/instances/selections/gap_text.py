"""Generalised assignment problems of the OR-Library as plan selections.

Every job goes to exactly one agent, every agent has a capacity, and the cost is least. A problem is
``m n`` (agents, jobs), m rows of n costs, m rows of n uses, m capacities. A file holds one, or a number of problems on
its first line and then that many (Beasley, OR-Library, 1990; Chu and Beasley, 1997).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse

from sloplan.instances.selections.number_text import NumberText, plain_name, read_text
from sloplan.instances.selections.several import one_of_several
from sloplan.problem.errors import InputError
from sloplan.problem.selections.selection import PlanSelection


def read_gap(path: str | os.PathLike[str], number: int | None = None, name: str | None = None) -> PlanSelection:
    """Read a GAP text file, plain or gzip.

    Parameters
    ----------
    path : path
    number : int, optional
        Which problem, from 1; must be given if the file holds several.
    name : str, optional
        Name of the plan selection; by default as `mmkp_text.read_mmkp` says.

    Returns
    -------
    PlanSelection
        See `gap_selection`.

    Raises
    ------
    InputError
        If the file does not have that layout; names file, line and value.
    """
    file = Path(path).name
    text = NumberText(read_text(path), file)
    width = text.first_line_width()
    if width not in (1, 2):
        allowed = "'agents jobs', or the number of problems, on the first line"
        raise InputError("unknown layout", file=file, value=f"{width} numbers", allowed=allowed)
    count = text.take_whole("problems") if width == 1 else 1
    wanted = one_of_several(count, number, file)
    for place in range(count):
        problem = _problem(text)
        if place == wanted:
            chosen = problem
    text.refuse_more()
    stem = plain_name(path)
    default = stem if count == 1 else f"{stem}#{wanted + 1}"
    return gap_selection(*chosen, name=default if name is None else name)


def _problem(text: NumberText) -> tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]:
    agents, jobs = text.take_whole("agents"), text.take_whole("jobs")
    cost = text.take(agents * jobs, "costs").reshape(agents, jobs)
    use = text.take(agents * jobs, "uses").reshape(agents, jobs)
    return cost, use, text.take(agents, "capacities")


def gap_selection(
    cost: npt.NDArray[Any], use: npt.NDArray[Any], capacity: npt.NDArray[Any], name: str
) -> PlanSelection:
    """Return a generalised assignment problem as a plan selection.

    Parameters
    ----------
    cost, use : (agents, jobs) number
    capacity : (agents,) number
    name : str

    Returns
    -------
    PlanSelection
        A group per job, which must choose; a plan per agent; a row per agent; values 0; objective cost.
    """
    agents, jobs = cost.shape
    group = np.repeat(np.arange(jobs), agents)
    agent = np.tile(np.arange(agents), jobs)
    usage = scipy.sparse.csr_array((use.T.ravel(), (np.arange(agents * jobs), agent)), shape=(agents * jobs, agents))
    return PlanSelection.from_numbers(
        group=group,
        value=np.zeros(agents * jobs, dtype=np.int64),
        cost=cost.T.ravel(),
        usage=usage,
        capacity=capacity,
        must=np.ones(jobs, dtype=np.bool_),
        objective="cost",
        name=name,
    )
