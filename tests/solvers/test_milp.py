"""The method `milp`: right answers, limits, warm starts, and answers of the engine that are refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from sloplan.models import compact_milp
from sloplan.problem.compiled import CompiledInstance
from sloplan.problem.errors import SizeLimitError
from sloplan.problem.instance import Instance
from sloplan.problem.plan_table import enumerate_plans
from sloplan.problem.run import Run
from sloplan.solvers import compact_job, supervisor
from sloplan.solvers.highs import Highs
from sloplan.solvers.messages import EngineStarts, Found, Message
from sloplan.solvers.milp import CompactMilp
from tests.models.tiny_instances import CHAIN, TWO, tiny
from tests.solvers.contended import contended, hard


def solved(instance: Instance, in_process: bool = True, **settings: Any) -> Run:
    """Run the method with a time limit that is ample unless `settings` says otherwise."""
    run = Run(instance, **{"threads": 1, "time_limit": 60.0} | settings)
    CompactMilp().solve(instance.compiled, run, in_process=in_process)
    return run


def best_value(instance: Instance) -> int:
    """Greatest value over all subsets of queries, each with its plan of least usage of the only shared row.

    On these instances a query's plans differ in the server's use only, so that plan is as good as any.
    """
    compiled = instance.compiled
    table = enumerate_plans(compiled, 0)
    busy = np.array([table.figures.usage.row(plan)[1][:1].sum() for plan in range(len(table))])
    reached = {0: 0}  # usage to value
    for query in range(len(compiled.names.queries)):
        kept = table.feasible(compiled, query)
        if not kept.any():
            continue
        usage = int(busy[kept].min() * compiled.queries.rate_milli[query])
        for used, value in list(reached.items()):
            if used + usage <= compiled.rows.capacity[list(compiled.rows.name).index("pool:server")]:
                reached[used + usage] = max(
                    reached.get(used + usage, 0), value + int(compiled.queries.value_milli[query])
                )
    return max(reached.values())


@pytest.mark.parametrize("in_process", [True, False])
def test_optimum_is_proven(in_process: bool) -> None:
    """Objective and bound equal the best over all subsets, in this process and in one of its own."""
    instance = contended(8)
    run = solved(instance, in_process)
    assert run.best_objective == run.bound == best_value(instance)
    assert 0 < run.best_objective < instance.compiled.queries.value_milli.sum()
    assert run.proof == "solver"
    assert run.message is None


def test_same_seed_same_answer() -> None:
    """One seed gives one solution."""
    instance = contended(12)
    first, second = (solved(instance, seed=3).best_solution for _ in range(2))
    assert first is not None
    assert second is not None
    assert first.options.equals(second.options)


def test_same_seed_same_answer_in_a_process_with_two_threads() -> None:
    """The path that users take: a process of its own and two threads. HiGHS promises the same search."""
    instance = hard(queries=30, machines=5)
    first, second = (solved(instance, in_process=False, seed=3, threads=2) for _ in range(2))
    assert first.best_objective == second.best_objective == first.bound == second.bound
    assert first.best_solution is not None
    assert second.best_solution is not None
    assert first.best_solution.options.equals(second.best_solution.options)
    assert first.best_solution.plans.equals(second.best_solution.plans)


def test_proven_nothing_is_an_answer() -> None:
    """Where no query can be served, the empty plan is proven best, with no engine or with one."""
    run = solved(tiny(TWO, edges=CHAIN, query={"slo_latency_ms": 1.0}))
    assert (run.best_objective, run.bound, run.proof) == (0, 0, "method")
    run = solved(tiny(TWO, edges=CHAIN, query={"value": 0.0}))
    assert (run.best_objective, run.bound) == (0, 0)


def test_too_many_copies_are_refused_before_anything_starts() -> None:
    """The size limit is the caller's error, not the engine's."""
    with pytest.raises(SizeLimitError, match="copy_limit"):
        solved(tiny(TWO, edges=CHAIN, query={"count": 10**9}), in_process=False)


def test_unsupported_is_said_in_one_line() -> None:
    """The objective of two stages is refused; the others are not, under either hosting."""
    for instance in (contended(), contended().replace(hosting="replicas")):
        compiled = instance.compiled
        assert CompactMilp().unsupported(compiled, "goodput") is None
        assert CompactMilp().unsupported(compiled, "cost") is None
        assert "'goodput-then-cost'" in str(CompactMilp().unsupported(compiled, "goodput-then-cost"))


@pytest.mark.parametrize("time_limit", [0.01, 1.0])
def test_time_limit_is_kept_before_the_engine_is_at_work(time_limit: float) -> None:
    """The limit ends the run; the bound known at once is there, and nothing is invented."""
    instance = hard()
    instance.compiled  # noqa: B018 - compiling is not the method's time
    run = solved(instance, in_process=False, time_limit=time_limit, threads=2)
    assert run.limit == "time"
    assert run.bound is not None
    assert run.bound <= instance.compiled.queries.value_milli.sum()
    assert (run.best_objective is None) == (run.best_solution is None)


def test_time_limit_is_kept_by_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine is at work when time is up: all that it found and proved by then is there.

    On a busy machine HiGHS may look at its limit so late that it is ended, which costs nothing but a remark.
    """
    instance = hard(100)
    instance.compiled  # noqa: B018 - compiling is not the method's time
    seen: list[type] = []
    take = supervisor.Supervisor._take

    def noted(self: supervisor.Supervisor, message: Message) -> None:
        seen.append(type(message))
        take(self, message)

    monkeypatch.setattr(supervisor.Supervisor, "_take", noted)
    for time_limit in (15.0, 40.0):  # the first is enough for an idle machine
        seen.clear()
        run = solved(instance, in_process=False, time_limit=time_limit, threads=2)
        if Found in seen and run.proof == "solver":
            break
    assert EngineStarts in seen
    assert seen.index(Found) > seen.index(EngineStarts)
    assert (run.limit, run.proof) == ("time", "solver")
    assert run.message is None or "did not stop at its time limit" in run.message
    assert run.best_objective is not None
    assert run.bound is not None
    assert run.best_objective < run.bound < instance.compiled.queries.value_milli.sum()


