"""Recorded workloads from `items.csv` and `runs.csv`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sloplan.problem.errors import InputError
from sloplan.profiling.recorded_files import load_recorded
from tests.profiling.small_workload import SHARES_RIGHT, TIMES_MS, write_small

Frames = tuple[pd.DataFrame, pd.DataFrame]


def test_a_record_is_read(tmp_path: Path) -> None:
    """Operators, configurations, scores, times and sizes are those of the files; rows may stand in any order."""
    _, runs = write_small(tmp_path / "small")
    runs.sample(frac=1, random_state=0).to_csv(tmp_path / "small" / "runs.csv", index=False)
    workload = load_recorded(tmp_path / "small")
    assert (workload.name, workload.operators, workload.input_kb) == ("small", ("shrink", "answer"), 20.0)
    assert {name: set(known) for name, known in workload.configurations.items()} == {
        "shrink": {"little", "much"},
        "answer": {"large", "small"},
    }
    for plan, accuracy in zip(workload.plans, workload.accuracies(), strict=True):
        assert accuracy == pytest.approx(np.ceil(SHARES_RIGHT[plan] * 20) / 20)
        ran = workload.run(plan, np.arange(20), None)
        one = runs[(runs["shrink"] == plan[0]) & (runs["answer"] == plan[1])]
        assert ran.scores is not None
        assert ran.scores.tolist() == one["score"].tolist()
        assert ran.seconds == pytest.approx(np.full(20, TIMES_MS[plan[1]] / 1000))
        assert set(workload.run(plan[:1], np.arange(20), None).output_kb) == {5.0}


def _dropped(frames: Frames) -> Frames:
    return frames[0], frames[1].drop(index=3)


def _doubled(frames: Frames) -> Frames:
    return frames[0], pd.concat([frames[1], frames[1].iloc[[7]]])


def _set(column: str, value: object, *, of_items: bool = False) -> Callable[[Frames], Frames]:
    def change(frames: Frames) -> Frames:
        frame = frames[0 if of_items else 1].astype(object)
        frame.loc[4, column] = value
        return (frame, frames[1]) if of_items else (frames[0], frame)

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_dropped, "runs.csv, item = 'i003': a run is missing"),
        (_doubled, "runs.csv, row 81, item = 'i007': a run given twice"),
        (_set("score", 1.5), "runs.csv, row 5, score = 1.5"),
        (_set("answer_ms", -1), "runs.csv, row 5, answer_ms = -1.0"),
        (_set("item", "other"), "runs.csv, row 5, item = 'other': unknown item; allowed: an item of items.csv"),
        (_set("item", "i003", of_items=True), "items.csv, row 5, item = 'i003': item given twice"),
        (_set("first", "far", of_items=True), "items.csv, row 5, first = 'far'"),
        (lambda f: (f[0].drop(columns="first"), f[1]), "items.csv: no features"),
        (lambda f: (f[0], f[1].drop(columns="answer_kb")), "runs.csv, answer_kb"),
        (lambda f: (f[0], f[1][["item", "score"]]), "runs.csv: no operators"),
        (lambda f: (f[0], f[1].iloc[:0]), "runs.csv: empty table"),
    ],
)
def test_faults_are_named(change: Callable[[Frames], Frames], message: str, tmp_path: Path) -> None:
    """A fault is told with file, row and field."""
    items, runs = change(write_small(tmp_path / "small"))
    items.to_csv(tmp_path / "small" / "items.csv", index=False)
    runs.to_csv(tmp_path / "small" / "runs.csv", index=False)
    with pytest.raises(InputError) as error:
        load_recorded(tmp_path / "small")
    assert message in str(error.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """Without one of the two files there is no workload."""
    write_small(tmp_path / "small")
    (tmp_path / "small" / "runs.csv").unlink()
    with pytest.raises(InputError, match=r"runs.csv: cannot be read: No such file .* next: name a folder that holds"):
        load_recorded(tmp_path / "small")
