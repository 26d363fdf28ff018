"""Plans of one template found so far, with their exact usage: at new prices they say what is worth looking for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sloplan.problem.compiled import CompiledInstance, Int, Sparse
from sloplan.problem.evaluation import evaluate_plans

Float = npt.NDArray[np.float64]


@dataclass(frozen=True)
class PlanPool:
    """Distinct plans of one template.

    Parameters
    ----------
    choices : (plans, operators) int64
        Global options.
    needs : (plans, figures) int64
        In the order of `Demands.allowed`.
    usage : Sparse
        Per request, a row per plan.
    billed_cost_nano : (plans,) int64
    """

    choices: Int
    needs: Int
    usage: Sparse
    billed_cost_nano: Int

    def __len__(self) -> int:
        return len(self.choices)

    @classmethod
    def of(cls, compiled: CompiledInstance, template: int, choices: Int, needs: Int) -> PlanPool:
        """Evaluate plans exactly.

        Parameters
        ----------
        compiled : CompiledInstance
        template : int
        choices, needs
            As above.
        """
        figures = evaluate_plans(compiled, template, choices)
        return cls(choices, needs, figures.usage, figures.billed_cost_nano)

    def priced(self, prices: Float, cost_price: float) -> Float:
        """Return what each plan costs per request, shape (plans,).

        Parameters
        ----------
        prices : (rows,) float64
        cost_price : float
            Of a nano-USD billed.
        """
        paid = self.usage.amount * prices[self.usage.column]
        of_usage = np.bincount(self.usage.row_of_entry, weights=paid, minlength=len(self))
        return np.asarray(of_usage + cost_price * self.billed_cost_nano, dtype=np.float64)

    def with_more(self, compiled: CompiledInstance, template: int, choices: Int, needs: Int) -> tuple[PlanPool, Int]:
        """Return the pool with more plans, and where each of these stands in it."""
        index = {plan: place for place, plan in enumerate(map(bytes, np.ascontiguousarray(self.choices)))}
        number = len(self)
        new: list[int] = []
        places = np.zeros(len(choices), dtype=np.int64)
        for row, plan in enumerate(map(bytes, np.ascontiguousarray(choices))):
            if plan not in index:
                index[plan] = number + len(new)
                new.append(row)
            places[row] = index[plan]
        if not new:
            return self, places
        more = PlanPool.of(compiled, template, choices[new], needs[new])
        return PlanPool(
            choices=np.concatenate([self.choices, more.choices]),
            needs=np.concatenate([self.needs, more.needs]),
            usage=Sparse.joined([self.usage, more.usage]),
            billed_cost_nano=np.concatenate([self.billed_cost_nano, more.billed_cost_nano]),
        ), places

    def taken(self, plans: Int) -> PlanPool:
        """Return some of the plans."""
        return PlanPool(self.choices[plans], self.needs[plans], self.usage.taken(plans), self.billed_cost_nano[plans])
