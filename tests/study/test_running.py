"""Tests of running a study: what a method may do, every run once, and what a row says."""

from __future__ import annotations

import signal
import warnings
from pathlib import Path

import psutil
import pytest

from sloplan.problem.errors import InputError, SizeLimitError
from sloplan.problem.instance import Instance
from sloplan.problem.storage.instance_files import save_instance
from sloplan.study.folder import StudyFolder
from sloplan.study.judged import judged_frame
from sloplan.study.row import COLUMNS
from sloplan.study.rows import Row
from tests.one_pool import one_pool
from tests.study.case import configuration_text, run, write_instance
from tests.study.misbehaving import install


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the instance, and the methods on the path."""
    monkeypatch.syspath_prepend(install(tmp_path / "site"))
    write_instance(tmp_path)
    return tmp_path


def row_of(method: str, base: Path, **more: object) -> Row:
    """Run one method; return its row as it stands on the disk."""
    run(configuration_text(method, **more), base / "study", base)
    [row] = StudyFolder(base / "study").rows()
    return row


def test_a_row_says_everything(base: Path) -> None:
    """A good run's row has every column: claims, what was verified, times, machine and versions."""
    row = row_of("best", base, seeds=[3])
    assert list(row) == list(COLUMNS)
    assert (row["outcome"], row["message"], row["refusal"], row["verified"]) == ("finished", None, None, True)
    assert (row["method"], row["instance"], row["seed"], row["threads"]) == ("best", "one-pool.zip", 3, 1)
    assert (row["objective"], row["objective_exact"], row["goodput"], row["served_count"]) == (6.0, 6000, 6.0, 2)
    assert (row["claimed_status"], row["claimed_objective"], row["claimed_bound"]) == ("feasible", 6.0, None)
    assert 0 <= row["runtime_s"] <= row["process_s"]
    assert row["overhead_s"] >= row["start_s"] > 0
    assert row["peak_memory_gb"] < 1
    assert {"sloplan", "python", "numpy"} <= row["versions"].keys()
    assert row["cores"] >= 1
    assert len(row["instance_sha256"]) == 64
    study = StudyFolder(base / "study")
    assert study.solution_file(row["run"]).exists()
    assert study.trajectories()[["run", "objective"]].values.tolist() == [[row["run"], 6.0]]


@pytest.mark.parametrize(
    ("method", "outcome", "message"),
    [
        ("hanging", "timeout", "interrupted 0.5 s after its limit of 1 s"),
        ("deaf", "timeout", "killed: still at work 1 s after its limit of 1 s"),
        ("raising", "raised", "_UncommonError: no such thing"),
        ("exiting", "exited", "exited with code enough"),
        ("vanishing", "crashed", "the process ended without a word, exit code 7"),
        ("crashing", "crashed", "the process was killed by signal SIGSEGV"),
        ("refusing", "unsupported", "this method solves nothing at all"),
        *(
            pytest.param(*ending, marks=pytest.mark.slow)  # each a variant of one above
            for ending in (
                ("unnamed", "crashed", f"the process was killed by signal {signal.SIGRTMIN + 6}"),
                ("haunting", "crashed", "the process was killed by signal SIGKILL"),
                ("flooding", "timeout", "killed: still at work 1 s after its limit of 1 s"),
                ("babbling", "timeout", "killed: still at work 1 s after its limit of 1 s"),
                ("oversized", "unsupported", "more than 3 plans; next: fewer"),
            )
        ),
    ],
)
def test_what_ends_a_run(base: Path, method: str, outcome: str, message: str) -> None:
    """A method that hangs, raises, exits, crashes or refuses: the study finishes, and its row says what happened."""
    row = row_of(method, base)
    assert (row["outcome"], row["message"]) == (outcome, message)


def test_what_was_found_before_the_interruption_counts(base: Path) -> None:
    """A method that does not stop in time is interrupted as by Ctrl-C, and its solution is checked."""
    row = row_of("hanging", base)
    assert (row["verified"], row["objective"], row["claimed_limit"]) == (True, 1.0, "interrupted")
    assert row["runtime_s"] > 1.5


def test_memory_of_all_processes_counts(base: Path) -> None:
    """Two processes of a method that together take more than the limit are ended."""
    row = row_of("leaking", base, time_limits=[60])
    assert (row["outcome"], row["message"]) == ("memory", "killed: passed its memory limit of 1 GB")
    assert row["peak_memory_gb"] > 1


