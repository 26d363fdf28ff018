"""The inner loop over pairs of a group and a plan that pay for rounded inequalities, in floating point."""

from __future__ import annotations

import math

import numba
import numpy as np
import numpy.typing as npt

from sloplan.problem.compiled import Int

Float = npt.NDArray[np.float64]


@numba.njit(cache=True, nogil=True)
def add_payments(
    start: Int, row: Int, amount: Float, limit: Int, of_row: Float, of_limit: Float,
    earlier_start: Int, earlier: Int, of_earlier: Float, fraction: Float, price: Float, paid: Float,
) -> None:  # fmt: skip
    """Add to `paid`, (columns,), what each column pays for all inequalities.

    What a column counts is continuous in the weights: rounding errors have no jumps to cross.

    Parameters
    ----------
    start, row : int64
        Rows that each column uses, as `Sparse` holds them.
    amount : (entries,) float64
    limit : (columns,) int64
    of_row : (rows, inequalities) float64
        Weights.
    of_limit : (limits, inequalities) float64
    earlier_start, earlier : int64
        The inequalities, of smaller number, that each of them weighs.
    of_earlier : (entries,) float64
        Their weights.
    fraction, price : (inequalities,) float64
    """
    number = len(price)
    total, slack, each = np.empty(number), np.empty(number), np.empty(number)
    for column in range(len(limit)):
        base = of_limit[limit[column]]
        total[:] = base
        slack[:] = 0.0
        for entry in range(start[column], start[column + 1]):
            weight, times = of_row[row[entry]], amount[entry]
            for one in range(number):
                total[one] += times * weight[one]
                slack[one] -= times * min(weight[one], 0.0)
        sum_paid = 0.0
        for one in range(number):
            for place in range(earlier_start[one], earlier_start[one + 1]):
                total[one] += of_earlier[place] * each[earlier[place]]
                slack[one] -= min(of_earlier[place], 0.0) * each[earlier[place]]
            within, rest = fraction[one], 1.0 - fraction[one]
            whole, out = math.floor(total[one]), math.floor(base[one])
            each[one] = whole - out + slack[one] / rest
            each[one] += (max(0.0, total[one] - whole - within) - max(0.0, base[one] - out - within)) / rest
            sum_paid += price[one] * each[one]
        paid[column] += sum_paid
