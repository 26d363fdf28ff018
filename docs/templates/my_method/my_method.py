"""A method of your own: queries in random orders, each by its first plan that still fits. Put yours in its place."""

from __future__ import annotations

import numpy as np

from sloplan.pricing.plan_arrays import list_plans
from sloplan.pricing.plan_kernels import compile_kernels, serve
from sloplan.problem.compiled import CompiledInstance
from sloplan.problem.errors import InputError
from sloplan.problem.plan_table import PLAN_LIMIT
from sloplan.problem.run import Run
from sloplan.problem.selections.selection import PlanSelection
from sloplan.problem.solution import Solution


class MyMethod:
    """Serve queries in random orders, and keep the best."""

    name = "my-method"
    summary = "queries in random orders, each by its first plan that still fits"

    def unsupported(self, problem: CompiledInstance | PlanSelection, objective: str) -> str | None:
        """Return in one line why `problem` cannot be solved, or None. Asked before the clock starts."""
        if not isinstance(problem, CompiledInstance):
            return "my-method solves instances, no plan selections"
        if objective != "goodput" or problem.hosting != "fluid":
            return f"my-method has no {objective!r} under {problem.hosting!r} hosting; allowed: goodput, fluid"
        return None

    def solve(self, problem: CompiledInstance, run: Run, *, passes: int = 20) -> None:
        """Solve `problem`: tell `run` every solution and bound that is found, and return nothing.

        Parameters
        ----------
        problem : CompiledInstance
        run : Run
        passes : int, optional
            Orders to try, at least 1. Further keyword-only parameters are the method's options: `solve` and a
            study's configuration pass them on, unknown ones are refused.
        """
        if passes < 1:
            raise InputError("unusable value", field="passes", value=passes, allowed="at least 1")
        queries = problem.queries
        run.report_compile_time(compile_kernels(queries))  # numba's time is none of the run's
        run.report_bound(int(np.dot(queries.value_milli.astype(object), queries.count)))  # no more can be served
        plans, _ = list_plans(problem, PLAN_LIMIT, lambda _: run.should_stop())
        order = np.arange(len(plans))
        random = np.random.default_rng(run.seed)  # every random choice follows from the run's seed
        for _ in range(passes):
            if run.should_stop():  # out of time, or the gap is small enough: the run remembers why
                return
            turn = random.permutation(len(queries.count))
            left, needs = problem.rows.capacity.copy(), plans.needs_alone.copy()
            query, plan, count = serve(queries, turn, plans.start, order, needs, plans.usage, left)
            # Checked at once. What is not valid comes back as violations and is not kept; the best stays.
            run.offer(Solution.from_choices(problem, query, count, plans.choices[plan]))
        run.limit = "iterations"
