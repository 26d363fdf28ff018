"""What the harness finds a run's solution and certificate to be worth, whatever the method said."""

from __future__ import annotations

import math
import pickle
import time
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from sloplan.problem.certificates.verification import certificate_bound
from sloplan.problem.cost_problem import goodput_floor
from sloplan.problem.errors import SloplanError
from sloplan.problem.instance import Instance
from sloplan.problem.judging import judge_objective, objective_of
from sloplan.problem.objective import COST, GOODPUT, GOODPUT_THEN_COST
from sloplan.problem.selections.selection import PlanSelection
from sloplan.problem.selections.solution import SelectionSolution
from sloplan.problem.solution import Solution
from sloplan.study.plan_lists import plans_from
from sloplan.study.rows import Row
from sloplan.study.task_messages import Clock

if TYPE_CHECKING:
    from sloplan.study.sources import Problem


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

    def columns(self, problem: Problem, objective_name: str) -> Row:
        """Return the row's columns, figures in user units and exact.

        Parameters
        ----------
        problem : Instance or PlanSelection
        objective_name : str
        """
        unit = objective_of(problem, objective_name).in_user_units
        goodput, cost = GOODPUT.in_user_units(self.goodput), COST.in_user_units(self.cost)
        if isinstance(problem, PlanSelection):
            goodput = None if self.goodput is None else float(Fraction(self.goodput, problem.value_scale))
            cost = None
        return {
            "verified": self.valid,
            "refusal": self.refusal,
            "objective": unit(self.objective),
            "objective_exact": self.objective,
            "certified_bound": unit(self.certified_bound),
            "certified_bound_exact": self.certified_bound,
            "goodput": goodput,
            "cost_usd_per_hour": cost,
            "served_count": self.served,
        }


@dataclass(frozen=True)
class Check:
    """A solution to be verified in a process of its own.

    Parameters
    ----------
    problem : bytes
        The pickled instance, compiled, or plan selection.
    file : Path
        Of the solution.
    objective_name : str
        What the run was asked for.
    min_goodput : float
        Least goodput that it was asked for, of the servable value; for "cost".
    limit_s : float
        Seconds for the certificate.
    plans : Path, optional
        All plans of the instance, listed by `plan_lists`.
    """

    problem: bytes
    file: Path
    objective_name: str
    min_goodput: float
    limit_s: float
    plans: Path | None = None


def verify_check(check: Check, clock: Clock) -> Verified:
    """Verify a solution: the task of a supervised process, so that no solution costs more than the run's limits."""
    with clock:
        problem = pickle.loads(check.problem)
        floor = None
        if isinstance(problem, Instance) and check.objective_name == COST.name:
            floor = goodput_floor(problem, check.min_goodput)
        return verify(problem, check.file, check.objective_name, check.limit_s, floor, check.plans)


def verify(
    problem: Problem,
    file: Path,
    objective_name: str,
    limit_s: float,
    floor: int | None = None,
    plans: Path | None = None,
) -> Verified:
    """Judge a solution file with the checker and verify its certificate.

    Parameters
    ----------
    problem : Instance or PlanSelection
    file : Path
    objective_name : str
        What the run was asked for.
    limit_s : float
        Seconds for the certificate; one that takes longer counts as none.
    floor : int, optional
        Least goodput that was asked of an instance, milli-value; under "goodput-then-cost" the solution states its own.
    plans : Path, optional
        All plans of the instance, listed by `plan_lists`.
    """
    kind = SelectionSolution if isinstance(problem, PlanSelection) else Solution
    try:
        solution = kind.load(file)
    except SloplanError as error:
        return Verified(valid=False, refusal=f"the solution cannot be read: {error}")
    judged = judge_objective(problem, replace(solution, bound=None), objective_name, floor)
    if isinstance(solution, Solution) and objective_name == GOODPUT_THEN_COST.name:
        floor = solution.goodput_floor
    if judged.violations:
        return Verified(valid=False, refusal=str(judged.violations[0]))
    found = Verified(
        valid=True,
        objective=judged.objective,
        goodput=judged.goodput,
        cost=judged.cost,
        served=sum(solution.plans["count"].tolist()),
    )
    if solution.certificate is None:
        return found
    deadline = time.monotonic() + limit_s
    try:
        with plans_from(plans) as plans_of_template:
            bound = certificate_bound(
                problem,
                solution.certificate,
                lambda: time.monotonic() >= deadline,
                goodput_floor=floor,
                plans_of_template=plans_of_template,
            )
    except SloplanError as error:
        return replace(found, refusal=f"the certificate does not count: {error}")
    if math.isinf(bound):
        return replace(found, refusal="the certificate says that there is no solution, and there is one")
    return replace(found, certified_bound=int(bound))
