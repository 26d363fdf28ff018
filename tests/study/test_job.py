"""What a run's process claims."""

from __future__ import annotations

from sloplan.problem.result import Result
from sloplan.problem.run import Run
from sloplan.study.job import claims_of
from sloplan.study.row import COLUMNS
from tests.one_pool import one_pool, serving


def test_claims_are_columns_of_a_row() -> None:
    """Each claim has a column; figures of planning are those that the method reported, the others unknown."""
    instance = one_pool()
    run = Run(instance)
    run.offer(serving(instance, "q1"))
    run.report_statistics({"steps": 12, "profiling_s": 3.5, "colours": 7})
    columns = claims_of(Result.of(run, method="mine", versions={}), None).columns
    assert columns.keys() <= COLUMNS.keys()
    assert (columns["steps"], columns["profiled"], columns["profiling_s"]) == (12, None, 3.5)
