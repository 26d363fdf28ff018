"""What users may ask of an engine besides the model: its log, and how much memory its process may take."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from sloplan.problem.errors import InputError
from sloplan.solvers.engines import ENGINES, refuse_missing

LogPath = str | os.PathLike[str]


@dataclass(frozen=True)
class EngineOptions:
    """Options of every method that runs an engine.

    Parameters
    ----------
    solver : str
        See `engines.ENGINES`.
    engine_log : path, optional
        File that gets the engine's own log; what stood there before goes.
    memory_limit_gb : float, optional
        Memory (10^9 bytes) of the engine's process, Python and the model in it counted, above which it is ended.
    in_process : bool
        Run the engine in this process: no start-up time, but an engine that crashes takes this process down, one that
        hangs is not ended, and the time limit is kept only as well as the engine keeps it.
    """

    solver: str = "highs"
    engine_log: LogPath | None = None
    memory_limit_gb: float | None = None
    in_process: bool = False

    @property
    def engine(self) -> str:
        """Name of the solver, for messages."""
        return ENGINES[self.solver]

    def refuse_unusable(self) -> None:
        """See before anything starts that all of this can be had; the log file is made anew.

        Raises
        ------
        InputError
            If the solver is unknown or not installed, the log cannot be written, or there is no process whose memory
            could be limited.
        """
        refuse_missing(self.solver)
        self._refuse_memory_limit()
        if self.engine_log is not None:
            if not isinstance(self.engine_log, str | os.PathLike):
                raise InputError(
                    "unusable value", field="engine_log", value=self.engine_log, allowed="the path of a file"
                )
            try:
                Path(self.engine_log).open("w").close()
            except OSError as error:
                raise InputError(
                    f"the engine's log cannot be written there ({error.strerror})",
                    field="engine_log",
                    value=os.fspath(self.engine_log),
                    allowed="a file in a folder that exists and can be written to",
                ) from error

    def _refuse_memory_limit(self) -> None:
        limit = self.memory_limit_gb
        if limit is None:
            return
        if isinstance(limit, bool) or not isinstance(limit, int | float) or not limit > 0:
            raise InputError("unusable value", field="memory_limit_gb", value=limit, allowed="gigabytes above 0")
        if self.in_process:
            raise InputError(
                "speaks of the engine's own process, and in_process leaves that out",
                field="memory_limit_gb",
                value=limit,
                advice="leave one of the two out",
            )
