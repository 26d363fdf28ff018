"""HiGHS on a standard form: options, callbacks, warm start and further rows; its word is judged elsewhere."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from sloplan.solvers.standard_form import Floats, StandardForm

LONGEST_TIME_LIMIT = 1e9
"""Seconds that stand for "no time limit"."""


class EngineError(RuntimeError):
    """The engine failed, or said what cannot be."""


@dataclass(frozen=True)
class Tolerances:
    """What HiGHS may be wrong by, in the units of the scaled model.

    Parameters
    ----------
    mip_feasibility : float
        On integrality and rows; nodes within it of the cutoff are not closed.
    dual_feasibility : float
        On reduced costs, so on the slope of a bound along each column.
    """

    mip_feasibility: float = 1e-6
    dual_feasibility: float = 1e-7


@dataclass(frozen=True)
class EngineAnswer:
    """What HiGHS returned.

    Parameters
    ----------
    ended : str
        "optimal" (within the gap), "infeasible", or "limit" (time, or asked to stop).
    values : (columns,) float64, optional
        Its best solution.
    bound : float, optional
        Lower bound on the cost.
    """

    ended: Literal["optimal", "infeasible", "limit"]
    values: Floats | None
    bound: float | None


class Highs:
    """One HiGHS instance holding one model.

    Parameters
    ----------
    form : StandardForm
    seed, threads : int
    rel_gap : float
        Relative gap at which it may stop.
    tolerances : Tolerances

    Attributes
    ----------
    on_incumbent : callable, optional
        Called with the values of every improving solution.
    on_bound : callable, optional
        Called with the lower bound whenever it has improved.
    should_stop : callable, optional
        Asked often; True ends the solve.
    """

    def __init__(
        self, form: StandardForm, *, seed: int, threads: int, rel_gap: float, tolerances: Tolerances | None = None
    ) -> None:
        import highspy

        tolerances = tolerances or Tolerances()
        self._highspy = highspy
        self._form = form
        self.on_incumbent: Callable[[Floats], None] | None = None
        self.on_bound: Callable[[float], None] | None = None
        self.should_stop: Callable[[], bool] | None = None
        self._raised: Exception | None = None
        self._interrupted = threading.Event()
        self._bound = -np.inf
        # The scheduler is global to the process and keeps the thread count of its first use.
        highspy.Highs.resetGlobalScheduler(True)
        self._highs = highspy.Highs()
        options: dict[str, Any] = {
            "output_flag": False,
            "log_to_console": False,
            "mip_rel_gap": rel_gap,
            "mip_abs_gap": 0.0,
            "random_seed": seed % 2**31,
            "threads": threads,
            "mip_feasibility_tolerance": tolerances.mip_feasibility,
            "dual_feasibility_tolerance": tolerances.dual_feasibility,
        }
        for name, value in options.items():
            self._succeed(self._highs.setOptionValue(name, value), f"option {name}")
        with engine_output_discarded():
            self._succeed(self._highs.passModel(self._lp()), "the model")
        self._highs.cbMipImprovingSolution += self._improved
        self._highs.cbMipInterrupt += self._looked_in

    def start_from(self, columns: npt.NDArray[np.int32], values: Floats) -> None:
        """Give the values of some columns as a start; HiGHS completes them if it can."""
        with engine_output_discarded():
            self._succeed(self._highs.setSolution(len(columns), columns, values), "the start")

    def add_row(self, columns: Sequence[int], limit: float, coefficients: Sequence[float] | None = None) -> None:
        """Add the row ``sum of coefficients x columns <= limit``; coefficients are 1 if left out."""
        index = np.array(columns, dtype=np.int32)
        factors = np.ones(len(index)) if coefficients is None else np.array(coefficients, dtype=np.float64)
        status = self._highs.addRow(-self._highspy.kHighsInf, limit, len(index), index, factors)
        self._succeed(status, "a further row")

    def solve(self, seconds: float) -> EngineAnswer:
        """Solve, for `seconds` at most.

        Raises
        ------
        EngineError
            If HiGHS fails.
        KeyboardInterrupt
            If one came meanwhile; HiGHS has ended in good order.
        """
        self._raised = None
        self._succeed(
            self._highs.setOptionValue("time_limit", min(max(seconds, 0.0), LONGEST_TIME_LIMIT)), "time limit"
        )
        with engine_output_discarded(), interrupts_noted(self._interrupted):
            status = self._highs.run()
        if self._interrupted.is_set():
            raise KeyboardInterrupt
        if self._raised is not None:
            raise self._raised
        if status == self._highspy.HighsStatus.kError:
            raise EngineError(f"HiGHS ended with an error ({self._model_status()})")
        return self._answer()

    def _answer(self) -> EngineAnswer:
        kinds = self._highspy.HighsModelStatus
        kind = self._highs.getModelStatus()
        info = self._highs.getInfo()
        values = None
        if info.primal_solution_status == self._highspy.SolutionStatus.kSolutionStatusFeasible:
            values = np.array(self._highs.getSolution().col_value, dtype=np.float64)
        bound = float(info.mip_dual_bound) if np.any(self._form.integer) else float(info.objective_function_value)
        if kind in (kinds.kOptimal, kinds.kModelEmpty):
            return EngineAnswer("optimal", values, bound)
        if kind in (kinds.kTimeLimit, kinds.kInterrupt):
            return EngineAnswer("limit", values, bound if np.isfinite(bound) else None)
        if kind in (kinds.kInfeasible, kinds.kUnboundedOrInfeasible):
            return EngineAnswer("infeasible", None, None)
        raise EngineError(f"HiGHS ended with {self._model_status()}")

    def _model_status(self) -> str:
        return str(self._highs.modelStatusToString(self._highs.getModelStatus()))

    def _improved(self, event: Any) -> None:
        if self.on_incumbent is not None:
            self._guarded(self.on_incumbent, np.array(event.data_out.mip_solution, dtype=np.float64))

    def _looked_in(self, event: Any) -> None:
        bound = float(event.data_out.mip_dual_bound)
        if self.on_bound is not None and np.isfinite(bound) and bound > self._bound:
            self._bound = bound
            self._guarded(self.on_bound, bound)
        stop = self.should_stop is not None and self._guarded(self.should_stop)
        if stop or self._raised is not None or self._interrupted.is_set():
            event.interrupt()

    def _guarded(self, call: Callable[..., Any], *arguments: Any) -> Any:
        """Call back; an exception must not unwind through the engine: it ends the solve first."""
        if self._raised is None:
            try:
                return call(*arguments)
            except Exception as error:  # noqa: BLE001 - `solve` raises it again
                self._raised = error
        return None

    def _lp(self) -> Any:
        form, highspy = self._form, self._highspy
        lp = highspy.HighsLp()
        lp.num_row_, lp.num_col_ = form.matrix.shape
        lp.col_cost_, lp.col_lower_, lp.col_upper_ = form.cost, form.lower, form.upper
        lp.row_lower_, lp.row_upper_ = form.row_lower, form.row_upper
        lp.offset_ = form.offset
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.num_row_, lp.a_matrix_.num_col_ = form.matrix.shape
        lp.a_matrix_.start_, lp.a_matrix_.index_ = form.matrix.indptr, form.matrix.indices
        lp.a_matrix_.value_ = form.matrix.data
        kinds = highspy.HighsVarType
        lp.integrality_ = [kinds.kInteger if integer else kinds.kContinuous for integer in form.integer]
        return lp

    def _succeed(self, status: Any, what: str) -> None:
        if status == self._highspy.HighsStatus.kError:
            raise EngineError(f"HiGHS refused {what}")


@contextmanager
def engine_output_discarded() -> Iterator[None]:
    """Send what compiled code prints to stdout to nowhere meanwhile.

    HiGHS 1.12 prints some lines even with its output off. They bypass `sys.stdout`, so the file
    descriptor itself is pointed elsewhere. What C code has printed may still stand in a buffer, so
    the buffers are emptied on both sides.
    """
    _flush_c_output()
    saved = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        yield
    finally:
        _flush_c_output()
        os.dup2(saved, 1)
        os.close(saved)
        os.close(nowhere)


def _flush_c_output() -> None:
    ctypes.CDLL("ucrtbase" if sys.platform == "win32" else None).fflush(None)


@contextmanager
def interrupts_noted(interrupted: threading.Event) -> Iterator[None]:
    """Note Ctrl-C in `interrupted` meanwhile; raised inside a callback it would unwind through the engine.

    Outside the main thread nothing changes: interrupts never come there.
    """
    interrupted.clear()
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = signal.signal(signal.SIGINT, lambda *_: interrupted.set())
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous if previous is not None else signal.SIG_DFL)
