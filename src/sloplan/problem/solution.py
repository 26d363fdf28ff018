"""A solution: which copies of which query follow which plan, and how many replicas stand."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sloplan.problem.compiled import CompiledInstance, Int
from sloplan.problem.errors import InputError

SOLUTION_FORMAT_VERSION = 1

_COLUMNS: dict[str, dict[str, type]] = {
    "plans": {"query": str, "count": int},
    "options": {"plan": int, "operator": str, "configuration": str, "pool": str, "allocation": str},
    "supply": {"supply": str, "amount": int},
}


def _empty(table: str) -> pd.DataFrame:
    return _frame(table, {column: [] for column in _COLUMNS[table]})


def _frame(table: str, columns: Mapping[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            name: np.asarray(columns[name], dtype=np.int64 if kind is int else object)
            for name, kind in _COLUMNS[table].items()
        }
    )


@dataclass(frozen=True)
class Solution:
    """A solution as tables of names, independent of any compiled form.

    Parameters
    ----------
    instance_sha256 : str
        Content hash of the instance it belongs to.
    plans : DataFrame
        One row per plan: `query`, `count` (copies of the query that follow it).
    options : DataFrame
        One row per plan and operator: `plan` (row of `plans`), `operator`, `configuration`,
        `pool`, `allocation`.
    supply : DataFrame
        Replicas: `supply` ("pool/operator/configuration/allocation"), `amount`; empty under
        `fluid` hosting.
    objective : str
        Objective it was made for.
    bound : int, optional
        Bound on the objective in integer units (milli-value), as claimed by its author.
    certificate : dict, optional
        Certificate of `bound`, as stored (see `sloplan.problem.certificate`).

    Notes
    -----
    Nothing here is trusted: `check` decides whether a solution is one.
    """

    instance_sha256: str
    plans: pd.DataFrame = field(default_factory=lambda: _empty("plans"))
    options: pd.DataFrame = field(default_factory=lambda: _empty("options"))
    supply: pd.DataFrame = field(default_factory=lambda: _empty("supply"))
    objective: str = "goodput"
    bound: int | None = None
    certificate: dict[str, Any] | None = None

    @classmethod
    def from_choices(
        cls, compiled: CompiledInstance, query: Int, count: Int, choices: Int, supply: Mapping[str, int] | None = None
    ) -> Solution:
        """Build a solution from option indices.

        Parameters
        ----------
        compiled : CompiledInstance
        query, count : (n,) int64
            Query index and copies per plan.
        choices : (n, k) int64
            Global option index per local operator position of the query's application; -1 pads.
        supply : mapping, optional
            Replicas by supply name.
        """
        choices = np.asarray(choices, dtype=np.int64).reshape(len(query), -1 if len(query) else 0)
        plan, position = np.nonzero(choices >= 0)
        option = choices[plan, position]
        names, options = compiled.names, compiled.options
        return cls(
            instance_sha256=compiled.sha256,
            plans=_frame("plans", {"query": names.queries[query], "count": count}),
            options=_frame(
                "options",
                {
                    "plan": plan,
                    "operator": names.operators[options.operator[option]],
                    "configuration": names.configurations[options.configuration[option]],
                    "pool": names.pools[options.pool[option]],
                    "allocation": names.allocations[options.allocation[option]],
                },
            ),
            supply=_frame("supply", {"supply": list(supply or {}), "amount": list((supply or {}).values())}),
        )

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Solution:
        """Read a solution file.

        Raises
        ------
        InputError
            If the file cannot be read or does not have the format of a solution.
        """
        name = Path(path).name
        try:
            content = json.loads(Path(path).read_text(encoding="utf-8"))
        except OSError as error:
            raise InputError(f"cannot be read ({error.strerror})", file=str(path), advice="check the path") from error
        except (ValueError, RecursionError) as error:
            raise InputError(
                f"not valid JSON ({error})", file=name, advice="write the file again; it may be truncated"
            ) from error
        return cls._from_json(content, name)

    @classmethod
    def _from_json(cls, content: Any, file: str) -> Solution:
        if not isinstance(content, dict):
            raise InputError("not a solution", file=file, allowed="a JSON object", advice="see the format's page")
        version = content.get("format_version")
        if version != SOLUTION_FORMAT_VERSION or isinstance(version, bool):
            raise InputError(
                "unknown format version",
                file=file,
                field="format_version",
                value=version,
                allowed=str(SOLUTION_FORMAT_VERSION),
                advice="write the file with a matching release",
            )
        bound, certificate = content.get("bound"), content.get("certificate")
        if bound is not None and (isinstance(bound, bool) or not isinstance(bound, int)):
            raise InputError("not a whole number", file=file, field="bound", value=bound, allowed="an integer or null")
        if certificate is not None and not isinstance(certificate, dict):
            raise InputError("not a certificate", file=file, field="certificate", allowed="an object or null")
        return cls(
            instance_sha256=_text(content, "instance_sha256", file),
            objective=_text(content, "objective", file),
            plans=_read_table(content, "plans", file),
            options=_read_table(content, "options", file),
            supply=_read_table(content, "supply", file) if "supply" in content else _empty("supply"),
            bound=bound,
            certificate=certificate,
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the solution file; an existing file is replaced only when the new one is complete."""
        content: dict[str, Any] = {
            "format_version": SOLUTION_FORMAT_VERSION,
            "instance_sha256": self.instance_sha256,
            "objective": self.objective,
        }
        for table in _COLUMNS:
            frame = getattr(self, table)
            content[table] = {column: frame[column].tolist() for column in _COLUMNS[table]}
        if self.bound is not None:
            content["bound"] = self.bound
        if self.certificate is not None:
            content["certificate"] = self.certificate
        write_text_atomically(path, json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n")


def write_text_atomically(path: str | os.PathLike[str], text: str) -> None:
    """Write `text` to a temporary sibling of `path`, then rename it into place."""
    target = Path(path)
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
        # mkstemp makes private files; a solution gets the permissions that open() would give.
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)
        os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise


def _text(content: dict[str, Any], key: str, file: str) -> str:
    value = content.get(key)
    if not isinstance(value, str):
        raise InputError("not text", file=file, field=key, value=value, allowed="a string")
    return value


def _read_table(content: dict[str, Any], table: str, file: str) -> pd.DataFrame:
    columns = content.get(table)
    if not isinstance(columns, dict):
        raise InputError("missing table", file=file, field=table, allowed="an object of columns")
    for name, kind in _COLUMNS[table].items():
        _check_column(columns.get(name), kind, file, f"{table}.{name}")
    if len({len(columns[name]) for name in _COLUMNS[table]}) > 1:
        lengths = ", ".join(f"{name}: {len(columns[name])}" for name in _COLUMNS[table])
        raise InputError("columns of different length", file=file, field=table, value=lengths, allowed="equal lengths")
    return _frame(table, columns)


def _check_column(column: Sequence[Any] | None, kind: type, file: str, where: str) -> None:
    if not isinstance(column, list):
        raise InputError("missing column", file=file, field=where, allowed="a list")
    if set(map(type, column)) <= {kind} and (kind is str or not column or max(map(abs, column)) < 2**63):
        return
    for row, value in enumerate(column, start=1):
        if type(value) is not kind or (kind is int and abs(value) >= 2**63):
            allowed = "a string" if kind is str else "an integer below 2^63 in size"
            raise InputError("wrong type of value", file=file, row=row, field=where, value=value, allowed=allowed)
