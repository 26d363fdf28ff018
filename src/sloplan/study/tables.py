"""The tables of a study: per method, per instance, the worst cases, and what was claimed against what was verified."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from sloplan.study.judged import PROBLEM
from sloplan.study.metrics import (
    best_certified_bounds,
    best_known_objectives,
    claim_rates,
    gap_to_best_known,
    gap_to_certified_bound,
    gap_to_optimum,
    primal_integral,
    run_times,
    shifted_geometric_means,
    solve_times,
)
from sloplan.study.size_table import size_table
from sloplan.study.table import Kind, Table, settings

LATE_S: Final = 1.0
"""Seconds after its limit at which a run counts as late."""

_LEAST_S: Final = 1e-4  # rows hold seconds to four decimals

WORST: Final = 3
"""Instances that the table of worst cases names for each method."""


def study_tables(frame: pd.DataFrame, trajectories: pd.DataFrame) -> list[Table]:
    """Return the tables of a study.

    Parameters
    ----------
    frame : DataFrame
        From `judged_frame`.
    trajectories : DataFrame
        From `StudyFolder.trajectories`.
    """
    frame = compared_frame(frame, trajectories)
    makers = (method_table, size_table, instance_table, worst_table, claim_table)
    return [make(part, suffix, title) for part, suffix, title in settings(frame) for make in makers]


def compared_frame(frame: pd.DataFrame, trajectories: pd.DataFrame) -> pd.DataFrame:
    """Return the runs with what tables and figures compare, worked out over the whole study.

    Parameters
    ----------
    frame : DataFrame
        From `judged_frame`.
    trajectories : DataFrame
        From `StudyFolder.trajectories`.

    Returns
    -------
    DataFrame
        With gap, gap_to_best, gap_to_optimum, best_bound, best_objective, run_time_s, solve_time_s, late, primal_gap
        (NaN for a run with a solution whose trajectory is not stored: every answer leaves a point, so its way there is
        not known).
    """
    way_known = frame["objective"].isna() | frame["run"].isin(trajectories["run"])
    return frame.assign(
        gap=gap_to_certified_bound(frame),
        gap_to_best=gap_to_best_known(frame),
        gap_to_optimum=gap_to_optimum(frame),
        best_bound=best_certified_bounds(frame),
        best_objective=best_known_objectives(frame),
        run_time_s=run_times(frame),
        solve_time_s=solve_times(frame),
        late=frame["runtime_s"] > frame["time_limit_s"] + LATE_S,
        primal_gap=primal_integral(frame, trajectories)["mean_gap"].where(way_known),
    )


def method_table(frame: pd.DataFrame, suffix: str, title: str) -> Table:
    """Return how every method did over all instances.

    Parameters
    ----------
    frame : DataFrame
        Runs of one setting.
    suffix, title : str
        Of the setting.
    """
    by_method = frame.groupby("method", sort=False)
    with np.errstate(divide="ignore", invalid="ignore"):  # a best objective of 0 has no ratios
        ratio = np.log(frame["objective"] / frame["best_objective"])
    problems = frame.assign(ratio=ratio).groupby(["method", *PROBLEM], sort=False)["ratio"].mean()
    table = pd.DataFrame(
        {
            "runs": by_method.size(),
            "finished": by_method["outcome"].agg(lambda outcome: (outcome == "finished").sum()),
            "solutions": by_method["objective"].count(),
            "optimal": by_method["status"].agg(lambda status: (status == "optimal").sum()),
            "late": by_method["late"].sum(),
            "of best": np.exp(problems.groupby("method").mean()),
            "gap median": by_method["gap"].median(),
            "gap worst": by_method["gap"].max(),
            "primal gap": by_method["primal_gap"].agg(lambda gap: gap.mean(skipna=False)),
            "time": _mean_times(frame, "run_time_s"),
            "time to optimum": _mean_times(frame, "solve_time_s"),
        }
    )
    return Table(
        f"methods{suffix}",
        f"Methods: {title}",
        table.reindex(list(_places(frame["method"]))).rename_axis("method").reset_index(),
        {
            **dict.fromkeys(("runs", "finished", "solutions", "optimal", "late"), "count"),
            **dict.fromkeys(("of best", "gap median", "gap worst", "primal gap"), "percent"),
            **dict.fromkeys(("time", "time to optimum"), "seconds"),
        },
        "solutions: accepted by the checker; optimal: objective and bound equal, the bound not refuted; late: more "
        "than a second after the limit; of best: objective over the best known, geometric mean over instances with a "
        "solution; gap: to the best certified bound, of runs with a solution; primal gap: mean over time of the gap to "
        "the best known, 100% before the first solution, unknown where trajectories are not stored; times: shifted "
        "geometric means (shift 10 s) over instances that all methods ran, a run that did not get there counts as its "
        "limit.",
    )


def _mean_times(frame: pd.DataFrame, column: str) -> pd.Series | float:
    """Return the mean time of every method; NaN as long as no problem was run by all, in a study that goes on say."""
    methods = frame.groupby(PROBLEM, dropna=False)["method"].nunique()
    if methods.max() < frame["method"].nunique():
        return np.nan
    return shifted_geometric_means(frame, column)["mean_s"]


def instance_table(frame: pd.DataFrame, suffix: str, title: str) -> Table:
    """Return how every method did on each instance: the worst of its gaps over seeds, its geometric mean time.

    Parameters
    ----------
    frame : DataFrame
        Runs of one setting.
    suffix, title : str
        Of the setting.
    """
    by_instance = frame.groupby("instance", sort=False)
    table = by_instance[["queries", "servable_share"]].first()
    table["tight rows"] = by_instance[["tight_pools", "tight_links"]].first().sum(axis=1, skipna=False)
    table[["best known", "best bound"]] = by_instance[["best_objective", "best_bound"]].first()
    table = table.rename(columns={"servable_share": "servable"})
    kinds: dict[str, Kind] = {
        "queries": "count",
        "servable": "percent",
        "tight rows": "count",
        "best known": "figure",
        "best bound": "figure",
    }
    for method, part in frame.groupby("method", sort=False):
        by_own = part.groupby("instance", sort=False)
        table[f"{method}: gap"] = by_own["gap"].agg(lambda gap: gap.max(skipna=False))
        table[f"{method}: proved"] = by_own["status"].agg(_proved)
        ended = part["runtime_s"].where(part["outcome"] == "finished").clip(lower=_LEAST_S)
        table[f"{method}: time"] = np.exp(np.log(ended).groupby(part["instance"]).mean())
        kinds |= {f"{method}: gap": "percent", f"{method}: time": "seconds"}
    return Table(
        f"instances{suffix}",
        f"Instances: {title}",
        table.reset_index(),
        kinds,
        "servable: of the value of all query copies; tight rows: with a price in the linear relaxation (both known for "
        "the reference set); best bound: certified; gap: to the best certified bound, the worst over seeds, unknown if "
        "a run has no solution; proved: objective and bound are equal; time: until the method ended, geometric mean "
        "of the runs that finished.",
    )


def _proved(status: pd.Series) -> str:
    """Tell whether all runs of a method on an instance are optimal, or how many."""
    proved = int(status.isin(["optimal", "infeasible"]).sum())
    return {0: "no", len(status): "yes"}.get(proved, f"{proved} of {len(status)}")


def worst_table(frame: pd.DataFrame, suffix: str, title: str) -> Table:
    """Return the runs of every method that did worst, those without a solution first.

    Parameters
    ----------
    frame : DataFrame
        Runs of one setting.
    suffix, title : str
        Of the setting.
    """
    order = frame.assign(badness=frame["gap_to_best"].fillna(np.inf)).sort_values(
        ["badness", "instance", "seed"], ascending=[False, True, True], kind="stable"
    )
    worst = order.groupby("method", sort=False).head(WORST)
    worst = worst.sort_values("method", kind="stable", key=lambda method: method.map(_places(frame["method"])))
    columns = {
        "method": "method",
        "instance": "instance",
        "seed": "seed",
        "outcome": "outcome",
        "objective": "objective",
        "gap_to_best": "gap to best known",
        "gap": "gap to bound",
        "runtime_s": "time",
        "message": "message",
    }
    kinds: dict[str, Kind] = {
        "seed": "count",
        "objective": "figure",
        "gap to best known": "percent",
        "gap to bound": "percent",
        "time": "seconds",
    }
    return Table(
        f"worst{suffix}",
        f"Worst cases: {title}",
        worst[list(columns)].rename(columns=columns),
        kinds,
        "the runs furthest from the best known objective; runs without a solution are further than any.",
    )


def claim_table(frame: pd.DataFrame, suffix: str, title: str) -> Table:
    """Return what every method claimed, and what of it was verified.

    Parameters
    ----------
    frame : DataFrame
        Runs of one setting.
    suffix, title : str
        Of the setting.
    """
    rates = claim_rates(frame)
    by_method = frame.groupby("method", sort=False)
    counts = rates.filter(like="_rate").mul(rates["runs"], axis=0).round()
    table = pd.DataFrame(
        {
            "runs": by_method.size(),
            "solutions claimed": counts["claimed_solution_rate"],
            "verified": counts["solution_rate"],
            "optima claimed": counts["claimed_success_rate"],
            "optima verified": counts["success_rate"],
            "bounds claimed": by_method["claimed_bound"].count(),
            "refuted": by_method["bound_refuted"].sum(),
            "certified": by_method["certified_bound"].count(),
            "runtimes false": by_method["runtime_false"].sum(),
            "not finished": by_method["outcome"].agg(lambda outcome: (outcome != "finished").sum()),
            "correct": rates["correctness_rate"],
        }
    ).reindex(list(_places(frame["method"])))
    kinds: dict[str, Kind] = dict.fromkeys(table.columns, "count")
    return Table(
        f"claims{suffix}",
        f"Claimed and verified: {title}",
        table.rename_axis("method").reset_index(),
        kinds | {"correct": "percent"},
        "verified: accepted by the checker; refuted: a verified solution of the same problem is better than the bound; "
        "certified: the certificate was verified again; runtimes false: the method claims less than was "
        "measured from outside; correct: runs without a false claim.",
    )


def _places(names: pd.Series) -> dict[str, int]:
    return {name: place for place, name in enumerate(names.drop_duplicates())}