def test_memory_that_processes_share_counts_once(base: Path) -> None:
    """Five processes that share half of the limit are within it, though each of them seems to hold all of it."""
    row = row_of("sharing", base, time_limits=[60])
    assert (row["outcome"], row["objective"]) == ("finished", 1.0)
    assert row["peak_memory_gb"] > 1


def test_memory_that_a_method_cannot_get(base: Path) -> None:
    """More memory than the limit is refused to the method, which keeps what it has found."""
    row = row_of("hungry-at-once", base)
    assert (row["outcome"], row["claimed_limit"], row["objective"]) == ("finished", "memory", 1.0)


def test_printing_does_not_stop_a_run(base: Path) -> None:
    """Megabytes that nobody reads neither block a method nor end up in the folder."""
    row = row_of("printing", base, time_limits=[30])
    assert (row["outcome"], row["objective"]) == ("finished", 1.0)
    assert sum(file.stat().st_size for file in (base / "study").rglob("*") if file.is_file()) < 100_000


def test_what_a_lost_run_printed_is_kept(base: Path) -> None:
    """The last words of a process that vanished stand beside its row."""
    row = row_of("vanishing", base)
    assert (base / "study" / "printed" / f"{row['run']}.txt").read_text() == "fatal: no licence\n"


def test_what_no_file_can_hold(base: Path) -> None:
    """A claim that is no number is unknown, and a message is one line that can be written; the study goes on."""
    row = row_of("unspeakable", base)
    assert (row["outcome"], row["verified"], row["claimed_compile_s"]) == ("finished", True, None)
    assert row["message"] == "method 'fake' failed: ValueError: no such file: \\udcff nor another"


def test_an_invalid_plan_is_not_believed(base: Path) -> None:
    """A plan that a method put past its run is claimed, refused, and counts for nothing."""
    row = row_of("forging", base)
    assert (row["claimed_status"], row["claimed_objective"]) == ("optimal", 7.0)
    assert (row["verified"], row["objective"], row["goodput"]) == (False, None, None)
    assert "row 'pool:gpus'" in row["refusal"]
    frame = judged_frame([row])
    assert frame["status"].tolist() == ["unknown"]


def test_a_false_bound_is_refuted_by_another_run(base: Path) -> None:
    """A bound below what another method verifiably reached does not count, nor does the optimum that rests on it."""
    run(configuration_text("lying", "best"), base / "study", base)
    frame = judged_frame(StudyFolder(base / "study").rows()).set_index("method")
    assert frame.at["lying", "claimed_status"] == "optimal"
    assert frame.at["lying", "bound_refuted"]
    assert frame.at["lying", "status"] == "feasible"
    assert frame["bound"].isna().all()
    assert not frame.at["best", "bound_refuted"]


def test_a_certified_bound_is_what_the_harness_verified(base: Path) -> None:
    """A bound that a method calls certified, with no certificate, is claimed and not certified."""
    row = row_of("overstating", base)
    assert (row["claimed_bound"], row["claimed_proof"], row["certified_bound"]) == (6.5, "certified", None)


def test_a_certificate_is_verified_again(base: Path) -> None:
    """What a certificate proves stands in the row as worked out by the harness: all values, 1 + 2 + 4."""
    row = row_of("certifying", base)
    assert (row["certified_bound"], row["certified_bound_exact"]) == (7.0, 7000)


def test_a_false_runtime_shows(base: Path) -> None:
    """Time that a method calls compilation, and was none, is in the measured runtime; the claim is found false."""
    row = row_of("backdating", base, time_limits=[10])
    assert row["claimed_runtime_s"] < 1.0 < row["runtime_s"]
    assert judged_frame([row])["runtime_false"].tolist() == [True]


@pytest.mark.parametrize(("method", "sleep"), [("littering", "300.625"), ("escaping", "300.75")])
def test_processes_left_behind_are_ended(base: Path, method: str, sleep: str) -> None:
    """A process that a method leaves behind, in a session of its own, is gone when its row is there."""
    assert row_of(method, base)["outcome"] == "finished"
    left = [process for process in psutil.process_iter(["cmdline"]) if sleep in " ".join(process.info["cmdline"] or [])]
    assert left == []


