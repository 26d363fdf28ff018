"""What each command of the command line does."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import typer
from rich.console import Console
from rich.table import Table

from sloplan.catalogue_report import coverage_tables
from sloplan.library_report import library_names, library_overview
from sloplan.loading import load
from sloplan.problem.checker import judge
from sloplan.problem.errors import InputError
from sloplan.problem.instance import Instance
from sloplan.problem.objective import COST, GOODPUT, find_objective
from sloplan.problem.registry import methods
from sloplan.problem.result import Result
from sloplan.problem.selections.check import judge_selection
from sloplan.problem.selections.selection import PlanSelection
from sloplan.problem.selections.solution import SelectionSolution
from sloplan.problem.solution import Solution
from sloplan.problem.violation import Violation
from sloplan.reporting import result_as_json, result_table
from sloplan.solving import solve
from sloplan.stdout import results_only_on_stdout


def solve_instance(
    instance: str, settings: Mapping[str, Any], output: Path | None, *, as_json: bool, quiet: bool
) -> int:
    """Solve, write the solution file if asked to, report; return the exit code."""
    if output is not None:
        _refuse_unwritable(output)
    with results_only_on_stdout() as results:
        try:
            result = solve(instance, **settings)
        except KeyboardInterrupt:
            typer.echo("interrupted before the method had begun", err=True)
            return 1
        try:
            if output is not None and result.solution is not None:
                result.solution.save(output)
        finally:  # the figures are not lost with a full disk
            _report(result, results, as_json=as_json, quiet=quiet)
    if output is not None and result.solution is None:
        typer.echo(f"no solution found: {output} was not written", err=True)
    return 1 if result.solution is None else 0


def _report(result: Result, results: IO[str], *, as_json: bool, quiet: bool) -> None:
    if as_json:
        results.write(json.dumps(result_as_json(result), ensure_ascii=False, allow_nan=False) + "\n")
    elif not quiet:
        Console(file=results).print(result_table(result))
    if result.message is not None:
        typer.echo(f"note: {result.message}", err=True)


def _refuse_unwritable(output: Path) -> None:
    """Say before a long run that its solution could not be written."""
    folder = output.parent
    if output.is_dir() or not folder.is_dir() or not os.access(folder, os.W_OK):
        raise InputError(
            "the solution cannot be written there",
            field="--output",
            value=str(output),
            allowed="a file in a folder that exists and can be written to",
        )
    if output.exists() and not output.name.endswith((".json", ".json.gz")):
        raise InputError(
            "would replace a file that is no solution file",
            field="--output",
            value=str(output),
            allowed="a new file, or one that ends in .json or .json.gz",
        )
    if (folder / "instance.json").exists():
        raise InputError(
            "stands in the folder of an instance, which holds nothing else",
            field="--output",
            value=str(output),
            advice="write the solution beside that folder",
        )


def check_solution(instance: str, path: Path) -> int:
    """Check a solution file, list its violations; return the exit code."""
    problem = load(instance)
    if isinstance(problem, PlanSelection):
        return _report_verdict(*_judged_selection(problem, SelectionSolution.load(path)))
    return _report_verdict(*_judged(problem, Solution.load(path)))


def _judged(instance: Instance, solution: Solution) -> tuple[tuple[Violation, ...], str]:
    """Return the violations, and what a valid solution reaches in one line."""
    verdict = judge(instance, solution)
    if verdict.violations:
        return verdict.violations, ""
    reached = f"goodput {GOODPUT.in_user_units(verdict.value_milli):,.6g} {GOODPUT.label}"
    if solution.objective != GOODPUT.name:
        reached += f" (at least {GOODPUT.in_user_units(solution.goodput_floor):,.6g})"
        reached += f", cost {COST.in_user_units(verdict.cost_pico):,.6g} {COST.label}"
    if solution.bound is not None:
        reached += f", bound {find_objective(solution.objective).in_user_units(solution.bound):,.6g}"
    return (), reached + _certified(solution)


def _judged_selection(selection: PlanSelection, solution: SelectionSolution) -> tuple[tuple[Violation, ...], str]:
    """Return the violations, and what a valid solution reaches in one line; scaled figures."""
    verdict = judge_selection(selection, solution)
    if verdict.violations:
        return verdict.violations, ""
    bound = "" if solution.bound is None else f", bound {solution.bound:,} (as scaled)"
    value, cost = (
        f"value {verdict.value:,} / {selection.value_scale:,}",
        f"cost {verdict.cost:,} / {selection.cost_scale:,}",
    )
    return (), f"{value}, {cost}{bound}{_certified(solution)}"


def _certified(solution: Solution | SelectionSolution) -> str:
    return "" if solution.certificate is None else ", certificate verified"


def _report_verdict(violations: tuple[Violation, ...], reached: str) -> int:
    for violation in violations:
        typer.echo(str(violation))
    if violations:
        noun = "violation" if len(violations) == 1 else "violations"
        typer.echo(f"not valid: {len(violations):,} {noun}", err=True)
        return 1
    typer.echo(f"valid: {reached}")
    return 0


def list_methods() -> None:
    """Print a table of the methods; one that cannot be loaded shows its error."""
    table = Table("method", "what it does", "provided by")
    for method in methods():
        table.add_row(
            method.name, method.summary if method.error is None else f"broken: {method.error}", method.provider
        )
    Console().print(table)


def list_instances(prefix: str | None) -> None:
    """Print what the library holds and the families, or the library's instances whose names begin with `prefix`."""
    console = Console()
    for part in library_overview() if prefix is None else [library_names(prefix)]:
        console.print(part, highlight=False)


def show_catalogue() -> None:
    """Print which operators the catalogue profiles on which machines, and how much is measured."""
    console = Console()
    for part in coverage_tables():
        console.print(part, highlight=False)
