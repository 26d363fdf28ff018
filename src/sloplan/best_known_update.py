"""Updating the best-known solutions: what the checker confirms and what is better goes in, nothing else.

The solution and the bound of an entry may come from different methods. Of bounds two are kept: the tightest,
whatever it rests on, and the tightest that a stored certificate proves.
"""

from __future__ import annotations

import datetime
import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from sloplan.instances.best_known import FOLDER, Checked, check_entry, check_solution, named_instance
from sloplan.instances.best_known_index import Entry, Provenance, read_index, write_index
from sloplan.instances.best_known_merge import CertifiedBound, ClaimedBound, FoundSolution, Known, merged
from sloplan.problem.errors import InputError
from sloplan.problem.instance import Instance
from sloplan.problem.objective import Objective, find_objective
from sloplan.problem.result import Result
from sloplan.problem.run import Proof
from sloplan.problem.selections.solution import SelectionSolution
from sloplan.problem.solution import Solution
from sloplan.problem.storage.atomic import write_bytes
from sloplan.problem.storage.compression import compress

LOCK_FILE: Final = ".lock"
LOCK_TIMEOUT_S: Final = 60.0
"""How long an update waits for another one to end."""


@dataclass(frozen=True)
class Outcome:
    """What an update came to.

    Parameters
    ----------
    entry : Entry, optional
        As it stands now; None if there is none.
    changed : tuple of str
        What became better: "value", "bound", "certified_bound"; empty if the entry stays as it was.
    message : str, optional
        What somebody should look at, in one line.
    """

    entry: Entry | None
    changed: tuple[str, ...]
    message: str | None = None


