"""The `PlanOracle` of an instance: the best plan of every query at given prices, whatever the number of plans."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sloplan.pricing.shard_pricer import LIST_LIMIT, ShardPricer
from sloplan.pricing.template_pricer import LABEL_LIMIT
from sloplan.problem.compiled import CompiledInstance
from sloplan.problem.cost_problem import under_objective
from sloplan.problem.method import BestPlans
from sloplan.problem.objective import find_objective

Float = npt.NDArray[np.float64]


class InstanceOracle:
    """Prices all queries of an instance.

    Under "goodput" a plan's worth is value less priced usage. Under the cost objectives it is what a plan takes off
    the bound: value at its own price, less cost, less priced usage. The value of a query is the same whichever plan
    it takes, so its best plan is its cheapest, and the price of value does not tell which.

    Parameters
    ----------
    compiled : CompiledInstance
        As compiled, whatever the objective.
    objective : str
        "goodput", "cost" or "goodput-then-cost" (whose second stage prices cost).
    threads, list_limit, label_limit
        As in `ShardPricer`.

    Attributes
    ----------
    compiled : CompiledInstance
        With the rows that prices are for.
    pricer : ShardPricer
        Of all templates: also gives bounds, k best plans and all within a margin.

    Examples
    --------
    >>> oracle = InstanceOracle(instance.compiled)
    >>> best = oracle.best_plans(np.zeros(len(oracle.compiled.rows)))
    >>> int(best.value.sum())  # of one copy of every query that has a plan at all
    """

    def __init__(
        self,
        compiled: CompiledInstance,
        objective: str = "goodput",
        *,
        threads: int = 1,
        list_limit: int = LIST_LIMIT,
        label_limit: int = LABEL_LIMIT,
    ) -> None:
        self._is_cost = find_objective(objective).name != "goodput"
        self.compiled = under_objective(compiled, objective)
        self.pricer = ShardPricer(self.compiled, threads=threads, list_limit=list_limit, label_limit=label_limit)

    def best_plans(self, prices: Float) -> BestPlans:
        """Return the plan of greatest worth of each query.

        Parameters
        ----------
        prices : (rows,) float64
            Per unit of usage, at least 0: thousandths of value, or 10^-12 USD/s under the cost objectives.

        Returns
        -------
        BestPlans
            A query has no plan there if none was found. Where labels were cut off at their limit one may exist all
            the same: `pricer.price` tells by its bounds.

        Raises
        ------
        InputError
            If prices are not finite numbers from 0, one per row.
        """
        queries = self.compiled.queries
        priced = self.pricer.price(prices, 1.0 if self._is_cost else 0.0)
        usage = priced.usage
        rate = queries.rate_milli[priced.query]
        return BestPlans(
            choices=priced.choices,
            value=np.where(priced.exists, queries.value_milli[priced.query], 0),
            cost=rate * priced.billed_cost_nano * int(self._is_cost),
            usage=type(usage)(usage.start, usage.column, usage.amount * rate[usage.row_of_entry]),
        )
