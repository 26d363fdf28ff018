"""What the harness finds a run's solution and certificate to be worth, whatever the method said."""

from __future__ import annotations

import math
import pickle
import time
from dataclasses import dataclass, replace
from pathlib import Path

from sloplan.problem.certificates.verification import certificate_bound
from sloplan.problem.checker import judge_plans
from sloplan.problem.deployment_cost import deployment_cost
from sloplan.problem.errors import SloplanError
from sloplan.problem.instance import Instance
from sloplan.problem.objective import COST, GOODPUT, find_objective
from sloplan.problem.solution import Solution
from sloplan.problem.solution_index import index_solution
from sloplan.study.rows import Row
from sloplan.study.task_messages import Clock


@dataclass(frozen=True)
class Verified:
    """What verification found; None where there is nothing.

    Parameters
    ----------
    valid : bool, optional
        Whether the checker accepts the solution; None without one.
    objective : int, optional
        Base units.
    goodput, cost : int, optional
        Base units.
    served : int, optional
        Query copies served.
    certified_bound : int, optional
        Base units.
    refusal : str, optional
        The first thing that is wrong with solution or certificate.
    """

    valid: bool | None = None
    objective: int | None = None
    goodput: int | None = None
    cost: int | None = None
    served: int | None = None
    certified_bound: int | None = None
    refusal: str | None = None

    def columns(self, objective_name: str) -> Row:
        """Return the row's columns, figures in user units and exact."""
        unit = find_objective(objective_name).in_user_units
        return {
            "verified": self.valid,
            "refusal": self.refusal,
            "objective": unit(self.objective),
            "objective_exact": self.objective,
            "certified_bound": unit(self.certified_bound),
            "certified_bound_exact": self.certified_bound,
            "goodput": GOODPUT.in_user_units(self.goodput),
            "cost_usd_per_hour": COST.in_user_units(self.cost),
            "served_count": self.served,
        }


@dataclass(frozen=True)
class Check:
    """A solution to be verified in a process of its own.

    Parameters
    ----------
    problem : bytes
        The pickled instance, compiled.
    file : Path
        Of the solution.
    objective_name : str
        What the run was asked for.
    limit_s : float
        Seconds for the certificate.
    """

    problem: bytes
    file: Path
    objective_name: str
    limit_s: float


def verify_check(check: Check, clock: Clock) -> Verified:
    """Verify a solution: the task of a supervised process, so that no solution costs more than the run's limits."""
    with clock:
        return verify(pickle.loads(check.problem), check.file, check.objective_name, check.limit_s)


def verify(instance: Instance, file: Path, objective_name: str, limit_s: float) -> Verified:
    """Judge a solution file with the checker and verify its certificate.

    Parameters
    ----------
    instance : Instance
    file : Path
    objective_name : str
        What the run was asked for.
    limit_s : float
        Seconds for the certificate; one that takes longer counts as none.
    """
    try:
        solution = Solution.load(file)
    except SloplanError as error:
        return Verified(valid=False, refusal=f"the solution cannot be read: {error}")
    if solution.objective != objective_name:
        return Verified(valid=False, refusal=f"the solution was made for {solution.objective!r}")
    verdict = judge_plans(instance, replace(solution, bound=None, certificate=None))
    if verdict.violations:
        return Verified(valid=False, refusal=str(verdict.violations[0]))
    indexed, _ = index_solution(instance, solution)
    found = Verified(
        valid=True,
        objective=verdict.objective,
        goodput=verdict.value_milli,
        cost=deployment_cost(instance.compiled, indexed) if verdict.cost_pico is None else verdict.cost_pico,
        served=sum(indexed.count.tolist()),
    )
    if solution.certificate is None:
        return found
    deadline = time.monotonic() + limit_s
    try:
        bound = certificate_bound(
            instance,
            solution.certificate,
            lambda: time.monotonic() >= deadline,
            goodput_floor=solution.goodput_floor,
        )
    except SloplanError as error:
        return replace(found, refusal=f"the certificate does not count: {error}")
    if math.isinf(bound):
        return replace(found, refusal="the certificate says that there is no solution, and there is one")
    return replace(found, certified_bound=int(bound))
