"""What a study's processes do: solve one instance by one method."""

from __future__ import annotations

import errno
import pickle
from typing import Final

from sloplan.problem.errors import InputError, SizeLimitError, UnsupportedError
from sloplan.problem.registry import find_method
from sloplan.solving import solve
from sloplan.study.job import Claims, Job, Unsupported, claims_of
from sloplan.study.task_messages import Clock

_OF_THE_DISK: Final = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO))
"""What no other run can be spared either: the study stops."""


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
    find_method(job.method)  # imports are not the method's time
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
            if getattr(error.__cause__, "errno", None) not in _OF_THE_DISK:
                raise  # the method's doing: it has used up its files, say
            not_written = f"{error.file}: {error.problem}"
    return claims_of(result, not_written)
