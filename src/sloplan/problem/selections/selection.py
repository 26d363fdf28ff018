"""The planning problem with its plans listed: the explicit form, for instances and published benchmarks alike.

Choose at most one plan for every copy of every group (exactly one where the group must), and amounts of the
supplies, so that every row holds:

    sum of usage of the chosen plans <= capacity + sum over supplies of brought x amount

and the value is greatest ("goodput"), or the cost of plans and supplies least while the value reaches the
goodput floor ("cost"). Everything is int64; decimals have been scaled exactly.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from sloplan.problem.compiled import Bool, Int, Rows, Sparse, Supplies, Text
from sloplan.problem.compiling.read_only import make_read_only

if TYPE_CHECKING:
    from sloplan.problem.instance import Instance


@dataclass(frozen=True)
class Groups:
    """Groups of plans, in the given order.

    Parameters
    ----------
    name : (groups,) str
    count : (groups,) int64
        Identical copies, each of which takes a plan of its own.
    must : (groups,) bool
        Every copy has to take a plan; otherwise it may stay out.
    """

    name: Text
    count: Int
    must: Bool

    def __len__(self) -> int:
        return len(self.name)


@dataclass(frozen=True)
class Plans:
    """Plans, listed group by group.

    Parameters
    ----------
    name : (plans,) str
        Unique within the group.
    group : (plans,) int64
        Group index, ascending.
    value, cost : (plans,) int64
        Of one copy, in units of 1 / value_scale and 1 / cost_scale; at least 0.
    usage : Sparse
        Per plan: usage of one copy on the rows, at least 0.
    """

    name: Text
    group: Int
    value: Int
    cost: Int
    usage: Sparse

    def __len__(self) -> int:
        return len(self.group)


@dataclass(frozen=True)
class ScaledRows(Rows):
    """Coupling rows whose capacity, usage and brought capacity are in units of 1 / scale.

    Parameters
    ----------
    scale : (rows,) int64
        Power of ten that the decimals of the row were multiplied by.
    """

    scale: Int


@dataclass(frozen=True)
class PricedSupplies(Supplies):
    """Supply variables with the price of one unit, in units of 1 / cost_scale.

    Parameters
    ----------
    price : (supplies,) int64
        At least 0; counts under the objective "cost" only.
    """

    price: Int


@dataclass(frozen=True)
class PlanSelection:
    """A plan selection problem.

    Parameters
    ----------
    name : str
        Display name; part of the content hash, as an instance's is.
    objective : str
        "goodput" (greatest value) or "cost" (least cost).
    goodput_floor : int or None
        Least value under "cost", in units of 1 / value_scale.
    value_scale, cost_scale : int
        Powers of ten that values and costs were multiplied by.
    groups : Groups
    plans : Plans
    rows : ScaledRows
    supplies : PricedSupplies

    Raises
    ------
    InputError
        If the figures do not form a problem; the message names the place.
    SizeLimitError
        If worst-case sums pass int64.
    """

    name: str
    objective: str
    goodput_floor: int | None
    value_scale: int
    cost_scale: int
    groups: Groups
    plans: Plans
    rows: ScaledRows
    supplies: PricedSupplies

    def __post_init__(self) -> None:
        from sloplan.problem.selections.validation import validate_selection

        validate_selection(self)
        make_read_only(self)

    @classmethod
    def from_numbers(
        cls,
        *,
        group: npt.ArrayLike,
        value: npt.ArrayLike,
        usage: Any,
        capacity: npt.ArrayLike,
        cost: npt.ArrayLike | None = None,
        count: npt.ArrayLike | None = None,
        must: npt.ArrayLike | None = None,
        maximum: npt.ArrayLike = (),
        price: npt.ArrayLike | None = None,
        brought: Any = None,
        group_name: npt.ArrayLike | None = None,
        plan_name: npt.ArrayLike | None = None,
        row_name: npt.ArrayLike | None = None,
        supply_name: npt.ArrayLike | None = None,
        objective: str = "goodput",
        goodput_floor: float | None = None,
        name: str = "selection",
    ) -> PlanSelection:
        """Build a plan selection from numbers; decimals are scaled exactly by powers of ten.

        Every float stands for its shortest decimal (2.1 is 21/10). One power of ten is used for all values
        and the goodput floor, one for all costs and prices, and one for each row.

        Parameters
        ----------
        group : (plans,) int
            Group index of each plan, in any order: plans are sorted by group, stably.
        value : (plans,) float or int
        usage : (plans, rows) float or int
            Array or scipy sparse matrix.
        capacity : (rows,) float or int
        cost : (plans,) float or int, optional
            Default 0.
        count : (groups,) int, optional
            Default 1.
        must : (groups,) bool, optional
            Default False.
        maximum : (supplies,) int, optional
        price : (supplies,) float or int, optional
            Default 0.
        brought : (supplies, rows) float or int, optional
            Signed; array or scipy sparse matrix.
        group_name, row_name, supply_name : sequences of str, optional
            Default "0", "1", ...
        plan_name : (plans,) str, optional
            Default "0", "1", ... within each group.
        objective : str
            "goodput" or "cost".
        goodput_floor : float or int, optional
        name : str

        Raises
        ------
        InputError
            If a figure is unusable.
        SizeLimitError
            If a scaled figure or a worst-case sum passes int64.

        Examples
        --------
        >>> selection = PlanSelection.from_numbers(group=[0, 0], value=[1.5, 2], usage=[[0.25], [1]], capacity=[1])
        >>> selection.plans.value.tolist(), selection.value_scale
        ([15, 20], 10)
        """
        from sloplan.problem.selections.numbers import SelectionNumbers

        numbers = SelectionNumbers(
            group=group, value=value, usage=usage, capacity=capacity, cost=cost, count=count, must=must,
            maximum=maximum, price=price, brought=brought, group_name=group_name, plan_name=plan_name,
            row_name=row_name, supply_name=supply_name, objective=objective, goodput_floor=goodput_floor, name=name,
        )  # fmt: skip
        return numbers.selection()

    @classmethod
    def from_instance(
        cls,
        instance: Instance,
        objective: str = "goodput",
        min_goodput: float = 1.0,
        *,
        limit: int | None = None,
    ) -> PlanSelection:
        """List the plans of an instance: a group per query, its feasible plans, the rows and the supplies.

        A query's plans are those that meet its SLOs, placement, compatibility, routes and its own machines and
        links; fitting in shared capacity is what the rows say. Values are in thousandths, as compiled. Under
        "goodput" costs are 0; under "cost" a plan costs its busy time on usage pools and its traffic, supplies
        include the rented units of reserved pools ("unit:P"), and all costs are in 10^-12 USD/s. A plan is
        named by its options in the topological order of the operators: "pool/operator/configuration/allocation"
        joined by ";". `solution_of_instance` reads chosen plans back.

        Parameters
        ----------
        instance : Instance
        objective : str
            "goodput" or "cost". The stages of "goodput-then-cost" are ``replace(selection, objective="goodput",
            goodput_floor=None)`` and ``replace(selection, goodput_floor=value)`` of one made for "cost", by
            `dataclasses.replace`.
        min_goodput : float
            Fraction of the servable value that "cost" has to reach, 0 to 1.
        limit : int, optional
            Largest number of plans over all queries, default `from_instance.LISTED_LIMIT`.

        Raises
        ------
        InputError
            If there is no such objective, or `min_goodput` is not a number from 0 to 1.
        SizeLimitError
            If there are more plans, or more partial plans of one template than `plan_table.PLAN_LIMIT`, or if
            worst-case sums pass int64.
        """
        from sloplan.problem.selections.from_instance import LISTED_LIMIT, list_plans_of

        return list_plans_of(instance, objective, min_goodput, LISTED_LIMIT if limit is None else limit)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> PlanSelection:
        """Read a plan selection file.

        Raises
        ------
        InputError
            If the file cannot be read or does not hold a plan selection.
        """
        from sloplan.problem.storage.selection_files import load_selection

        return load_selection(path)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the file that `load` reads; an existing file is replaced only when the new one is complete."""
        from sloplan.problem.storage.selection_files import save_selection

        save_selection(self, path)

    @cached_property
    def sha256(self) -> str:
        """Content hash, 64 hexadecimal digits, the same on every platform."""
        from sloplan.problem.storage.selection_files import content_sha256

        return content_sha256(self)

    @cached_property
    def plan_start(self) -> Int:
        """Group g has the plans ``plan_start[g]:plan_start[g + 1]``; shape (groups + 1,)."""
        start = np.searchsorted(self.plans.group, np.arange(len(self.groups) + 1)).astype(np.int64)
        start.setflags(write=False)  # kept, like the plans themselves
        return start

    def plans_of(self, group: int) -> slice:
        """Return the plans of a group as a slice."""
        return slice(int(self.plan_start[group]), int(self.plan_start[group + 1]))
