"""All plans of an instance on the disk, listed once, for the checks of all certificates that its runs give.

Verifying a certificate lists the plans of every template and prices them. The list takes most of the time and follows
from instance and objective alone, so the harness has it made once, in a process of its own, before the first check.

A list is a file with a record for each template: a pickled head, then the arrays of its plans as they are in memory.
Whoever checks maps the arrays into its own memory: what pricing does not look at is not even read.
"""

from __future__ import annotations

import mmap
import pickle
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from sloplan.problem.certificates.fitting import FittingPlans
from sloplan.problem.cost_problem import under_objective
from sloplan.problem.instance import Instance
from sloplan.problem.plan_table import PlanTable
from sloplan.study.supervision import supervise
from sloplan.study.task_messages import Clock, Limits

_KEPT: Final = 2
"""Lists kept on the disk: the instance at hand and, where runs overlap, the one before."""

_ALIGNED: Final = 64
"""Bytes that the place of every array in the file is a multiple of."""


@dataclass(frozen=True)
class Listing:
    """What is to be listed.

    Parameters
    ----------
    problem : bytes
        The pickled instance, compiled.
    objective_name : str
        Whose capacities decide at which rates a plan fits.
    file : Path
        Where its plans go, one template after the other.
    """

    problem: bytes
    objective_name: str
    file: Path


def list_plans(listing: Listing, clock: Clock) -> None:
    """List the plans of an instance: the task of a supervised process."""
    with clock:
        problem = pickle.loads(listing.problem)
        assert isinstance(problem, Instance)
        plans = FittingPlans(under_objective(problem.compiled, listing.objective_name))
        with listing.file.open("wb") as stream:
            for template in range(len(problem.compiled.templates)):
                _write(stream, plans(template))


def _write(stream: BinaryIO, table: PlanTable) -> None:
    """Write a record: the table without its arrays, their sizes in bytes, and the arrays."""
    buffers: list[pickle.PickleBuffer] = []
    head = pickle.dumps(table, protocol=5, buffer_callback=buffers.append)
    arrays = [buffer.raw() for buffer in buffers]
    pickle.dump((head, [array.nbytes for array in arrays]), stream)
    for array in arrays:
        stream.write(bytes(-stream.tell() % _ALIGNED))
        stream.write(array)


def _read(stream: BinaryIO) -> PlanTable:
    """Read the next record, its arrays mapped into memory, and go to its end."""
    head, sizes = pickle.load(stream)
    begin = place = stream.tell()
    places = []
    for size in sizes:
        place += -place % _ALIGNED
        places.append(place)
        place += size
    stream.seek(place)
    origin = begin - begin % mmap.ALLOCATIONGRANULARITY
    # Each record is mapped by itself, and goes with the last of its arrays.
    mapped = memoryview(mmap.mmap(stream.fileno(), place - origin, access=mmap.ACCESS_READ, offset=origin))
    buffers = [mapped[place - origin : place - origin + size] for place, size in zip(places, sizes, strict=True)]
    table = pickle.loads(head, buffers=buffers)
    assert isinstance(table, PlanTable)
    return table


@contextmanager
def plans_from(file: Path | None) -> Iterator[Callable[[int], PlanTable] | None]:
    """Give what gives the plans of one template after the other, as `list_plans` wrote them; None without a file.

    Parameters
    ----------
    file : Path, optional
        It may have gone meanwhile, for lists that others need.
    """
    try:
        stream = None if file is None else file.open("rb")
    except OSError:
        stream = None
    if stream is None:
        yield None
        return
    with stream:

        def plans_of_template(template: int) -> PlanTable:
            table = _read(stream)
            assert table.template == template  # they are asked in order
            return table

        yield plans_of_template


class PlanLists:
    """The lists of a study at work.

    Parameters
    ----------
    folder : Path
        Theirs alone: what an earlier study left there goes, and all of it in the end.
    limit_s : float
        Seconds that listing one instance may take.
    """

    def __init__(self, folder: Path, limit_s: float) -> None:
        self._folder = folder
        self._limit_s = limit_s
        self._listed: dict[tuple[str, str], tuple[Path | None, float]] = {}
        self._one_at_a_time = threading.Lock()

    def __enter__(self) -> PlanLists:
        self._clear()
        return self

    def __exit__(self, *_: object) -> None:
        self._clear()

    def of(
        self, instance: Instance, pickled: bytes, objective_name: str, within: Limits, stop: threading.Event
    ) -> tuple[Path | None, float]:
        """Return the file that holds an instance's plans, and the seconds that listing them took, once.

        Where there is none, because they are too many, or too much for the limits or the disk, every check lists them
        for itself and says so if it cannot.

        Parameters
        ----------
        instance : Instance
        pickled : bytes
            The same, compiled.
        objective_name : str
        within : Limits
            Cores and memory of the run at hand.
        stop : Event
            As in `supervise`.
        """
        key = instance.sha256, objective_name
        with self._one_at_a_time:
            if key not in self._listed:
                while len(self._listed) >= _KEPT:
                    file, _ = self._listed.pop(next(iter(self._listed)))
                    if file is not None:
                        file.unlink(missing_ok=True)
                file = self._folder / "-".join(key)
                self._listed[key] = self._made(Listing(pickled, objective_name, file.resolve()), within, stop)
            self._listed[key] = self._listed.pop(key)  # the one used last goes last
            return self._listed[key]

    def _made(self, listing: Listing, within: Limits, stop: threading.Event) -> tuple[Path | None, float]:
        began = time.monotonic()
        limits = Limits(self._limit_s, within.grace_s, within.memory_bytes, within.cores)
        try:
            self._folder.mkdir(exist_ok=True)
            ending = supervise(list_plans, listing, limits, stop)
        except OSError:  # a full disk
            return None, time.monotonic() - began
        if ending.outcome != "finished":
            listing.file.unlink(missing_ok=True)
            return None, time.monotonic() - began
        return listing.file, time.monotonic() - began

    def _clear(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
