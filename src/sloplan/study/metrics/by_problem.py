"""One value per problem and method: runs that differ in their seed alone are combined first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from sloplan.problem.errors import InputError
from sloplan.study.metrics.frames import PROBLEM, Bool, Float, Int, problem_numbers, require

_SETTINGS = ("time_limit_s", "threads")


@dataclass(frozen=True)
class ByProblem:
    """Values of methods on problems.

    Parameters
    ----------
    methods : list of str
        Sorted.
    problems : DataFrame, a row per problem
        "instance" and the `PROBLEM` columns.
    value : float array (problems, methods)
        What the runs of a method on a problem come to together; NaN if one of them is unknown, or there is none.
    num_runs : int array (problems, methods)
    """

    methods: list[str]
    problems: pd.DataFrame
    value: Float
    num_runs: Int

    def chosen(self, problems: Bool) -> ByProblem:
        """Return the values on some of the problems."""
        return ByProblem(self.methods, self.problems[problems], self.value[problems], self.num_runs[problems])

    def shared(self) -> ByProblem:
        """Return the values on those problems that every method ran.

        Means, ranks and profiles over different problems cannot be compared.

        Raises
        ------
        InputError
            If there is none.
        """
        everywhere: Bool = np.all(self.num_runs > 0, axis=1)
        if not everywhere.any():
            raise InputError(
                "no problem was run by every method",
                file="rows",
                field="method",
                value=", ".join(self.methods),
                advice="leave out methods, or run them on the same instances",
            )
        return self.chosen(everywhere)


def by_problem(rows: pd.DataFrame, values: Float, combine: Literal["mean", "median"] = "mean") -> ByProblem:
    """Combine the runs of every method on every problem, so that each counts once however many seeds it ran.

    Parameters
    ----------
    rows : DataFrame, a row per run
    values : float array, one per run
    combine : {"mean", "median"}

    Raises
    ------
    InputError
        If there are no rows, a run has no method, or a method's runs on one problem differ in more than their seed.
    """
    require(rows, ["method", "instance", *_SETTINGS], "rows")
    if len(rows) == 0:
        raise InputError("no runs", file="rows", advice="run the study first, or select fewer rows away")
    if rows["method"].isna().any():
        raise InputError("a run without a method", file="rows", field="method", advice="correct the row")
    problem = problem_numbers(rows)
    method, names = pd.factorize(rows["method"].astype(str), sort=True)
    cell = problem * len(names) + method
    _check_settings(rows, cell)
    shape = (int(problem.max()) + 1, len(names))
    num_runs = np.bincount(cell, minlength=shape[0] * shape[1])
    problems = rows[["instance", *PROBLEM]].assign(_problem=problem).drop_duplicates("_problem")
    return ByProblem(
        methods=list(names),
        problems=problems.sort_values("_problem").drop(columns="_problem").reset_index(drop=True),
        value=_combined(cell, values, num_runs, combine).reshape(shape),
        num_runs=num_runs.reshape(shape),
    )


def _combined(cell: Int, values: Float, num_runs: Int, combine: Literal["mean", "median"]) -> Float:
    """Return the mean or median of the values in each cell; an unknown value makes its cell unknown."""
    if combine == "mean":
        with np.errstate(invalid="ignore"):  # 0 / 0 where there is no run
            return np.bincount(cell, weights=values, minlength=len(num_runs)) / num_runs
    grouped = pd.Series(values).groupby(cell)
    median = np.array(grouped.median().reindex(np.arange(len(num_runs))), dtype=np.float64)
    median[np.unique(cell[np.isnan(values)])] = np.nan
    return median


def _check_settings(rows: pd.DataFrame, cell: Int) -> None:
    """Refuse runs that were not made alike: their mean would be of nothing in particular."""
    for column in _SETTINGS:
        several = rows[column].groupby(cell).nunique(dropna=False) > 1
        if several.any():
            inside = rows[cell == several.index[several.to_numpy()][0]]
            raise InputError(
                f"method {inside['method'].iloc[0]} ran instance {inside['instance'].iloc[0]} with several values",
                file="rows",
                field=column,
                value=", ".join(sorted(map(str, inside[column].unique()))),
                allowed="one value for each method and problem",
                advice="select the rows of one value, or name it in the label of the method",
            )
