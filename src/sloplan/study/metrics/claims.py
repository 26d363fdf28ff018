"""Claims: what methods say of their runs, and what of it was verified."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sloplan.study.metrics.frames import equals, numbers, require, senses
from sloplan.study.metrics.gaps import best_known_objectives


def false_claims(rows: pd.DataFrame) -> pd.Series:
    """Return which runs claimed something that did not stand.

    A run claims falsely if it

    - names an objective, and the solution was refused or has another one (by more than half a base unit);
    - names a bound, and what stands is none or less tight: it was refuted;
    - says "optimal", and that was not verified;
    - says "infeasible", and a solution is known.

    Parameters
    ----------
    rows : DataFrame, a row per run
        Columns claimed_status, claimed_objective, claimed_bound, status, objective, bound, and as for
        `best_known_objectives`. Pass all runs of the study and select afterwards.

    Returns
    -------
    Series of bool
        Indexed as `rows`.

    Raises
    ------
    InputError
        If a column is missing or holds no numbers, or an objective is unknown.
    """
    maximise, unit = senses(rows)
    claimed, verified = numbers(rows, "claimed_objective"), numbers(rows, "objective")
    solution = ~np.isnan(claimed) & ~(np.abs(claimed - verified) <= unit / 2)
    named, stood = numbers(rows, "claimed_bound"), numbers(rows, "bound")
    bound = ~np.isnan(named) & ~(np.where(maximise, stood - named, named - stood) <= unit / 2)
    optimal = equals(rows, "claimed_status", "optimal") & ~equals(rows, "status", "optimal")
    infeasible = equals(rows, "claimed_status", "infeasible") & best_known_objectives(rows).notna().to_numpy()
    return pd.Series(solution | bound | optimal | infeasible, index=rows.index, name="false_claim")


def claim_rates(rows: pd.DataFrame) -> pd.DataFrame:
    """Return how often every method claims success, how often it succeeds, and how often its claims stand.

    Each is a share of the method's runs, crashed ones among them. Source: qpbenchmark (Caron et al.), whose
    success rate is the share of problems that a solver says it solved and whose solution passes the checks, and
    whose correctness rate is the share where saying and checking agree; with Sloplan's checks in the place of
    its tolerances.

    Parameters
    ----------
    rows : DataFrame, a row per run
        Columns method, and as for `false_claims`.

    Returns
    -------
    DataFrame, indexed by method
        runs; claimed_solution_rate, solution_rate: with a claimed objective, with a verified one;
        claimed_success_rate, success_rate: claimed optimal, verified optimal; correctness_rate: without a false
        claim; false_claims: how many runs with one.

    Raises
    ------
    InputError
        As from `false_claims`.
    """
    require(rows, ["method"], "rows")
    false = false_claims(rows)
    shares = pd.DataFrame(
        {
            "claimed_solution_rate": ~np.isnan(numbers(rows, "claimed_objective")),
            "solution_rate": ~np.isnan(numbers(rows, "objective")),
            "claimed_success_rate": equals(rows, "claimed_status", "optimal"),
            "success_rate": equals(rows, "status", "optimal"),
            "correctness_rate": ~false.to_numpy(),
        }
    )
    method = rows["method"].to_numpy()
    table = shares.groupby(method).mean()
    table.insert(0, "runs", shares.groupby(method).size())
    return table.assign(false_claims=pd.Series(false.to_numpy()).groupby(method).sum()).rename_axis("method")
