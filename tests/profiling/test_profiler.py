"""The selective profiler: what it decides, what it runs, and what it refuses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sloplan.problem.errors import InputError
from sloplan.profiling.profiler import profile_workload
from sloplan.profiling.recorded import RecordedWorkload
from sloplan.profiling.report import DECIDED, DOMINATED
from sloplan.profiling.synthetic import synthetic_workload
from sloplan.profiling.workload import Configurations, IntArray, Ran
from tests.profiling.small_workload import SHARES_RIGHT, Counted, small_workload


def test_decisions_agree_with_the_table() -> None:
    """Every decided plan's interval lies on the true side of every SLO, and its estimate does too."""
    workload = synthetic_workload(600, seed=1)
    slos = (0.75, 0.88)
    report = profile_workload(workload, slos, confidence=0.99, seed=2)
    for plan, truth in zip(report.plans, workload.accuracies(), strict=True):
        assert plan.lower - 1e-12 <= truth <= plan.upper + 1e-12
        for slo in slos:
            if plan.outcome == DECIDED:
                assert (plan.lower >= slo) == (plan.accuracy >= slo) == (truth >= slo)
                assert plan.lower >= slo or plan.upper < slo
    assert sum(plan.num_items < 600 for plan in report.plans) >= 5


def test_prefixes_run_once() -> None:
    """No operator runs twice on an item after the same prefix, and the report counts runs, hits and seconds."""
    workload = Counted(small_workload())
    report = profile_workload(workload, [0.85], seed=0)
    assert len(set(workload.runs)) == len(workload.runs) == report.items_run
    num_operators = len(report.operators)
    assert report.items_run + report.cache_hits == num_operators * sum(plan.num_items for plan in report.plans)
    assert report.cache_hits > 0.2 * sum(plan.num_items for plan in report.plans)
    assert report.profiling_s == pytest.approx(sum(found.seconds.sum() for found in report.configurations.values()))
    assert report.configurations_profiled == 4


def test_a_plan_that_cannot_matter_is_left_early() -> None:
    """A slower plan is dropped once a faster one surely reaches the SLO; written is what it surely reaches itself."""
    workload = small_workload(2000)
    report = profile_workload(_with_easy_small(workload), [0.96], seed=0)
    plans = {plan.configurations: plan for plan in report.plans}
    assert {plan.outcome for plan in report.plans} == {DECIDED, DOMINATED}
    slow, fast = plans["little", "large"], plans["little", "small"]
    assert (slow.outcome, fast.outcome) == (DOMINATED, DECIDED)
    assert slow.num_items < 1000
    assert slow.lower == slow.accuracy < 0.96 <= fast.accuracy


def _with_easy_small(workload: RecordedWorkload) -> RecordedWorkload:
    """Let the small configuration of `answer` be always right on images shrunk little."""
    scores = np.stack([workload.run(plan, np.arange(2000), None).scores for plan in workload.plans])
    scores[workload.plans.index(("little", "small"))] = 1.0
    return RecordedWorkload(
        workload.name,
        workload.configurations,
        workload.features,
        scores,
        workload._seconds,
        workload._output_kb,
        workload.input_kb,
    )


def test_one_seed_one_report() -> None:
    """The same seed gives the same report, another one other draws."""
    workload = small_workload()
    first, again, other = (profile_workload(workload, [0.85], seed=seed) for seed in (1, 1, 2))
    assert first.plans == again.plans
    assert first.plans != other.plans


def test_one_item() -> None:
    """A workload of one item is profiled exactly."""
    report = profile_workload(small_workload(1), [0.5])
    assert [plan.accuracy for plan in report.plans] == [1.0] * len(SHARES_RIGHT)
    assert report.num_strata == 1


def test_scores_outside_0_and_1_are_refused() -> None:
    """A workload whose scores are no scores is told so: intervals would mean nothing."""

    class Percent(Counted):
        def run(self, configurations: Configurations, items: IntArray, inputs: np.ndarray | None) -> Ran:
            ran = super().run(configurations, items, inputs)
            return ran if ran.scores is None else replace(ran, scores=100 * ran.scores)

    with pytest.raises(InputError, match=r"the workload's scores of little/large; allowed: 16 numbers, in \[0, 1\]"):
        profile_workload(Percent(small_workload()), [0.5])


def test_missing_scores_are_refused() -> None:
    """The last operator must score its answers."""

    class Silent(Counted):
        def run(self, configurations: Configurations, items: IntArray, inputs: np.ndarray | None) -> Ran:
            return replace(super().run(configurations, items, inputs), scores=None)

    with pytest.raises(InputError, match="no scores from the last operator"):
        profile_workload(Silent(small_workload()), [0.5])


@pytest.mark.parametrize("features", [np.zeros(200), np.zeros((200, 0)), np.full((200, 1), np.nan)])
def test_features_that_cannot_be_clustered_are_refused(features: np.ndarray) -> None:
    """Features are a table of finite numbers."""
    workload = small_workload()
    workload.features = features
    with pytest.raises(InputError, match="a row of finite numbers for each item"):
        profile_workload(workload, [0.5])


def test_an_impossible_seed_is_refused() -> None:
    """Seeds are what random generators take."""
    with pytest.raises(InputError, match="seed = -1: no seed"):
        profile_workload(small_workload(), [0.5], seed=-1)


@pytest.mark.parametrize(
    ("slos", "confidence", "message"),
    [
        ([], 0.95, "state the accuracy SLOs"),
        ([1.2], 0.95, "slo_accuracy = 1.2: no accuracy"),
        ([float("nan")], 0.95, "no accuracy"),
        ([0.9], 1.0, "confidence = 1.0: no probability"),
    ],
)
def test_figures_out_of_range_are_refused(slos: list[float], confidence: float, message: str) -> None:
    """SLOs and confidence that cannot be meant are refused."""
    with pytest.raises(InputError, match=message):
        profile_workload(small_workload(), slos, confidence=confidence)


def test_workloads_without_anything_are_refused() -> None:
    """No items, or an operator without configurations, is refused."""
    nothing = np.zeros((1, 0))
    empty = RecordedWorkload("w", {"o": ("c",)}, np.zeros((0, 1)), nothing, nothing[..., None], nothing[..., None], 1.0)
    with pytest.raises(InputError, match="without items"):
        profile_workload(empty, [0.5])
    bare = small_workload()
    bare.configurations = {**bare.configurations, "answer": ()}
    with pytest.raises(InputError, match="'answer': an operator without configurations"):
        profile_workload(bare, [0.5])
