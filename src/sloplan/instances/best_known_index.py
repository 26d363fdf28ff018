"""The index of best-known solutions: what is claimed of each instance, and where it came from.

A row states exact integers; what follows from them (status, figures in the user's units) stands beside them for
readers of the file and must agree.
"""

from __future__ import annotations

import csv
import datetime
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple, cast, get_args

from sloplan.problem.errors import InputError
from sloplan.problem.objective import Objective, find_objective, relative_gap
from sloplan.problem.run import Proof
from sloplan.problem.storage.atomic import write_bytes

INDEX_FILE: Final = "index.csv"
_WHAT: Final = ("", "bound_", "certified_")  # prefixes of the provenance columns

COLUMNS: Final = (
    *("instance", "instance_sha256", "objective", "status"),
    *("value", "bound", "proof", "certified_bound"),
    *("value_in_units", "bound_in_units", "certified_bound_in_units", "unit"),
    *(f"{what}{column}" for what in _WHAT for column in ("method", "date", "versions")),
    "solution_file",
)
"""Columns of `index.csv`; an empty field is an unknown."""


class Provenance(NamedTuple):
    """Where a figure came from.

    Parameters
    ----------
    method : str
    date : datetime.date
        Day on which it was taken in.
    versions : str
        Package versions of the run, "sloplan 0.1.0; python 3.12.1; ..."; empty if unknown.
    """

    method: str
    date: datetime.date
    versions: str


@dataclass(frozen=True)
class Entry:
    """What is claimed of one instance under one objective. The checker decides whether it is true.

    Parameters
    ----------
    instance : str
        Library name or canonical spec.
    instance_sha256 : str
    objective : str
    value : int
        Objective of the stored solution, in base units of the objective (goodput: milli-value).
    found : Provenance
        Of the solution.
    bound : int, optional
        Tightest bound known, base units.
    proof : {"method", "solver", "certified"}, optional
        What it rests on, as in a `Result`; None without a bound.
    bounded : Provenance, optional
        Of the bound.
    certified_bound : int, optional
        What the stored certificate proves, base units.
    certified : Provenance, optional
        Of the certificate.
    solution_file : str
        Name of the file that holds solution and certificate.
    """

    instance: str
    instance_sha256: str
    objective: str
    value: int
    found: Provenance
    bound: int | None
    proof: Proof | None
    bounded: Provenance | None
    certified_bound: int | None
    certified: Provenance | None
    solution_file: str

    @property
    def status(self) -> str:
        """`optimal` only if the bound equals the value, otherwise `feasible`."""
        return "optimal" if self.value == self.bound else "feasible"

    @property
    def gap(self) -> float | None:
        """``|bound - value| / max(|bound|, 1 base unit)``; None without a bound."""
        return relative_gap(self.value, self.bound)

    def record(self) -> dict[str, Any]:
        """Return the row of the index: a value per column, None for what is unknown."""
        objective = find_objective(self.objective)
        row: dict[str, Any] = {
            "instance": self.instance,
            "instance_sha256": self.instance_sha256,
            "objective": self.objective,
            "status": self.status,
            "value": self.value,
            "bound": self.bound,
            "proof": self.proof,
            "certified_bound": self.certified_bound,
            "value_in_units": objective.in_user_units(self.value),
            "bound_in_units": objective.in_user_units(self.bound),
            "certified_bound_in_units": objective.in_user_units(self.certified_bound),
            "unit": objective.label,
            "solution_file": self.solution_file,
        }
        for what, provenance in zip(_WHAT, (self.found, self.bounded, self.certified), strict=True):
            stated = (None, None, None) if provenance is None else provenance
            row |= {f"{what}{column}": value for column, value in zip(Provenance._fields, stated, strict=True)}
        return {column: row[column] for column in COLUMNS}


