"""From a Pyomo model to the arrays that an engine takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

TOLERANCE: Final = 1e-6
"""What engines may break rows by where nothing else is said."""


@dataclass(frozen=True)
class StandardForm:
    """Minimise ``cost . x`` subject to ``row_lower <= matrix x <= row_upper`` and column bounds.

    Parameters
    ----------
    columns : list of Pyomo variables
        One per column; fixed and unused variables have none.
    cost, lower, upper : (columns,) float64
    integer : (columns,) bool
    matrix : scipy.sparse.csc_array of shape (rows, columns)
    row_lower, row_upper : (rows,) float64
        Infinite where there is no bound.
    offset : float
        Constant of the objective.
    tolerance : float
        What an engine may break rows by, and integrality.
    """

    columns: list[Any]
    cost: Floats
    lower: Floats
    upper: Floats
    integer: npt.NDArray[np.bool_]
    matrix: Any
    row_lower: Floats
    row_upper: Floats
    offset: float
    tolerance: float = TOLERANCE

    def column_of(self) -> dict[int, int]:
        """Return the column of each variable, by its id()."""
        return {id(variable): column for column, variable in enumerate(self.columns)}


def standard_form(model: Any) -> StandardForm:
    """Compile a linear Pyomo model with one objective.

    Parameters
    ----------
    model : ConcreteModel
        Maximisation is turned into minimisation.
    """
    from pyomo.common.gc_manager import PauseGC
    from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler

    with PauseGC():  # the objects of a model are many, and none of them is garbage
        return _standard_form(LinearStandardFormCompiler().write(model, mixed_form=True))


def _standard_form(compiled: Any) -> StandardForm:
    bound_type = np.array([row.bound_type for row in compiled.rows], dtype=np.int64)
    limit = np.asarray(compiled.rhs, dtype=np.float64).reshape(-1)
    bounds = [variable.bounds for variable in compiled.columns]
    return StandardForm(
        columns=list(compiled.columns),
        cost=compiled.c.toarray().reshape(-1),
        lower=np.array([-np.inf if low is None else low for low, _ in bounds], dtype=np.float64),
        upper=np.array([np.inf if high is None else high for _, high in bounds], dtype=np.float64),
        integer=np.array([variable.is_integer() for variable in compiled.columns], dtype=np.bool_),
        matrix=compiled.A.tocsc(),
        row_lower=np.where(bound_type <= 0, limit, -np.inf),
        row_upper=np.where(bound_type >= 0, limit, np.inf),
        offset=float(np.sum(compiled.c_offset)),
    )
