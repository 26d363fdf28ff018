"""The event loop of the simulation, compiled.

Events are in a heap by time, ties in the order in which they were scheduled. A request holds a slot while any of its
tasks is waiting, at work, or occupies a station. Job j is the task ``j % width`` of the request in slot ``j // width``;
queues of stations are linked lists of jobs.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import Final

import numba
import numpy as np
import numpy.typing as npt

from sloplan.problem.compiled import Bool, Int

Float = npt.NDArray[np.float64]

IN_TIME: Final = 0
LATE: Final = 1
DROPPED: Final = 2
IN_FLIGHT: Final = 3

_ARRIVAL: Final = 0
_END: Final = 1  # of a job that frees its station and is done
_FREE: Final = 2  # a job's work is over, others may begin
_DONE: Final = 3  # a job is done; its station is freed by itself, before or after
_CHANGE: Final = 4
_KINDS: Final = 5

_ROOM: Final = 1e-9
"""Shares are sums of floats: so much too little room is room."""


@numba.njit(cache=True, nogil=True)
def run_events(
    rate: Float,
    copies: Int,
    deadline: Float,
    first_task: Int,
    first_own: Int,
    own_width: Int,
    station: Int,
    work: Float,
    share: Float,
    delay: Float,
    is_steady: Bool,
    batch: Int,
    kind: Int,
    before: Int,
    first_after: Int,
    after: Int,
    capacity: Float,
    change_time: Float,
    change_station: Int,
    change_capacity: Float,
    change_slowness: Float,
    warmup: float,
    horizon: float,
    is_poisson: bool,
    variation: float,
    drop_late: bool,
    random: np.random.Generator,
    clock: Float,
) -> tuple[Int, Float, Float, npt.NDArray[np.int8], Float, int]:
    """Run a network until the horizon.

    Parameters
    ----------
    rate, copies, deadline, first_task, first_own, own_width
        See `Streams`.
    station, work, share, delay, is_steady, batch, kind, before, first_after, after
        See `Tasks`.
    capacity : (stations,) float64
    change_time, change_station, change_capacity, change_slowness
        See `Changes`.
    warmup, horizon : float
        Seconds; requests that arrive before `warmup` count nowhere, at `horizon` everything stops.
    is_poisson : bool
        Arrivals have exponential gaps; else each copy's come at equal distances, from a random phase on.
    variation : float
        Coefficient of variation of work that is not steady: gamma distributed, 1 is exponential, 0 is steady.
    drop_late : bool
        A request is dropped when one of its tasks could begin and its deadline has passed.
    random : numpy.random.Generator
    clock : (1,) float64
        Written: the time of every event, as it happens, for who looks on from another thread.

    Returns
    -------
    stream : (requests,) int64
        Every request that arrived from `warmup` on.
    arrival, latency : (requests,) float64
        Seconds; the latency is how long it was there, also of those dropped or in flight.
    fate : (requests,) int8
    busy : (stations,) float64
        Share-seconds from `warmup` to `horizon`.
    num_events : int
    """
    streams, stations = len(rate), len(capacity)
    width = 1
    for s in range(streams):
        width = max(width, first_task[s + 1] - first_task[s])
    slots = 1024
    slot_stream = np.zeros(slots, np.int64)
    slot_copy = np.zeros(slots, np.int64)
    slot_arrival = np.zeros(slots)
    slot_left = np.zeros(slots, np.int64)  # tasks that are not done
    slot_open = np.zeros(slots, np.int64)  # tasks that wait, are at work or occupy a station
    slot_told = np.ones(slots, np.bool_)  # what became of its request is written down, or there is none
    slot_dropped = np.zeros(slots, np.bool_)
    missing = np.zeros(slots * width, np.int64)  # per job, how many tasks before it are not done
    following = np.full(slots * width, -1, np.int64)  # per job, the next in its station's queue
    vacant = list(range(slots - 1, -1, -1))

    free = capacity.copy()
    size = capacity.copy()
    slowness = np.ones(stations)
    head = np.full(stations, -1, np.int64)
    tail = np.full(stations, -1, np.int64)
    busy = np.zeros(stations)
    turn = np.zeros(streams, np.int64)  # whose request comes next, where copies take turns

    room = 1024
    out_stream = np.zeros(room, np.int64)
    out_arrival = np.zeros(room)
    out_latency = np.zeros(room)
    out_fate = np.zeros(room, np.int8)
    written = 0

    events = [(0.0, 0, 0)]
    events.pop()
    number = 0
    for s in range(streams):
        gap = random.standard_exponential() if is_poisson else random.random()
        heappush(events, (gap / rate[s], number, s * _KINDS + _ARRIVAL))
        number += 1
    for c in range(len(change_time)):
        heappush(events, (change_time[c], number, c * _KINDS + _CHANGE))
        number += 1
    ready = [0 for _ in range(0)]
    touched = [0 for _ in range(0)]
    ended = [0 for _ in range(0)]  # slots whose request may have come to its end
    num_events = 0

    while len(events) > 0:
        now, _, code = heappop(events)
        if now > horizon:
            break
        num_events += 1
        clock[0] = now
        what, which = code % _KINDS, code // _KINDS

        if what == _ARRIVAL:
            s = which
            gap = random.standard_exponential() if is_poisson else 1.0
            heappush(events, (now + gap / rate[s], number, code))
            number += 1
            if len(vacant) == 0:
                slot_stream = np.concatenate((slot_stream, np.zeros(slots, np.int64)))
                slot_copy = np.concatenate((slot_copy, np.zeros(slots, np.int64)))
                slot_arrival = np.concatenate((slot_arrival, np.zeros(slots)))
                slot_left = np.concatenate((slot_left, np.zeros(slots, np.int64)))
                slot_open = np.concatenate((slot_open, np.zeros(slots, np.int64)))
                slot_told = np.concatenate((slot_told, np.ones(slots, np.bool_)))
                slot_dropped = np.concatenate((slot_dropped, np.zeros(slots, np.bool_)))
                missing = np.concatenate((missing, np.zeros(slots * width, np.int64)))
                following = np.concatenate((following, np.full(slots * width, -1, np.int64)))
                for slot in range(2 * slots - 1, slots - 1, -1):
                    vacant.append(slot)
                slots *= 2
            slot = vacant.pop()
            if is_poisson:
                copy = min(int(random.random() * copies[s]), copies[s] - 1) if copies[s] > 1 else 0
            else:
                copy = turn[s]
                turn[s] = (copy + 1) % copies[s]
            begin, count = first_task[s], first_task[s + 1] - first_task[s]
            slot_stream[slot], slot_copy[slot], slot_arrival[slot] = s, copy, now
            slot_left[slot], slot_open[slot] = count, 0
            slot_told[slot], slot_dropped[slot] = False, False
            for k in range(count):
                missing[slot * width + k] = before[begin + k]
                if before[begin + k] == 0:
                    slot_open[slot] += 1
                    ready.append(slot * width + k)
            ended.append(slot)  # if there is nothing to do
        elif what == _CHANGE:
            place = change_station[which]
            free[place] += change_capacity[which] - size[place]
            size[place], slowness[place] = change_capacity[which], change_slowness[which]
            touched.append(place)
        else:
            slot, k = which // width, which % width
            s = slot_stream[slot]
            task = first_task[s] + k
            if what != _DONE:
                place = station[task]
                if place < 0:
                    place = first_own[s] + slot_copy[slot] * own_width[s] - 1 - place
                free[place] += share[task]
                touched.append(place)
            slot_open[slot] -= 1
            if what != _FREE:
                slot_left[slot] -= 1
                if not slot_dropped[slot]:
                    for entry in range(first_after[task], first_after[task + 1]):
                        job = slot * width + after[entry] - first_task[s]
                        missing[job] -= 1
                        if missing[job] == 0:
                            slot_open[slot] += 1
                            ready.append(job)
            ended.append(slot)

        for position in range(len(ready)):
            job = ready[position]
            slot, k = job // width, job % width
            s = slot_stream[slot]
            place = station[first_task[s] + k]
            if place < 0:
                place = first_own[s] + slot_copy[slot] * own_width[s] - 1 - place
            following[job] = -1
            if head[place] < 0:
                head[place] = job
            else:
                following[tail[place]] = job
            tail[place] = job
            touched.append(place)
        ready.clear()

        for position in range(len(touched)):
            place = touched[position]
            while head[place] >= 0:
                first = head[place]
                slot, k = first // width, first % width
                s = slot_stream[slot]
                task = first_task[s] + k
                if slot_dropped[slot] or (drop_late and now - slot_arrival[slot] > deadline[s]):
                    head[place] = following[first]
                    slot_dropped[slot] = True
                    slot_open[slot] -= 1
                    ended.append(slot)
                    continue
                if free[place] + _ROOM < share[task]:
                    break
                head[place] = following[first]
                steady = is_steady[task] or variation == 0.0
                spread = 1.0 if steady else random.standard_gamma(1.0 / variation**2) * variation**2
                until = now + work[task] * slowness[place] * spread
                free[place] -= share[task]
                busy[place] += share[task] * max(0.0, min(until, horizon) - max(now, warmup))
                if batch[task] == 1 and delay[task] == 0.0:
                    heappush(events, (until, number, first * _KINDS + _END))
                    number += 1
                    continue
                # Where a request needs less time than it occupies a station, both grow with the work.
                scale = slowness[place] * spread
                done = until + delay[task] if delay[task] >= 0.0 else now + (work[task] + delay[task]) * scale
                heappush(events, (until, number, first * _KINDS + _FREE))
                heappush(events, (done, number + 1, first * _KINDS + _DONE))
                number += 2
                slot_open[slot] += 1
                others = 0
                while others < batch[task] - 1 and head[place] >= 0:
                    other = head[place]
                    other_slot = other // width
                    other_stream = slot_stream[other_slot]
                    if kind[first_task[other_stream] + other % width] != kind[task]:
                        break
                    head[place] = following[other]
                    late = now - slot_arrival[other_slot] > deadline[other_stream]
                    if slot_dropped[other_slot] or (drop_late and late):
                        slot_dropped[other_slot] = True
                        slot_open[other_slot] -= 1
                        ended.append(other_slot)
                        continue
                    heappush(events, (done, number, other * _KINDS + _DONE))
                    number += 1
                    others += 1
        touched.clear()

        for position in range(len(ended)):
            slot = ended[position]
            if not slot_told[slot] and (slot_dropped[slot] or slot_left[slot] == 0):
                slot_told[slot] = True
                if slot_arrival[slot] >= warmup:
                    if written == room:
                        out_stream = np.concatenate((out_stream, np.zeros(room, np.int64)))
                        out_arrival = np.concatenate((out_arrival, np.zeros(room)))
                        out_latency = np.concatenate((out_latency, np.zeros(room)))
                        out_fate = np.concatenate((out_fate, np.zeros(room, np.int8)))
                        room *= 2
                    took = now - slot_arrival[slot]
                    out_stream[written], out_arrival[written] = slot_stream[slot], slot_arrival[slot]
                    out_latency[written] = took
                    out_fate[written] = IN_TIME if took <= deadline[slot_stream[slot]] + _ROOM else LATE
                    if slot_dropped[slot]:
                        out_fate[written] = DROPPED
                    written += 1
            if slot_told[slot] and slot_open[slot] == 0:
                slot_open[slot] = -1  # once
                vacant.append(slot)
        ended.clear()

    there = np.flatnonzero(~slot_told & (slot_arrival >= warmup))
    stream = np.concatenate((out_stream[:written], slot_stream[there]))
    arrival = np.concatenate((out_arrival[:written], slot_arrival[there]))
    latency = np.concatenate((out_latency[:written], horizon - slot_arrival[there]))
    fate = np.concatenate((out_fate[:written], np.full(len(there), IN_FLIGHT, np.int8)))
    return stream, arrival, latency, fate, busy, num_events