def test_finished_runs_are_not_run_again(base: Path) -> None:
    """The same command goes on with what has no row, and only with that."""
    text = configuration_text("best", "fake", seeds=[0, 1])
    first = run(text, base / "study", base)
    assert len(first.rows) == 4
    rows = base / "study" / "rows.jsonl"
    lines = rows.read_text().splitlines(keepends=True)
    rows.write_text("".join(lines[:-1]) + lines[-1][:40])  # the last was being written when the machine went down
    second = run(text, base / "study", base)
    assert second.finished_before == 3
    assert [row["run"] for row in second.rows] == [first.rows[-1]["run"]]
    assert len(StudyFolder(base / "study").rows()) == 4
    assert run(text, base / "study", base).planned == []


def test_another_configuration_needs_another_folder(base: Path) -> None:
    """A study's folder is not mixed with another's runs, nor with anything else."""
    run(configuration_text("best"), base / "study", base)
    with pytest.raises(InputError, match="holds the study of another configuration"):
        run(configuration_text("fake"), base / "study", base)
    with pytest.raises(InputError, match="is no study, and not empty"):
        run(configuration_text("fake"), base, base)


def test_a_folder_that_cannot_be_used(base: Path) -> None:
    """A file is no folder; a study that was stopped before it had begun does not block its folder."""
    (base / "file").write_text("")
    with pytest.raises(InputError, match="is no folder"):
        run(configuration_text("best"), base / "file", base)
    (base / "study" / "solutions").mkdir(parents=True)
    (base / "study" / ".lock").touch()
    assert len(run(configuration_text("best"), base / "study", base).rows) == 1


def test_an_instance_that_is_too_large(base: Path) -> None:
    """An instance that passes a size limit has rows that say so, as one that is malformed has."""

    def too_large(_: str) -> Instance:
        raise SizeLimitError("the value of all queries passes int64")

    heard = run(configuration_text("best"), base / "study", base, load=too_large)
    assert [(row["outcome"], row["message"]) for row in heard.rows] == [
        ("unreadable", "the value of all queries passes int64")
    ]


def test_an_unreadable_instance_does_not_stop_the_others(base: Path) -> None:
    """A malformed file among others gets rows that say so."""
    (base / "a.zip").write_bytes(b"no zip")
    text = configuration_text("best", source="*.zip")
    heard = run(text, base / "study", base)
    outcomes = {row["instance"]: row["outcome"] for row in heard.rows}
    assert outcomes == {"a.zip": "unreadable", "one-pool.zip": "finished"}


def test_a_method_that_there_is_not(base: Path) -> None:
    """A misspelt method or option is told before anything runs."""
    with pytest.raises(InputError, match="did you mean best"):
        run(configuration_text("bset"), base / "study", base)
    text = configuration_text("fake").replace('name = "fake"', 'name = "fake"\noptions = {efort = 2}')
    with pytest.raises(InputError, match="did you mean effort"):
        run(text, base / "study", base)
    assert not (base / "study").exists()


def test_an_error_of_the_study_itself_is_told(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row that cannot be written ends the study, and the other rows stay."""

    def full(*_: object) -> None:
        raise InputError("a row cannot be written: No space left on device")

    text = configuration_text("best", seeds=[0, 1, 2])
    with monkeypatch.context() as patch:
        patch.setattr("sloplan.study.folder.append_row", full)
        with pytest.raises(InputError, match="No space left"):
            run(text, base / "study", base)
    assert StudyFolder(base / "study").rows() == []
    assert len(run(text, base / "study", base).rows) == 3


def test_more_threads_than_cores(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads that there are no cores for are warned of, and the row states those that the run had."""
    monkeypatch.setattr("sloplan.study.running.usable_cores", lambda: [0])
    with pytest.warns(UserWarning, match="64 threads are wanted and there are 1 cores"):
        row = row_of("best", base, threads=[64])
    assert row["threads"] == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run(configuration_text("best"), base / "another", base)


def test_a_changed_instance_is_not_mixed_in(base: Path) -> None:
    """A study that goes on refuses another instance under the name of one that has rows."""
    text = configuration_text("best", "fake", seeds=[0, 1])
    run(text, base / "study", base)
    rows = base / "study" / "rows.jsonl"
    rows.write_text("".join(rows.read_text().splitlines(keepends=True)[:-1]))
    save_instance(one_pool((1.0, 2.0, 5.0)), base / "one-pool.zip")
    with pytest.raises(InputError, match=r"one-pool\.zip: its content has changed since the study's first rows"):
        run(text, base / "study", base)
    assert len(StudyFolder(base / "study").rows()) == 3
