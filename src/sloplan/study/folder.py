"""The folder of a study: its configuration, its rows, and beside them trajectories, solutions and what runs printed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pandas as pd
from filelock import FileLock, Timeout

from sloplan.problem.errors import InputError
from sloplan.problem.storage.atomic import write_bytes
from sloplan.study.configuration import Configuration, parse_configuration
from sloplan.study.rows import Row, append_row, drop_cut_off_line, read_rows

CONFIGURATION_FILE: Final = "configuration.toml"
_LOCK: Final = ".lock"
MAKE_ROOM: Final = "make room and give the command again: what is finished stays"

_FOLDERS: Final = ("trajectories", "solutions", "printed")
_PLANS: Final = ".plans"

Trajectory = list[tuple[float, float | None, float | None]]
"""Second, incumbent, bound; user units."""


class StudyFolder:
    """A study on disk.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def opened(self, configuration: Configuration, text: str) -> Iterator[None]:
        """Begin the study, or go on with it; nobody else writes to the folder meanwhile.

        Parameters
        ----------
        configuration : Configuration
        text : str
            Its TOML, which is stored.

        Raises
        ------
        InputError
            The folder holds something else, another configuration, or is at work.
        """
        self._refuse_another_use()
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.path / _LOCK)
            lock.acquire(timeout=0)
        except Timeout:
            raise InputError("is at work", file=str(self.path), advice="wait until that command has ended") from None
        except OSError as error:
            raise InputError(f"cannot be written to: {error.strerror}", file=str(self.path)) from error
        try:
            self._begin(configuration, text)
            yield
        finally:
            lock.release()

    def _refuse_another_use(self) -> None:
        if self.path.exists() and not self.path.is_dir():
            raise InputError("is no folder", file=str(self.path), advice="choose another one with -o")
        if not self.path.exists() or (self.path / CONFIGURATION_FILE).exists():
            return
        # A study that was stopped before its configuration stood there is begun again.
        if any(
            not (entry.name in (*_FOLDERS, _LOCK, _PLANS) or entry.name.startswith(".new."))
            for entry in self.path.iterdir()
        ):
            raise InputError("is no study, and not empty", file=str(self.path), advice="choose another folder with -o")

    def _begin(self, configuration: Configuration, text: str) -> None:
        file = self.path / CONFIGURATION_FILE
        if not file.exists():
            write_bytes(file, text.encode())
        elif self.configuration() != configuration:
            raise InputError(
                "holds the study of another configuration",
                file=str(self.path),
                advice="choose another folder with -o, or run the configuration that stands there",
            )
        try:
            for name in _FOLDERS:
                (self.path / name).mkdir(exist_ok=True)
            drop_cut_off_line(self.path)
        except OSError as error:
            raise InputError(f"cannot be written to: {error.strerror}", file=str(self.path)) from error

    def configuration(self) -> Configuration:
        """Return the study's configuration.

        Raises
        ------
        InputError
            There is no study.
        """
        file = self.path / CONFIGURATION_FILE
        if not file.is_file():
            raise InputError(
                "holds no study", file=str(self.path), advice="`sloplan study run CONFIG -o DIR` makes one"
            )
        return parse_configuration(file.read_text(encoding="utf-8"), str(file))

    def rows(self) -> list[Row]:
        """Return the rows of all runs that are finished."""
        return read_rows(self.path)

    def add(self, row: Row, trajectory: Trajectory, printed: str) -> None:
        """Store a finished run: its row last, so that a row never stands without what belongs to it.

        Parameters
        ----------
        row : dict
        trajectory : list
        printed : str
            What the run printed, if that is worth keeping.

        Raises
        ------
        InputError
            It cannot be written.
        """
        key = row["run"]
        try:
            if trajectory:
                table = pd.DataFrame(trajectory, columns=["time_s", "objective", "bound"])
                write_bytes(self.path / "trajectories" / f"{key}.csv", table.to_csv(index=False).encode())
            if printed:
                write_bytes(self.path / "printed" / f"{key}.txt", printed.encode())
            append_row(self.path, row)
        except InputError as error:
            raise InputError(error.problem, file=error.file, advice=MAKE_ROOM) from error

    def solution_file(self, key: str) -> Path:
        """Return where a run's solution belongs."""
        return self.path / "solutions" / f"{key}.json.gz"

    @property
    def plans_folder(self) -> Path:
        """Where lists of plans may stand while the study is at work."""
        return self.path / _PLANS

    def trajectories(self) -> pd.DataFrame:
        """Return the trajectories of all runs.

        Returns
        -------
        DataFrame
            `run`, `time_s`, `objective`, `bound`: what was known from that second on, as the method says; NaN unknown.
        """
        parts = [
            pd.read_csv(file).assign(run=row["run"])
            for row in self.rows()
            if (file := self.path / "trajectories" / f"{row['run']}.csv").exists()
        ]
        columns = ["run", "time_s", "objective", "bound"]
        return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)
