"""What columns pay for rounded inequalities, in floating point."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from sloplan.decomposition.rounded_kernels import add_payments
from sloplan.problem.certificates.inequalities import UNIT, Columns, Rounded

Float = npt.NDArray[np.float64]


def pay(columns: Columns, rounded: Sequence[Rounded], price: Float) -> Float:
    """Return what each column pays for some inequalities, before it is rounded to whole numbers; shape (columns,).

    Parameters
    ----------
    columns : Columns
    rounded : sequence of Rounded
        That weigh each other at most.
    price : (inequalities,) float64
        Of one that counts 1.
    """
    paid = np.zeros(len(columns))
    if not len(rounded):
        return paid
    usage = columns.usage
    divisor = np.array([one.divisor for one in rounded], dtype=np.float64)
    of_row = np.column_stack([one.weights.row for one in rounded]) / divisor
    of_limit = np.column_stack([one.weights.limit for one in rounded]) / divisor
    weighed = [one.weights.earlier / (one.divisor / UNIT) for one in rounded]  # amounts are in parts of `UNIT`
    add_payments(
        usage.start,
        usage.column,
        usage.amount.astype(np.float64),
        columns.limit,
        of_row,
        of_limit,
        np.concatenate([[0], np.cumsum([len(one) for one in weighed])]),
        np.concatenate([one.weights.number for one in rounded]),
        np.concatenate(weighed),
        np.array([one.fraction for one in rounded]) / divisor,
        price,
        paid,
    )
    return paid


def compile_kernels() -> None:
    """Compile the kernel, or read it from numba's cache."""
    none, nothing = np.zeros(0, dtype=np.int64), np.zeros(0)
    start, table = np.zeros(1, dtype=np.int64), np.zeros((0, 0))
    add_payments(start, none, nothing, none, table, table, start, none, nothing, nothing, nothing, nothing)
