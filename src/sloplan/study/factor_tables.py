"""By what factor the baseline of a study is better than each other method, and with how much spread."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from sloplan.instances.reference import REFERENCE
from sloplan.problem.errors import InputError
from sloplan.problem.objective import find_objective
from sloplan.study.metrics import ratios_to_baseline
from sloplan.study.table import Kind, Table, settings

EQUAL_QUALITY: Final = 0.01
"""Relative difference of objectives up to which a method has reached the baseline's quality."""

_GROUPS: Final = {entry.name: f"{entry.family}, load {entry.load}" for entry in REFERENCE}
_EFFORTS: Final = {"steps": "steps", "profiling_s": "profiling", "runtime_s": "time"}
"""Columns of rows of which less is better, with their titles."""


def factor_tables(frame: pd.DataFrame, baseline: str) -> list[Table]:
    """Return the tables of factors of a study.

    Parameters
    ----------
    frame : DataFrame
        From `judged_frame`.
    baseline : str
        A method's label.

    Raises
    ------
    InputError
        If the baseline has no rows.
    """
    if baseline not in set(frame["method"]):
        advice = "run the study, or take the baseline out of its configuration"
        raise InputError("no run of the baseline", field="baseline", value=baseline, advice=advice)
    made = []
    for part, suffix, title in settings(frame):
        if baseline in set(part["method"]):
            factors = baseline_factors(part, baseline)
            made += [_mean_table(factors, baseline, suffix, title), _group_table(factors, baseline, suffix, title)]
    return made


def baseline_factors(frame: pd.DataFrame, baseline: str) -> pd.DataFrame:
    """Return how many times better the baseline is, for each other method and problem.

    Parameters
    ----------
    frame : DataFrame
        Runs of one setting, from `judged_frame`.
    baseline : str

    Returns
    -------
    DataFrame, a row per method and problem
        method, instance, group (family and load in the reference set, else the instance itself); objective, steps,
        profiling, time: factors above 1 where the baseline has the greater goodput, or the lower cost, or takes less;
        NaN where one of the two has none or 0; reached: whether the method comes within `EQUAL_QUALITY` of the
        baseline's objective.
    """
    maximise = find_objective(str(frame["objective_name"].iloc[0])).maximise
    objective = _ratios(frame, "objective", baseline)
    factors = objective[["method", "instance"]].assign(
        group=objective["instance"].map(_GROUPS).fillna(objective["instance"]),
        objective=1 / objective["ratio"] if maximise else objective["ratio"],
    )
    for column, title in _EFFORTS.items():
        factors[title] = _ratios(frame, column, baseline)["ratio"]
    limit = 1 / (1 - EQUAL_QUALITY) if maximise else 1 + EQUAL_QUALITY
    return factors.assign(reached=factors["objective"] <= limit)


def _ratios(frame: pd.DataFrame, column: str, baseline: str) -> pd.DataFrame:
    """Return the ratios of a column, a row per other method and problem in the same order for every column."""
    finished = frame["outcome"] == "finished"  # what a method takes to refuse an objective is no effort
    pairs = ratios_to_baseline(frame.assign(**{column: frame[column].where(finished)}), column, baseline=baseline)
    order = pairs["method"].map({name: place for place, name in enumerate(frame["method"].unique())})
    return pairs.assign(order=order).sort_values("order", kind="stable", ignore_index=True)


def _mean(factors: pd.Series) -> float:
    """Return the geometric mean of what is known."""
    return float(np.exp(np.log(factors.dropna()).mean()))


def _mean_table(factors: pd.DataFrame, baseline: str, suffix: str, title: str) -> Table:
    by_method = factors.groupby("method", sort=False)
    reached = factors[factors["reached"]].groupby("method", sort=False)
    table = pd.DataFrame(
        {
            "instances": by_method["objective"].count(),
            "objective": by_method["objective"].agg(_mean),
            "least": by_method["objective"].min(),
            "greatest": by_method["objective"].max(),
            **{effort: by_method[effort].agg(_mean) for effort in _EFFORTS.values()},
            "equal quality": by_method["reached"].sum(),
            **{f"{effort} there": reached[effort].agg(_mean) for effort in _EFFORTS.values()},
        }
    )
    kinds: dict[str, Kind] = dict.fromkeys(table.columns, "figure")
    return Table(
        f"factors{suffix}",
        f"How many times better {baseline} is: {title}",
        table.reindex(by_method.size().index).rename_axis("method").reset_index(),
        kinds | {"instances": "count", "equal quality": "count"},
        f"factors above 1 speak for {baseline}; objective: geometric mean over the instances where both have an "
        "answer, least and greatest of them; steps, profiling, time (until the method ended): geometric means of what "
        f"the method takes over what {baseline} takes; equal quality: instances on which the method's objective comes "
        f"within {EQUAL_QUALITY:.0%} of that of {baseline}, or is better; there: means over these alone, unknown where "
        "there are none.",
    )


def _group_table(factors: pd.DataFrame, baseline: str, suffix: str, title: str) -> Table:
    means = factors.groupby(["group", "method"], sort=False)["objective"].agg(_mean).unstack("method")
    table = means.reindex(index=sorted(factors["group"].unique()), columns=list(factors["method"].unique()))
    kinds: dict[str, Kind] = dict.fromkeys(table.columns, "figure")
    return Table(
        f"factor-spread{suffix}",
        f"How many times better {baseline} is, by kind of instance: {title}",
        table.rename_axis(index="instances", columns=None).reset_index(),
        kinds,
        f"geometric means of the factors of the objective; above 1 speaks for {baseline}.",
    )
