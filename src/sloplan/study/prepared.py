"""Instances made ready for runs: read and compiled once, and pickled for the processes of their runs."""

from __future__ import annotations

import pickle
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sloplan.instances.best_known import best_known, check_entry
from sloplan.instances.reference_index import read_index
from sloplan.problem.errors import InputError
from sloplan.problem.instance import Instance
from sloplan.problem.judging import objective_of
from sloplan.problem.objective import OBJECTIVES
from sloplan.study.rows import Row
from sloplan.study.sources import Load, Problem, Source

_KEPT: Final = 2
"""Instances kept in memory: the one at hand and, where runs overlap, the one before."""


class ChangedInstanceError(InputError):
    """A study that goes on finds another instance under the name that its rows state."""


@dataclass(frozen=True)
class Prepared:
    """An instance ready to be run on.

    Parameters
    ----------
    problem : Instance or PlanSelection
    pickled : bytes
        The same, compiled, for another process.
    facts : dict
        What every row says of it.
    best_known : dict of objective to dict
        Columns of the best solution and certified bound known, computed again just now.
    """

    problem: Problem
    pickled: bytes
    facts: Row
    best_known: dict[str, Row]

    def columns(self, objective_name: str) -> Row:
        """Return what a row says of the instance and of the best known under an objective.

        A plan selection's own objective takes the place of what was asked for.
        """
        objective = objective_of(self.problem, objective_name)
        own: Row = {"objective_name": objective.name, "unit": float(objective.unit)}
        return self.facts | own | self.best_known.get(objective_name, {})


class Workshop:
    """Prepares instances, one at a time, and keeps the last few.

    Parameters
    ----------
    load : callable
        The front door `sloplan.load`.
    known : mapping
        Content hash of each instance that has rows already, by name.
    """

    def __init__(self, load: Load, known: Mapping[str, str]) -> None:
        self._load = load
        self._known = known
        self._kept: dict[str, Prepared] = {}
        self._one_at_a_time = threading.Lock()

    def prepare(self, source: Source) -> Prepared:
        """Return an instance, ready to be run on.

        Raises
        ------
        InputError
            It cannot be read.
        ChangedInstanceError
            It is not what rows of its name are about.
        """
        with self._one_at_a_time:
            if source.name not in self._kept:
                while len(self._kept) >= _KEPT:
                    del self._kept[next(iter(self._kept))]
                self._kept[source.name] = self._prepared(source)
            return self._kept[source.name]

    def _prepared(self, source: Source) -> Prepared:
        started = time.monotonic()
        problem = source.read(self._load)
        if self._known.get(source.name, problem.sha256) != problem.sha256:
            raise ChangedInstanceError(
                "its content has changed since the study's first rows",
                file=source.name,
                advice="restore it, or begin another study with -o",
            )
        facts: Row = {"instance_sha256": problem.sha256}
        if isinstance(problem, Instance):
            compiled = problem.compiled
            facts |= {
                "query_count": sum(compiled.queries.count.tolist()),
                "queries": len(compiled.queries.count),
                "coupling_rows": len(compiled.rows),
            }
        else:
            facts |= {
                "query_count": sum(problem.groups.count.tolist()),
                "queries": len(problem.groups),
                "coupling_rows": len(problem.rows),
            }
        facts["prepare_s"] = round(time.monotonic() - started, 3)
        facts |= _indexed(source.name, problem.sha256)
        pickled = pickle.dumps(problem, protocol=pickle.HIGHEST_PROTOCOL)
        known = {name: _best_known(problem, name) for name in OBJECTIVES} if isinstance(problem, Instance) else {}
        return Prepared(problem, pickled, facts, known)


def _indexed(name: str, sha256: str) -> Row:
    """What the reference set's index says of how hard an instance is."""
    row = next((row for row in read_index() if row.name == name and row.sha256 == sha256), None)
    names = ("servable_share", "tight_pools", "tight_links")
    return {column: None if row is None else getattr(row, column) for column in names}


def _best_known(instance: Instance, objective_name: str) -> Row:
    entry = best_known(instance, objective_name)
    checked = None if entry is None else check_entry(entry, instance)
    return {
        "best_known_objective_exact": None if checked is None else checked.value,
        "best_known_bound_exact": None if checked is None else checked.certified_bound,
    }
