"""Exact pricing for certificates: what the best plan of every group is worth at given row prices.

A *group* is a query of an instance or a group of a `PlanSelection`; its copies are numbered from 1. All
figures are numerators over the certificate's denominator, so a plan is worth a whole number: under "goodput"
denominator x value less the prices of what it uses, under "cost" goodput price x value less denominator x cost
and less the prices of what it uses. Under either objective, worth is what a bound has the most of.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from sloplan.problem.certificates.format import OptionDecision, PlanDecision
from sloplan.problem.compiled import Bool, Int, Rows, Sparse, Supplies
from sloplan.problem.errors import SloplanError
from sloplan.problem.violation import Violation

PRICED_LIMIT = 2**62
"""Largest size of a priced plan; one bit of int64 is left for rounding in the check of sizes."""


class GridTooFineError(SloplanError):
    """A priced plan passes `PRICED_LIMIT`: denominator and prices are too large."""

    def __init__(self, subject: str) -> None:
        self.subject = subject
        super().__init__(f"{subject}: priced, a plan passes 2^62; next: use a smaller denominator")


@dataclass(frozen=True)
class Prices:
    """What a unit of everything counts at a leaf, none of it negative.

    Parameters
    ----------
    row : (rows,) int64
        What a unit of usage of each row takes off a plan's worth.
    value, cost : int
        What a unit of value adds to a plan's worth, and what a unit of cost takes off it.
    """

    row: Int
    value: int
    cost: int


@dataclass(frozen=True)
class Statement:
    """What a decision says of one copy: its choice at `position` is in `members`.

    Parameters
    ----------
    group, copy : int
        Group index; copy from 1.
    position : int
        Local operator position (instances), 0 (`PlanSelection`).
    members : (k,) int64
        Option indices (instances) or plan indices (`PlanSelection`).
    """

    group: int
    copy: int
    position: int
    members: Int


@dataclass(frozen=True)
class Answer:
    """A decision's statement and whether it holds on this side of the decision."""

    statement: Statement
    holds: bool


@dataclass(frozen=True)
class PricedPairs:
    """Pairs of a group and one of its plans, as one copy has them.

    Parameters
    ----------
    group, value, cost : (n,) int64
    usage : Sparse
        Of the coupling rows, (n, rows).
    subject : str
        Whose plans they are, for errors.
    """

    group: Int
    value: Int
    cost: Int
    usage: Sparse
    subject: str

    def __len__(self) -> int:
        return len(self.group)

    @classmethod
    def joined(cls, parts: Sequence[PricedPairs]) -> PricedPairs:
        """Return the pairs of all parts, one part after the other; none of no part."""
        none = np.zeros(0, dtype=np.int64)
        of_parts = [cls(none, none, none, Sparse(np.zeros(1, dtype=np.int64), none, none), "plans"), *parts]
        return cls(
            group=np.concatenate([part.group for part in of_parts]),
            value=np.concatenate([part.value for part in of_parts]),
            cost=np.concatenate([part.cost for part in of_parts]),
            usage=Sparse.joined([part.usage for part in of_parts]),
            subject=of_parts[-1].subject,
        )

    def taken(self, index: Int) -> PricedPairs:
        """Return the pairs at `index`."""
        return PricedPairs(
            self.group[index], self.value[index], self.cost[index], self.usage.taken(index), self.subject
        )

    def worth(self, prices: Prices) -> Int:
        """Return what a copy is worth with each plan, shape (n,).

        Raises
        ------
        GridTooFineError
            If a priced plan passes `PRICED_LIMIT`.
        """
        usage = priced_usage(self.usage, prices, self.subject)
        size = usage.astype(np.float64) + self.value.astype(np.float64) * prices.value
        check_priced_size(size + self.cost.astype(np.float64) * prices.cost, self.subject)
        return np.asarray(prices.value * self.value - prices.cost * self.cost - usage)


class PricedPlans(Protocol):
    """The plans of a batch of groups at one leaf's prices."""

    @property
    def worth(self) -> Int:
        """Worth of each group's best plan, shape (groups of the batch,); 0 for a group without plans."""
        ...

    def within(self, most_lost: int) -> PricedPairs:
        """Return the pairs, by group, that lose no more than some amount against what is best for their group.

        Pairs that others of the group replace may be left out.

        Parameters
        ----------
        most_lost : int
            Numerator; what is best may be to stay out.
        """
        ...

    def best_worth(self, group: Int, start: Int, plans: Int) -> Int:
        """Return the worth of the best plan of each of some choices of plans.

        Parameters
        ----------
        group : (n,) int64
            Group that each choice is for; a group may have several.
        start : (n,) int64
            Choice i is ``plans[start[i] : start[i + 1]]``; none is empty.
        plans : (m,) int64

        Raises
        ------
        GridTooFineError
            If a priced plan passes `PRICED_LIMIT`.
        """
        ...


