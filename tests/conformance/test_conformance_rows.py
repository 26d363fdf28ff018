"""Committed runs of the exact methods on sizes xs and s, for all objectives and both hostings, do not contradict.

They take hours and are gathered over days, by ``sloplan study run benchmarks/conformance.toml -o
docs/benchmarks/conformance``; every solution among them was checked by the harness.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from sloplan.study.folder import StudyFolder
from sloplan.study.judged import PROBLEM, judged_frame
from sloplan.study.metrics.claims import false_claims

ENDED = ("optimal", "infeasible")

FOLDER = Path(__file__).parents[2] / "docs" / "benchmarks" / "conformance"


@pytest.fixture(scope="module")
def runs() -> pd.DataFrame:
    """All runs with verdicts."""
    return judged_frame(StudyFolder(FOLDER).rows())


def test_nobody_claims_what_does_not_stand(runs: pd.DataFrame) -> None:
    """No bound is on the wrong side of any method's solution, no solution is refused, no optimum is bettered."""
    assert runs.loc[false_claims(runs), ["instance", "objective_name", "method", "message", "refusal"]].empty


def test_what_is_proved_is_one_number(runs: pd.DataFrame) -> None:
    """To the integer, and where goodput comes first the goodput, too."""
    proved = runs[runs["status"] == "optimal"]
    numbers = proved.groupby(PROBLEM, dropna=False)[["objective_exact", "goodput"]].nunique()
    assert proved["method"].nunique() == 4
    assert (numbers["objective_exact"] == 1).all()
    in_order = numbers.index.get_level_values("objective_name") == "goodput-then-cost"
    assert (numbers.loc[in_order, "goodput"] == 1).all()


def test_all_of_the_smallest_are_proved(runs: pd.DataFrame) -> None:
    """Every method ends on six queries; where runs are still to come there are no rows of theirs."""
    smallest = runs[runs["instance"].str.contains("-xs-")]
    assert smallest.loc[~smallest["status"].isin(ENDED), ["instance", "objective_name", "method"]].empty


def test_what_one_proves_infeasible_nobody_solves(runs: pd.DataFrame) -> None:
    """Whole replicas may be too few for the floor, though every query can be served alone: all methods say so."""
    hopeless = runs.groupby(PROBLEM, dropna=False)["status"].agg(set)
    hopeless = hopeless[hopeless.map(lambda said: "infeasible" in said)]
    assert len(hopeless)
    assert (hopeless == {"infeasible"}).all()