def read_index(folder: Path) -> list[Entry]:
    """Return the entries of a folder, none if it has no index.

    Raises
    ------
    InputError
        Names file, row and column of what cannot be an entry, or does not follow from the rest of its row.
    """
    path = folder / INDEX_FILE
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read: {error}", file=str(path), advice="restore the file") from error
    reader = csv.DictReader(io.StringIO(text), strict=True)
    if tuple(reader.fieldnames or ()) != COLUMNS:
        stated = ",".join(reader.fieldnames or ())
        raise InputError("unknown columns", file=str(path), value=stated, allowed=",".join(COLUMNS))
    entries: dict[tuple[str, str], Entry] = {}
    for number, row in enumerate(reader, start=1):
        entry = _Row(path, number, row).entry()
        if (entry.instance, entry.objective) in entries:
            raise InputError("given twice", file=str(path), row=number, field="instance", value=entry.instance)
        entries[entry.instance, entry.objective] = entry
    return list(entries.values())


def write_index(folder: Path, entries: Iterable[Entry]) -> None:
    """Write the index, sorted by instance and objective; it is replaced only when the new one is complete."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS)
    for entry in sorted(entries, key=lambda entry: (entry.instance, entry.objective)):
        writer.writerow(_text(value) for value in entry.record().values())
    write_bytes(folder / INDEX_FILE, buffer.getvalue().encode("utf-8"))


def _text(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.15g}" if isinstance(value, float) else str(value)


class _Row:
    """One row of an index as it is read."""

    def __init__(self, path: Path, number: int, row: Mapping[str, str]) -> None:
        self._path, self._number, self._row = path, number, row

    def entry(self) -> Entry:
        row = self._row
        if None in row or None in row.values():
            raise self._error("instance", "another number of fields than columns", str(len(COLUMNS)))
        entry = Entry(
            instance=row["instance"],
            instance_sha256=row["instance_sha256"],
            objective=self._objective().name,
            value=self._required("value"),
            found=self._provenance(""),
            bound=self._whole("bound"),
            proof=self._proof(),
            bounded=None if row["bound"] == "" else self._provenance("bound_"),
            certified_bound=self._whole("certified_bound"),
            certified=None if row["certified_bound"] == "" else self._provenance("certified_"),
            solution_file=row["solution_file"],
        )
        self._check(entry)
        return entry

    def _check(self, entry: Entry) -> None:
        """What stands in the row follows from its integers, and they do not contradict each other."""
        for column, value in entry.record().items():
            if self._row[column] != _text(value):
                raise self._error(column, "does not follow from the rest of the row", _text(value) or "nothing")
        objective = self._objective()
        for column, bound in (("bound", entry.bound), ("certified_bound", entry.certified_bound)):
            if bound is not None and objective.contradicts(entry.value, bound):
                raise self._error(column, "is contradicted by the value", f"no better than {entry.value}")
        if Path(entry.solution_file).name != entry.solution_file or not entry.solution_file:
            raise self._error("solution_file", "not a file name", "a file in the index's folder")

    def _objective(self) -> Objective:
        return find_objective(self._row["objective"])

    def _whole(self, column: str) -> int | None:
        text = self._row[column]
        if text == "":
            return None
        try:
            return int(text)
        except ValueError:
            raise self._error(column, "not a whole number", "digits, or nothing") from None

    def _required(self, column: str) -> int:
        whole = self._whole(column)
        if whole is None:
            raise self._error(column, "is missing", "a whole number")
        return whole

    def _proof(self) -> Proof | None:
        text = self._row["proof"]
        allowed = get_args(Proof) if self._row["bound"] else ("",)
        if text not in allowed:
            raise self._error("proof", "unknown proof", ", ".join(allowed) or "nothing without a bound")
        return cast(Proof, text) if text else None

    def _provenance(self, what: str) -> Provenance:
        column = f"{what}date"
        try:
            date = datetime.date.fromisoformat(self._row[column])
        except ValueError:
            raise self._error(column, "not a date", "YYYY-MM-DD") from None
        return Provenance(self._row[f"{what}method"], date, self._row[f"{what}versions"])

    def _error(self, column: str, problem: str, allowed: str) -> InputError:
        value = self._row.get(column)
        return InputError(problem, file=str(self._path), row=self._number, field=column, value=value, allowed=allowed)
