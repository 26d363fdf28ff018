"""Let a method work on a run: whatever ends it, what it told the run stays, and its certificate is verified."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any, Final

from sloplan.problem.compiled import CompiledInstance
from sloplan.problem.errors import InputError, SloplanError, UnsupportedError
from sloplan.problem.instance import Instance
from sloplan.problem.method import Method
from sloplan.problem.objective import Objective
from sloplan.problem.run import Run
from sloplan.problem.selections.selection import PlanSelection
from sloplan.progress import live_progress

logger = logging.getLogger(__name__)

INITIAL_CERTIFICATE_SHARE: Final = 0.1
"""Part of the time limit that may go into verifying the initial solution's certificate."""


@dataclass(frozen=True)
class Limits:
    """What a user allows a method; see `Run`."""

    seed: int
    threads: int
    time_limit: float | None
    rel_gap: float | None


def refuse_unsupported(method: Method, problem: Instance | PlanSelection, objective: Objective) -> None:
    """Refuse what a method cannot solve.

    Raises
    ------
    UnsupportedError
    """
    refusal = method.unsupported(_subject(problem), objective.name)
    if refusal is not None:
        raise UnsupportedError(refusal)


def run_method(method: Method, run: Run, options: dict[str, Any], *, display: bool) -> None:
    """Offer the initial solution, run the method and verify the certificate that it gives.

    Parameters
    ----------
    method : Method
    run : Run
    options : dict
        The method's own.
    display : bool
        Show a progress line on stderr if that is a terminal.

    Raises
    ------
    InputError
        If the initial solution is not valid.
    SloplanError
        What the method refuses before it has found anything.
    """
    _offer_initial_solution(run)
    with live_progress(run, display):
        _let_work(method, run, options)
    _certify_bound(run)


def _let_work(method: Method, run: Run, options: dict[str, Any]) -> None:
    start = run.best_solution
    try:
        if start is not None and start.certificate is not None:
            run.certify(start.certificate, INITIAL_CERTIFICATE_SHARE * run.remaining())
        method.solve(_subject(run.problem), run, **options)
        run.should_stop()  # a method that ran out of time inside its engine may not have asked
    except KeyboardInterrupt:
        run.limit = "interrupted"
    except SloplanError as error:
        if run.best_solution is start:  # nothing is lost: the user is told at once
            raise
        logger.warning("method %s stopped: %s", method.name, error)
        run.limit, run.message = "engine", f"method {method.name!r} stopped: {error}"
    except MemoryError:
        logger.exception("method %s ran out of memory", method.name)
        run.limit, run.message = "memory", f"method {method.name!r} ran out of memory"
    except Exception as error:
        logger.exception("method %s failed", method.name)
        run.limit, run.message = "engine", f"method {method.name!r} failed: {type(error).__name__}: {error}"


def _subject(problem: Instance | PlanSelection) -> CompiledInstance | PlanSelection:
    """What methods get: an instance's integers, a plan selection as it is."""
    return problem if isinstance(problem, PlanSelection) else problem.compiled


def _offer_initial_solution(run: Run) -> None:
    if run.initial_solution is None:
        return
    violations = run.offer(run.initial_solution)
    if violations:
        raise InputError(
            f"the initial solution is not valid: {violations[0]}",
            field="initial_solution",
            advice="`check` lists all violations; leave it out to start without one",
        )


def _certify_bound(run: Run) -> None:
    """Verify the certificate that the method gave, if any."""
    if run.certificate is not None:
        try:
            run.certify(run.certificate)
        except KeyboardInterrupt:
            run.limit, run.message = "interrupted", "the certificate was not verified"
