"""What the engines of linear models have in common: their answer, how they call back, and how they are stopped.

An engine holds one model and is judged elsewhere: nothing that it says is believed as it stands.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from sloplan.solvers.standard_form import TOLERANCE, Floats

LONGEST_TIME_LIMIT = 1e9
"""Seconds that stand for "no time limit"."""


class EngineError(RuntimeError):
    """The engine failed, or said what cannot be."""


@dataclass(frozen=True)
class Tolerances:
    """What an engine may be wrong by in the objective, in the units of the model that it was given.

    Parameters
    ----------
    mip_feasibility : float
        Nodes are closed that are within it of the cutoff.
    dual_feasibility : float
        On reduced costs, so on the slope of a bound along each column.
    """

    mip_feasibility: float = TOLERANCE
    dual_feasibility: float = 1e-7


@dataclass(frozen=True)
class EngineAnswer:
    """What an engine returned.

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


class Engine(ABC):
    """One engine that holds one model: what a subclass has to do, and what is alike for all.

    Attributes
    ----------
    name : str
        For messages.
    tolerances : Tolerances
        Which it was told to keep.
    on_incumbent : callable, optional
        Called with the values of every improving solution.
    on_bound : callable, optional
        Called with the lower bound whenever it has improved.
    should_stop : callable, optional
        Asked often; True ends the solve.
    """

    name: ClassVar[str]
    tolerances: Tolerances = Tolerances()

    def __init__(self) -> None:
        self.on_incumbent: Callable[[Floats], None] | None = None
        self.on_bound: Callable[[float], None] | None = None
        self.should_stop: Callable[[], bool] | None = None
        self._raised: Exception | None = None
        self._interrupted = threading.Event()
        self._bound = -np.inf

    @abstractmethod
    def start_from(self, columns: npt.NDArray[np.int32], values: Floats) -> None:
        """Give the values of some columns as a start; the engine completes them if it can."""

    @abstractmethod
    def add_row(self, columns: Sequence[int], limit: float, coefficients: Sequence[float] | None = None) -> None:
        """Add the row ``sum of coefficients x columns <= limit``; coefficients are 1 if left out."""

    @abstractmethod
    def _run(self, seconds: float) -> None:
        """Solve, for `seconds` at most; ask `_must_stop` often."""

    @abstractmethod
    def _answer(self) -> EngineAnswer:
        """Return what `_run` came to."""

    def solve(self, seconds: float) -> EngineAnswer:
        """Solve, for `seconds` at most.

        Raises
        ------
        EngineError
            If the engine fails.
        KeyboardInterrupt
            If one came meanwhile; the engine has ended in good order.
        """
        self._raised = None
        with engine_output_discarded(), interrupts_noted(self._interrupted):
            self._run(min(max(seconds, 0.0), LONGEST_TIME_LIMIT))
        if self._interrupted.is_set():
            raise KeyboardInterrupt
        if self._raised is not None:
            raise self._raised
        return self._answer()

    def _found(self, values: Floats) -> None:
        if self.on_incumbent is not None:
            self._guarded(self.on_incumbent, values)

    def _proved(self, bound: float) -> None:
        if self.on_bound is not None and np.isfinite(bound) and bound > self._bound:
            self._bound = bound
            self._guarded(self.on_bound, bound)

    def _must_stop(self) -> bool:
        stop = self.should_stop is not None and self._guarded(self.should_stop)
        return bool(stop) or self._raised is not None or self._interrupted.is_set()

    def _guarded(self, call: Callable[..., Any], *arguments: Any) -> Any:
        """Call back; an exception must not unwind through the engine: it ends the solve first."""
        if self._raised is None:
            try:
                return call(*arguments)
            except Exception as error:  # noqa: BLE001 - `solve` raises it again
                self._raised = error
        return None


def impossible_infeasible(engine: Engine) -> EngineError:
    """Return the error of an engine that finds no solution where serving nobody is one."""
    return EngineError(f"{engine.name} calls the model infeasible, but serving nothing always is feasible")


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
