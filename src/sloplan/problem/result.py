"""What a run came to: every figure with its exact integer, and None where nothing is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Literal, NamedTuple

import pandas as pd

from sloplan.problem.judging import coupling_rows, judge_objective
from sloplan.problem.objective import COST, GOODPUT, relative_gap
from sloplan.problem.run import Proof, Run
from sloplan.problem.selections.selection import PlanSelection
from sloplan.problem.selections.solution import SelectionSolution
from sloplan.problem.solution import Solution
from sloplan.problem.stopping import Limit

if TYPE_CHECKING:
    from sloplan.problem.instance import Instance
    from sloplan.problem.judging import AnySolution, Problem

Status = Literal["optimal", "feasible", "infeasible", "unknown"]
"""What is known. Why the run stopped is a `Limit`."""

_PLAN_COLUMNS = ["query", "count", "operator", "configuration", "pool", "site", "allocation"]


class TrajectoryPoint(NamedTuple):
    """Incumbent and bound, in the user's units, as known from `time_s` on."""

    time_s: float
    objective: float | None
    bound: float | None


@dataclass(frozen=True)
class ExactFigures:
    """The integers behind a result's figures; None where unknown.

    Parameters
    ----------
    objective, bound, certified_bound : int, optional
        Base units of the objective (goodput: milli-value).
    goodput : int, optional
        Milli-value.
    cost : int, optional
        Deployment cost, 10^-12 USD/s; a plan selection's in its scaled units, goodput too.
    """

    objective: int | None
    bound: int | None
    certified_bound: int | None
    goodput: int | None
    cost: int | None


@dataclass(frozen=True, eq=False)
class Result:
    """The outcome of `solve`. What is unknown is None, never 0.

    Parameters
    ----------
    instance : str
        Name of the instance or plan selection.
    instance_sha256 : str
    method : str
        Method that ran (what "auto" picked).
    method_reason : str, optional
        Why "auto" picked it, in a few words; None where it was asked for by name.
    objective_name : str
    status : {"optimal", "feasible", "infeasible", "unknown"}
        What is known; "optimal" only if bound and objective are equal.
    limit : {"time", "gap", "iterations", "memory", "interrupted", "engine"}, optional
        Why the run stopped before it was settled.
    message : str, optional
        What went wrong, in one line.
    objective, bound, certified_bound : float, optional
        In the user's units: value/s under goodput (requests/s unless queries state values), a plan selection's own.
        `certified_bound` was verified in exact arithmetic; `bound` may rest on less.
    proof : {"method", "solver", "certified"}, optional
        What `bound` rests on: the method's own exact reasoning, an engine's word, or a verified
        certificate; None without a bound.
    gap : float, optional
        ``|bound - objective| / max(|bound|, 1 base unit)``.
    goodput : float, optional
        Value of the served copies.
    cost_usd_per_hour : float, optional
        Deployment cost; on reserved pools, of the fewest whole units that cover the usage, or under the cost
        objectives of the units rented. None of a plan selection, whose costs have no unit.
    served_count : int, optional
        Copies served.
    query_count : int
        Copies asked for.
    verified : bool, optional
        The checker accepted the solution; None without one.
    solution : Solution or SelectionSolution, optional
        With the bound and its certificate in it, if there are any.
    prices : Series, optional
        Price of each coupling row (index: row name), in user units of the objective per unit of
        usage as compiled.
    trajectory : tuple of TrajectoryPoint
        Every improvement of incumbent or bound.
    runtime : float
        Seconds, model building counted, kernel compilation not.
    compile_time : float
        Seconds of kernel compilation.
    engine_start_time : float, optional
        Seconds until the engine's process stood ready, counted in `runtime` too; None where there was none.
    time_to_best : float, optional
        Second at which the solution was found.
    statistics : mapping of str to number
        What the method says of its own work, such as `steps`, `profiled` and `profiling_s` of one that searches
        plans; empty of most methods.
    seed, threads : int
    versions : mapping of str to str
        Package versions.
    exact : ExactFigures
    unit : str
        Unit of objective and bounds, for tables.
    """

    instance: str
    instance_sha256: str
    method: str
    objective_name: str
    status: Status
    limit: Limit | None
    message: str | None
    objective: float | None
    bound: float | None
    certified_bound: float | None
    proof: Proof | None
    gap: float | None
    goodput: float | None
    cost_usd_per_hour: float | None
    served_count: int | None
    query_count: int
    verified: bool | None
    solution: AnySolution | None
    prices: pd.Series | None
    trajectory: tuple[TrajectoryPoint, ...]
    runtime: float
    compile_time: float
    engine_start_time: float | None
    time_to_best: float | None
    statistics: Mapping[str, int | float]
    seed: int
    threads: int
    versions: Mapping[str, str]
    exact: ExactFigures
    unit: str
    method_reason: str | None
    _pool_site: Mapping[str, str]

    @classmethod
    def of(cls, run: Run, *, method: str, versions: Mapping[str, str], method_reason: str | None = None) -> Result:
        """Sum up a finished run.

        Parameters
        ----------
        run : Run
        method : str
        method_reason : str, optional
        versions : mapping of str to str
        """
        runtime = run.elapsed()
        problem, unit = run.problem, run.objective.in_user_units
        status = _status(run)
        solution = _filed_solution(run)
        reached = _Reached() if solution is None else _Reached.by(problem, solution)
        return cls(
            instance=problem.name,
            instance_sha256=problem.sha256,
            method=method,
            objective_name=run.objective.name,
            status=status,
            limit=None if status in ("optimal", "infeasible") else run.limit,
            message=run.message,
            objective=unit(run.best_objective),
            bound=unit(run.bound),
            certified_bound=unit(run.certified_bound),
            proof=run.proof,
            gap=relative_gap(run.best_objective, run.bound),
            goodput=reached.goodput,
            cost_usd_per_hour=reached.cost_usd_per_hour,
            served_count=reached.served,
            query_count=_copies(problem),
            verified=None if solution is None else True,  # a run keeps only what the checker accepts
            solution=solution,
            prices=_prices(run),
            trajectory=tuple(TrajectoryPoint(e.time_s, unit(e.objective), unit(e.bound)) for e in run.trajectory),
            runtime=runtime,
            compile_time=run.compile_time,
            engine_start_time=run.engine_start_time,
            time_to_best=run.time_to_best,
            statistics=run.statistics,
            seed=run.seed,
            threads=run.threads,
            versions=dict(versions),
            exact=ExactFigures(
                run.best_objective, run.bound, run.certified_bound, reached.exact_goodput, reached.exact_cost
            ),
            unit=run.objective.label,
            method_reason=method_reason,
            _pool_site={} if isinstance(problem, PlanSelection) else _pool_sites(problem),
        )

    def plans(self) -> pd.DataFrame:
        """Return who is served how: one row per plan of a query and operator.

        Returns
        -------
        DataFrame
            `query`, `count` (copies of the query that follow the plan), `operator`,
            `configuration`, `pool`, `site`, `allocation`; of a plan selection `group`, `plan`, `count`. No rows
            without a solution.
        """
        if self.solution is None:
            return pd.DataFrame(columns=_PLAN_COLUMNS)
        if isinstance(self.solution, SelectionSolution):
            return self.solution.plans.copy()
        plans = self.solution.options.join(self.solution.plans, on="plan")
        plans["site"] = plans["pool"].map(self._pool_site)
        return plans[_PLAN_COLUMNS]