def update(
    instance: Instance,
    solution: Solution,
    *,
    method: str,
    versions: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Outcome:
    """Take in a solution if it, its bound or its certificate is better than what is known.

    Parameters
    ----------
    instance : Instance
        The library instance or the spec's instance if it has the name of one.
    solution : Solution
        Its `bound` counts as proved if it carries a certificate, otherwise as a solver's word.
    method : str
        What found it, for the record.
    versions : mapping of package to version, optional
        Of the run that found it.
    folder : Path, optional
        Where entries are kept; made if its parent is there. Default: the package's own.

    Returns
    -------
    Outcome

    Raises
    ------
    InputError
        The solution is not valid; its bound is contradicted by a checked solution; another instance is stored
        under that name; the folder cannot be written; what is stored does not hold.
    """
    provenance = _provenance(method, versions)
    claimed = None
    if solution.bound is not None and solution.certificate is None:
        claimed = ClaimedBound(solution.bound, "solver", provenance)
    return _update(instance, solution.objective, solution, claimed, provenance, folder)


def update_from_result(instance: Instance, result: Result, folder: Path | None = None) -> Outcome:
    """Take in what a run found: its solution, its certificate, and its bound with the proof that the result states.

    A result without a solution can still tighten the bound of an entry.

    Parameters
    ----------
    instance : Instance
    result : Result
        Of that instance.
    folder : Path, optional
        As in `update`.

    Returns
    -------
    Outcome

    Raises
    ------
    InputError
        As `update`.
    """
    if result.instance_sha256 != instance.sha256:
        raise InputError("is of another instance", field="result", value=result.instance, allowed=instance.name)
    provenance = _provenance(result.method, result.versions)
    claimed = None
    if result.exact.bound is not None and result.proof is not None and result.proof != "certified":
        claimed = ClaimedBound(result.exact.bound, result.proof, provenance)
    solution = result.solution
    assert not isinstance(solution, SelectionSolution)  # the result is of this instance
    return _update(instance, result.objective_name, solution, claimed, provenance, folder)


def _update(
    instance: Instance,
    objective_name: str,
    solution: Solution | None,
    claimed: ClaimedBound | None,
    provenance: Provenance,
    folder: Path | None,
) -> Outcome:
    folder, objective = _usable(folder or FOLDER), find_objective(objective_name)
    named = named_instance(instance.name)
    if named is not None and named.sha256 != instance.sha256:
        problem = "is not the instance that has this name in Sloplan"
        raise InputError(problem, field="instance", value=instance.name, advice="give yours another name")
    given = _given(None if solution is None else check_solution(instance, solution), claimed, provenance)
    with _locked(folder):
        entries = {(entry.instance, entry.objective): entry for entry in read_index(folder)}
        old = entries.get((instance.name, objective.name))
        if old is not None and old.instance_sha256 != instance.sha256:
            if named is None:
                problem = "another instance is stored under this name"
                raise InputError(problem, field="instance", value=instance.name, advice="give yours another name")
            stale, old = old, None  # the library or the family has changed since
        else:
            stale = None
        known, message = merged(objective, Known() if old is None else _known(old, instance, folder), given)
        if known.found is None:
            return Outcome(None, (), "a bound alone makes no entry: no solution is known")
        entry, content = _filed(instance, objective, known, known.found)
        changed = _changed(old, entry)
        if not changed:
            return Outcome(old, ())
        # Readers see the old entry or the new one: a file never changes, and the index is replaced as a whole.
        write_bytes(folder / entry.solution_file, compress(content))
        write_index(folder, ({**entries, (entry.instance, entry.objective): entry}).values())
        for replaced in (old, stale):
            if replaced is not None and replaced.solution_file != entry.solution_file:
                (folder / replaced.solution_file).unlink(missing_ok=True)
    return Outcome(entry, changed, message)


def _provenance(method: str, versions: Mapping[str, str] | None) -> Provenance:
    stated = "; ".join(f"{package} {version}" for package, version in (versions or {}).items())
    return Provenance(method, datetime.datetime.now(datetime.UTC).date(), stated)


def _given(checked: Checked | None, claimed: ClaimedBound | None, provenance: Provenance) -> Known:
    if checked is None:
        return Known(claimed=claimed)
    found = FoundSolution(checked.value, checked.solution, provenance)
    return Known(found, claimed, _certified(checked, provenance))


def _known(entry: Entry, instance: Instance, folder: Path) -> Known:
    """What an entry says, its solution and certificate checked again."""
    checked = check_entry(entry, instance, folder)
    claimed = None
    if entry.bound is not None and entry.proof is not None and entry.bounded is not None:
        claimed = ClaimedBound(entry.bound, entry.proof, entry.bounded) if entry.proof != "certified" else None
    certified = None if entry.certified is None else _certified(checked, entry.certified)
    return Known(FoundSolution(checked.value, checked.solution, entry.found), claimed, certified)


def _certified(checked: Checked, provenance: Provenance) -> CertifiedBound | None:
    if checked.certified_bound is None or checked.solution.certificate is None:
        return None
    return CertifiedBound(checked.certified_bound, checked.solution.certificate, provenance)


def _filed(instance: Instance, objective: Objective, known: Known, found: FoundSolution) -> tuple[Entry, bytes]:
    """The entry and the bytes of its solution file, which is named by what it holds."""
    claimed, certified = known.claimed, known.certified
    bound = claimed.value if claimed is not None else None if certified is None else certified.value
    filed = replace(
        found.solution,
        bound=bound if certified is None else certified.value,  # what stands beside a certificate is what it proves
        certificate=None if certified is None else certified.certificate,
    )
    content = filed.file_bytes()
    readable = re.sub(r"[^A-Za-z0-9._-]+", "-", instance.name)[:60].strip("-.")
    bounded: tuple[Proof | None, Provenance | None] = (None, None)
    if claimed is not None:
        bounded = claimed.proof, claimed.provenance
    elif certified is not None:
        bounded = "certified", certified.provenance
    entry = Entry(
        instance=instance.name,
        instance_sha256=instance.sha256,
        objective=objective.name,
        value=found.value,
        found=found.provenance,
        bound=bound,
        proof=bounded[0],
        bounded=bounded[1],
        certified_bound=None if certified is None else certified.value,
        certified=None if certified is None else certified.provenance,
        solution_file=f"{readable}.{hashlib.sha256(content).hexdigest()[:12]}.json.gz",
    )
    return entry, content


def _changed(old: Entry | None, new: Entry) -> tuple[str, ...]:
    figures = ("value", "bound", "certified_bound")
    return tuple(
        figure
        for figure in figures
        if getattr(new, figure) is not None and (old is None or getattr(old, figure) != getattr(new, figure))
    )


def _usable(folder: Path) -> Path:
    """The folder, made if its parent is there."""
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise _unwritable(folder, error.strerror or str(error)) from None
    if not os.access(folder, os.W_OK):
        raise _unwritable(folder, "no permission to write there")
    return folder


def _unwritable(folder: Path, reason: str) -> InputError:
    advice = "name a folder of your own"
    return InputError(f"entries cannot be kept there ({reason})", field="folder", value=str(folder), advice=advice)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One update at a time: each reads the index, and writes it anew."""
    from filelock import FileLock, Timeout

    try:
        with FileLock(folder / LOCK_FILE, timeout=LOCK_TIMEOUT_S):
            yield
    except Timeout:
        problem = f"another update has held it for {LOCK_TIMEOUT_S:.0f} s"
        raise InputError(problem, field="folder", value=str(folder), advice="try again when it has ended") from None
