"""What is known of an instance, and how it grows: the better solution, bound and certificate, each for itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from sloplan.instances.best_known_index import Provenance
from sloplan.problem.errors import InputError
from sloplan.problem.objective import Objective
from sloplan.problem.run import Proof
from sloplan.problem.solution import Solution


class ClaimedBound(NamedTuple):
    """A bound that rests on a word."""

    value: int
    proof: Proof
    provenance: Provenance


class CertifiedBound(NamedTuple):
    """A bound that a certificate was verified to prove."""

    value: int
    certificate: dict[str, Any]
    provenance: Provenance


class FoundSolution(NamedTuple):
    """A checked solution."""

    value: int
    solution: Solution
    provenance: Provenance


@dataclass(frozen=True)
class Known:
    """What is known of an instance under an objective, each part with where it came from.

    Parameters
    ----------
    found : FoundSolution, optional
    claimed : ClaimedBound, optional
    certified : CertifiedBound, optional
    """

    found: FoundSolution | None = None
    claimed: ClaimedBound | None = None
    certified: CertifiedBound | None = None


def merged(objective: Objective, old: Known, new: Known) -> tuple[Known, str | None]:
    """Return the better of both, part by part; what is equal stays as it was.

    Parameters
    ----------
    objective : Objective
    old, new : Known

    Returns
    -------
    known : Known
    message : str or None
        What was dropped, and why.

    Raises
    ------
    InputError
        A new bound, or a certified one, is contradicted by a checked solution.
    """
    found, claimed, certified, message = old.found, old.claimed, old.certified, None
    if new.found is not None and objective.is_better(new.found.value, None if found is None else found.value):
        found = new.found
    if new.certified is not None and objective.is_tighter(
        new.certified.value, None if certified is None else certified.value
    ):
        certified = new.certified
    best = None if found is None else found.value
    if best is not None:
        for bound in (certified, new.claimed):
            if bound is not None and objective.contradicts(best, bound.value):
                raise InputError(
                    f"a checked solution reaches {best:,}, so the bound is wrong: somebody's method, model or "
                    "certificate has a fault",
                    field="bound",
                    value=bound.value,
                    advice="find the fault first; nothing was changed",
                )
        if claimed is not None and objective.contradicts(best, claimed.value):
            message = (
                f"the bound {claimed.value:,} of {claimed.provenance.method} was wrong (a checked solution reaches "
                f"{best:,}) and was dropped"
            )
            claimed = None
    if new.claimed is not None and objective.is_tighter(new.claimed.value, None if claimed is None else claimed.value):
        claimed = new.claimed
    if claimed is not None and certified is not None and not objective.is_tighter(claimed.value, certified.value):
        claimed = None  # a word adds nothing to a proof
    return Known(found, claimed, certified), message
