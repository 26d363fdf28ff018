"""The online planner: takes events, and at every epoch decides what runs, checks that, writes it down, and does it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from sloplan.problem.checker import judge_plans
from sloplan.problem.compiled import Int
from sloplan.problem.instance import Instance
from sloplan.problem.solution import Solution
from sloplan.problem.violation import Violation
from sloplan.runtime.arrivals import Events, Float
from sloplan.runtime.journal import Journal, lines_of_events, replayed
from sloplan.runtime.placements import Placements
from sloplan.runtime.policy import Decision, Policy, Situation
from sloplan.runtime.state import State

_MISSED_EPOCHS: Final = 1.5  # of an epoch's length: with more between two, the clock has jumped


@dataclass(frozen=True)
class Epoch:
    """What was done at an epoch, and how things stood after it.

    Parameters
    ----------
    time_s : float
    value_milli : int
        Of the copies that run.
    running, waiting, unservable : int
        Copies.
    started, stopped, moved : int
        Copies; those that left are not among the stopped ones.
    unneeded : int
        Of the stopped and moved ones, those that could have gone on as they were.
    planning_s, check_s : float
        Seconds of computing: from the events to the decision, and the check of it.
    used : (rows,) float64
        Part of each row's capacity; 0 of a row that holds nothing.
    prices : (rows,) float64
        Value per second (user units) of the whole of each row's capacity; NaN where the policy has no prices.
    """

    time_s: float
    value_milli: int
    running: int
    waiting: int
    unservable: int
    started: int
    stopped: int
    moved: int
    unneeded: int
    planning_s: float
    check_s: float
    used: Float
    prices: Float


class Planner:
    """Plans online: `take` events as they come, `plan` at every epoch, `close` in the end.

    Parameters
    ----------
    instance : Instance
        Hosting `fluid`, with all queries that may come.
    policy : Policy
    migration_s : float, optional
        Seconds for which a copy that changes its plan earns nothing.
    epoch_s : float, optional
        Distance of epochs, if it is fixed: a larger one is reported as a jump of the clock.
    journal : Journal, optional
        Everything is written there before it counts. What it holds already is replayed first.
    seed : int, optional

    Attributes
    ----------
    state : State
    epochs : list of Epoch
    num_taken : int
        Events taken, those of the journal with them.
    is_closed : bool

    Raises
    ------
    InputError
        If the instance has another hosting.
    """

    def __init__(
        self,
        instance: Instance,
        policy: Policy,
        *,
        migration_s: float = 1.0,
        epoch_s: float | None = None,
        journal: Journal | None = None,
        seed: int = 0,
    ) -> None:
        self._policy, self._migration_s, self._epoch_s = policy, migration_s, epoch_s
        self._journal, self._seed = journal, seed
        self.state = State(instance, migration_s)
        self.epochs: list[Epoch] = []
        self.num_taken = 0
        self.is_closed = False
        self._pending = Events.none()
        if journal is not None:
            self._replay(journal)

    def take(self, events: Events) -> None:
        """Take events; they happen before the next epoch.

        Parameters
        ----------
        events : Events
            In the order of their delivery.
        """
        if self._journal is not None and len(events):
            self._journal.write(lines_of_events(events))
        self._pending = Events.joined(self._pending, events)
        self.num_taken += len(events)

    def plan(self, now_s: float) -> Epoch:
        """Decide what runs from now on.

        What the checker refuses is not done: then those go on that may, and it is reported.

        Parameters
        ----------
        now_s : float
            The clock. Where it went back, time stands still.

        Returns
        -------
        Epoch
        """
        began = time.perf_counter()
        state = self.state
        self._until(now_s)
        seed = self._seed + len(self.epochs)
        situation = Situation.of(state, self._migration_s, seed)
        decision = self._policy.decide(situation)
        decided = time.perf_counter()
        violations = self._violations(decision.running)
        if violations:
            decision = Decision(situation.kept, decision.prices)
        checked = time.perf_counter()
        change = decision.running.less(state.running)
        line = {
            "epoch": len(self.epochs),
            "time_s": now_s,
            "planning_s": decided - began,
            "check_s": checked - decided,
            "change": self._written(change),
            "unneeded": int(np.maximum(-decision.running.less(situation.kept).count, 0).sum()),
            "prices": None if decision.prices is None else decision.prices.tolist(),
            "refused": str(violations[0]) if violations else None,
        }
        if self._journal is not None:
            self._journal.write([line])
        return self._do(line, change)

    def close(self, now_s: float) -> None:
        """Let what was taken happen, and time go by until the end.

        Parameters
        ----------
        now_s : float
        """
        if self._journal is not None:
            self._journal.write([{"end": True, "time_s": now_s}])
        self._until(now_s)
        self.is_closed = True

    @property
    def solution(self) -> Solution:
        """What runs, as a solution of the instance of the moment."""
        return self._solution(self.state.running)

    def _until(self, now_s: float) -> None:
        """Let what was taken happen until now."""
        state = self.state
        if now_s < state.clock_s:
            state.books.report(now_s, "clock went back", f"from {state.clock_s:g} s")
        elif self._epoch_s is not None and self.epochs:
            since = now_s - self.epochs[-1].time_s
            if since > _MISSED_EPOCHS * self._epoch_s:
                state.books.report(now_s, "clock jumped ahead", f"by {since:g} s")
        events, self._pending = self._pending, Events.none()
        state.happen(events, max(now_s, state.clock_s))

    def _do(self, line: dict[str, Any], change: Placements) -> Epoch:
        """Do what an epoch's line says."""
        state, books = self.state, self.state.books
        if line["refused"] is not None:
            books.report(line["time_s"], "decision refused", line["refused"])
        before = books.running.copy()
        moved, interrupted = int(books.moved.sum()), int(books.interrupted.sum())
        prices = None if line["prices"] is None else np.array(line["prices"], dtype=np.float64)
        state.follow(change, prices)
        capacity = np.maximum(state.capacity, 1)
        epoch = Epoch(
            time_s=state.clock_s,
            value_milli=state.value_milli,
            running=int(books.running.sum()),
            waiting=int(books.waiting.sum()),
            unservable=int(books.waiting[books.unservable].sum()),
            started=int(np.maximum(books.running - before, 0).sum()),
            stopped=int(books.interrupted.sum()) - interrupted,
            moved=int(books.moved.sum()) - moved,
            unneeded=line["unneeded"],
            planning_s=line["planning_s"],
            check_s=line["check_s"],
            used=state.used / capacity,
            prices=np.full(len(capacity), np.nan) if prices is None else prices * capacity * 1e-3,
        )
        self.epochs.append(epoch)
        return epoch

    def _replay(self, journal: Journal) -> None:
        """Do again what a journal says."""
        for events, line in replayed(journal.lines):
            self._pending = Events.joined(self._pending, events)
            self.num_taken += len(events)
            if line is None:
                return
            self._until(line["time_s"])
            if "end" in line:
                self.is_closed = True
            else:
                self._do(line, self._read(line["change"]))

    def _written(self, change: Placements) -> list[list[Any]]:
        """Return a change as a journal holds it: query, copies, options."""
        choices = [[option for option in row if option >= 0] for row in self.state.plans.choices[change.plan].tolist()]
        return [
            list(one)
            for one in zip(self.state.names[change.query].tolist(), change.count.tolist(), choices, strict=True)
        ]

    def _read(self, written: list[list[Any]]) -> Placements:
        """Return a change as it was written."""
        state = self.state
        names, counts, options = zip(*written, strict=True) if written else ((), (), ())
        query = state.world.find(list(names))
        choices = np.full((len(options), state.plans.choices.shape[1]), -1, dtype=np.int64)
        for place, row in enumerate(options):
            choices[place, : len(row)] = row
        template = state.world.compiled.queries.template[query]
        return Placements.merged(query, state.plans.add(template, choices), np.array(counts, dtype=np.int64))

    def _violations(self, running: Placements) -> tuple[Violation, ...]:
        """What there is against a decision: the checker's word on the instance of the moment, and who is not there."""
        books = self.state.books
        more = np.flatnonzero(running.copies(len(books.count)) > books.waiting + books.running)
        if len(more):
            return (Violation("presence", f"query {self.state.names[more[0]]!r}", "is served and is not there"),)
        return judge_plans(self.state.world.instance, self._solution(running)).violations

    def _solution(self, running: Placements) -> Solution:
        choices: Int = self.state.plans.choices[running.plan]
        return Solution.from_choices(self.state.world.compiled, running.query, running.count, choices)
