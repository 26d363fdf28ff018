"""Growing linear programs: every failure is an error, and what grows or shrinks keeps the vertex."""

from __future__ import annotations

import numpy as np
import pytest

from sloplan.decomposition.linear_engine import LinearEngine
from sloplan.solvers.engine import EngineError


def two_columns(*, grows_by_columns: bool = True) -> LinearEngine:
    """Minimise -2x - y with x, y up to 1 and x + y <= 1.5: x = 1, y = 0.5."""
    engine = LinearEngine(grows_by_columns=grows_by_columns)
    nothing = np.zeros(0, dtype=np.int64)
    engine.add_rows(np.array([-engine.infinity]), np.array([1.5]), nothing, nothing, np.zeros(0))
    engine.add_columns(
        np.array([-2.0, -1.0]), np.zeros(2), np.ones(2), np.arange(2), np.zeros(2, dtype=np.int64), np.ones(2)
    )
    assert engine.run()
    assert engine.columns.tolist() == [1.0, 0.5]
    return engine


def iterations(engine: LinearEngine) -> int:
    """Simplex iterations of one more run."""
    assert engine.run()
    return int(engine._highs.getInfo().simplex_iteration_count)


def test_bounds_become_rows_at_the_same_vertex() -> None:
    """No iteration is needed, and the row's price is what the bound's was."""
    engine = two_columns()
    before = engine.reduced_costs[0]
    engine.bounds_to_rows(np.arange(2), np.ones(2))
    assert iterations(engine) == 0
    assert engine.columns.tolist() == [1.0, 0.5]
    assert engine.duals[1:].tolist() == [before, 0.0]
    assert engine.reduced_costs.tolist() == [0.0, 0.0]


def test_slack_rows_go_and_binding_ones_stay() -> None:
    """Of two rows that are to go, the one that binds stays; the vertex is kept."""
    engine = two_columns(grows_by_columns=False)
    engine.add_rows(
        np.array([0.1, 0.6]), np.full(2, engine.infinity), np.arange(2), np.ones(2, dtype=np.int64), np.ones(2)
    )
    assert engine.run()
    assert engine.columns.tolist() == [0.9, 0.6]
    assert engine.drop_slack_rows(np.array([False, True, True])).tolist() == [False, True, False]
    assert iterations(engine) == 0
    assert engine.columns.tolist() == [0.9, 0.6]


def test_no_limit_is_said() -> None:
    """An objective without a limit is no error: masters without a box may have one."""
    engine = LinearEngine(grows_by_columns=False)
    engine.add_columns(np.array([-1.0]), np.zeros(1), np.array([engine.infinity]))
    assert not engine.run()


def test_failures_are_errors() -> None:
    """Programs without a solution and entries that make no sense are refused by name."""
    engine = two_columns()
    with pytest.raises(EngineError, match="HiGHS refused rows"):
        engine.add_rows(np.zeros(1), np.ones(1), np.zeros(1, dtype=np.int64), np.array([7]), np.ones(1))
    engine.add_rows(np.array([9.0]), np.array([9.0]), np.zeros(1, dtype=np.int64), np.array([0]), np.ones(1))
    with pytest.raises(EngineError, match="ended a linear program with Infeasible"):
        engine.run()


@pytest.mark.parametrize("grows_by_columns", [False, True])
def test_a_program_that_fails_is_solved_anew(monkeypatch: pytest.MonkeyPatch, grows_by_columns: bool) -> None:
    """From a basis that leads nowhere HiGHS ends with "Solve error"; without it, and by the other simplex, it goes on.

    `branch-and-price` under cost with whole replicas (heterogeneous-s-2-loose) ended so after 17 s.
    """
    engine = two_columns(grows_by_columns=grows_by_columns)
    solved, strategies = engine._solved, []

    def fails_once() -> object:
        strategies.append(engine._highs.getOptionValue("simplex_strategy")[1])
        return engine._highspy.HighsModelStatus.kSolveError if len(strategies) == 1 else solved()

    monkeypatch.setattr(engine, "_solved", fails_once)
    engine.set_costs(np.arange(2), np.array([-1.0, -2.0]))
    assert engine.run()
    assert engine.columns.tolist() == [0.5, 1.0]
    assert engine.run()
    assert strategies in ([1, 4, 1], [4, 1, 4])


def test_a_program_that_fails_twice_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is made of it."""
    engine = two_columns()
    monkeypatch.setattr(engine, "_solved", lambda: engine._highspy.HighsModelStatus.kSolveError)
    with pytest.raises(EngineError, match="HiGHS ended a linear program"):
        engine.run()


def test_a_time_limit_is_for_one_run() -> None:
    """Without time there is no optimum, and the next run, without a limit, finds it."""
    rng, engine, size = np.random.default_rng(0), LinearEngine(grows_by_columns=False), 300
    engine.add_columns(-rng.random(size), np.zeros(size), np.full(size, engine.infinity))
    owner, column = (part.reshape(-1) for part in np.meshgrid(np.arange(size), np.arange(size), indexing="ij"))
    engine.add_rows(np.full(size, -engine.infinity), np.ones(size), owner, column, rng.random(size * size))
    assert not engine.run(0.0)
    assert engine.run()
    assert engine.objective < 0
