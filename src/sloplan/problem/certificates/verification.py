"""Certificates: bounds that anyone can verify in exact arithmetic, without a solver.

`verify_certificate` is the whole check, top to bottom: does the certificate belong to this problem and
objective, is its tree complete, does it name what exists, are its prices usable, and what do they prove.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sloplan.problem.certificates.bound import LeafTotals, VerificationStoppedError, leaf_totals
from sloplan.problem.certificates.cases import leaf_cases
from sloplan.problem.certificates.fitting import FittingPlans
from sloplan.problem.certificates.format import Certificate, GroupLeaf
from sloplan.problem.certificates.instance_pricing import InstancePricer
from sloplan.problem.certificates.packing import packing_totals, packing_violations
from sloplan.problem.certificates.pricing import PRICED_LIMIT, GridTooFineError, PlanPricer, is_integer
from sloplan.problem.certificates.selection_pricing import SelectionPricer
from sloplan.problem.certificates.tree import tree_violations
from sloplan.problem.compiled import CompiledInstance
from sloplan.problem.cost_problem import under_objective
from sloplan.problem.errors import InputError
from sloplan.problem.objective import COST, GOODPUT, Objective, find_objective
from sloplan.problem.selections.selection import PlanSelection
from sloplan.problem.solution_tables import stored_whole
from sloplan.problem.violation import Violation

if TYPE_CHECKING:
    from sloplan.problem.instance import Instance
    from sloplan.problem.plan_table import PlanTable

__all__ = ["INFEASIBLE", "Certificate", "VerificationStoppedError", "certificate_bound", "verify_certificate"]

INFEASIBLE: Final = -math.inf
"""The bound of a certificate whose leaves are all closed: the problem has no solution. Under "cost" it is +inf."""


def verify_certificate(
    problem: Instance | CompiledInstance | PlanSelection,
    certificate: Certificate | Mapping[str, Any],
    claimed_bound: int | None = None,
    *,
    instance_sha256: str | None = None,
    goodput_floor: int | None = None,
) -> list[Violation]:
    """Verify that a certificate proves a bound on the goodput, or on the cost.

    Parameters
    ----------
    problem : Instance, CompiledInstance or PlanSelection
    certificate : Certificate or mapping
        Or its JSON object as a solution file stores it.
    claimed_bound : int, optional
        What it is said to prove: no solution has a greater value, or a smaller cost, in the integers of the problem
        (milli-value or 10^-12 USD/s for an instance). Without it the certificate is verified to prove some bound.
    instance_sha256 : str, optional
        Content hash that was stored beside the certificate.
    goodput_floor : int, optional
        Of an instance: the bound is on the cost at a goodput of at least this, milli-value; without it, on the
        goodput. A plan selection states its own.

    Returns
    -------
    list of Violation
        Empty if the certificate proves `claimed_bound`.

    Raises
    ------
    InputError
        If `claimed_bound` or `goodput_floor` is no whole number, or a floor is given for a plan selection.
    SizeLimitError
        If a template has more plans than plain enumeration lists: the certificate is not verified then.
    """
    return _examined(
        problem, certificate, stored_whole(claimed_bound, "bound"), instance_sha256, goodput_floor=goodput_floor
    ).violations


def certificate_bound(
    problem: Instance | CompiledInstance | PlanSelection,
    certificate: Certificate | Mapping[str, Any],
    should_stop: Callable[[], bool] | None = None,
    *,
    goodput_floor: int | None = None,
    plans_of_template: Callable[[int], PlanTable] | None = None,
) -> int | float:
    """Return the bound that a certificate proves, in the integers of the problem's objective.

    Its worst leaf, rounded to a multiple of a common divisor of the objective's coefficients: the greatest value
    that they leave possible, or the least cost.

    Parameters
    ----------
    problem : Instance, CompiledInstance or PlanSelection
    certificate : Certificate or mapping
        Or its JSON object.
    should_stop : callable, optional
        Asked once the plans of each template are listed; if it says so, verification is broken off.
    goodput_floor : int, optional
        As in `verify_certificate`.
    plans_of_template : callable, optional
        Of an instance: gives the plans of each template, in order, as `FittingPlans` lists them under the objective, to
        someone who verifies several certificates of one instance. Trusted: they decide what the certificate proves.

    Returns
    -------
    int
        Or an infinity if every leaf is closed: `INFEASIBLE`, under "cost" +inf.

    Raises
    ------
    InputError
        If the certificate proves nothing; the message is the first violation.
    SizeLimitError
        If a template has more plans than plain enumeration lists.
    VerificationStoppedError
        If `should_stop` said so.
    """
    examined = _examined(
        problem,
        certificate,
        should_stop=should_stop,
        goodput_floor=goodput_floor,
        plans_of_template=plans_of_template,
    )
    if examined.bound is None:
        raise InputError(f"the certificate proves nothing: {examined.violations[0]}", field="certificate")
    return examined.bound


@dataclass(frozen=True)
class _Examined:
    """Violations, and the bound that is proved (None if violations keep it from proving any)."""

    violations: list[Violation]
    bound: int | float | None = None


def _examined(
    problem: Instance | CompiledInstance | PlanSelection,
    certificate: Certificate | Mapping[str, Any],
    claimed_bound: int | None = None,
    instance_sha256: str | None = None,
    should_stop: Callable[[], bool] | None = None,
    goodput_floor: int | None = None,
    plans_of_template: Callable[[int], PlanTable] | None = None,
) -> _Examined:
    if not isinstance(certificate, Certificate):
        try:
            certificate = Certificate.from_json(certificate)
        except InputError as error:
            return _Examined([Violation("certificate_format", "certificate", f"cannot be read: {error}")])
    pricer, goal = _pricer(problem, stored_whole(goodput_floor, "goodput_floor"), plans_of_template, should_stop)
    violations = _belonging_violations(pricer, goal, certificate, instance_sha256)
    violations = violations or tree_violations(certificate)
    if violations:
        return _Examined(violations)
    try:
        totals, violations = _totals(problem, pricer, certificate, should_stop)
    except GridTooFineError as error:
        message = f"is too fine: {error}"
        return _Examined([Violation("certificate_grid", f"denominator {certificate.denominator}", message)])
    if totals is None:
        return _Examined(violations)
    return _against_claim(_worst(totals, int(certificate.denominator), goal), claimed_bound, goal)


def _totals(
    problem: Instance | CompiledInstance | PlanSelection,
    pricer: PlanPricer,
    certificate: Certificate,
    should_stop: Callable[[], bool] | None,
) -> tuple[LeafTotals | None, list[Violation]]:
    """What the leaves prove, or the violations that keep them from it."""
    root = certificate.nodes[0]
    if isinstance(root, GroupLeaf):
        if not isinstance(problem, PlanSelection):
            message = "stand for the groups of plan selections; an instance has queries"
            return None, [Violation("certificate_packing", "prices of groups", message)]
        violations = packing_violations(problem, root)
        denominator = int(certificate.denominator)
        return None if violations else packing_totals(problem, root, denominator, should_stop), violations
    cases, violations = leaf_cases(pricer, certificate)
    return None if violations else leaf_totals(pricer, cases, should_stop), violations


def _pricer(
    problem: Instance | CompiledInstance | PlanSelection,
    goodput_floor: int | None,
    plans_of_template: Callable[[int], PlanTable] | None,
    should_stop: Callable[[], bool] | None,
) -> tuple[PlanPricer, Objective]:
    """The problem's plans, and which objective the bound is on."""
    if isinstance(problem, PlanSelection):
        if goodput_floor is not None:
            message = "a plan selection states its own floor"
            raise InputError(message, field="goodput_floor", value=goodput_floor, allowed="None")
        return SelectionPricer(problem), find_objective(problem.objective)
    compiled = problem if isinstance(problem, CompiledInstance) else problem.compiled
    goal = GOODPUT if goodput_floor is None else COST

    def interrupt() -> None:
        if should_stop is not None and should_stop():
            raise VerificationStoppedError

    plans = plans_of_template or FittingPlans(under_objective(compiled, goal.name), interrupt)
    return InstancePricer(compiled, goodput_floor, plans), goal


