"""The family `chu-gap`: random generalised assignment problems of the types a to d.

Source: P. C. Chu, J. E. Beasley, "A genetic algorithm for the generalised assignment problem", Computers & Operations
Research 24 (1997) 17-23; their instances are the OR-Library's gapa to gapd. All draws are even over whole numbers, and
capacities are rounded down (so are the published ones). With n jobs and m agents:

- a: uses 5 to 25, costs 10 to 50, every capacity 0.6 x 15 n / m + 0.4 R, where R is the greatest use of an agent when
  every job goes to its cheapest agent (of equals the first);
- b: as a, with 0.7 of its capacity;
- c: as a, with a capacity of 0.8 of the agent's total use / m;
- d: uses 1 to 100, costs 111 - use plus -10 to 10, capacity as c: what costs little uses much.

Nothing promises that a problem of type b or c with few jobs has a solution.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from sloplan.instances.families.draws import Draws
from sloplan.instances.selections.gap_text import gap_selection
from sloplan.instances.selections.parameters import require
from sloplan.problem.compiled import Int
from sloplan.problem.selections.selection import PlanSelection

NAME: Final = "chu-gap"
SUMMARY: Final = "random generalised assignment problems of types a to d, drawn as by Chu and Beasley (1997)"
MOST_ENTRIES: Final = 10_000_000
"""Most pairs of agent and job that are drawn."""

_TYPES: Final = ("a", "b", "c", "d")


@dataclass(frozen=True)
class ChuGap:
    """Parameters of the family.

    Parameters
    ----------
    type : {"a", "b", "c", "d"}
    agents, jobs : int
    seed : int
    """

    type: str = "c"
    agents: int = 5
    jobs: int = 100
    seed: int = 0

    def __post_init__(self) -> None:
        require(self, "type", ", ".join(_TYPES), self.type in _TYPES)
        for field in ("agents", "jobs"):
            require(self, field, "1 or more", getattr(self, field) >= 1)
        require(self, "jobs", f"agents x jobs up to {MOST_ENTRIES:,}", self.agents * self.jobs <= MOST_ENTRIES)
        require(self, "seed", "0 or more", self.seed >= 0)


def generate(parameters: ChuGap, name: str) -> PlanSelection:
    """Return a problem of the family; the same parameters give the same bytes.

    Parameters
    ----------
    parameters : ChuGap
    name : str
        Name of the plan selection.

    Returns
    -------
    PlanSelection
        Objective cost; see `gap_text.gap_selection`.
    """
    random = Draws(parameters.seed)
    shape = (parameters.agents, parameters.jobs)
    least_use, most_use = (1, 100) if parameters.type == "d" else (5, 25)
    use = _from_to(random, least_use, most_use, shape)
    cost = 111 - use + _from_to(random, -10, 10, shape) if parameters.type == "d" else _from_to(random, 10, 50, shape)
    return gap_selection(cost, use, _capacity(parameters.type, cost, use), name)


def _from_to(random: Draws, least: int, most: int, shape: tuple[int, int]) -> Int:
    return least + random.below(most - least + 1, shape[0] * shape[1]).reshape(shape)


def _capacity(kind: str, cost: Int, use: Int) -> Int:
    """Return the capacity of every agent, rounded down once."""
    agents, jobs = use.shape
    if kind in ("c", "d"):
        return 4 * use.sum(axis=1) // (5 * agents)
    cheapest = cost.argmin(axis=0)
    greatest = np.bincount(cheapest, weights=use[cheapest, np.arange(jobs)], minlength=agents).max()
    fifths = 45 * jobs + 2 * int(greatest) * agents  # 5 x agents x the capacity of type a
    each = fifths // (5 * agents) if kind == "a" else 7 * fifths // (50 * agents)
    return np.full(agents, each, dtype=np.int64)
