"""A profiled workload as tables of an instance."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import sloplan as sp
from sloplan.problem.errors import InputError
from sloplan.profiling.instance_tables import application_tables
from sloplan.profiling.profiler import profile_workload
from sloplan.profiling.report import ProfileReport
from tests.profiling.application import instance_of
from tests.profiling.small_workload import SHARES_RIGHT, TIMES_MS, small_workload


@pytest.fixture(scope="module")
def report() -> ProfileReport:
    """The small workload, profiled."""
    return profile_workload(small_workload(), [0.85], confidence=0.999, seed=0)


def test_tables_make_an_instance(report: ProfileReport) -> None:
    """The tables are an application; plans reach the SLO in it that truly reach it."""
    instance = instance_of(application_tables(report), 0.85)
    result = sp.solve(instance, method="exhaustive", display=False)
    assert result.status == "optimal"
    chosen = tuple(result.plans().set_index("operator").loc[["shrink", "answer"], "configuration"])
    assert SHARES_RIGHT[chosen] >= 0.85
    assert sp.solve(instance_of(application_tables(report), 0.999), method="exhaustive", display=False).objective == 0


def test_figures(report: ProfileReport) -> None:
    """Times, sizes, accuracies and the chain of operators are what was measured."""
    tables = application_tables(report, hardware="board")
    profiles = tables["profiles"].set_index("configuration")
    for configuration, milliseconds in TIMES_MS.items():
        assert profiles.loc[configuration, ["latency_ms", "busy_ms"]].tolist() == [milliseconds, milliseconds]
    assert set(profiles["hardware"]) == {"board"}
    assert tables["configurations"]["output_kb"].tolist() == [5, 5, 0.5, 0.5]
    assert tables["operators"]["input_kb"].tolist()[0] == 20
    assert tables["edges"].to_numpy().tolist() == [["shrink", "answer"]]
    assert tables["accuracy"]["accuracy"].tolist() == [plan.accuracy for plan in report.plans]


def test_latency_is_the_percentile(report: ProfileReport) -> None:
    """Latency is the percentile asked for, busy time the mean."""
    key = ("shrink", "little")
    varied = replace(report.configurations[key], seconds=np.arange(101) / 1000)
    varied_report = replace(report, configurations={**report.configurations, key: varied})
    row = application_tables(varied_report, latency_percentile=95)["profiles"].iloc[0]
    assert (row["latency_ms"], row["busy_ms"]) == (95, 50)


def test_accuracy_is_above_0(report: ProfileReport) -> None:
    """A plan that is never right still makes a table that an instance can hold."""
    never = replace(report, plans=tuple(replace(plan, accuracy=0.0) for plan in report.plans))
    assert (application_tables(never)["accuracy"]["accuracy"] > 0).all()


def test_what_no_instance_can_hold_is_refused(report: ProfileReport) -> None:
    """Names with a separator, and percentiles out of range, are refused."""
    with pytest.raises(InputError, match="hardware = 'a;b': no name"):
        application_tables(report, hardware="a;b")
    with pytest.raises(InputError, match="latency_percentile = 101: no percentile"):
        application_tables(report, latency_percentile=101)
