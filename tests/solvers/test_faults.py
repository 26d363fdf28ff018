"""What can go wrong with the engine's process: each fault gives its reason, and loses nothing found."""

from __future__ import annotations

import _thread
import gc
import logging
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from sloplan.models.cp_compact import compact_cp
from sloplan.problem.instance import Instance
from sloplan.problem.run import Run
from sloplan.solvers import milp, supervisor
from sloplan.solvers.cp_sat import search
from sloplan.solvers.engine_process import EngineProcess, child_command
from sloplan.solvers.highs import Highs
from sloplan.solvers.job import ChildJob, Settings
from sloplan.solvers.messages import Logged, Message
from sloplan.solvers.milp import CompactMilp
from tests.solvers.contended import contended, hard

PREAMBLE = """
import os, signal, sys, time
from sloplan.problem import judging
from sloplan.solvers import child, compact_job
from sloplan.solvers.highs import Highs
"""


def run_with_child(
    monkeypatch: pytest.MonkeyPatch, code: str, instance: Instance | None = None, time_limit: float = 60.0
) -> Run:
    """Solve with a process that runs `code` instead of the usual one."""
    monkeypatch.setattr(supervisor, "child_command", lambda: [sys.executable, "-P", "-c", code])
    instance = instance or contended(6)
    run = Run(instance, time_limit=time_limit)
    CompactMilp().solve(instance.compiled, run)
    return run


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("print('Running HiGHS 1.12.0')\nimport time; time.sleep(60)", "no message"),
        ("import sys; sys.stdout.write('x')", "cut short"),
        ("raise SystemExit(3)", "exit code 3"),
        ("raise RuntimeError('no licence')", "no licence"),
        ("import os, time; os.close(1); time.sleep(60)", "closed its pipe"),
        (PREAMBLE + "Highs.solve = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\nchild.main()", "signal 9"),
        (
            PREAMBLE + "def build(*_): raise RuntimeError('half')\ncompact_job.compact_milp = build\nchild.main()",
            "half",
        ),
    ],
    ids=["garbage", "cut short", "exit", "exception", "closed pipe", "kill -9", "build fails"],
)
def test_fault_gives_its_reason(monkeypatch: pytest.MonkeyPatch, code: str, reason: str) -> None:
    """The run says that the engine failed and why; the bound known at once stays."""
    run = run_with_child(monkeypatch, code)
    assert run.limit == "engine"
    assert run.message is not None
    assert reason in run.message
    assert run.best_solution is None
    assert run.bound == contended(6).compiled.queries.value_milli.sum()


def test_no_engine_no_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bound known at once does not rest on an engine that never ran."""
    run = run_with_child(monkeypatch, "raise SystemExit(3)")
    assert run.bound is not None
    assert run.proof == "method"


def test_memory_error_is_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Running out of memory in the process is the limit "memory"."""
    code = PREAMBLE + "def build(*_): raise MemoryError\ncompact_job.compact_milp = build\nchild.main()"
    assert run_with_child(monkeypatch, code).limit == "memory"


@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_AS is enforced on Linux")
def test_process_beyond_its_memory_leaves_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    """However an engine dies of too little memory, the run goes on to say so."""
    cap = (
        "import resource\n"
        "used = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()\n"
        "def solve(self, seconds):\n"
        "    resource.setrlimit(resource.RLIMIT_AS, (used, used))\n"
        "    return bytearray(2**33)\n"
        "Highs.solve = solve\n"
        "child.main()"
    )
    run = run_with_child(monkeypatch, PREAMBLE + cap)
    assert run.limit in ("memory", "engine")
    assert run.message is not None


def test_best_found_before_a_kill_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that was sent before the process was killed is in the run, checked."""
    code = PREAMBLE + (
        "send = child.PipeListener.offer\n"
        "def offer(self, answer):\n"
        "    send(self, answer)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "child.PipeListener.offer = offer\n"
        "child.main()"
    )
    run = run_with_child(monkeypatch, code)
    assert run.limit == "engine"
    assert run.best_objective is not None


def test_hang_beyond_the_limit_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that ignores its time limit is ended shortly after it: limit "time", with a remark."""
    code = (
        "import sys, time\n"
        "from sloplan.solvers.messages import EngineStarts, write_message\n"
        "write_message(sys.stdout.buffer, EngineStarts())\n"
        "time.sleep(600)"
    )
    run = run_with_child(monkeypatch, code, time_limit=4)
    assert run.limit == "time"
    assert run.message is not None
    assert "did not stop at its time limit" in run.message


def test_wrong_claims_of_the_process_are_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that breaks a rule does not get past the parent's checker."""
    code = PREAMBLE + "child.judge_objective = lambda *_: judging.Judged(())\n" + (
        "from sloplan.solvers.messages import Found\n"
        "import numpy as np\n"
        "from sloplan.models.copies import solution_of_copies\n"
        "def job(problem, settings, listener):\n"
        "    compiled = problem.compiled\n"
        "    options = [int(part[-1]) for part in compiled.template_options(0)]\n"
        "    query = np.arange(len(compiled.names.queries))\n"
        "    listener.send(Found(solution_of_copies(compiled, query, np.array([options] * len(query)))))\n"
        "compact_job.run_compact_job = job\n"
        "child.main()"
    )  # fmt: skip
    run = run_with_child(monkeypatch, code)
    assert run.best_solution is None
    assert run.limit is None


