"""The master problem of cutting planes: what is known of the Lagrangian function, as a linear program in the prices."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from sloplan.decomposition.fractional import Fractional
from sloplan.decomposition.lagrangian import Response
from sloplan.decomposition.linear_engine import LinearEngine
from sloplan.decomposition.price_scale import PriceScale
from sloplan.problem.compiled import Int

Float = npt.NDArray[np.float64]

_IDLE: Final = 10  # solves after which a cut that did not bind may go
_DROP_SHARE: Final = 0.25  # of the cuts that have to be idle before any goes: to drop rows costs a factorisation


class PriceMaster:
    """Minimises the model of the Lagrangian function over a box of prices.

    Variables are a point (scaled prices), one figure per template that is at least what each known choice of its
    groups is worth, and one per supply that is at least its worth. Objective and figures are shares of what everything
    is worth, times the number of templates. A cut's price is the share of its response in a fractional solution.

    Parameters
    ----------
    scale : PriceScale

    Attributes
    ----------
    point : (prices,) float64
        Of the last optimum.
    value : float
        The model's least value there, in units of the objective as compiled; -infinity without a least one.
    """

    def __init__(self, scale: PriceScale) -> None:
        self._scale, self._problem = scale, scale.problem
        self._templates = len(self._problem.plans.start) - 1
        self._unit = scale.total / max(self._templates, 1)
        self.point: Float = np.zeros(len(scale))
        self.value = -np.inf
        self._engine = LinearEngine(grows_by_columns=False)
        self._add_variables()
        self._add_supplies()
        # Of the cuts, in the order of their rows: template, response, solves since they bound.
        self._template = np.zeros(0, dtype=np.int64)
        self._response = np.zeros(0, dtype=np.int64)
        self._idle = np.zeros(0, dtype=np.int64)
        self._taken: dict[int, npt.NDArray[np.int32]] = {}
        self._responses = 0

    def _add_variables(self) -> None:
        problem, scale, unit = self._problem, self._scale, self._unit
        standing = problem.rows.capacity[scale.rows] * scale.row_unit / unit
        of_value = [-problem.floor * scale.value_unit / unit] if problem.is_cost else []
        cost = np.concatenate([standing, of_value, np.ones(self._templates + len(problem.supplies))])
        lower = np.zeros(len(cost))
        must = problem.groups.template[problem.groups.must & (problem.groups.count > 0)]
        lower[len(scale) + must] = -self._engine.infinity
        self._engine.add_columns(cost, lower, np.full(len(cost), self._engine.infinity))

    def _add_supplies(self) -> None:
        """Add the rows ``worth of supply - maximum x brought.prices >= - maximum x price``."""
        problem, scale = self._problem, self._scale
        most = problem.supplies.maximum.astype(np.float64)
        place = np.full(len(problem.rows), -1)
        place[scale.rows] = np.arange(len(scale.rows))
        kept = problem.supplies.brought.in_columns(place >= 0)
        column = place[kept.column]
        amount = -kept.amount * most[kept.row_of_entry] * scale.row_unit[column] / self._unit
        own = len(scale) + self._templates + np.arange(len(most))
        self._add_rows(-most * problem.supply_price / self._unit, kept.row_of_entry, column, amount, own)

    def _add_rows(self, least: Float, owner: Int, column: Int, amount: Float, own: Int) -> None:
        """Add rows ``amounts x point + own variable >= least``; entries are given row by row."""
        number = len(least)
        order = np.argsort(np.concatenate([owner, np.arange(number)]), kind="stable")
        self._engine.add_rows(
            least,
            np.full(number, self._engine.infinity),
            np.concatenate([owner, np.arange(number)])[order],
            np.concatenate([column, own])[order],
            np.concatenate([amount, np.ones(number)])[order],
        )

    def add(self, response: Response, known: Float | None = None) -> int:
        """Add what the groups of each template take: it is worth at least that at any prices.

        Parameters
        ----------
        response : Response
        known : (templates,) float64, optional
            What the model says at the prices of the response, as `figures` returned it: templates of which it knows
            enough there get no cut. Without it all get one.

        Returns
        -------
        int
            Number of cuts.
        """
        self._drop_idle()
        problem, scale, unit, totals = self._problem, self._scale, self._unit, response.totals
        usage = totals.usage[:, scale.rows] * (scale.row_unit / unit)
        least = (-totals.cost if problem.is_cost else totals.value) / unit
        if problem.is_cost:
            usage = np.column_stack([usage, -totals.value * (scale.value_unit / unit)])
        cut = np.arange(self._templates)
        if known is not None:
            cut = np.flatnonzero(least - usage @ scale.point(response.prices) > known + 1e-10)
        owner, column = np.nonzero(usage[cut])
        own = len(scale) + cut
        self._add_rows(least[cut], owner, column, usage[cut][owner, column], own)
        self._template = np.concatenate([self._template, cut])
        self._response = np.concatenate([self._response, np.full(len(cut), self._responses)])
        self._idle = np.concatenate([self._idle, np.zeros(len(cut), dtype=np.int64)])
        self._taken[self._responses] = np.where(response.takes, response.plan, -1).astype(np.int32)
        self._responses += 1
        return len(cut)

    def solve(self, center: Float, radius: float) -> None:
        """Find the least value over points at most `radius` (infinity: anywhere) from `center`."""
        size = len(self._scale)
        self._engine.set_bounds(np.arange(size), np.maximum(0.0, center - radius), center + radius)
        if not self._engine.run():
            self.value = -np.inf
            return
        self.point = self._engine.columns[:size].clip(0.0)
        self.value = self._engine.objective * self._unit
        self._idle = np.where(self._shares > 0, 0, self._idle + 1)

    @property
    def figures(self) -> Float:
        """What the model says of each template at its point, shape (templates,)."""
        return self._engine.columns[len(self._scale) : len(self._scale) + self._templates]

    @property
    def _shares(self) -> Float:
        return self._engine.duals[len(self._problem.supplies) :]

    def _drop_idle(self) -> None:
        idle = self._idle >= _IDLE
        if idle.sum() <= _DROP_SHARE * len(idle):
            return
        others = np.zeros(len(self._problem.supplies), dtype=np.bool_)
        gone = self._engine.drop_slack_rows(np.concatenate([others, idle]))[len(others) :]
        self._template, self._response, self._idle = self._template[~gone], self._response[~gone], self._idle[~gone]
        used = set(np.unique(self._response).tolist())
        self._taken = {number: taken for number, taken in self._taken.items() if number in used}

    def fractional(self) -> Fractional:
        """Return the solution of the linear program over plans that the cuts' prices stand for, after `solve`.

        It keeps all rows where no bound of the box binds.
        """
        problem, groups = self._problem, self._problem.groups
        pairs: list[tuple[Int, Int, Float]] = []
        binding = self._shares > 0
        for number in np.unique(self._response[binding]).tolist():
            share = np.zeros(self._templates)
            some = binding & (self._response == number)
            share[self._template[some]] = self._shares[some]
            taken = self._taken[number]
            group = np.flatnonzero((taken >= 0) & (share[groups.template] > 0))
            pairs.append((group, taken[group].astype(np.int64), share[groups.template[group]] * groups.count[group]))
        nothing = np.zeros(0, dtype=np.int64)
        pairs.append((nothing, nothing, np.zeros(0)))
        group, plan, weight = (np.concatenate(part) for part in zip(*pairs, strict=True))
        share_supplied = self._engine.duals[: len(problem.supplies)].clip(0.0)
        amount = share_supplied * problem.supplies.maximum.astype(np.float64)
        return Fractional.of(problem, group, plan, weight, amount)