@dataclass(frozen=True)
class _Reached:
    """What a valid solution reaches; see the fields of `Result` and `ExactFigures`."""

    goodput: float | None = None
    cost_usd_per_hour: float | None = None
    served: int | None = None
    exact_goodput: int | None = None
    exact_cost: int | None = None

    @classmethod
    def by(cls, problem: Problem, solution: AnySolution) -> _Reached:
        if isinstance(problem, PlanSelection) and isinstance(solution, SelectionSolution):
            judged = judge_objective(problem, replace(solution, bound=None))
            goodput = None if judged.goodput is None else float(Fraction(judged.goodput, problem.value_scale))
            return cls(goodput, None, sum(solution.plans["count"].tolist()), judged.goodput, judged.cost)
        assert not isinstance(problem, PlanSelection)
        assert isinstance(solution, Solution)  # a run keeps none of another kind
        judged = judge_objective(problem, replace(solution, bound=None), solution.objective)
        value, cost = judged.goodput, judged.cost
        served = sum(solution.plans["count"].tolist())
        return cls(GOODPUT.in_user_units(value), COST.in_user_units(cost), served, value, cost)


def _copies(problem: Problem) -> int:
    count = problem.groups.count if isinstance(problem, PlanSelection) else problem.compiled.queries.count
    return sum(count.tolist())


def _pool_sites(instance: Instance) -> dict[str, str]:
    compiled = instance.compiled
    return dict(zip(compiled.names.pools, compiled.names.sites[compiled.pools.site], strict=True))


def _status(run: Run) -> Status:
    if run.best_objective is None:
        return "infeasible" if run.infeasible else "unknown"
    return "optimal" if run.best_objective == run.bound else "feasible"


def _filed_solution(run: Run) -> AnySolution | None:
    """The best solution with what is known about its bound: the certified one goes with its certificate."""
    if run.best_solution is None:
        return None
    best = run.best_solution
    if isinstance(best, Solution) and run.goodput_floor is not None:
        best = replace(best, goodput_floor=run.goodput_floor)  # what the bound speaks of; a start may have had less
    if run.certified is None:
        return replace(best, bound=run.bound, certificate=None)
    return replace(best, bound=run.certified.bound, certificate=run.certified.certificate)


def _prices(run: Run) -> pd.Series | None:
    if run.prices is None:
        return None
    rows = coupling_rows(run.problem)
    return pd.Series(run.prices * float(run.objective.unit), index=pd.Index(rows.name, name="row"), name="price")
