"""What all ways of coordinating groups by prices have in common: steps, each with a response and the best so far."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from sloplan.decomposition.coupled_problem import CoupledProblem
from sloplan.decomposition.fractional import Fractional
from sloplan.decomposition.lagrangian import Prices, Response

TOLERANCE: Final = 1e-7
"""Of the bound: what prices may still promise when they count as settled."""

Respond = Callable[[Prices], Response]
"""Prices the plans of all groups: `lagrangian.respond`, by itself or spread over workers."""


@dataclass(frozen=True)
class Step:
    """One step of a coordination.

    Parameters
    ----------
    response : Response
        At the prices that were tried last.
    best : Response
        At the prices of the least bound so far.
    settled : bool
        No prices give a bound that is smaller by more than the tolerance; or the bound shows that nothing is feasible.
    fractional : Fractional, optional
        Best known solution of the linear program over all plans, of the ways that have one.
    """

    response: Response
    best: Response
    settled: bool = False
    fractional: Fractional | None = None


class Coordination(Protocol):
    """A way to look for the prices of least bound."""

    def __call__(self, problem: CoupledProblem, respond: Respond) -> Iterator[Step]:
        """Yield steps until the prices are settled, or for as long as they are asked for."""
        ...
