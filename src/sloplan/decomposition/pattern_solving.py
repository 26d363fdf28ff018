"""Problems whose rows are knapsacks, attacked by prices of groups: a lower bound, dives, and a smaller core."""

from __future__ import annotations

import logging
import math
from dataclasses import replace
from typing import Final

import numpy as np

from sloplan.decomposition.fixing import Survivors
from sloplan.decomposition.knapsack_rows import KnapsackRows
from sloplan.decomposition.lagrangian import Response
from sloplan.decomposition.pattern_prices import PatternPrices
from sloplan.decomposition.pattern_search import PatternDives
from sloplan.decomposition.pursuit import Pursuit
from sloplan.problem.run import Run
from sloplan.solvers.engine import EngineError

logger = logging.getLogger(__name__)

_IDLE_DIVES: Final = 25
"""Dives without a better answer, after which something else is worth a try."""

_SMALL_CORE: Final = 0.35
_SMALL_IN_ANY_CASE: Final = 150
"""Part of all options, and number: a larger core is beyond engines within a time limit, and dives go on instead."""

_ROUNDING: Final = 1e-9
"""Relative: what float sums of exact bounds may lose."""


class PatternSolving:
    """Prices of groups for a pursuit's problem, and what follows from them.

    Parameters
    ----------
    pursuit : Pursuit
    run : Run
    response : Response
        At good prices of rows.
    rows : KnapsackRows
        The pursuit's problem.
    """

    def __init__(self, pursuit: Pursuit, run: Run, response: Response, rows: KnapsackRows) -> None:
        self._pursuit, self._run, self._rows = pursuit, run, rows
        self._prices = PatternPrices(rows, response.worth)
        self._prices.approach(self._worth, pursuit.time_is_up)
        self._engine_fails = False
        try:
            self._prices.settle(pursuit.time_is_up)
        except EngineError as error:  # figures too far apart for it; the best prices stand
            self._give_up(error)
        pursuit.bound_most(self._prices.best.most, "method")
        self._dives = PatternDives(rows, self._prices, run.seed)

    @property
    def _worth(self) -> float:
        return -math.inf if self._pursuit.worth is None else self._pursuit.worth

    def _give_up(self, error: EngineError) -> None:
        logger.warning("dives end: %s", error)
        self._engine_fails = True

    def certify(self, seconds: float) -> None:
        """Have the bound verified as a certificate.

        Parameters
        ----------
        seconds : float
            Time for it.
        """
        self._run.certify(self._rows.certificate(self._prices.price), seconds)

    def dive(self, share: float) -> None:
        """Dive for a share of the time left, or until dives are idle where there is something else to do.

        Parameters
        ----------
        share : float
            1.0 if there is nothing else.
        """
        pursuit, run, idle = self._pursuit, self._run, 0
        until = run.elapsed() + share * run.remaining()
        while not (self._engine_fails or pursuit.is_settled or pursuit.time_is_up()) and run.elapsed() < until:
            if idle == _IDLE_DIVES and (share < 1.0 or run.time_limit is None):
                return
            try:
                found = self._dives.dive(self._worth, pursuit.time_is_up)
            except EngineError as error:
                self._give_up(error)
                return
            idle = 0 if pursuit.take(found) else idle + 1

    def narrowed(self, core: Survivors, worth: int) -> Survivors | None:
        """Return what survives prices of groups, too; None if that is too much for the time there is.

        Parameters
        ----------
        core : Survivors
            Whatever can be worth `worth`, as prices of rows say.
        worth : int
        """
        rows, bound = self._rows, self._prices.best.bound
        plans = len(rows.problem.plans)
        code = rows.group * plans + rows.plan
        order = np.argsort(code)
        option = order[np.searchsorted(code, core.pairs.group * plans + core.pairs.plan, sorter=order)]
        allowed = bound - worth + _ROUNDING * max(1.0, abs(bound))
        kept = rows.lost(self._prices.price)[option] <= allowed
        if self._run.time_limit is not None and kept.sum() > max(_SMALL_IN_ANY_CASE, _SMALL_CORE * len(rows)):
            return None
        return replace(core, pairs=core.pairs.taken(kept), most=core.most[kept])
