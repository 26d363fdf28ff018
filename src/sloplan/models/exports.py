"""Models as files: MPS and LP through Pyomo's writers, CP-SAT's own form; always with names to read them by."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sloplan.models.plans_cp import selection_cp
from sloplan.problem.errors import InputError
from sloplan.problem.selections.selection import PlanSelection
from sloplan.problem.storage.atomic import write_files

if TYPE_CHECKING:
    from sloplan.models.names import Naming
    from sloplan.problem.instance import Instance

MILP_FORMATS: Final = ("mps", "lp")
NAMES_COLUMNS: Final = ("symbol", "kind", "component", "stands_for")
_CP_ENDINGS: Final = (".pb", ".pbtxt")


def names_path(path: str | os.PathLike[str]) -> Path:
    """Return where the names of an exported MILP stand: the path with ".names.csv" added."""
    return Path(f"{os.fspath(path)}.names.csv")


def export_milp(problem: Instance | PlanSelection, path: str | os.PathLike[str], file_format: str) -> None:
    """Write the compact MILP of an instance, or the MILP of a plan selection, as an MPS or LP file.

    Beside it, at `names_path`, a CSV tells what every symbol of the file stands for: its kind (objective, variable,
    constraint), its name in the Pyomo model, and words.

    Parameters
    ----------
    problem : Instance or PlanSelection
    path : path
    file_format : {"mps", "lp"}

    Raises
    ------
    InputError
        If there is no such format, or a file cannot be written; neither is left half-written.
    SizeLimitError
        As `compact_milp`.
    """
    if file_format not in MILP_FORMATS:
        raise InputError("unknown format", value=file_format, allowed=" or ".join(MILP_FORMATS))
    model, words = _named_model(problem)
    model.name = re.sub(r"[^A-Za-z0-9_.=+-]+", "_", model.name)  # readers take blanks and "*\\" in it amiss
    symbols: list[tuple[str, Any]] = []

    def write_model(temporary: Path) -> None:
        symbols.extend(_write_milp(model, temporary, file_format))

    def write_names(temporary: Path) -> None:
        with temporary.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(NAMES_COLUMNS)
            writer.writerows((symbol, _kind(part), part.name, words(part)) for symbol, part in symbols)

    write_files({path: write_model, names_path(path): write_names})


def _named_model(problem: Instance | PlanSelection) -> tuple[Any, Naming]:
    from sloplan.models.names import compact_naming, selection_naming

    if isinstance(problem, PlanSelection):
        from sloplan.models.plans_milp import selection_milp

        model = selection_milp(problem)
        return model, selection_naming(model, problem)
    from sloplan.models.compact import compact_milp

    model = compact_milp(problem)
    return model, compact_naming(model, problem.compiled)


def _write_milp(model: Any, path: Path, file_format: str) -> Iterator[tuple[str, Any]]:
    """Write the file; yield every symbol in it with the part of the model that it stands for."""
    from pyomo.opt import ProblemFormat

    _, number = model.write(str(path), format=ProblemFormat.mps if file_format == "mps" else ProblemFormat.cpxlp)
    symbol_map = model.solutions.symbol_map[number]
    spelled = {id(part): symbol for symbol, part in symbol_map.bySymbol.items()}
    # Rows have another spelling in the file, which the map keeps as an alias.
    parts = {**symbol_map.bySymbol, **symbol_map.aliases}
    spelled.update({id(part): symbol for symbol, part in symbol_map.aliases.items() if symbol[:2] in ("c_", "r_")})
    seen = {id(part): part for part in parts.values()}
    for identity, symbol in spelled.items():
        if hasattr(seen[identity], "parent_component"):
            yield symbol, seen[identity]


def _kind(part: Any) -> str:
    if part.is_variable_type():
        return "variable"
    return "objective" if part.ctype.__name__ == "Objective" else "constraint"


def export_cp(selection: PlanSelection, path: str | os.PathLike[str]) -> None:
    """Write the CP-SAT model of a plan selection, binary if the path ends in ".pb", as text if in ".pbtxt".

    Parameters
    ----------
    selection : PlanSelection
    path : path

    Raises
    ------
    InputError
        If the path has another ending or cannot be written.
    SizeLimitError
        As `selection_cp`.
    """
    if Path(path).suffix not in _CP_ENDINGS:
        allowed = "a path ending in .pb (binary) or .pbtxt (text)"
        raise InputError("which form is meant cannot be told", file=str(path), allowed=allowed)
    model = selection_cp(selection)
    write_files({path: _checked_writer(model, path)})


def _checked_writer(model: Any, path: str | os.PathLike[str]) -> Callable[[Path], None]:
    def write(temporary: Path) -> None:
        if not model.export_to_file(str(temporary)):
            raise OSError(f"the CP-SAT model of {os.fspath(path)} could not be written")

    return write
