"""Gurobi on a standard form, through gurobipy: the same shape as HiGHS."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from sloplan.problem.errors import InputError
from sloplan.solvers.engine import Engine, EngineAnswer, EngineError
from sloplan.solvers.standard_form import Floats, StandardForm

_ADVICE = "a licence that allows it (gurobi.com, then grbgetkey), or another solver: highs and scip need none"


class Gurobi(Engine):
    """One Gurobi instance holding one model.

    Parameters
    ----------
    form : StandardForm
    seed, threads : int
    rel_gap : float
        Relative gap at which it may stop.
    log : str, optional
        Path of the file that gets its log, at its end.

    Raises
    ------
    InputError
        If there is no licence.
    """

    name = "Gurobi"

    def __init__(self, form: StandardForm, *, seed: int, threads: int, rel_gap: float, log: str | None = None) -> None:
        import gurobipy

        super().__init__()
        self._gurobipy = gurobipy
        self._model = model = gurobipy.Model(env=_licensed_environment())
        options: dict[str, Any] = {
            "OutputFlag": int(log is not None),  # the console stays off
            "MIPGap": rel_gap,
            "MIPGapAbs": 0.0,
            "Seed": seed % 2_000_000_001,
            "Threads": min(threads, 1024),
            "FeasibilityTol": form.tolerance,
            "IntFeasTol": form.tolerance,
            "OptimalityTol": self.tolerances.dual_feasibility,
        }
        if log is not None:
            options["LogFile"] = log
        for name, value in options.items():
            model.setParam(name, value)
        kinds = np.where(form.integer, gurobipy.GRB.INTEGER, gurobipy.GRB.CONTINUOUS)
        self._columns = model.addMVar(len(form.cost), lb=form.lower, ub=form.upper, obj=form.cost, vtype=kinds)
        model.ObjCon = form.offset
        self._add_rows(form)

    @staticmethod
    def check_licence() -> None:
        """See whether there is a licence.

        Raises
        ------
        InputError
            If Gurobi gives none.
        """
        _licensed_environment().dispose()

    def start_from(self, columns: npt.NDArray[np.int32], values: Floats) -> None:
        """Give the values of some columns as a start; Gurobi completes them if it can."""
        self._columns[columns.tolist()].setAttr("Start", values)

    def add_row(self, columns: Sequence[int], limit: float, coefficients: Sequence[float] | None = None) -> None:
        """Add the row ``sum of coefficients x columns <= limit``; coefficients are 1 if left out."""
        factors = np.ones(len(columns)) if coefficients is None else np.array(coefficients, dtype=np.float64)
        self._model.addConstr(factors @ self._columns[list(columns)] <= limit)

    def _add_rows(self, form: StandardForm) -> None:
        matrix = form.matrix.tocsr()
        equal = form.row_lower == form.row_upper
        most = np.isfinite(form.row_upper) & ~equal
        least = np.isfinite(form.row_lower) & ~equal
        for rows, sense, limit in (
            (equal, "=", form.row_upper),
            (most, "<", form.row_upper),
            (least, ">", form.row_lower),
        ):
            if rows.any():
                self._model.addMConstr(matrix[rows], self._columns, sense, limit[rows])

    def _run(self, seconds: float) -> None:
        codes = self._gurobipy.GRB.Error
        try:
            self._model.setParam("TimeLimit", seconds)
            self._model.optimize(self._looked_in)
        except self._gurobipy.GurobiError as error:
            if error.errno == codes.SIZE_LIMIT_EXCEEDED:
                size = f"{self._model.NumVars:,} columns and {self._model.NumConstrs:,} rows"
                raise _refused(f"its licence refuses a model of {size} ({error})") from error
            if error.errno == codes.OUT_OF_MEMORY:
                raise MemoryError from error
            raise EngineError(f"Gurobi failed: {error}") from error

    def _answer(self) -> EngineAnswer:
        kinds, status = self._gurobipy.GRB, self._model.Status
        values = np.array(self._columns.X, dtype=np.float64) if self._model.SolCount else None
        if status == kinds.OPTIMAL:
            return EngineAnswer("optimal", values, float(self._model.ObjBound))
        if status in (kinds.TIME_LIMIT, kinds.INTERRUPTED):
            bound = float(self._model.ObjBound)
            return EngineAnswer("limit", values, bound if abs(bound) < kinds.INFINITY else None)
        if status in (kinds.INFEASIBLE, kinds.INF_OR_UNBD):
            return EngineAnswer("infeasible", None, None)
        raise EngineError(f"Gurobi ended with status {status}")

    def _looked_in(self, model: Any, where: int) -> None:
        codes = self._gurobipy.GRB.Callback
        bound = -np.inf
        if where == codes.MIPSOL:
            self._found(np.array(model.cbGetSolution(self._columns), dtype=np.float64))
            bound = float(model.cbGet(codes.MIPSOL_OBJBND))
        elif where == codes.MIP:
            bound = float(model.cbGet(codes.MIP_OBJBND))
        if abs(bound) < self._gurobipy.GRB.INFINITY:
            self._proved(bound)
        if self._must_stop():
            model.terminate()


def _licensed_environment() -> Any:
    import gurobipy

    try:
        return gurobipy.Env(params={"OutputFlag": 0, "LogToConsole": 0})
    except gurobipy.GurobiError as error:
        raise _refused(f"it gives no licence ({error})") from error


def _refused(reason: str) -> InputError:
    return InputError(f"Gurobi cannot be used: {reason}", field="solver", value="gurobi", advice=_ADVICE)
