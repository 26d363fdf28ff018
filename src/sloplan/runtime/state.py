"""The state of an online planner: what runs on what, who is in the books, and the value that was served until now."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from sloplan.problem.compiled import Bool, Int
from sloplan.problem.instance import Instance
from sloplan.runtime.arrivals import ARRIVE, BANDWIDTH, KINDS, LEAVE, PROFILE, RATE, SPEED, UNITS, Events, Float
from sloplan.runtime.books import Books
from sloplan.runtime.known_plans import KnownPlans
from sloplan.runtime.placements import Placements, moved_copies
from sloplan.runtime.query_lists import QueryLists
from sloplan.runtime.served_value import RateChanges, served_value
from sloplan.runtime.world import World

_STRANGER: Final = {
    ARRIVE: "unknown query arrived",
    LEAVE: "unknown query left",
    RATE: "unknown query",
    UNITS: "unknown pool",
    SPEED: "unknown pool",
    BANDWIDTH: "unknown link",
    PROFILE: "unknown operator",
}
_OUT_OF_DATE: Final = "out of date"


class State:
    """Everything that is known at the moment. It follows from the events and decisions so far, and from nothing else.

    Parameters
    ----------
    instance : Instance
        With all queries that may come.
    migration_s : float
        Seconds for which a copy that changes its plan earns nothing.

    Attributes
    ----------
    world : World
    books : Books
    running : Placements
    prices : (rows,) float64 or None
        Of the last epoch, milli-value per unit of usage; None before any.
    clock_s : float
        Until when `served_value` counts.
    served_value : float
        Milli-value x seconds.
    """

    def __init__(self, instance: Instance, migration_s: float) -> None:
        self.world, self._migration_s = World(instance), migration_s
        self.books = Books(instance.compiled.queries.count)
        self.running = Placements.none()
        self.prices: Float | None = None
        self.clock_s = 0.0
        self.served_value = 0.0
        self._seen: Int = np.zeros(0, dtype=np.int64)
        self._changed_s: dict[tuple[int, str], float] = {}
        self._rate_changed_s = np.full(len(self.world.query_names), -1.0)
        self._renewed: list[Int] = []
        self._version = self.world.version
        self._slos = instance.compiled.queries
        self._plans = KnownPlans(self.world.compiled)
        self._lists = QueryLists(self.world.compiled, self._plans)
        self._capacity: Int = self.world.compiled.rows.capacity

    @property
    def names(self) -> npt.NDArray[np.object_]:
        """Names of all queries."""
        return self.world.query_names

    @property
    def plans(self) -> KnownPlans:
        """Plans as they are at the moment; what runs is followed through when they change."""
        if self._version != self.world.version:
            before, running, compiled = self._plans, self.running, self.world.compiled
            self._plans, self._version = KnownPlans(compiled), self.world.version
            plan = self._plans.add(before.template[running.plan], before.choices[running.plan])
            # In their order: they stay the same placements, whatever their plans are numbered.
            self.running = Placements(running.query, plan, running.count)
            self._lists, self._renewed = QueryLists(compiled, self._plans), []
            self._capacity = compiled.rows.capacity
        return self._plans

    @property
    def capacity(self) -> Int:
        """What each coupling row holds at the moment, shape (rows,)."""
        _ = self.plans
        return self._capacity

    @property
    def lists(self) -> QueryLists:
        """The plans that queries choose from at the moment."""
        _ = self.plans
        if self._renewed:
            self._lists.renew(self.world.compiled, np.unique(np.concatenate(self._renewed)))
            self._renewed = []
        return self._lists

    @property
    def value_milli(self) -> int:
        """Value of the copies that run by a valid plan at the moment."""
        plans, running = self.plans, self.running
        over = self.used > self.capacity
        usage = plans.usage.taken(running.plan)
        crowded = np.bincount(usage.row_of_entry[over[usage.column]], minlength=len(running)) > 0
        which = running.taken(self.meets(running.query, running.plan) & ~crowded)
        return int((self.world.value_milli[which.query] * which.count).sum())

    @property
    def used(self) -> Int:
        """What is used of each coupling row, shape (rows,)."""
        plans = self.plans  # first: what runs is numbered anew with them
        return self.running.used(plans, self.world.rate_milli, len(self.capacity))

    def meets(self, query: Int, plan: Int, rate_milli: Int | None = None) -> Bool:
        """Return whether plans meet queries' SLOs and rules at the moment, shape (n,).

        Parameters
        ----------
        query, plan : (n,) int64
        rate_milli : (n,) int64, optional
            Without it those of the moment.
        """
        rate, slos = self.world.rate_milli[query] if rate_milli is None else rate_milli, self._slos
        allowed = -rate, rate, slos.slo_accuracy[query], slos.slo_latency_us[query], slos.slo_cost_nano[query]
        return np.asarray((self.plans.needs[plan] <= np.column_stack(allowed)).all(axis=1))

    def happen(self, events: Events, now_s: float) -> None:
        """Let events happen that were delivered until now, in the order of their times, and let time go by until now.

        An event that lies before the clock happens at once; duplicates and what names nobody are reported.

        Parameters
        ----------
        events : Events
            In the order of their delivery.
        now_s : float
            Not before the clock.
        """
        events = self._plausible(events, now_s)
        order = np.argsort(events.time_s, kind="stable")
        events = events.taken(order)
        # Whoever comes, leaves or changes a rate is booked together with all others until what they run on changes.
        ends = [*np.flatnonzero(events.kind > RATE).tolist(), len(events)]
        begin = 0
        for end in ends:
            until = float(max(events.time_s[end], self.clock_s)) if end < len(events) else now_s
            self._pass(events.taken(slice(begin, end)), until)
            if end < len(events):
                self._change(events, end)
            begin = end + 1

    def released(self) -> Placements:
        """Return what runs and may go on: its plans are valid, and no row is overloaded.

        Of those that use the most overloaded row, copies of least value per usage go first, until it holds.
        """
        plans, world = self.plans, self.world
        kept = self.running.taken(self.meets(self.running.query, self.running.plan))
        capacity = self.capacity
        while True:
            used = kept.used(plans, world.rate_milli, len(capacity))
            over = np.flatnonzero(used > capacity)
            if not len(over):
                return kept
            row = over[np.argmax(used[over] / np.maximum(capacity[over], 1))]
            kept = self._relieved(kept, int(row), int(used[row] - capacity[row]))

    def follow(self, change: Placements, prices: Float | None) -> None:
        """Change what runs.

        Parameters
        ----------
        change : Placements
            Copies that begin; with negative counts, copies that end.
        prices : (rows,) float64 or None
            As the policy left them.
        """
        before, books, queries = self.running, self.books, len(self.books.count)
        after = before.joined(change)
        moved = moved_copies(before, after, queries)
        copies = after.copies(queries)
        books.moved += moved
        books.interrupted += np.maximum(books.running - copies, 0)
        books.running = copies
        self.served_value -= self._migration_s * float((moved * self.world.value_milli).sum())
        self.running, self.prices = after, prices
        there = np.flatnonzero(books.waiting > 0)
        books.unservable[:] = False
        books.unservable[there] = ~self.lists.has_plan(there)

    def _plausible(self, events: Events, now_s: float) -> Events:
        """Leave out duplicates, and report events out of their time; those of the future happen now."""
        is_first = np.zeros(len(events), dtype=np.bool_)
        is_first[np.unique(events.number, return_index=True)[1]] = True
        is_first &= ~np.isin(events.number, self._seen)
        self._seen = np.union1d(self._seen, events.number)
        time = np.minimum(events.time_s, now_s)
        for which, what in (
            (~is_first, "duplicate event"),
            (is_first & (events.time_s < self.clock_s), "late event"),
            (is_first & (events.time_s > now_s), "event of the future"),
        ):
            for place in np.flatnonzero(which).tolist():  # few: each is somebody's mistake
                subject = f"{KINDS[events.kind[place]]} {events.subject[place]}"
                self.books.report(float(events.time_s[place]), what, subject)
        return Events(events.number, time, events.kind, events.subject, events.amount).taken(is_first)

    def _pass(self, events: Events, until_s: float) -> None:
        """Let queries arrive, leave and change their rates, and time go by until a moment."""
        if not len(events) and until_s == self.clock_s:
            return  # between changes at one moment nothing is looked at: each would have all plans listed anew
        usage, capacity = self.plans.usage, self.capacity  # first: what runs is numbered anew with them
        query = self.world.find(events.subject)
        for place in np.flatnonzero(query < 0).tolist():  # few: each is somebody's mistake
            self.books.report(
                float(events.time_s[place]), _STRANGER[int(events.kind[place])], str(events.subject[place])
            )
        arrives, leaves, changes = ((events.kind == kind) & (query >= 0) for kind in (ARRIVE, LEAVE, RATE))
        self.books.arrive(query[arrives], events.time_s[arrives], self.names)
        left, left_s = self.books.leave(query[leaves], events.time_s[leaves], self.names)
        end_s = np.full(len(self.names), until_s)
        end_s[left] = np.maximum(left_s, self.clock_s)
        changed = self._rate_changes(events.taken(changes), query[changes])
        self.served_value += served_value(self.running, usage, capacity, changed, end_s, self.clock_s, self.meets)
        self.clock_s = until_s
        if len(left):
            has_left = np.zeros(len(self.names), dtype=np.bool_)
            has_left[left] = True
            self.running = self.running.taken(~has_left[self.running.query])

    def _rate_changes(self, events: Events, query: Int) -> RateChanges:
        """Change the rates of queries that there are; return what was before, and how that changed."""
        late = self._rate_changed_s[query] > events.time_s
        for place in np.flatnonzero(late).tolist():  # few: each is somebody's mistake
            self.books.report(float(events.time_s[place]), _OUT_OF_DATE, f"rate {events.subject[place]}")
        events, query = events.taken(~late), query[~late]
        world = self.world
        new_rate, new_value = world.at_rates(query, events.amount)
        time_s = np.maximum(events.time_s, self.clock_s)
        changes = RateChanges(world.rate_milli.copy(), world.value_milli.copy(), query, time_s, new_rate, new_value)
        if len(query):
            world.change_rates(query, events.amount)
            np.maximum.at(self._rate_changed_s, query, events.time_s)
            self._renewed.append(query)
        return changes

    def _change(self, events: Events, place: int) -> None:
        """Let something happen to what queries run on."""
        kind, subject, time = int(events.kind[place]), str(events.subject[place]), float(events.time_s[place])
        if not self.world.knows(kind, subject):
            self.books.report(time, _STRANGER[kind], subject)
        elif self._changed_s.get((kind, subject), -1.0) > time:
            self.books.report(time, _OUT_OF_DATE, f"{KINDS[kind]} {subject}")
        else:
            self._changed_s[kind, subject] = time
            self.world.change(kind, subject, float(events.amount[place]))

    def _relieved(self, placements: Placements, row: int, excess: int) -> Placements:
        """Return placements without copies of least value per usage of a row, until it is used by `excess` less."""
        world = self.world
        usage = self.plans.usage.taken(placements.plan)
        entry = np.flatnonzero((usage.column == row) & (usage.amount > 0))
        of = usage.row_of_entry[entry]
        each = usage.amount[entry] * world.rate_milli[placements.query[of]]
        order = np.argsort(world.value_milli[placements.query[of]] / each, kind="stable")
        of, each = of[order], each[order]
        used = each * placements.count[of]
        missing = np.maximum(excess - (np.cumsum(used) - used), 0)  # when it comes to each
        fewer = placements.count.copy()
        fewer[of] -= np.minimum(-(-missing // each), placements.count[of])
        return Placements.merged(placements.query, placements.plan, fewer)
