"""What a run's process is given, and what it claims to have found."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sloplan.problem.result import Result

PLANNING_STATISTICS: Final = ("steps", "profiled", "profiling_s")
"""Figures of a method's own work that are columns of a row."""


@dataclass(frozen=True)
class Job:
    """One run, as its process gets it.

    Parameters
    ----------
    problem : bytes
        The pickled instance, compiled.
    solution_file : Path
        Where the solution is to be written.
    method : str
    settings : mapping
        Further arguments of `sloplan.solve`.
    """

    problem: bytes
    solution_file: Path
    method: str
    settings: Mapping[str, Any]


@dataclass(frozen=True)
class Claims:
    """What the method and its process say; the harness believes the parts that it can verify.

    Parameters
    ----------
    columns : mapping
        The row's columns that begin with `claimed_`, those of `PLANNING_STATISTICS`, and the versions.
    trajectory : list of (float, float or None, float or None)
        Second, incumbent, bound; user units.
    has_solution : bool
        Whether the solution file was written.
    not_written : str, optional
        Why the disk did not take it.
    message : str, optional
    """

    columns: Mapping[str, Any]
    trajectory: list[tuple[float, float | None, float | None]]
    has_solution: bool
    not_written: str | None = None
    message: str | None = None


@dataclass(frozen=True)
class Unsupported:
    """The method says that it cannot solve such a problem.

    Parameters
    ----------
    message : str
    """

    message: str


def claims_of(result: Result, not_written: str | None) -> Claims:
    """Return what a result claims.

    Parameters
    ----------
    result : Result
    not_written : str, optional
        Why the disk did not take its solution.
    """
    return Claims(
        columns={
            "claimed_status": result.status,
            "claimed_limit": result.limit,
            "claimed_proof": result.proof,
            "claimed_objective": result.objective,
            "claimed_bound": result.bound,
            "claimed_bound_exact": result.exact.bound,
            "claimed_certified_bound": result.certified_bound,
            "claimed_runtime_s": result.runtime,
            "claimed_compile_s": result.compile_time,
            "claimed_time_to_best_s": result.time_to_best,
            **{name: result.statistics.get(name) for name in PLANNING_STATISTICS},
            "versions": dict(result.versions),
        },
        trajectory=[(point.time_s, point.objective, point.bound) for point in result.trajectory],
        has_solution=result.solution is not None and not_written is None,
        not_written=not_written,
        message=result.message,
    )