def _belonging_violations(
    pricer: PlanPricer, goal: Objective, certificate: Certificate, instance_sha256: str | None
) -> list[Violation]:
    """The certificate is of this problem, for this objective, on a usable grid."""
    if instance_sha256 is not None and instance_sha256 != pricer.sha256:
        return [Violation("certificate_instance", "certificate", "belongs to another instance (content hashes differ)")]
    if certificate.objective != goal.name:
        message = f"holds prices for the objective {certificate.objective!r}, not for {goal.name!r}"
        return [Violation("certificate_objective", "certificate", message)]
    denominator = certificate.denominator
    if not is_integer(denominator) or denominator < 1 or denominator & (denominator - 1):
        message = "is not a positive power of two (1, 2, 4, ...)"
        return [Violation("certificate_denominator", f"denominator {denominator!r}", message)]
    if denominator > PRICED_LIMIT:
        return [Violation("certificate_grid", f"denominator {denominator}", "is too fine: it passes 2^62")]
    return []


def _worst(totals: LeafTotals, denominator: int, goal: Objective) -> int | float:
    """Bound of the worst leaf, rounded towards it to a multiple of the step."""
    open_totals = [total for total in totals.most if total is not None]
    if not open_totals:
        return INFEASIBLE if goal.maximise else -INFEASIBLE
    most = max(open_totals) // (denominator * totals.step) * totals.step
    return most if goal.maximise else -most


def _against_claim(proved: int | float, claimed_bound: int | None, goal: Objective) -> _Examined:
    if claimed_bound is None or (claimed_bound >= proved if goal.maximise else claimed_bound <= proved):
        return _Examined([], proved)
    message = f"is {'below' if goal.maximise else 'above'} what the certificate proves"
    wrong_side = Violation("certificate_bound", "bound", message, amount=claimed_bound, limit=int(proved))
    return _Examined([wrong_side], proved)
