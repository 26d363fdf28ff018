"""The plans of a template with the rates at which each fits alone: the plans that certificates count."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from sloplan.problem.compiled import CompiledInstance, Int
from sloplan.problem.most_supplied import most_supplied
from sloplan.problem.plan_table import PlanTable, enumerate_plans


class FittingPlans:
    """Lists a template's plans with the rates at which each fits, alone, into all that can ever stand.

    Parameters
    ----------
    compiled : CompiledInstance
        With the rows and supplies of the objective at hand: `under_objective`.
    interrupt : callable, optional
        Called now and then while plans are listed; what it raises ends that.
    """

    def __init__(self, compiled: CompiledInstance, interrupt: Callable[[], None] = lambda: None) -> None:
        self._compiled, self._interrupt = compiled, interrupt
        self._capacity: Int = most_supplied(compiled.rows, compiled.supplies)

    def __call__(self, template: int) -> PlanTable:
        """List the plans of a template; a plan's largest rate is one at which it fits, too.

        Parameters
        ----------
        template : int

        Raises
        ------
        SizeLimitError
            If it has more plans than plain enumeration lists.
        """
        table = enumerate_plans(self._compiled, template, interrupt=self._interrupt)
        figures, usage = table.figures, table.figures.usage
        most = self._compiled.queries.rate_milli[self._compiled.template_queries(template)].max(initial=1)
        # Entries that no query's rate could make too much, which most are, are passed over.
        entry = np.flatnonzero(usage.amount > (self._capacity // most)[usage.column])
        fits = self._capacity[usage.column[entry]] // usage.amount[entry]
        first = np.searchsorted(entry, usage.start)  # of each plan's entries among those, which stand plan by plan
        concerned = np.flatnonzero(np.diff(first))
        rate = figures.max_rate_milli.copy()
        if len(concerned):
            rate[concerned] = np.minimum(rate[concerned], np.minimum.reduceat(fits, first[concerned]))
        return replace(table, figures=replace(figures, max_rate_milli=rate))
