"""Surcharges in a run: a tighter bound, certified, and fewer pairs that may be in anything better."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Final

import numpy as np

from sloplan.decomposition.fixing import Survivors, bounded_survivors, loss_allowed
from sloplan.decomposition.lagrangian import Response
from sloplan.decomposition.pursuit import Pursuit
from sloplan.decomposition.surcharging import Surcharged, find_surcharges
from sloplan.problem.run import Run
from sloplan.solvers.engine import EngineError

logger = logging.getLogger(__name__)

_MOST_PAIRS: Final = 20_000
"""Survivors that lose least: the linear program over more takes too long."""

_SHARE: Final = 0.15
"""Part of the time left that may go into inequalities, and as much again into the verification of their certificate."""

_SECONDS_A_PAIR: Final = 5e-4
"""Time that must be left for each pair and group: on `city`, the slowest, surcharges take about half of it."""

_LEAST_TIMES: Final = 4.0
"""Times what the last surcharges took, certificate included, that must be left for others: parts look at no clock."""

_MOST_NARROWED: Final = 100_000
"""Pairs that are priced anew for each better answer."""

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
        if run.remaining() < _SECONDS_A_PAIR * (len(core) + len(problem.groups)):
            return
        self._gap = gap
        found = self._found_within(_SHARE * run.remaining(), self.narrowed(core), allowed)
        self._took = run.elapsed() - began
        if found is None or pursuit.time_is_up():
            return
        before = run.certified_bound
        run.certify(found.certificate(), _SHARE * run.remaining())
        self._took = run.elapsed() - began
        if run.certified_bound is not None and run.certified_bound != before:
            self._found, self._most, self._gap = found, run.certified_bound, run.certified_bound - pursuit.worth

    def _found_within(self, seconds: float, core: Survivors, allowed: float) -> Surcharged | None:
        run = self._run
        until = run.elapsed() + seconds

        def remaining() -> float:
            return 0.0 if self._pursuit.time_is_up() else until - run.elapsed()

        try:
            return find_surcharges(self._response, core, allowed, remaining)
        except EngineError as error:
            logger.debug("no surcharges: %s", error)  # figures too far apart for it
            return None

    def narrowed(self, core: Survivors) -> Survivors:
        """Return the pairs of a core that may be in anything better, with what they lose at these prices.

        All of them where they are too many to be looked at for each better answer.

        Parameters
        ----------
        core : Survivors
        """
        found, worth = self._found, self._pursuit.worth
        if found is None or worth is None or len(core) > _MOST_NARROWED:
            return core
        loss = found.best[core.pairs.group] - found.worth(core.pairs)
        # What is better is worth a step more, and the bound was rounded down by less than one.
        kept = np.flatnonzero(loss <= self._most - worth + 2 * found.uncertainty)
        return replace(core, pairs=replace(core.pairs, loss=loss).taken(kept), most=core.most[kept])