def test_what_the_engine_prints_stays_away_from_stdout(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Lines printed by compiled code reach nobody's stdout: neither from the process nor from this one."""
    code = PREAMBLE + (
        "solve = Highs.solve\n"
        "def noisy(self, seconds):\n"
        "    os.write(1, b'noise')\n"
        "    return solve(self, seconds)\n"
        "Highs.solve = noisy\n"
        "child.main()"
    )
    run = run_with_child(monkeypatch, code)
    assert run.best_objective == run.bound

    instance = contended(6)
    here = Run(instance)
    original = Highs._looked_in

    def looked_in(self: Highs, event: object) -> None:
        os.write(1, b"noise")
        original(self, event)

    monkeypatch.setattr(Highs, "_looked_in", looked_in)
    CompactMilp().solve(instance.compiled, here, in_process=True)
    os.write(1, b"after")
    assert here.best_objective == run.best_objective
    assert capfd.readouterr().out == "after"


def test_what_c_code_keeps_in_its_buffer_is_discarded_too() -> None:
    """C code writes to a pipe through a buffer: what it printed inside is gone, what came before is there."""
    code = (
        "import ctypes\n"
        "from sloplan.solvers.engine import engine_output_discarded\n"
        "library = ctypes.CDLL(None)\n"
        "library.puts(b'before')\n"
        "with engine_output_discarded():\n"
        "    library.puts(b'noise')\n"
        "library.puts(b'after')\n"
    )
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["before", "after"]


def test_endless_building_is_ended_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time may be up while the model is built: the process is ended, and that is no fault of the engine."""
    code = PREAMBLE + "compact_job.compact_milp = lambda *_: time.sleep(600)\nchild.main()"
    run = run_with_child(monkeypatch, code, time_limit=3.0)
    assert (run.limit, run.message, run.proof) == ("time", None, "method")


def test_log_records_of_the_process_arrive(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """What the process logs is logged here, under its logger; a refused answer of HiGHS as a warning."""
    caplog.set_level(logging.INFO, logger="sloplan")
    run = run_with_child(
        monkeypatch,
        PREAMBLE + "child.judge_objective = lambda *_: judging.Judged(('nothing is good enough',))\nchild.main()",
    )
    assert run.limit == "engine"
    logged = {(record.name, record.levelname) for record in caplog.records if "refused" in record.getMessage()}
    assert ("sloplan.solvers.compact_job", "WARNING") in logged
    assert ("sloplan.solvers.child", "INFO") in logged
    assert any(record.getMessage().startswith("model built in") for record in caplog.records)


def test_log_records_that_nobody_reads_stay_away(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The process sends what the caller's level lets through."""
    caplog.set_level(logging.WARNING, logger="sloplan")
    sent: list[object] = []
    take = supervisor.Supervisor._take

    def noted(self: supervisor.Supervisor, message: Message) -> None:
        sent.append(message)
        take(self, message)

    monkeypatch.setattr(supervisor.Supervisor, "_take", noted)
    run_with_child(monkeypatch, PREAMBLE + "child.main()")
    assert sent
    assert not any(isinstance(message, Logged) for message in sent)


def test_interrupt_while_the_process_starts_leaves_none_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C at the worst moment, just after the process was made, still ends it."""
    started: list[subprocess.Popen[bytes]] = []

    class Interrupted(EngineProcess):
        def start(self) -> None:
            super().start()
            assert self._process is not None
            started.append(self._process)
            raise KeyboardInterrupt

    monkeypatch.setattr(supervisor, "EngineProcess", Interrupted)
    run = run_with_child(monkeypatch, "import time; time.sleep(600)")
    assert run.limit == "interrupted"
    assert started[0].returncode is not None


@pytest.fixture
def no_collection() -> Iterator[None]:
    """Keep the garbage collector off: hypothesis hooks into it, and an interrupt that lands in a hook is lost."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_collection")
@pytest.mark.parametrize("in_process", [True, False])
def test_interrupt_keeps_the_best(in_process: bool) -> None:
    """Ctrl-C ends the run soon; what was found stays."""
    instance = hard()
    run = Run(instance, time_limit=100.0)

    def interrupt_after_the_first_answer() -> None:
        while run.best_solution is None:
            time.sleep(0.05)
        if in_process:
            signal.raise_signal(signal.SIGINT)
        else:
            _thread.interrupt_main()

    threading.Thread(target=interrupt_after_the_first_answer, daemon=True).start()
    if in_process:  # the caller learns of it: `solve` at the front door makes a result of it
        with pytest.raises(KeyboardInterrupt):
            CompactMilp().solve(instance.compiled, run, in_process=True)
    else:
        CompactMilp().solve(instance.compiled, run)
        assert run.limit == "interrupted"
    assert run.elapsed() < 60
    assert run.best_objective is not None


@pytest.mark.usefixtures("no_collection")
def test_interrupt_ends_a_search_of_cp_sat() -> None:
    """CP-SAT's own handler swallowed Ctrl-C, and left one behind that ends the process at the next."""
    model, before = compact_cp(hard()), signal.getsignal(signal.SIGINT)
    for _ in range(2):
        began = time.monotonic()
        threading.Timer(1.0, signal.raise_signal, (signal.SIGINT,)).start()
        with pytest.raises(KeyboardInterrupt):
            search(
                model, seconds=60, seed=0, threads=1, maximise=True, found=lambda _: None, bounded=lambda _: None,
                should_stop=lambda: False,
            )  # fmt: skip
        assert time.monotonic() - began < 50
    assert signal.getsignal(signal.SIGINT) is before


def test_process_ends_with_its_parent() -> None:
    """A process whose parent has died ends by itself: its stdin closes."""
    now = time.monotonic()
    job = ChildJob(milp.run_compact_job, hard(), Settings("goodput", 1000, 0, 1, 0.0, now + 600), now, logging.WARNING)
    with subprocess.Popen(child_command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(pickle.dumps(job))
        process.stdin.flush()
        assert process.stdout.read(8) == b"sloplan\x01"  # it is at work
        process.stdin.close()
        assert process.wait(timeout=20) == 1
