"""Surcharges in a run: a tighter bound, certified, and fewer pairs that may be in anything better."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from sloplan.decomposition.fixing import Survivors, bounded_survivors, loss_allowed
from sloplan.decomposition.lagrangian import Response
from sloplan.decomposition.objective_step import objective_step
from sloplan.decomposition.pursuit import Pursuit
from sloplan.decomposition.surcharging import Surcharged, surcharged
from sloplan.problem.run import Run

_MOST_PAIRS: Final = 50_000
"""Survivors that lose least: the linear program over more takes too long."""

_SHARE: Final = 0.15
"""Part of the time left that may go into inequalities, and as much again into the verification of their certificate."""

_SECONDS_A_PAIR: Final = 5e-4
"""Time that must be left: twice what surcharges and their certificate take on 10,000 pairs of `city`, the slowest."""

_LEAST_TIMES: Final = 4.0
"""Times what the last surcharges took, certificate included, that must be left for others: parts look at no clock."""

_CLOSED: Final = 0.9
"""Part of the gap that may be left for surcharges to be made anew: fewer pairs survive then."""


class Tightening:
    """The surcharges of a run, made anew as its gap closes.

    Parameters
    ----------
    pursuit : Pursuit
    run : Run
    response : Response
        At good prices of rows.
    """

    def __init__(self, pursuit: Pursuit, run: Run, response: Response) -> None:
        self._pursuit, self._run, self._response = pursuit, run, response
        self._found: Surcharged | None = None
        self._most = 0  # that anything is worth, as the surcharges prove
        self._gap = np.inf
        self._took = 0.0  # seconds, of the last time

    def tighten(self) -> None:
        """Make surcharges and have their certificate verified, if they may bring more than those of before."""
        pursuit, run, problem = self._pursuit, self._run, self._pursuit.problem
        if problem.is_cost or len(problem.supplies) or problem.searched or pursuit.worth is None or pursuit.is_settled:
            return
        allowed = loss_allowed(self._response, pursuit.worth + 1)
        gap = pursuit.most(self._response.bound if self._found is None else float(self._most)) - pursuit.worth
        if gap > _CLOSED * self._gap or run.remaining() < _LEAST_TIMES * self._took or pursuit.time_is_up():
            return
        began = run.elapsed()
        core, _ = bounded_survivors(self._response, allowed, _MOST_PAIRS)
        if run.remaining() < _SECONDS_A_PAIR * len(core):
            return
        self._gap = gap
        until = run.elapsed() + _SHARE * run.remaining()
        found = surcharged(
            self._response, self.narrowed(core), allowed, lambda: run.elapsed() > until or pursuit.time_is_up()
        )
        self._took = run.elapsed() - began
        if found is None or pursuit.time_is_up():
            return
        before = run.certified_bound
        run.certify(found.certificate(), _SHARE * run.remaining())
        self._took = run.elapsed() - began
        if run.certified_bound is not None and run.certified_bound != before:
            self._found, self._most, self._gap = found, run.certified_bound, run.certified_bound - pursuit.worth

    def narrowed(self, core: Survivors) -> Survivors:
        """Return the pairs of a core that may be in anything better, with what they lose at these prices.

        Parameters
        ----------
        core : Survivors
        """
        found, worth = self._found, self._pursuit.worth
        if found is None or worth is None:
            return core
        loss = found.best[core.pairs.group] - found.worth(core.pairs)
        # The bound was rounded down by less than a step, and prices are on a grid: half a unit is far more.
        kept = np.flatnonzero(loss <= self._most + objective_step(self._pursuit.problem) - (worth + 1) + 0.5)
        return replace(core, pairs=replace(core.pairs, loss=loss).taken(kept), most=core.most[kept])
