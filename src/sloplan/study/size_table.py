"""The table by size: how far every method is from the optimum, how long it takes and how much it searches."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from sloplan.instances.reference import REFERENCE
from sloplan.problem.objective import GOODPUT
from sloplan.study.table import Kind, Table

LEAST_GAP: Final = 1e-6
"""Smaller gaps count as this in geometric means, which a 0 would make 0."""

MOST_SIZES: Final = 6
"""With more sizes than these, of few instances each, all instances are taken together."""

_ROOMY: Final = frozenset(entry.name for entry in REFERENCE if float(entry.load) < 1)


def sizes(frame: pd.DataFrame) -> pd.Series:
    """Return the queries of every run's instance, NaN for all where there are more sizes than are told apart.

    Parameters
    ----------
    frame : DataFrame
    """
    few = frame["queries"].nunique() <= MOST_SIZES
    return frame["queries"] if few else pd.Series(np.nan, index=frame.index)


def contested(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the runs on instances where queries compete, or all runs if there are no others.

    In the reference set's instances of a load below 1 everything fits: there goodput's gaps are free.

    Parameters
    ----------
    frame : DataFrame
        Runs of one setting.
    """
    competing = frame[~(frame["instance"].isin(_ROOMY) & (frame["objective_name"] == GOODPUT.name))]
    return competing if len(competing) else frame


def size_table(frame: pd.DataFrame, suffix: str, title: str) -> Table:
    """Return how every method did on the instances of every size where queries compete.

    Parameters
    ----------
    frame : DataFrame
        Of `compared_frame`, runs of one setting.
    suffix, title : str
        Of the setting.
    """
    counted = contested(frame)
    counted = counted.assign(
        size=sizes(counted),
        proved=counted["status"].eq("optimal"),
        least_gap=counted["gap_to_optimum"].clip(lower=LEAST_GAP),
        ended_s=counted["runtime_s"].where(counted["outcome"] == "finished"),
        # A method that lists plans takes no steps, and has no mean of them.
        per_query=counted["steps"].where(counted["steps"] > 0) / counted["queries"],
    )
    by_size = counted.groupby(["size", "method"], sort=False, dropna=False)
    table = pd.DataFrame(
        {
            "runs": by_size.size(),
            "solutions": by_size["objective"].count(),
            "proved": by_size["proved"].sum(),
            "gap mean": by_size["least_gap"].agg(_geometric_mean),
            "gap median": by_size["gap_to_optimum"].median(),
            "gap worst": by_size["gap_to_optimum"].max(),
            "time": by_size["ended_s"].mean(),
        }
    )
    kinds: dict[str, Kind] = {
        **dict.fromkeys(("queries", "runs", "solutions", "proved"), "count"),
        **dict.fromkeys(("gap mean", "gap median", "gap worst"), "percent"),
        "time": "seconds",
    }
    searched = ""
    if counted["per_query"].notna().any():
        steps = by_size["per_query"]
        table["steps a query"], table["fewest"], table["most"] = steps.agg(_geometric_mean), steps.min(), steps.max()
        kinds |= dict.fromkeys(("steps a query", "fewest", "most"), "count")
        searched = "; steps a query: search steps, geometric mean, with the fewest and most of a run"
    which = "of so many queries" if counted["size"].notna().any() else "of all sizes"
    left_out = "" if len(counted) == len(frame) else ", without the reference set's of load 0.8, where everything fits"
    return Table(
        f"sizes{suffix}",
        f"By size: {title}",
        table.rename_axis(["queries", "method"]).reset_index().sort_values("queries", kind="stable", ignore_index=True),
        kinds,
        f"runs: on the instances {which}{left_out}; solutions: accepted by the checker; proved: objective "
        "and bound equal, the bound not refuted; gap: of the solutions, to the optimum where a run proved it, else to "
        f"the best certified bound if there is one; gap mean: geometric, {LEAST_GAP:.4%} standing for anything less; "
        f"time: until the method ended, mean of the runs that finished{searched}.",
    )


def _geometric_mean(values: pd.Series) -> float:
    """Return the geometric mean of what is known; of nothing it is not known."""
    return float(np.exp(np.log(values).mean()))
