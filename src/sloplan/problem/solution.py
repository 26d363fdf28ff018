"""A solution: which copies of which query follow which plan, and how many replicas stand."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd

from sloplan.problem.compiled import CompiledInstance, Int
from sloplan.problem.solution_tables import stored_table, stored_whole
from sloplan.problem.storage.json_tables import Columns, json_bytes
from sloplan.problem.storage.solution_files import (
    read_solution_file,
    solution_content,
    solution_frame,
    write_solution_file,
)

_TABLES: Final[dict[str, Columns]] = {
    "plans": {"query": str, "count": int},
    "options": {"plan": int, "operator": str, "configuration": str, "pool": str, "allocation": str},
    "supply": {"supply": str, "amount": int},
}
_FIGURES: Final = ("goodput_floor", "bound")


def _frame(table: str, values: Mapping[str, Any] | None = None) -> pd.DataFrame:
    return solution_frame(_TABLES[table], values)


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
        `supply`, `amount`: replicas ("pool/operator/configuration/allocation") under `replicas` hosting, and
        under the cost objectives rented units ("unit:pool"); what is not named stands at 0.
    objective : str
        Objective it was made for.
    goodput_floor : int, optional
        Least goodput that it was made for, milli-value: under "cost" and "goodput-then-cost" alone, which need it.
    bound : int, optional
        Bound on the objective in integer units (milli-value, or 10^-12 USD/s), as claimed by its author.
    certificate : dict, optional
        Certificate of `bound`, as stored (see `sloplan.problem.certificates.verification`).

    Raises
    ------
    InputError
        If a table lacks a column, or a value is not of its column's type (a count of 1.9).

    Notes
    -----
    Nothing here is trusted: `check` decides whether a solution is one.
    """

    instance_sha256: str
    plans: pd.DataFrame = field(default_factory=lambda: _frame("plans"))
    options: pd.DataFrame = field(default_factory=lambda: _frame("options"))
    supply: pd.DataFrame = field(default_factory=lambda: _frame("supply"))
    objective: str = "goodput"
    goodput_floor: int | None = None
    bound: int | None = None
    certificate: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        # Tables can still be changed in place: the checker makes this copy anew before it reads them.
        for table, columns in _TABLES.items():
            object.__setattr__(self, table, stored_table(getattr(self, table), table, columns))
        for figure in _FIGURES:
            object.__setattr__(self, figure, stored_whole(getattr(self, figure), figure))

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
        """Read a solution file; one that ends in ".gz" is compressed.

        Raises
        ------
        InputError
            If the file cannot be read or does not have the format of a solution.
        """
        return cls(**read_solution_file(path, _TABLES, _FIGURES))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the solution file, compressed if `path` ends in ".gz".

        An existing file is replaced only when the new one is complete.

        Raises
        ------
        InputError
            If nothing can be written there.
        """
        write_solution_file(path, self, _TABLES, _FIGURES)

    def file_bytes(self) -> bytes:
        """Return the bytes of the solution file that `save` writes (before compression)."""
        return json_bytes(solution_content(self, _TABLES, _FIGURES))
