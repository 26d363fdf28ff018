"""SCIP on a standard form, through PySCIPOpt: the same shape as HiGHS."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from sloplan.solvers.engine import Engine, EngineAnswer, EngineError, Tolerances
from sloplan.solvers.standard_form import Floats, StandardForm

_EVENTS = ("BESTSOLFOUND", "DUALBOUNDIMPROVED", "LPSOLVED", "NODESOLVED", "PRESOLVEROUND")
"""When it is looked in: at new solutions and bounds, and often enough between them to be stopped."""


class Scip(Engine):
    """One SCIP instance holding one model. SCIP uses one thread.

    Parameters
    ----------
    form : StandardForm
    seed : int
    threads : int
        Most threads to use.
    rel_gap : float
        Relative gap at which it may stop.
    log : str, optional
        Path of the file that gets its log, at its end.
    """

    name = "SCIP"
    # SCIP closes a node whose bound is within 1e-4 of the cutoff on the safe side of a whole objective.
    tolerances = Tolerances(mip_feasibility=1e-4, dual_feasibility=1e-7)

    def __init__(self, form: StandardForm, *, seed: int, threads: int, rel_gap: float, log: str | None = None) -> None:
        import pyscipopt

        super().__init__()
        self._model = model = pyscipopt.Model()
        model.hideOutput()  # of the screen only
        if log is not None:
            model.setLogfile(log)
        model.setParams(
            {
                "limits/gap": rel_gap,
                "limits/absgap": 0.0,
                "randomization/randomseedshift": seed % 2**31,
                "lp/threads": min(threads, 64),  # the most that SCIP takes
                "numerics/feastol": form.tolerance,
                "numerics/dualfeastol": self.tolerances.dual_feasibility,
                "heuristics/completesol/maxunknownrate": 1.0,  # however little a start says
                "misc/catchctrlc": False,  # Ctrl-C is noted by `solve`
            }
        )
        kinds = ["I" if integer else "C" for integer in form.integer.tolist()]
        self._variables = [
            model.addVar(vtype=kind, lb=lower, ub=upper, obj=cost)
            for kind, lower, upper, cost in zip(
                kinds, form.lower.tolist(), form.upper.tolist(), form.cost.tolist(), strict=True
            )
        ]
        model.addObjoffset(form.offset)
        self._add_rows(form)
        events = [getattr(pyscipopt.SCIP_EVENTTYPE, event) for event in _EVENTS]
        self._best = events[0]
        stages = pyscipopt.SCIP_STAGE
        self._stoppable = (stages.PRESOLVING, stages.PRESOLVED, stages.SOLVING)
        model.attachEventHandlerCallback(self._looked_in, events)

    def start_from(self, columns: npt.NDArray[np.int32], values: Floats) -> None:
        """Give the values of some columns as a start; SCIP completes them if it can."""
        start = self._model.createPartialSol()
        for column, value in zip(columns.tolist(), values.tolist(), strict=True):
            self._model.setSolVal(start, self._variables[column], value)
        self._model.addSol(start)

    def add_row(self, columns: Sequence[int], limit: float, coefficients: Sequence[float] | None = None) -> None:
        """Add the row ``sum of coefficients x columns <= limit``; coefficients are 1 if left out."""
        self._model.freeTransform()  # back from the last solve to the model as it was given
        self._add_row(list(columns), list(coefficients or [1.0] * len(columns)), -np.inf, limit)

    def _add_rows(self, form: StandardForm) -> None:
        matrix = form.matrix.tocsr()
        columns, coefficients = matrix.indices.tolist(), matrix.data.tolist()
        bounds = zip(form.row_lower.tolist(), form.row_upper.tolist(), strict=True)
        for (first, end), (lower, upper) in zip(pairwise(matrix.indptr.tolist()), bounds, strict=True):
            self._add_row(columns[first:end], coefficients[first:end], lower, upper)

    def _add_row(self, columns: list[int], coefficients: list[float], lower: float, upper: float) -> None:
        from pyscipopt import quicksum

        terms = zip(columns, coefficients, strict=True)
        total = quicksum(coefficient * self._variables[column] for column, coefficient in terms)
        if lower == upper:
            self._model.addCons(total == upper)
            return
        if upper < np.inf:
            self._model.addCons(total <= upper)
        if lower > -np.inf:
            self._model.addCons(total >= lower)

    def _run(self, seconds: float) -> None:
        self._model.setParam("limits/time", seconds)
        self._model.optimizeNogil()

    def _answer(self) -> EngineAnswer:
        status = self._model.getStatus()
        values = self._values() if self._model.getNSols() else None
        bound = float(self._model.getDualbound())
        if status in ("optimal", "gaplimit"):
            return EngineAnswer("optimal", values, bound)
        if status in ("timelimit", "userinterrupt"):
            known = abs(bound) < self._model.infinity()
            return EngineAnswer("limit", values, bound if known else None)
        if status in ("infeasible", "inforunbd"):
            return EngineAnswer("infeasible", None, None)
        raise EngineError(f"SCIP ended with status {status!r}")

    def _values(self) -> Floats:
        best = self._model.getBestSol()
        return np.array([self._model.getSolVal(best, variable) for variable in self._variables], dtype=np.float64)

    def _looked_in(self, model: Any, event: Any) -> None:
        if event.getType() == self._best:
            self._found(self._values())
        bound = float(model.getDualbound())
        if abs(bound) < model.infinity():
            self._proved(bound)
        if self._must_stop() and model.getStage() in self._stoppable:  # else at the next event
            model.interruptSolve()
