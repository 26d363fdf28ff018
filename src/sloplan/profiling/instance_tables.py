"""A profiled workload as the tables of an instance that describe an application."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from sloplan.problem.errors import InputError
from sloplan.problem.schema import LIST_SEPARATOR
from sloplan.problem.validation.naming import NAME_RULE, is_name
from sloplan.profiling.report import PlanProfile, ProfileReport

_LEAST_ACCURACY: Final = 1e-6  # tables hold accuracies above 0 only
_DIGITS: Final = 6


def application_tables(
    report: ProfileReport, *, hardware: str = "cpu", latency_percentile: float = 50
) -> dict[str, pd.DataFrame]:
    """Return the tables `operators`, `edges`, `configurations`, `profiles` and `accuracy` of a profiled application.

    Accuracy is one factor over all operators, as plans were measured whole. A configuration's latency and busy time
    are those of all its runs, whatever came before it.

    Parameters
    ----------
    report : ProfileReport
    hardware : str
        Name of the kind of machine that it was profiled on.
    latency_percentile : float
        Which percentile of the measured times the latencies are, from 0 to 100; that of the instance they go into.

    Returns
    -------
    dict of str to DataFrame
        As `Instance.from_frames` takes them; tables of infrastructure and queries are the caller's.

    Raises
    ------
    InputError
        A name or a percentile that no instance can hold.
    """
    for field, value in [("hardware", hardware), ("workload", report.workload), *_names(report)]:
        if not is_name(value):
            raise InputError("no name", field=field, value=value, allowed=NAME_RULE)
    if not 0 <= latency_percentile <= 100:
        raise InputError("no percentile", field="latency_percentile", value=latency_percentile, allowed="from 0 to 100")
    chain = report.operators
    origin = f"profiled: {report.workload}, seed {report.seed}"
    rows = list(report.configurations.items())
    milliseconds = [1000 * found.seconds for _, found in rows]
    return {
        "operators": pd.DataFrame(
            {
                "operator": chain,
                "application": report.workload,
                "input_kb": [report.input_kb, *[np.nan] * (len(chain) - 1)],
            }
        ),
        "edges": pd.DataFrame({"from_operator": chain[:-1], "to_operator": chain[1:]}, dtype=object),
        "configurations": pd.DataFrame(
            {
                "operator": [operator for (operator, _), _ in rows],
                "configuration": [configuration for (_, configuration), _ in rows],
                "output_kb": [round(found.output_kb, _DIGITS) for _, found in rows],
                "origin": origin,
            }
        ),
        "profiles": pd.DataFrame(
            {
                "operator": [operator for (operator, _), _ in rows],
                "configuration": [configuration for (_, configuration), _ in rows],
                "hardware": hardware,
                "latency_ms": [
                    round(float(np.percentile(times, latency_percentile)), _DIGITS) for times in milliseconds
                ],
                "busy_ms": [round(float(times.mean()), _DIGITS) for times in milliseconds],
                "origin": [f"{origin}, {len(times)} runs" for times in milliseconds],
            }
        ),
        "accuracy": pd.DataFrame(
            {
                "factor": f"{report.workload} accuracy",
                "operators": LIST_SEPARATOR.join(chain),
                "configurations": [LIST_SEPARATOR.join(plan.configurations) for plan in report.plans],
                # Not rounded: that could carry an accuracy across an SLO.
                "accuracy": [max(plan.accuracy, _LEAST_ACCURACY) for plan in report.plans],
                "origin": [f"{origin}, {_known(plan, report)}" for plan in report.plans],
            }
        ),
    }


def _names(report: ProfileReport) -> list[tuple[str, str]]:
    return [pair for key in report.configurations for pair in zip(("operator", "configuration"), key, strict=True)]


def _known(plan: PlanProfile, report: ProfileReport) -> str:
    interval = f"{report.confidence:g} interval {plan.lower:.4f} to {plan.upper:.4f}"
    return f"{plan.num_items} of {report.num_items} items, {interval}, {plan.outcome}"
