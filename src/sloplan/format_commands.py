"""What the commands do that write instances and models: generate, import, export."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import typer

from sloplan.instances.selections.gap_text import read_gap
from sloplan.instances.selections.mmkp_text import read_mmkp
from sloplan.instances.selections.mmkp_writer import write_mmkp
from sloplan.instances.selections.spec import generate_selection, is_selection_spec, selection_family_names
from sloplan.instances.specs import instance_of_spec, instance_spec_names
from sloplan.loading import load
from sloplan.models.exports import MILP_FORMATS, export_cp, export_milp, names_path
from sloplan.problem.errors import InputError
from sloplan.problem.selections.selection import PlanSelection
from sloplan.problem.storage.instance_files import save_instance
from sloplan.problem.validation.naming import near_names

_READERS: Final = {"mmkp": read_mmkp, "gap": read_gap}
_EXPORTS: Final = (*MILP_FORMATS, "cpsat", "mmkp")


def generate_instance(spec: str, output: Path, *, parquet: bool) -> None:
    """Generate an instance or plan selection and write it."""
    family, known = spec.partition(":")[0], (*instance_spec_names(), *selection_family_names())
    if family not in known:
        problem = f"unknown family{near_names(family, known)}"
        raise InputError(problem, value=family, allowed=", ".join(known), advice="name a family")
    if is_selection_spec(spec):
        _require_json(output)
        if parquet:
            raise InputError("a plan selection has no queries", field="--parquet", allowed="with families of instances")
        selection = generate_selection(spec)
        selection.save(output)
        typer.echo(f"{output}: {selection.name}")
        return
    instance = instance_of_spec(spec)
    save_instance(instance, output, parquet=parquet)
    typer.echo(f"{output}: {instance.name}")


def import_selection(file_format: str, source: Path, number: int | None, output: Path) -> None:
    """Read a published text file and write its problem as a plan selection."""
    if file_format not in _READERS:
        raise _unknown_format(file_format, tuple(_READERS))
    _require_json(output)
    selection = _READERS[file_format](source, number)
    selection.save(output)
    sizes = f"{len(selection.groups):,} groups, {len(selection.plans):,} plans, {len(selection.rows):,} rows"
    typer.echo(f"{output}: {selection.name}, {sizes}")


def export_instance(source: str, file_format: str, output: Path) -> None:
    """Write an instance or plan selection in a format of other programs."""
    if file_format not in _EXPORTS:
        raise _unknown_format(file_format, _EXPORTS)
    problem = load(source)
    if file_format in MILP_FORMATS:
        export_milp(problem, output, file_format)
        typer.echo(f"{output}, {names_path(output)}: {problem.name}")
        return
    selection = problem if isinstance(problem, PlanSelection) else PlanSelection.from_instance(problem)
    (export_cp if file_format == "cpsat" else write_mmkp)(selection, output)
    typer.echo(f"{output}: {problem.name}")


def _unknown_format(file_format: str, known: tuple[str, ...]) -> InputError:
    return InputError("unknown format", field="--format", value=file_format, allowed=", ".join(known))


def _require_json(output: Path) -> None:
    """A plan selection is found again by its ending."""
    if output.suffix != ".json":
        raise InputError(
            "a plan selection's file", field="--output", value=str(output), allowed="a path ending in .json"
        )
