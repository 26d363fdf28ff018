"""What profiling has found, and what it took."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pandas as pd

from sloplan.profiling.workload import Configurations, FloatArray

DECIDED: Final = "decided"
DOMINATED: Final = "dominated"


@dataclass(frozen=True)
class PlanProfile:
    """What is known of one plan's accuracy.

    Parameters
    ----------
    configurations : tuple of str
        One for each operator.
    accuracy : float
        The stratified estimate, within the interval; of a dominated plan what is sure, the interval's lower end.
    lower, upper : float
        Interval at the stated confidence, whenever profiling stopped. Equal once all items were run.
    num_items : int
        Items the plan was run on.
    outcome : {"decided", "dominated"}
        Why its profiling ended: every accuracy SLO is surely reached or surely missed, or another plan makes it
        needless.
    """

    configurations: Configurations
    accuracy: float
    lower: float
    upper: float
    num_items: int
    outcome: str


@dataclass(frozen=True)
class ConfigurationProfile:
    """What was measured of one configuration of an operator.

    Parameters
    ----------
    seconds : array of float64, shape (num_runs,)
        Of every run on an item, after whatever prefix.
    output_kb : float
        Mean size of an output, kB.
    """

    seconds: FloatArray
    output_kb: float


@dataclass(frozen=True)
class ProfileReport:
    """A profiled workload.

    Parameters
    ----------
    workload : str
    operators : tuple of str
        In the order in which they run.
    input_kb : float
    configurations : mapping of (operator, configuration) to ConfigurationProfile
    plans : tuple of PlanProfile
        Every combination of configurations.
    slo_accuracies : tuple of float
    confidence : float
        Of each plan's interval.
    seed : int
    num_items : int
        Items of the workload.
    num_strata : int
    items_run : int
        Runs of an operator on an item.
    cache_hits : int
        Results of an operator for an item taken from the cache instead.
    profiling_s : float
        Seconds of all runs, as the workload states them.
    """

    workload: str
    operators: tuple[str, ...]
    input_kb: float
    configurations: Mapping[tuple[str, str], ConfigurationProfile]
    plans: tuple[PlanProfile, ...]
    slo_accuracies: tuple[float, ...]
    confidence: float
    seed: int
    num_items: int
    num_strata: int
    items_run: int
    cache_hits: int
    profiling_s: float

    @property
    def configurations_profiled(self) -> int:
        """Distinct configurations of operators that were run."""
        return len(self.configurations)

    def plan_frame(self) -> pd.DataFrame:
        """Return a row per plan: configurations by operator, then accuracy, lower, upper, items, outcome."""
        return pd.DataFrame(
            {
                **{
                    name: [plan.configurations[place] for plan in self.plans]
                    for place, name in enumerate(self.operators)
                },
                "accuracy": [plan.accuracy for plan in self.plans],
                "lower": [plan.lower for plan in self.plans],
                "upper": [plan.upper for plan in self.plans],
                "items": [plan.num_items for plan in self.plans],
                "outcome": [plan.outcome for plan in self.plans],
            }
        )