class PlanBatch(Protocol):
    """Some groups and their listed plans, held in memory together."""

    @property
    def groups(self) -> Int:
        """Indices of the groups, ascending."""
        ...

    @property
    def count(self) -> Int:
        """Copies of each group."""
        ...

    @property
    def must(self) -> Bool:
        """Groups whose copies may not stay out."""
        ...

    @property
    def hopeless(self) -> Bool:
        """Groups whose copies may not stay out although they have no plan."""
        ...

    @property
    def objective_step(self) -> int:
        """A common divisor of the plans' coefficients in the objective; 0 if all of them are 0."""
        ...

    def plans_of(self, group: int) -> Int:
        """Plans of the group."""
        ...

    def choices(self, plans: Int, position: int) -> Int:
        """What each of some plans chooses at a `Statement`'s position."""
        ...

    def priced(self, prices: Prices) -> PricedPlans:
        """Price all plans of the batch.

        Raises
        ------
        GridTooFineError
            If a priced plan passes `PRICED_LIMIT`.
        """
        ...


class PlanPricer(Protocol):
    """A problem as certificates see it: groups with plans, coupling rows, supplies."""

    @property
    def sha256(self) -> str:
        """Content hash of the problem."""
        ...

    @property
    def rows(self) -> Rows:
        """Coupling rows."""
        ...

    @property
    def supplies(self) -> Supplies:
        """Supply variables."""
        ...

    @property
    def supply_price(self) -> Int:
        """What a unit of each supply costs, shape (supplies,); 0 under "goodput"."""
        ...

    @property
    def floor(self) -> int:
        """Goodput floor; 0 under "goodput"."""
        ...

    @property
    def group_index(self) -> Mapping[str, int]:
        """Index of each group by its name."""
        ...

    @property
    def group_count(self) -> Int:
        """Copies of each group, shape (groups,)."""
        ...

    def statement(self, decision: OptionDecision | PlanDecision) -> Statement | Violation:
        """Translate the names of a decision to indices, or say what is wrong with them."""
        ...

    def batches(self) -> Iterator[PlanBatch]:
        """List the plans of all groups, one batch after the other, every group in one batch."""
        ...


def priced_usage(usage: Sparse, prices: Prices, subject: str) -> Int:
    """Return price x usage summed over each row of `usage`, exactly.

    Parameters
    ----------
    usage : Sparse
        n plans' usage of the coupling rows, none negative.
    prices : Prices
    subject : str
        Whose usage it is, for the error.

    Returns
    -------
    (n,) int64

    Raises
    ------
    GridTooFineError
        If a sum passes `PRICED_LIMIT`.
    """
    price = prices.row[usage.column]
    # No sum passes that of as many of the largest terms as the longest row has; near the limit all are summed up.
    most = float(usage.amount.max(initial=0)) * float(price.max(initial=0)) * float(np.diff(usage.start).max(initial=0))
    if most > PRICED_LIMIT:
        weight = usage.amount.astype(np.float64) * price.astype(np.float64)
        approximate = np.bincount(usage.row_of_entry, weights=weight, minlength=len(usage)).astype(np.float64)
        check_priced_size(approximate, subject)
    # The running total may wrap around; its differences are right modulo 2^64, and they fit 2^62.
    running = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(usage.amount * price)])
    return running[usage.start[1:]] - running[usage.start[:-1]]


def check_priced_size(approximate: npt.NDArray[np.float64], subject: str) -> None:
    """Refuse sizes, summed in floating point from non-negative terms, beyond `PRICED_LIMIT`.

    Their relative error is far below the factor of two between the limit and what int64 holds.
    """
    if approximate.max(initial=0.0) > PRICED_LIMIT:
        raise GridTooFineError(subject)


def copy_violation(copy: object, count: int, subject: str) -> Violation | None:
    """Return the violation if `copy` is not one of the numbers 1 to `count`."""
    if is_integer(copy) and 1 <= copy <= count:  # type: ignore[operator]
        return None
    return Violation("certificate_copy", subject, f"has no copy {copy!r}; its copies are 1 to {count}")


def is_integer(value: object) -> bool:
    """Return whether `value` is a whole number and not a bool."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)
