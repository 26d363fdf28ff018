"""Tests of claims held against what all runs have shown."""

from __future__ import annotations

import math

import pytest

from sloplan.study.judged import judged_frame
from sloplan.study.metrics import false_claims
from tests.study.plain_rows import plain_row


def test_an_optimum_needs_the_bound() -> None:
    """Optimal where objective and bound are equal, whatever the method says; feasible, infeasible, unknown else."""
    frame = judged_frame(
        [
            plain_row("a", value=5000, bound=5000),
            plain_row("b", value=4000, bound=5000, claimed_status="optimal"),
            plain_row("c", instance_sha256="c" * 64, claimed_status="infeasible"),
            plain_row("d", bound=7000),
        ]
    ).set_index("run")
    assert frame["status"].to_dict() == {"a": "optimal", "b": "feasible", "c": "infeasible", "d": "unknown"}
    assert not frame["bound_refuted"].any()


def test_a_verified_solution_refutes_bounds_of_its_problem_only() -> None:
    """Goodput 5 refutes a bound of 4.5 for the same instance, not for another; the certified 6 stands in its place."""
    frame = judged_frame(
        [
            plain_row("a", value=5000),
            plain_row("b", value=4500, bound=4500, certified_bound_exact=6000, certified_bound=6.0),
            plain_row("c", bound=4500, instance_sha256="c" * 64),
        ]
    ).set_index("run")
    assert frame["bound_refuted"].to_dict() == {"a": False, "b": True, "c": False}
    assert frame.at["b", "bound"] == 6.0
    assert frame.at["b", "status"] == "feasible"
    assert math.isnan(frame.at["a", "bound"])
    assert frame.at["c", "bound"] == 4.5


def test_the_best_known_solution_refutes_too() -> None:
    """A stored solution of 5.001 makes a bound of 5 false though no run reached more."""
    [row] = judged_frame([plain_row("a", value=5000, bound=5000, best_known_objective_exact=5001)]).to_dict("records")
    assert row["bound_refuted"]
    assert row["status"] == "feasible"


def test_costs_are_refuted_from_below() -> None:
    """Cost 5 refutes a lower bound of 6, not one of 4."""
    cost = {"objective_name": "cost", "objective_exact": 5, "objective": 5.0}
    frame = judged_frame([plain_row("a", bound=6, **cost), plain_row("b", bound=4, **cost)])
    assert frame["bound_refuted"].tolist() == [True, False]


def test_the_tighter_of_claimed_and_certified_counts() -> None:
    """A certificate that proves more than was claimed is the bound."""
    [row] = judged_frame([plain_row("a", value=5000, bound=7000, certified_bound_exact=6000)]).to_dict("records")
    assert row["bound_exact"] == 6000


@pytest.mark.parametrize(
    ("claimed", "measured", "false"), [(1.0, 1.4, False), (1.0, 1.6, True), (9.2, 10.0, False), (8.9, 10.0, True)]
)
def test_runtimes(claimed: float, measured: float, false: bool) -> None:
    """A claimed runtime is false if it is short by more than half a second and a tenth."""
    frame = judged_frame([plain_row("a", claimed_runtime_s=claimed, runtime_s=measured)])
    assert frame["runtime_false"].tolist() == [false]


def test_large_integers_keep_their_digits() -> None:
    """Exact integers beyond 2^53 stay exact beside rows that have none."""
    large = 2**60 + 1
    frame = judged_frame([plain_row("a", value=large, bound=large), plain_row("b")])
    assert frame.loc[0, ["objective_exact", "bound_exact"]].tolist() == [large, large]
    assert frame["status"].tolist() == ["optimal", "unknown"]


def test_infeasible_is_refuted_by_a_solution() -> None:
    """Whoever says "infeasible" is believed until anybody has a verified solution."""
    says = plain_row("a", method="x", claimed_status="infeasible")
    assert judged_frame([says])["status"].tolist() == ["infeasible"]
    assert judged_frame([says, plain_row("b", value=5000)])["status"].tolist() == ["unknown", "feasible"]


def test_cost_counts_at_the_greatest_goodput() -> None:
    """Where goodput comes first, a cheaper run of less goodput is no rival; a proof needs the method's word on both."""
    asked = {"objective_name": "goodput-then-cost", "min_goodput": 1.0}
    frame = judged_frame(
        [
            plain_row("a", value=50, bound=50, goodput=2.0, claimed_status="optimal", **asked),
            plain_row("b", value=50, bound=50, goodput=2.0, claimed_status="feasible", **asked),
            plain_row("c", value=10, bound=10, goodput=1.0, claimed_status="feasible", **asked),
            plain_row("d", bound=60, claimed_status="unknown", **asked),
        ]
    ).set_index("run")
    assert frame["status"].to_dict() == {"a": "optimal", "b": "feasible", "c": "unknown", "d": "unknown"}
    assert frame["bound_refuted"].to_dict() == {"a": False, "b": False, "c": False, "d": True}
    assert math.isnan(frame.at["c", "objective"])
    assert frame.at["c", "bound_exact"] == 10


def test_a_cost_at_less_goodput_is_no_false_claim_unless_called_optimal() -> None:
    """Whoever leaves open whether its goodput is the greatest has claimed nothing of the cost at the greatest."""
    asked = {"objective_name": "goodput-then-cost", "min_goodput": 1.0}
    frame = judged_frame(
        [
            plain_row("most", value=50, goodput=2.0, **asked),
            plain_row("modest", value=70, bound=10, goodput=1.0, **asked),
            plain_row("bold", value=70, bound=70, goodput=1.0, **(asked | {"claimed_status": "optimal"})),
            plain_row("lying", value=70, goodput=1.0, **(asked | {"claimed_objective": 0.06})),
        ]
    ).set_index("run")
    assert false_claims(frame).to_dict() == {"most": False, "modest": False, "bold": True, "lying": True}