def test_time_limit_is_kept_while_the_model_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    """In this process nobody ends a long building from outside: it looks at the limit itself."""

    def build(
        compiled: CompiledInstance,
        objective: str,
        floor: int | None,
        copy_limit: int,
        checkpoint: Callable[[], None],
        open_options: None,
    ) -> None:
        while True:
            checkpoint()

    monkeypatch.setattr(compact_job, "compact_milp", build)
    run = solved(contended(8), time_limit=0.2)
    assert (run.limit, run.message, run.best_solution) == ("time", None, None)


def test_time_limit_is_kept_in_process() -> None:
    """HiGHS itself stops soon after the limit, with what it has; on a busy machine it may look up a second late."""
    instance = hard(100)
    for time_limit in (8.0, 20.0):  # the first is enough for an idle machine
        run = solved(instance, time_limit=time_limit)
        if run.best_objective is not None:
            break
    assert run.limit == "time"
    assert run.best_objective is not None
    assert run.bound is not None
    assert run.best_objective < run.bound


def test_relative_gap_ends_the_run() -> None:
    """With a wide gap the run ends early and says why."""
    run = solved(hard(40), rel_gap=0.5)
    assert run.limit == "gap"
    assert run.best_objective is not None
    assert run.bound is not None
    assert run.best_objective < run.bound <= 2 * run.best_objective


@pytest.mark.parametrize("in_process", [True, False])
def test_start_is_never_lost(in_process: bool) -> None:
    """A run that starts from the optimum ends with it, and the engine gets it as its start."""
    instance = contended(8, count=2)
    best = solved(instance).best_solution
    run = Run(instance, initial_solution=best, time_limit=60.0)
    assert best is not None
    assert run.offer(best) == []
    CompactMilp().solve(instance.compiled, run, in_process=in_process)
    assert run.best_objective == run.bound
    assert run.best_solution is best


def test_engine_gets_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """HiGHS takes the warm start: its first improving solution is already as good."""
    instance = contended(30, seed=5)
    best = solved(instance)
    assert best.best_solution is not None
    given: list[int] = []
    first: list[float] = []
    original = Highs.start_from

    def start_from(self: Highs, columns: np.ndarray, values: np.ndarray) -> None:
        given.append(int(values.sum()))
        self.on_incumbent = lambda found: first.append(float(self._form.cost @ found))
        original(self, columns, values)

    monkeypatch.setattr(Highs, "start_from", start_from)
    run = Run(instance, time_limit=60.0)
    run.offer(best.best_solution)
    CompactMilp().solve(instance.compiled, run, in_process=True)
    assert given == [3 * best.best_solution.plans["count"].sum()]  # `served` and one option for each of two operators
    scale = compact_milp(instance).objective_scale
    assert -first[0] * scale == pytest.approx(best.best_objective)
