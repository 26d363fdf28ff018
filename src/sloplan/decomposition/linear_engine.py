"""A linear program in HiGHS that grows: every call is checked, and rows that go do not cost the basis."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from sloplan.problem.compiled import Bool, Int
from sloplan.solvers.engine import EngineError, engine_output_discarded

Float = npt.NDArray[np.float64]

_TOLERANCE: Final = 1e-9  # of rows and reduced costs, in programs scaled to figures around 1
_LEAST_COEFFICIENT: Final = 1e-12  # HiGHS drops smaller ones
_DUAL, _PRIMAL = 1, 4  # of simplex_strategy


class LinearEngine:
    """Minimises cost x columns over columns within bounds and rows within limits.

    `threads` stays at its default: HiGHS fixes it per process, and a run that asks for another number fails.

    Parameters
    ----------
    grows_by_columns : bool
        Its last optimum stays feasible when it grows, so that the primal simplex goes on from there; otherwise the
        dual simplex does. (With 10,000 groups the wrong one takes five times as long.)
    presolve : bool, optional
        Off where `inverse_row` is asked for: a program that presolve solves has no basis to invert.

    Attributes
    ----------
    columns, rows, duals, reduced_costs : float64 arrays
        Of the last optimum: values, row activities, prices of rows, reduced costs of columns.
    objective : float
    """

    def __init__(self, *, grows_by_columns: bool, presolve: bool = True) -> None:
        import highspy

        self._highspy = highspy
        self.infinity: float = highspy.kHighsInf
        self._highs = highspy.Highs()
        for name, value in (
            ("output_flag", False),
            ("primal_feasibility_tolerance", _TOLERANCE),
            ("dual_feasibility_tolerance", _TOLERANCE),
            ("small_matrix_value", _LEAST_COEFFICIENT),
            ("presolve", "choose" if presolve else "off"),
        ):
            self._succeed(self._highs.setOptionValue(name, value), f"option {name}")
        self._strategy = _PRIMAL if grows_by_columns else _DUAL
        self._set_strategy(self._strategy)
        kinds = highspy.HighsModelStatus
        self._optima = (kinds.kOptimal, kinds.kModelEmpty)
        self.columns: Float = np.zeros(0)
        self.rows: Float = np.zeros(0)
        self.duals: Float = np.zeros(0)
        self.reduced_costs: Float = np.zeros(0)
        self.objective = np.nan

    def expect(self, *, columns: bool) -> None:
        """Say what the program has grown by since its last optimum, so that the right simplex goes on.

        Parameters
        ----------
        columns : bool
            By columns; otherwise by rows.
        """
        self._strategy = _PRIMAL if columns else _DUAL
        self._set_strategy(self._strategy)

    def add_columns(
        self, cost: Float, lower: Float, upper: Float, owner: Int | None = None, row: Int | None = None,
        amount: Float | None = None,
    ) -> None:  # fmt: skip
        """Add columns; entries are given column by column, none if left out.

        Parameters
        ----------
        cost, lower, upper : (n,) float64
        owner : (k,) int64, optional
            New column of each entry, ascending from 0.
        row : (k,) int64, optional
        amount : (k,) float64, optional
        """
        start, index, entry = _compressed(len(cost), owner, row, amount)
        status = self._highs.addCols(len(cost), cost, lower, upper, len(index), start, index, entry)
        self._succeed(status, "columns")

    def add_rows(self, least: Float, most: Float, owner: Int, column: Int, amount: Float) -> None:
        """Add rows; entries are given row by row.

        Parameters
        ----------
        least, most : (n,) float64
        owner : (k,) int64
            New row of each entry, ascending from 0.
        column : (k,) int64
        amount : (k,) float64
        """
        start, index, entry = _compressed(len(least), owner, column, amount)
        self._succeed(self._highs.addRows(len(least), least, most, len(index), start, index, entry), "rows")

    def set_bounds(self, column: Int, lower: Float, upper: Float) -> None:
        """Change the bounds of some columns, each (n,)."""
        self._succeed(self._highs.changeColsBounds(len(column), column.astype(np.int32), lower, upper), "bounds")

    def bounds_to_rows(self, column: Int, most: Float) -> None:
        """Put a row ``column <= most`` in the place of the upper bound of some columns; the basis is carried over.

        Where a column stands at its bound, it becomes basic and its row binds: the same vertex.

        Parameters
        ----------
        column : (n,) int64
        most : (n,) float64
        """
        number, basis, kinds = len(column), self._highs.getBasis(), self._highspy.HighsBasisStatus
        self.add_rows(np.full(number, -self.infinity), most, np.arange(number), column, np.ones(number))
        self.set_bounds(column, np.zeros(number), np.full(number, self.infinity))
        if not basis.valid:
            return
        of_columns, of_rows = basis.col_status, basis.row_status
        for one in column.tolist():
            binds = of_columns[one] == kinds.kUpper
            of_rows.append(kinds.kUpper if binds else kinds.kBasic)
            if binds:
                of_columns[one] = kinds.kBasic
        basis.col_status, basis.row_status = of_columns, of_rows
        self._succeed(self._highs.setBasis(basis), "the basis with rows for bounds")

    def begin_at(self, columns: Bool, rows: Bool) -> None:
        """Begin from a basis, which may be a guess: the engine mends it.

        Parameters
        ----------
        columns : (columns,) bool
            Those that are basic; the others are at their lower bound.
        rows : (rows,) bool
            Those whose slack is basic; the others are at their upper limit.
        """
        kinds, basis = self._highspy.HighsBasisStatus, self._highspy.HighsBasis()
        basis.col_status = [kinds.kBasic if basic else kinds.kLower for basic in columns.tolist()]
        basis.row_status = [kinds.kBasic if basic else kinds.kUpper for basic in rows.tolist()]
        basis.valid = basis.alien = True  # alien: it is looked at before it is used
        self._succeed(self._highs.setBasis(basis), "a basis to begin from")

    def set_costs(self, column: Int, cost: Float) -> None:
        """Change the costs of some columns, each (n,)."""
        self._succeed(self._highs.changeColsCost(len(column), column.astype(np.int32), cost), "costs")

    def drop_slack_rows(self, drop: Bool) -> Bool:
        """Remove those of some rows that do not bind at the last optimum; its basis stays.

        Parameters
        ----------
        drop : (rows,) bool

        Returns
        -------
        (rows,) bool
            Those that are gone.
        """
        basis = self._highs.getBasis()
        status = basis.row_status
        basic = self._highspy.HighsBasisStatus.kBasic
        gone = drop & np.fromiter((some == basic for some in status), dtype=np.bool_, count=len(status))
        row = np.flatnonzero(gone).astype(np.int32)
        self._succeed(self._highs.deleteRows(len(row), row), "to delete rows")
        basis.row_status = [status[kept] for kept in np.flatnonzero(~gone).tolist()]
        self._succeed(self._highs.setBasis(basis), "the basis without rows")
        self.rows, self.duals = self.rows[~gone], self.duals[~gone]
        return gone

    @property
    def basic(self) -> Int:
        """The basic variable of each row: a column, or -1 less the row whose slack it is; shape (rows,)."""
        status, basic = self._highs.getBasicVariables()
        self._succeed(status, "the basic variables")
        return np.asarray(basic, dtype=np.int64)

    def inverse_row(self, position: int) -> Float:
        """Return a row of the inverse of the basis: how rows are weighed so that one basic variable is left.

        Parameters
        ----------
        position : int
            Of the variable in `basic`.
        """
        status, weight, *_ = self._highs.getBasisInverseRow(position)
        self._succeed(status, "a row of the inverse of the basis")
        return np.asarray(weight, dtype=np.float64)

    def run(self, seconds: float | None = None) -> bool:
        """Solve; False if there is no optimum because the objective has no limit, or none in time.

        Parameters
        ----------
        seconds : float, optional
            Time limit.

        Raises
        ------
        EngineError
            If the engine fails, or calls the program infeasible: those of this room never are.
        """
        limit = self.infinity if seconds is None else self._highs.getRunTime() + seconds  # it counts all runs' time
        self._succeed(self._highs.setOptionValue("time_limit", limit), "a time limit")
        kinds, kind = self._highspy.HighsModelStatus, self._solved()
        if kind == kinds.kTimeLimit:
            return False
        if kind not in (kinds.kUnbounded, kinds.kUnboundedOrInfeasible, *self._optima):
            # A basis can be too ill-conditioned to go on from: the program is solved anew, by the other simplex.
            self._highs.clearSolver()
            other = _DUAL if self._strategy == _PRIMAL else _PRIMAL
            self._set_strategy(other)
            kind = self._solved()
            self._set_strategy(self._strategy)
        if kind in (kinds.kUnbounded, kinds.kUnboundedOrInfeasible):
            return False
        if kind not in self._optima:
            raise EngineError(f"HiGHS ended a linear program with {self._highs.modelStatusToString(kind)}")
        solution = self._highs.getSolution()
        self.columns, self.rows = np.array(solution.col_value), np.array(solution.row_value)
        self.duals, self.reduced_costs = np.array(solution.row_dual), np.array(solution.col_dual)
        self.objective = float(self._highs.getInfo().objective_function_value)
        return True

    def _solved(self) -> Any:
        """Run the engine, and return how that ended; an optimum that it only warns of is none."""
        with engine_output_discarded():
            status = self._highs.run()
        kind = self._highs.getModelStatus()
        failed = status != self._highspy.HighsStatus.kOk and kind in self._optima
        return self._highspy.HighsModelStatus.kSolveError if failed else kind

    def _set_strategy(self, strategy: int) -> None:
        self._succeed(self._highs.setOptionValue("simplex_strategy", strategy), "option simplex_strategy")

    def _succeed(self, status: Any, what: str) -> None:
        if status == self._highspy.HighsStatus.kError:
            raise EngineError(f"HiGHS refused {what}")


def _compressed(
    number: int, owner: Int | None, index: Int | None, amount: Float | None
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], Float]:
    if owner is None or index is None or amount is None:
        return np.zeros(number, dtype=np.int32), np.zeros(0, dtype=np.int32), np.zeros(0)
    start = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=number))])[:-1]
    return start.astype(np.int32), index.astype(np.int32), amount
