"""A solution of a `PlanSelection`: which plans how many copies take, and how much of every supply stands."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd

from sloplan.problem.compiled import Int
from sloplan.problem.selections.selection import PlanSelection
from sloplan.problem.solution_tables import stored_table, stored_whole
from sloplan.problem.storage.json_tables import Columns
from sloplan.problem.storage.solution_files import read_solution_file, solution_frame, write_solution_file

_TABLES: Final[dict[str, Columns]] = {
    "plans": {"group": str, "plan": str, "count": int},
    "supply": {"supply": str, "amount": int},
}
_FIGURES: Final = ("bound",)


def _frame(table: str, values: Mapping[str, Any] | None = None) -> pd.DataFrame:
    return solution_frame(_TABLES[table], values)


@dataclass(frozen=True)
class SelectionSolution:
    """A solution as tables of names.

    Parameters
    ----------
    instance_sha256 : str
        Content hash of the plan selection it belongs to.
    plans : DataFrame
        `group`, `plan`, `count` (copies of the group that take the plan).
    supply : DataFrame
        `supply`, `amount`; supplies that are not named stand at 0.
    objective : str
        Objective it was made for.
    bound : int, optional
        Bound on the objective in integer units, as claimed by its author.
    certificate : dict, optional
        Certificate of `bound`, as stored.

    Raises
    ------
    InputError
        If a table lacks a column, or a value is not of its column's type (a count of 1.9).

    Notes
    -----
    Nothing here is trusted: `sloplan.problem.selections.check.check_selection` decides whether it is a solution.
    """

    instance_sha256: str
    plans: pd.DataFrame
    supply: pd.DataFrame = field(default_factory=lambda: _frame("supply"))
    objective: str = "goodput"
    bound: int | None = None
    certificate: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        # Tables can still be changed in place: the check makes this copy anew before it reads them.
        for table, columns in _TABLES.items():
            object.__setattr__(self, table, stored_table(getattr(self, table), table, columns))
        object.__setattr__(self, "bound", stored_whole(self.bound, "bound"))

    @classmethod
    def from_choices(
        cls, selection: PlanSelection, plan: Int, count: Int | None = None, amount: Int | None = None
    ) -> SelectionSolution:
        """Build a solution from plan indices.

        Parameters
        ----------
        selection : PlanSelection
        plan : (n,) int64
        count : (n,) int64, optional
            Copies that take the plan, default 1.
        amount : (supplies,) int64, optional
            Amount of every supply, default 0.
        """
        plan = np.asarray(plan, dtype=np.int64)
        used = np.zeros(0, dtype=np.int64) if amount is None else np.flatnonzero(amount)
        return cls(
            instance_sha256=selection.sha256,
            objective=selection.objective,
            plans=_frame(
                "plans",
                {
                    "group": selection.groups.name[selection.plans.group[plan]],
                    "plan": selection.plans.name[plan],
                    "count": np.ones(len(plan), dtype=np.int64) if count is None else count,
                },
            ),
            supply=_frame(
                "supply",
                {"supply": selection.supplies.name[used], "amount": [] if amount is None else np.asarray(amount)[used]},
            ),
        )

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> SelectionSolution:
        """Read a solution file.

        Raises
        ------
        InputError
            If the file cannot be read or does not hold a solution of a plan selection.
        """
        return cls(**read_solution_file(path, _TABLES, _FIGURES))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the solution file; an existing file is replaced only when the new one is complete."""
        write_solution_file(path, self, _TABLES, _FIGURES)
