"""A solution of a `PlanSelection`: which plans how many copies take, and how much of every supply stands."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from sloplan.problem.compiled import Int
from sloplan.problem.errors import InputError
from sloplan.problem.json_tables import Columns, read_field, read_json_object, read_table
from sloplan.problem.selection import PlanSelection
from sloplan.problem.solution import SOLUTION_FORMAT_VERSION, write_text_atomically

_TABLES: Final[dict[str, Columns]] = {
    "plans": {"group": str, "plan": str, "count": int},
    "supply": {"supply": str, "amount": int},
}


def _frame(table: str, columns: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            name: np.asarray(columns[name], dtype=np.int64 if kind is int else object)
            for name, kind in _TABLES[table].items()
        }
    )


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

    Notes
    -----
    Nothing here is trusted: `sloplan.problem.selection_check.check_selection` decides whether it is a solution.
    """

    instance_sha256: str
    plans: pd.DataFrame
    supply: pd.DataFrame = field(default_factory=lambda: _frame("supply", {"supply": [], "amount": []}))
    objective: str = "goodput"
    bound: int | None = None
    certificate: dict[str, Any] | None = None

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
        file = Path(path).name
        content = read_json_object(path, SOLUTION_FORMAT_VERSION)
        certificate = content.get("certificate")
        if certificate is not None and not isinstance(certificate, dict):
            raise InputError("not a certificate", file=file, field="certificate", allowed="an object or null")
        return cls(
            instance_sha256=read_field(content, "instance_sha256", str, file),
            plans=_frame("plans", read_table(content, "plans", _TABLES["plans"], file)),
            supply=_frame("supply", read_table(content, "supply", _TABLES["supply"], file)),
            objective=read_field(content, "objective", str, file),
            bound=None if content.get("bound") is None else read_field(content, "bound", int, file),
            certificate=certificate,
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the solution file; an existing file is replaced only when the new one is complete."""
        content: dict[str, Any] = {
            "format_version": SOLUTION_FORMAT_VERSION,
            "instance_sha256": self.instance_sha256,
            "objective": self.objective,
        }
        for table, columns in _TABLES.items():
            frame = getattr(self, table)
            content[table] = {column: frame[column].tolist() for column in columns}
        if self.bound is not None:
            content["bound"] = self.bound
        if self.certificate is not None:
            content["certificate"] = self.certificate
        write_text_atomically(path, json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n")
