"""The runs of a study: methods x instances x seeds x time limits x objectives x threads, in a fair order."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np

from sloplan.study.configuration import Configuration
from sloplan.study.sources import Source


@dataclass(frozen=True)
class PlannedRun:
    """One run of a study.

    Parameters
    ----------
    source : Source
    method : str
        Name of the method.
    label : str
        Under which tables show it.
    options : mapping
        The method's own.
    objective : str
    min_goodput : float
    seed, threads : int
    time_limit, memory_gb : float
        Seconds; 10^9 bytes.
    """

    source: Source
    method: str
    label: str
    options: Mapping[str, bool | int | float | str]
    objective: str
    min_goodput: float
    seed: int
    threads: int
    time_limit: float
    memory_gb: float

    @property
    def key(self) -> str:
        """Name of the run within its study: twelve hexadecimal digits that follow from what is run.

        The label is not part of it: a study may rename a method. Nor is the path of an instance: a study folder
        may move to another machine.
        """
        what = [
            self.source.name,
            self.method,
            dict(self.options),
            self.objective,
            self.min_goodput if self.objective == "cost" else 1.0,
            self.seed,
            self.threads,
            self.time_limit,
            self.memory_gb,
        ]
        return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()[:12]


def planned_runs(configuration: Configuration, sources: list[Source], cores: int) -> list[PlannedRun]:
    """Return all runs in the order in which they start.

    Everything that is compared stands together: one instance with one seed, objective, limit and number of threads
    after another, and within these the methods, in an order that is shuffled each time. A machine that becomes slower
    meets all methods alike, and a study that is broken off has complete comparisons.

    Parameters
    ----------
    configuration : Configuration
    sources : list of Source
    cores : int
        More threads than there are cores become as many as there are.
    """
    threads = list(dict.fromkeys(min(wanted, cores) for wanted in configuration.threads))
    return list(_blocks(configuration, sources, threads))


def _blocks(configuration: Configuration, sources: list[Source], threads: list[int]) -> Iterator[PlannedRun]:
    draws = np.random.default_rng(0)
    axes = product(configuration.seeds, sources, configuration.objectives, configuration.time_limits, threads)
    for seed, source, objective, time_limit, width in axes:
        for place in draws.permutation(len(configuration.methods)):
            method = configuration.methods[place]
            yield PlannedRun(
                source=source,
                method=method.name,
                label=method.label,
                options=method.options,
                objective=objective,
                min_goodput=configuration.min_goodput if objective == "cost" else 1.0,  # solve refuses it for others
                seed=seed,
                threads=width,
                time_limit=time_limit,
                memory_gb=configuration.memory_gb,
            )
