"""Tests of the result: what each ending comes to, in the user's units and exactly."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sloplan.problem.certificates.verification import Certificate
from sloplan.problem.checker import check
from sloplan.problem.instance import Instance
from sloplan.problem.result import Result
from sloplan.problem.run import Run
from sloplan.problem.solution import Solution
from tests.one_pool import one_pool, serving


def finished(run: Run) -> Result:
    """Return the result of a run as it stands."""
    return Result.of(run, method="by hand", versions={"sloplan": "0"})


@pytest.fixture(scope="module")
def instance() -> Instance:
    """Three queries, of which two fit; the best serves 6."""
    return one_pool()


def test_nothing_known(instance: Instance) -> None:
    """A run that found nothing has status unknown, and None for every unknown figure."""
    result = finished(Run(instance, seed=3, threads=5))
    assert (result.status, result.limit, result.proof, result.verified) == ("unknown", None, None, None)
    unknown = (result.objective, result.bound, result.certified_bound, result.gap, result.goodput, result.prices)
    assert unknown == (None,) * 6
    assert (result.cost_usd_per_hour, result.served_count, result.time_to_best, result.solution) == (None,) * 4
    assert result.query_count == 3
    assert (result.seed, result.threads, result.method, result.versions) == (3, 5, "by hand", {"sloplan": "0"})
    assert result.trajectory == ()
    assert len(result.plans()) == 0


def test_only_a_bound(instance: Instance) -> None:
    """A bound without a solution is unknown, with the bound and without a gap."""
    run = Run(instance)
    run.report_bound(6500)
    result = finished(run)
    assert (result.status, result.bound, result.proof, result.gap) == ("unknown", 6.5, "method", None)


def test_feasible(instance: Instance) -> None:
    """Objective, bound and gap in the user's units, with the exact integers beside them."""
    run = Run(instance)
    run.offer(serving(instance, "q0", "q2"))
    run.report_bound(6250, "solver")
    run.limit = "time"
    result = finished(run)
    assert (result.status, result.limit, result.proof) == ("feasible", "time", "solver")
    assert (result.objective, result.goodput, result.bound, result.gap) == (5.0, 5.0, 6.25, 0.2)
    assert (result.exact.objective, result.exact.goodput, result.exact.bound) == (5000, 5000, 6250)
    assert (result.served_count, result.query_count, result.verified) == (2, 3, True)
    assert result.cost_usd_per_hour == 2.88  # 0.8 busy units at 3.6 USD/h
    assert result.exact.cost == 800_000_000
    assert [(point.objective, point.bound) for point in result.trajectory] == [(5.0, None), (5.0, 6.25)]
    assert check(instance, result.solution) == []
    assert result.solution.bound == 6250


def test_optimal_only_at_the_bound(instance: Instance) -> None:
    """Optimal means that bound and objective are equal; then no limit is reported."""
    run = Run(instance)
    run.offer(serving(instance, "q1", "q2"))
    run.report_bound(6001)
    run.limit = "gap"
    assert (finished(run).status, finished(run).limit) == ("feasible", "gap")
    run.report_bound(6000)
    assert (finished(run).status, finished(run).limit, finished(run).gap) == ("optimal", None, 0.0)


def test_infeasible(instance: Instance) -> None:
    """Infeasible is a status, not a limit."""
    run = Run(instance)
    run.report_infeasible()
    assert (finished(run).status, finished(run).limit) == ("infeasible", None)


def test_certified_bound(instance: Instance) -> None:
    """A certificate that proves the bound is the proof; it is filed with the solution and holds there."""
    run = Run(instance)
    run.offer(serving(instance, "q1", "q2"))
    run.report_bound(7000, "solver")
    run.certify(Certificate.root(1, {}))
    result = finished(run)
    assert (result.certified_bound, result.exact.certified_bound, result.proof) == (7.0, 7000, "certified")
    assert result.solution.certificate == Certificate.root(1, {}).to_json()
    assert check(instance, result.solution) == []


def test_engine_beyond_the_certificate(instance: Instance) -> None:
    """An engine's tighter bound is reported with its proof; the file holds what the certificate proves."""
    run = Run(instance)
    run.offer(serving(instance, "q1", "q2"))
    run.report_bound(6000, "solver")
    run.certify(Certificate.root(1, {}))
    result = finished(run)
    assert (result.status, result.bound, result.certified_bound, result.proof) == ("optimal", 6.0, 7.0, "solver")
    assert result.solution.bound == 7000
    assert check(instance, result.solution) == []


def test_prices(instance: Instance) -> None:
    """Row prices are named by row, in the user's units per unit of usage."""
    run = Run(instance)
    run.prices = np.array([2.0])
    prices = finished(run).prices
    assert prices.to_dict() == {"pool:gpus": 0.002}


def test_plans(instance: Instance) -> None:
    """A row per plan and operator says who is served how and where."""
    run = Run(instance)
    run.offer(serving(instance, "q1", "q2"))
    assert finished(run).plans().to_dict("list") == {
        "query": ["q1", "q2"],
        "count": [1, 1],
        "operator": ["detect"] * 2,
        "configuration": ["m"] * 2,
        "pool": ["gpus"] * 2,
        "site": ["cloud"] * 2,
        "allocation": ["default"] * 2,
    }


def test_copies_are_counted() -> None:
    """Counts add up in served and asked copies and in the objective."""
    instance = one_pool([1.0, 2.0], counts=[5, 3], busy_ms=100.0)
    run = Run(instance)
    run.offer(serving(instance, "q0", "q1", counts=[4, 3]))
    result = finished(run)
    assert (result.served_count, result.query_count, result.objective) == (7, 8, 10.0)


def test_copies_beyond_int64_are_counted() -> None:
    """Copies that together pass 2^63 are counted exactly."""
    count = 2**53 - 1
    instance = one_pool([0.001] * 1100, counts=[count] * 1100, busy_ms=0.0)
    run = Run(instance)
    run.offer(serving(instance, *(f"q{i}" for i in range(1100)), counts=[count] * 1100))
    result = finished(run)
    assert (result.served_count, result.query_count) == (1100 * count, 1100 * count)
    assert result.exact.goodput == 1100 * count


def test_every_field_of_a_saved_result_is_a_plain_number(instance: Instance, tmp_path: Path) -> None:
    """Whatever integers a method computes with, the solution of its result can be saved and loaded."""
    run = Run(instance)
    run.offer(serving(instance, "q1", "q2"))
    run.report_bound(np.int64(6500))
    finished(run).solution.save(tmp_path / "solution.json")
    assert Solution.load(tmp_path / "solution.json").bound == 6500
