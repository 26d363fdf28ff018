"""Best-known solutions: the best solution and bound that anyone found for an instance, ready to compare with.

Stored figures are claims. `check_entry` and `solution` compute them again from instance, solution and certificate.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import pandas as pd

from sloplan.instances import library
from sloplan.instances.best_known_index import COLUMNS, Entry, read_index
from sloplan.instances.specs import full_spec, instance_of_spec, is_instance_spec
from sloplan.problem.certificates.verification import certificate_bound
from sloplan.problem.checker import judge_plans
from sloplan.problem.errors import InputError
from sloplan.problem.instance import Instance
from sloplan.problem.objective import find_objective
from sloplan.problem.solution import Solution

FOLDER: Final = Path(__file__).parent / "best_known"
"""The package's own entries."""


@dataclass(frozen=True)
class Checked:
    """What a solution and its certificate were found to be worth.

    Parameters
    ----------
    solution : Solution
    value : int
        Its objective, base units.
    certified_bound : int, optional
        What its certificate proves, base units; None without one.
    """

    solution: Solution
    value: int
    certified_bound: int | None


def entries(folder: Path | None = None) -> pd.DataFrame:
    """Return the index as a table, a row per entry; its figures are claims (see `check_entry`).

    Parameters
    ----------
    folder : Path, optional
        Default: the package's own entries.

    Returns
    -------
    DataFrame
        Columns of `best_known_index.COLUMNS`; exact integers as Python's, None where unknown.

    Raises
    ------
    InputError
        The index is malformed.
    """
    rows = [entry.record() for entry in read_index(folder or FOLDER)]
    return pd.DataFrame({column: pd.Series([row[column] for row in rows], dtype=object) for column in COLUMNS})


def best_known(instance: str | Instance, objective: str = "goodput", folder: Path | None = None) -> Entry | None:
    """Return the entry of an instance, or None if there is none.

    Parameters
    ----------
    instance : str or Instance
        A library name, a spec (parameters that it leaves out have their defaults) or the name that another
        instance is stored under; an Instance is found by its content.
    objective : str, optional
    folder : Path, optional
        Default: the package's own entries.
    """
    if isinstance(instance, str) and is_instance_spec(instance):
        instance = full_spec(instance)
    for entry in read_index(folder or FOLDER):
        same = (
            entry.instance_sha256 == instance.sha256 if isinstance(instance, Instance) else entry.instance == instance
        )
        if same and entry.objective == objective:
            return entry
    return None


def solution(entry: Entry, instance: Instance | None = None, folder: Path | None = None) -> Solution:
    """Return the solution of an entry, checked again: see `check_entry`."""
    return check_entry(entry, instance, folder).solution


def check_entry(entry: Entry, instance: Instance | None = None, folder: Path | None = None) -> Checked:
    """Compute what an entry claims again from the instance, its solution and its certificate.

    Parameters
    ----------
    entry : Entry
    instance : Instance, optional
        Default: the library instance of that name or the spec's.
    folder : Path, optional
        Default: the package's own entries.

    Returns
    -------
    Checked

    Raises
    ------
    InputError
        The solution cannot be read, is not valid, or a figure is not the one claimed.
    """
    if instance is None:
        instance = named_instance(entry.instance)
        if instance is None:
            problem = "neither a library instance nor a spec"
            raise InputError(problem, field="instance", value=entry.instance, advice="give the instance")
    stored = Solution.load((folder or FOLDER) / entry.solution_file)
    if stored.objective != entry.objective:
        raise _untrue(entry, "objective", entry.objective, stored.objective)
    checked = check_solution(instance, stored)
    if checked.value != entry.value:
        raise _untrue(entry, "value", entry.value, checked.value)
    if _claims_more(entry, checked):
        raise _untrue(entry, "certified_bound", entry.certified_bound, checked.certified_bound)
    return checked


def check_solution(instance: Instance, given: Solution) -> Checked:
    """Let the checker judge a solution and verify its certificate.

    Raises
    ------
    InputError
        The solution is not valid, or its certificate does not prove the bound that stands beside it.
    """
    certified = None
    if given.objective != "goodput":
        problem = "best-known solutions are of the greatest goodput"
        raise InputError(problem, field="objective", value=given.objective, allowed="goodput")
    verdict = judge_plans(instance, given if given.certificate is None else replace(given, bound=None))
    if verdict.violations or verdict.value_milli is None:
        raise InputError(
            f"{len(verdict.violations):,} violations, the first: {verdict.violations[0]}",
            field="solution",
            allowed="a valid solution of the instance",
            advice="`sloplan check` lists all violations",
        )
    if given.certificate is not None:
        certified = _certified_bound(instance, given, verdict.value_milli)
    return Checked(given, verdict.value_milli, certified)


def _certified_bound(instance: Instance, given: Solution, value: int) -> int:
    assert given.certificate is not None  # whoever calls has looked
    objective, proved = find_objective(given.objective), certificate_bound(instance, given.certificate)
    if math.isinf(proved) or objective.contradicts(value, int(proved)):
        raise InputError(
            f"the certificate proves {proved:,}, and a checked solution reaches {value:,}: one of the two is wrong",
            field="certificate",
            advice="report it with instance and solution; checker and verifier must never disagree",
        )
    if given.bound is not None and objective.is_tighter(given.bound, int(proved)):
        problem = f"claims more than {proved:,}, which is what the certificate proves"
        raise InputError(problem, field="bound", value=given.bound, advice="state what is proved, or leave it out")
    return int(proved)


def named_instance(name: str) -> Instance | None:
    """Return the library instance or the spec's instance of that name, or None."""
    if name in library.names():
        return library.load(name)
    return instance_of_spec(name) if is_instance_spec(name) else None


def _claims_more(entry: Entry, checked: Checked) -> bool:
    """Tell whether an entry claims a certified bound that its certificate does not prove; a weaker claim is true."""
    claimed, proved = entry.certified_bound, checked.certified_bound
    if claimed is None or proved is None:
        return claimed is not proved
    return find_objective(entry.objective).is_tighter(claimed, proved)


def _untrue(entry: Entry, field: str, claimed: object, found: object) -> InputError:
    return InputError(
        f"the index claims {claimed} for {entry.instance}, the stored solution gives {found}",
        file=entry.solution_file,
        field=field,
        advice="remove the entry and update it with a checked solution",
    )
