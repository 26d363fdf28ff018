"""Rounded inequalities in a run: a tighter bound, certified, and fewer pairs that may be in anything better."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Final

import numpy as np

from sloplan.decomposition.fixing import Survivors, bounded_survivors, loss_allowed
from sloplan.decomposition.fractional import Fractional
from sloplan.decomposition.lagrangian import Response
from sloplan.decomposition.pursuit import Pursuit
from sloplan.decomposition.rounded_prices import RoundedPrices, find_rounded_prices
from sloplan.problem.certificates.pricing import GridTooFineError
from sloplan.problem.run import Run
from sloplan.solvers.engine import EngineError

logger = logging.getLogger(__name__)

_MOST_PAIRS: Final = 1_000_000
"""Survivors that lose least."""

_SHARE: Final = 0.4
"""Part of the time left that may go into inequalities."""

_VERIFYING_SHARE: Final = 0.5
"""Part of what is left then that may go into the verification of their certificate."""

_MOST_GROUPS: Final = 30_000
"""With 100,000 inequalities took 6.6 GB, and took next to nothing off the bound in five minutes."""

_SECONDS_A_PAIR: Final = 2e-5
_SECONDS_A_GROUP: Final = 5e-4
"""Time that must be left for each pair and each group: a round takes a second with 10,000 groups, and a few rounds and
the verification must fit."""

_LEAST_TIMES: Final = 1.5
"""Times what the last inequalities took, certificate included, that must be left for others."""

_MOST_NARROWED: Final = 10_000_000
"""Pairs times inequalities that are worked out anew for each better answer."""

_ROUNDING: Final = 1e-9
"""Relative: far beyond what the bound at these prices loses in floating point, as a sum of all groups."""

_CLOSED: Final = 0.9
"""Part of the gap that may be left for inequalities to be made anew: fewer pairs survive then."""


class Tightening:
    """The rounded inequalities of a run, made anew as its gap closes.

    Parameters
    ----------
    pursuit : Pursuit
    run : Run
    response : Response
        At good prices of rows.
    fractional : Fractional, optional
        An optimum of the linear program over all plans, as good as basic, to begin from.
    """

    def __init__(self, pursuit: Pursuit, run: Run, response: Response, fractional: Fractional | None = None) -> None:
        self._pursuit, self._run, self._response, self._fractional = pursuit, run, response, fractional
        self._found: RoundedPrices | None = None
        self._most = 0  # that anything is worth, as the inequalities prove
        self._gap = np.inf
        self._took = 0.0  # seconds, of the last time

    def tighten(self) -> None:
        """Make inequalities and have their certificate verified, if they may bring more than those of before."""
        pursuit, run, problem = self._pursuit, self._run, self._pursuit.problem
        if problem.searched or pursuit.worth is None or pursuit.is_settled or len(problem.groups) > _MOST_GROUPS:
            return
        allowed = loss_allowed(self._response, pursuit.worth)  # so that what is known stays in
        gap = pursuit.most(self._response.bound if self._found is None else float(self._most)) - pursuit.worth
        if gap > _CLOSED * self._gap or run.remaining() < _LEAST_TIMES * self._took or pursuit.time_is_up():
            return
        began, for_groups = run.elapsed(), _SECONDS_A_GROUP * len(problem.groups)
        if run.remaining() < for_groups:
            return
        core, most_lost = bounded_survivors(self._response, allowed, _MOST_PAIRS)
        self._gap, self._took = gap, run.elapsed() - began  # what is not done now is not looked at again at this gap
        if run.remaining() < _SECONDS_A_PAIR * len(core) + for_groups:
            return
        found = self._found_within(_SHARE * run.remaining(), core, most_lost)
        self._took = run.elapsed() - began
        if found is None or not found.fits or pursuit.time_is_up():
            return
        before = run.certified_bound
        run.certify(found.certificate(), _VERIFYING_SHARE * run.remaining())
        self._took = run.elapsed() - began
        if run.certified_bound is not None and run.certified_bound != before:
            most = -run.certified_bound if problem.is_cost else run.certified_bound
            self._found, self._most, self._gap = found, most, most - pursuit.worth

    def _found_within(self, seconds: float, core: Survivors, most_lost: float) -> RoundedPrices | None:
        run = self._run
        until = run.elapsed() + seconds

        def remaining() -> float:
            return 0.0 if self._pursuit.time_is_up() else until - run.elapsed()

        try:
            known = () if self._found is None else self._found.rounded
            return find_rounded_prices(self._response, core, most_lost, remaining, known, self._fractional)
        except (EngineError, GridTooFineError) as error:
            logger.debug("no inequalities: %s", error)  # figures too far apart
            return None

    def narrowed(self, core: Survivors) -> Survivors:
        """Return the pairs of a core that may be in anything better, with what they lose at these prices.

        All of them where they are too many to be looked at for each better answer, or where the inequalities were made
        for what loses less than something better may.

        Parameters
        ----------
        core : Survivors
        """
        found, worth = self._found, self._pursuit.worth
        if found is None or worth is None or len(core) * len(found.rounded) > _MOST_NARROWED:
            return core
        if found.most_lost < loss_allowed(self._response, worth + 1):
            return core
        loss = found.best[core.pairs.group] - found.worth(core.pairs)
        # What is better is worth a step more, and the bound was rounded down by less than one.
        allowed = self._most - worth + 2 * found.uncertainty + _ROUNDING * abs(self._most)
        kept = np.flatnonzero(loss <= allowed)
        return replace(core, pairs=replace(core.pairs, loss=loss).taken(kept), most=core.most[kept])
