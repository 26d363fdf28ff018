"""HiGHS on a standard form: options, callbacks, warm start and further rows."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from sloplan.solvers.bounds import column_range
from sloplan.solvers.engine import Engine, EngineAnswer, EngineError, Tolerances, engine_output_discarded
from sloplan.solvers.standard_form import Floats, StandardForm

_COLUMNWISE, _MINIMISE = 1, 1  # of passModel


COST_DIGITS: Final = 1e12
"""Largest cost over tolerance that HiGHS is given: with costs of 2^31 at 1e-6, say, reduced costs cannot be told apart
from its tolerance on them. Larger costs are scaled down by a power of two."""

HIDDEN: Final = 0.05
"""Before scaling: tolerances may hide no more of the objective than this because of it."""

SMALL_ENTRY: Final = 1e-12
"""Entries that are no larger are taken for 0: the least that HiGHS can be told."""

DUAL_SHARE: Final = 0.1
"""Of the tolerance on rows: what HiGHS allows on reduced costs within a MIP, whatever its option says."""


class Highs(Engine):
    """One HiGHS instance holding one model.

    Large costs are scaled down, and what HiGHS says of the objective is scaled up again: bounds and tolerances are in
    the units of the form.

    Parameters
    ----------
    form : StandardForm
    seed, threads : int
    rel_gap : float
        Relative gap at which it may stop.
    log : str, optional
        Path of the file that gets its log.
    presolve : bool, optional
        Off: it solves the model as it is. Its presolve looks at no clock.
    """

    name = "HiGHS"

    def __init__(
        self,
        form: StandardForm,
        *,
        seed: int,
        threads: int,
        rel_gap: float,
        log: str | None = None,
        presolve: bool = True,
    ) -> None:
        import highspy

        super().__init__()
        self._highspy = highspy
        self._form = form
        self._unit = _cost_unit(form)
        dual = DUAL_SHARE * form.tolerance
        self.tolerances = Tolerances(form.tolerance * self._unit, dual * self._unit)
        self._settings: dict[str, Any] = {"seed": seed, "threads": threads, "rel_gap": rel_gap}
        self._status: Any = None
        self._start: tuple[npt.NDArray[np.int32], Floats] | None = None
        # The scheduler is global to the process and keeps the thread count of its first use.
        highspy.Highs.resetGlobalScheduler(True)
        self._highs = highspy.Highs()
        options: dict[str, Any] = {
            "output_flag": log is not None,
            "log_to_console": False,
            "mip_rel_gap": rel_gap,
            "mip_abs_gap": 0.0,
            "random_seed": seed % 2**31,
            "threads": threads,
            "mip_feasibility_tolerance": form.tolerance,
            "dual_feasibility_tolerance": dual,
            "small_matrix_value": SMALL_ENTRY,
            "presolve": "choose" if presolve else "off",
        }
        if log is not None:
            options["log_file"] = log
        with engine_output_discarded():
            for name, value in options.items():
                self._succeed(self._highs.setOptionValue(name, value), f"option {name}")
            status = self._pass_model()
            self._succeed(status, "the model")
            if status == highspy.HighsStatus.kWarning:  # entries near 0 that it drops, for one
                raise EngineError("HiGHS would solve another model than it was given: its figures are too far apart")
        self._highs.cbMipImprovingSolution += self._improved
        self._highs.cbMipInterrupt += self._looked_in

    def start_from(self, columns: npt.NDArray[np.int32], values: Floats) -> None:
        """Give the values of some columns as a start; what is missing is found before the solve if it can be."""
        self._start = columns, values

    def add_row(self, columns: Sequence[int], limit: float, coefficients: Sequence[float] | None = None) -> None:
        """Add the row ``sum of coefficients x columns <= limit``; coefficients are 1 if left out."""
        index = np.array(columns, dtype=np.int32)
        factors = np.ones(len(index)) if coefficients is None else np.array(coefficients, dtype=np.float64)
        status = self._highs.addRow(-self._highspy.kHighsInf, limit, len(index), index, factors)
        self._succeed(status, "a further row")

    def _run(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        if self._start is not None:
            start = self._completed(*self._start, seconds)
            self._start = None
            if start is not None:
                every = np.arange(len(start), dtype=np.int32)
                self._succeed(self._highs.setSolution(len(start), every, start), "the start")
        left = max(deadline - time.monotonic(), 0.0)
        self._succeed(self._highs.setOptionValue("time_limit", left), "time limit")
        self._status = self._highs.run()

    def _completed(self, columns: npt.NDArray[np.int32], values: Floats, seconds: float) -> Floats | None:
        """Return a solution with these values, or None if none is found.

        HiGHS would look for it itself, but report the bounds of that search as if they were the model's.
        """
        if len(columns) == len(self._form.cost):
            complete = np.empty_like(values)
            complete[columns] = values
            return complete
        lower, upper = self._form.lower.copy(), self._form.upper.copy()
        lower[columns] = upper[columns] = values
        fixed = Highs(replace(self._form, lower=lower, upper=upper), **self._settings)
        fixed.should_stop = self._must_stop
        return fixed.solve(seconds).values

    def _answer(self) -> EngineAnswer:
        if self._status == self._highspy.HighsStatus.kError:
            raise EngineError(f"HiGHS ended with an error ({self._model_status()})")
        kinds = self._highspy.HighsModelStatus
        kind = self._highs.getModelStatus()
        info = self._highs.getInfo()
        values = None
        if info.primal_solution_status == self._highspy.SolutionStatus.kSolutionStatusFeasible:
            values = np.array(self._highs.getSolution().col_value, dtype=np.float64)
        bound = info.mip_dual_bound if np.any(self._form.integer) else info.objective_function_value
        bound = float(bound) * self._unit
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
        self._found(np.array(event.data_out.mip_solution, dtype=np.float64))

    def _looked_in(self, event: Any) -> None:
        self._proved(float(event.data_out.mip_dual_bound) * self._unit)
        if self._must_stop():
            event.interrupt()

    def _pass_model(self) -> Any:
        """Hand over the arrays as they are: a `HighsLp` would take its integrality as a list of objects."""
        form = self._form
        matrix = form.matrix.tocsc()  # as HiGHS keeps it
        rows, columns = matrix.shape
        return self._highs.passModel(
            columns, rows, matrix.nnz, _COLUMNWISE, _MINIMISE, form.offset / self._unit,
            form.cost / self._unit, form.lower, form.upper, form.row_lower, form.row_upper,
            matrix.indptr, matrix.indices, matrix.data, form.integer.astype(np.int32),
        )  # fmt: skip

    def _succeed(self, status: Any, what: str) -> None:
        if status == self._highspy.HighsStatus.kError:
            raise EngineError(f"HiGHS refused {what}")


def _cost_unit(form: StandardForm) -> int:
    """Return the power of two that costs are divided by; dividing by it is exact in floating point."""
    wanted = float(np.abs(form.cost).max(initial=0.0)) / (COST_DIGITS * form.tolerance)
    hidden = form.tolerance * max(1.0, DUAL_SHARE * column_range(form))
    return int(2 ** max(0, math.floor(math.log2(max(1.0, min(2 * wanted, HIDDEN / hidden))))))
