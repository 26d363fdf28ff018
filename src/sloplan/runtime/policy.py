"""What a policy of online planning is: it sees the state at an epoch and says what runs from then on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from sloplan.heuristics.contention import Contention, Matching, PlanLists, Room
from sloplan.problem.compiled import Int
from sloplan.problem.instance import Instance
from sloplan.runtime.arrivals import Float
from sloplan.runtime.known_plans import KnownPlans
from sloplan.runtime.placements import Placements, moved_copies
from sloplan.runtime.state import State


@dataclass(frozen=True)
class Situation:
    """What a policy sees at an epoch.

    Parameters
    ----------
    state : State
        Read only.
    kept : Placements
        What runs and may go on.
    waiting : (queries,) int64
        Copies of every query that look for a plan.
    migration_s : float
        Seconds for which a copy that changes its plan earns nothing.
    seed : int
        Of this epoch.
    """

    state: State
    kept: Placements
    waiting: Int
    migration_s: float
    seed: int

    @classmethod
    def of(cls, state: State, migration_s: float, seed: int) -> Situation:
        """Return the situation of a state."""
        kept = state.released()
        books = state.books
        there = books.waiting + books.running
        return cls(state, kept, there - kept.copies(len(there)), migration_s, seed)

    @property
    def instance(self) -> Instance:
        """The instance of the moment, with the queries that are not there too."""
        return self.state.world.instance

    @property
    def plans(self) -> KnownPlans:
        """Plans as they are at the moment."""
        return self.state.plans

    @property
    def rate_milli(self) -> Int:
        """Rates at the moment, shape (queries,)."""
        return self.state.world.rate_milli

    @property
    def value_milli(self) -> Int:
        """Values at the moment, shape (queries,)."""
        return self.state.world.value_milli

    @cached_property
    def left(self) -> Int:
        """Capacity that what is kept leaves of each row, shape (rows,)."""
        capacity = self.state.capacity
        return np.asarray(capacity - self.kept.used(self.plans, self.rate_milli, len(capacity)))

    @cached_property
    def seekers(self) -> Int:
        """Queries with copies that look for a plan and have one on their list, ascending."""
        some = np.flatnonzero(self.waiting > 0)
        return some[self.state.lists.has_plan(some)]

    def lists(self, query: Int) -> PlanLists:
        """Return the lists of some of the seekers, in the given order."""
        return self.state.lists.of(query, self.waiting[query], self.rate_milli, self.value_milli)

    def contention(self, lists: PlanLists) -> Contention:
        """Return the problem of those who choose from `lists` on the capacity that is left."""
        nothing = np.zeros((3, len(self.left)), dtype=np.int64)
        return Contention(lists, Room(self.left, *nothing))

    def worth(self, placements: Placements) -> float:
        """What is served for as long as queries stay, as far as is known, less what moving costs; milli-value x s.

        Parameters
        ----------
        placements : Placements
            All that would run.
        """
        value = self.value_milli
        moved = moved_copies(self.state.running, placements, len(value))
        served = float((value[placements.query] * placements.count).sum())
        return served * self.state.books.mean_stay_s - float((moved * value).sum()) * self.migration_s

    def with_matched(self, query: Int, matching: Matching | None) -> Placements:
        """Return what is kept, and a matching of some queries, in the order of their lists, besides."""
        if matching is None:
            return self.kept
        return self.kept.joined(Placements(query[matching.query], matching.plan, matching.count))


@dataclass(frozen=True)
class Decision:
    """What a policy decides.

    Parameters
    ----------
    running : Placements
        All that runs from now on.
    prices : (rows,) float64, optional
        Milli-value per unit of usage, for the next epoch and for who looks on.
    """

    running: Placements
    prices: Float | None = None


class Policy(Protocol):
    """A way to plan at every epoch.

    What it decides follows from the situation and from what it was made with: nothing that happened at earlier epochs
    may be kept but the prices of the state, for a planner that was resumed has not seen them.

    Attributes
    ----------
    name : str
    """

    name: str

    def decide(self, situation: Situation) -> Decision:
        """Say what runs from now on."""
        ...
