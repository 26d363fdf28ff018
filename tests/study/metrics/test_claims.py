"""Tests of claims against what was verified."""

from __future__ import annotations

import pandas as pd
import pytest

from sloplan.problem.errors import InputError
from sloplan.study.metrics import claim_rates, false_claims
from tests.study.metrics.runs import runs, shuffled

PROVED = {"claimed_status": "optimal", "claimed_objective": 9.0, "claimed_bound": 9.0}
HELD = {"status": "optimal", "objective": 9.0, "bound": 9.0}
NOTHING = {"claimed_status": None, "status": None}


def test_which_claims_are_false() -> None:
    """One run of each kind: what stands, then every way to claim too much."""
    rows = runs(
        PROVED | HELD,
        {"claimed_objective": 8.0, "objective": 8.0, "claimed_bound": 12.0, "bound": 12.0},
        NOTHING | {"outcome": "crashed"},
        PROVED | {"status": "feasible", "objective": 9.0, "bound": 9.0},  # says optimal, was not verified so
        PROVED | {"status": "unknown", "bound": 9.0},  # the solution was refused
        {"claimed_objective": 9.0, "objective": 8.0},  # the solution has another value
        {"claimed_objective": 8.0, "objective": 8.0, "claimed_bound": 8.5},  # the bound was refuted
        {"claimed_objective": 8.0, "objective": 8.0, "claimed_bound": 8.5, "bound": 12.0},  # the certified one stands
        {"claimed_status": "infeasible", "status": "unknown"},  # 9 was found by others
        {"claimed_status": "infeasible", "status": "infeasible", "instance": "harbour"},
    )
    assert false_claims(rows).tolist() == [False, False, False, True, True, True, True, True, True, False]


def test_noise_below_the_unit_is_no_false_claim() -> None:
    """8.0004 where 8 was verified is the same thousandth; 8.0006 and 7.9994 are others."""
    rows = runs(*({"claimed_objective": value, "objective": 8.0} for value in (8.0004, 8.0006, 7.9994)))
    assert false_claims(rows).tolist() == [False, True, True]


def test_rates_by_hand() -> None:
    """Of good one proof and one crash: 1 of 2 claimed and verified, nothing false.

    Of bold two claimed proofs, of which one stands, and a claimed solution that was refused.
    """
    rows = runs(
        {"method": "good"} | PROVED | HELD,
        {"method": "good"} | NOTHING,
        {"method": "bold"} | PROVED | HELD,
        {"method": "bold", "seed": 1} | PROVED | {"objective": 9.0, "bound": 9.0},
        {"method": "bold", "seed": 2, "claimed_objective": 9.5, "status": "unknown"},
    )
    table = claim_rates(rows)
    assert table.loc["good"].tolist() == pytest.approx([2, 0.5, 0.5, 0.5, 0.5, 1.0, 0])
    assert table.loc["bold"].tolist() == pytest.approx([3, 1.0, 2 / 3, 2 / 3, 1 / 3, 1 / 3, 2])
    assert table.columns.tolist() == [
        "runs",
        "claimed_solution_rate",
        "solution_rate",
        "claimed_success_rate",
        "success_rate",
        "correctness_rate",
        "false_claims",
    ]
    pd.testing.assert_frame_equal(claim_rates(shuffled(rows, 3)), table)


def test_a_missing_column_is_named() -> None:
    """Without the claims there is nothing to compare."""
    for column in ("claimed_status", "claimed_objective", "claimed_bound", "bound", "method"):
        with pytest.raises(InputError, match=f"rows, {column}: missing column"):
            claim_rates(runs(PROVED | HELD).drop(columns=column))
