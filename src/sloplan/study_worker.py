"""What a study's processes do: solve one instance by one method."""

from __future__ import annotations

import pickle

from sloplan.problem.errors import InputError, SizeLimitError, UnsupportedError
from sloplan.solving import solve
from sloplan.study.job import Claims, Job, Unsupported, claims_of
from sloplan.study.task_messages import Clock


def solve_job(job: Job, clock: Clock) -> Claims | Unsupported:
    """Solve a job's instance while the clock runs, write the solution, and return what is claimed.

    Parameters
    ----------
    job : Job
    clock : Clock

    Returns
    -------
    Claims or Unsupported
    """
    problem = pickle.loads(job.problem)
    try:
        with clock:
            result = solve(problem, job.method, display=False, **job.settings)
    except (UnsupportedError, SizeLimitError) as error:
        return Unsupported(str(error))
    not_written = None
    if result.solution is not None:
        try:
            result.solution.save(job.solution_file)
        except InputError as error:
            not_written = f"{error.file}: {error.problem}"
    return claims_of(result, not_written)
