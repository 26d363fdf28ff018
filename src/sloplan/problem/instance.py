"""The instance: one planning problem as its author states it, immutable and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from os import PathLike
from typing import TYPE_CHECKING, Any

import pandas as pd

from sloplan.problem.canonical import canonical_order, canonical_rows
from sloplan.problem.errors import InputError
from sloplan.problem.schema import TABLES
from sloplan.problem.storage.content_hash import ContentHash
from sloplan.problem.storage.manifest import Manifest, make_manifest
from sloplan.problem.tables import Columns, Tables, as_frame
from sloplan.problem.validation.columns import normalise_table
from sloplan.problem.validation.naming import near_names
from sloplan.problem.validation.rules import validate

if TYPE_CHECKING:
    from sloplan.problem.compiled import CompiledInstance


@dataclass(frozen=True, eq=False)
class Instance:
    """An instance of the planning problem; make one with `from_frames` or `load`.

    Parameters
    ----------
    name : str
    hosting : {"fluid", "replicas"}
    latency_percentile : str
        Which percentile the profiles' latencies are, e.g. "p50".
    description : str
        Free text; not part of `sha256`.
    _tables : mapping of str to mapping of str to array
        Every table of `schema.TABLES` in stored form (see `columns`), rows sorted by the table's
        key. Shared without copying inside `problem/`, where nobody writes to it; everyone else
        uses `table` or `to_frames`.
    """

    name: str
    hosting: str
    latency_percentile: str
    description: str
    _tables: Tables = field(repr=False)

    @classmethod
    def from_frames(
        cls,
        frames: Mapping[str, pd.DataFrame],
        *,
        name: str = "instance",
        hosting: str = "fluid",
        latency_percentile: str = "p50",
        description: str = "",
    ) -> Instance:
        """Return the checked instance of `frames`.

        Parameters
        ----------
        frames : mapping of table name to DataFrame
            Tables and columns are those of `schema.TABLES`; rows and columns in any order, optional
            tables and columns may be absent. The frames are copied.
        name, hosting, latency_percentile, description : str
            See `Instance`.

        Raises
        ------
        InputError
            Names the first bad table, row (counted from 1 in the given order) and field.
        """
        manifest = make_manifest(
            {"name": name, "hosting": hosting, "latency_percentile": latency_percentile, "description": description}
        )
        _check_given(frames)
        return cls._checked(manifest, frames)

    @classmethod
    def _checked(cls, manifest: Manifest, given: Mapping[str, pd.DataFrame | Columns]) -> Instance:
        """Return the instance of tables of known names, as frames or column by column."""
        stored = {table.name: normalise_table(table, given.get(table.name)) for table in TABLES}
        validate(stored)
        for table in TABLES:
            stored[table.name] = canonical_order(table, canonical_rows(table, stored[table.name]))
        return cls(manifest.name, manifest.hosting, manifest.latency_percentile, manifest.description, stored)

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Instance:
        """Return the instance in a folder or zip file; see `files.load_instance`."""
        from sloplan.problem.storage.instance_files import load_instance

        return load_instance(path)

    def save(self, path: str | PathLike[str], *, parquet: bool = False) -> None:
        """Write the instance to a folder, or to a zip file if `path` ends in .zip; see `files.save_instance`."""
        from sloplan.problem.storage.instance_files import save_instance

        save_instance(self, path, parquet=parquet)

    def table(self, name: str) -> pd.DataFrame:
        """Return a copy of one table.

        Raises
        ------
        InputError
            There is no table of that name.
        """
        if name not in self._tables:
            problem = f"unknown table{near_names(str(name), list(self._tables))}"
            raise InputError(problem, value=name, allowed=", ".join(self._tables), advice="name a table")
        return as_frame(self._tables[name]).copy()

    def to_frames(self) -> dict[str, pd.DataFrame]:
        """Return copies of all tables, by name."""
        return {name: as_frame(columns).copy() for name, columns in self._tables.items()}

    def replace(
        self,
        *,
        name: str | None = None,
        hosting: str | None = None,
        latency_percentile: str | None = None,
        description: str | None = None,
        **frames: pd.DataFrame,
    ) -> Instance:
        """Return another instance with the given labels and tables in place of this one's.

        Parameters
        ----------
        name, hosting, latency_percentile, description : str, optional
        **frames : DataFrame
            Whole tables by name, e.g. ``queries=...``.

        Raises
        ------
        InputError
            As `from_frames`.
        """
        return type(self).from_frames(
            {**{name: as_frame(columns) for name, columns in self._tables.items()}, **frames},
            name=self.name if name is None else name,
            hosting=self.hosting if hosting is None else hosting,
            latency_percentile=self.latency_percentile if latency_percentile is None else latency_percentile,
            description=self.description if description is None else description,
        )

    @property
    def sha256(self) -> str:
        """Content hash, independent of row order, files and platform; see `content_hash`."""
        return self._content_hash.sha256

    @cached_property
    def _content_hash(self) -> ContentHash:
        return ContentHash((self.name, self.hosting, self.latency_percentile), self._tables)

    @cached_property
    def compiled(self) -> CompiledInstance:
        """The instance in integers; see `compile`."""
        from sloplan.problem.compiling.compile import compile_instance

        return compile_instance(self)


def _check_given(frames: Mapping[str, Any]) -> None:
    """Check that the tables given are known and are frames; None stands for an absent one."""
    known = {table.name: table for table in TABLES}
    for name, frame in frames.items():
        if name not in known:
            problem = f"unknown table{near_names(str(name), list(known))}"
            raise InputError(problem, value=name, allowed=", ".join(known), advice="rename or drop it")
        if not isinstance(frame, pd.DataFrame | None):
            what, allowed = type(frame).__name__, "a pandas DataFrame"
            raise InputError("not a table", file=known[name].file, value=what, allowed=allowed)
