"""From a user's numbers to the integers of a `PlanSelection`: decimals scaled exactly by powers of ten."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sloplan.problem.compiled import INT64_MAX, Bool, Int, Sparse, Text
from sloplan.problem.compiling.decimals import Decimals, shortest_decimals
from sloplan.problem.errors import InputError, SizeLimitError
from sloplan.problem.selections.selection import Groups, Plans, PlanSelection, PricedSupplies, ScaledRows
from sloplan.problem.validation.floats import same_decimals

_LARGEST_POWER = 18  # 10^18 is the largest power of ten in int64


@dataclass(frozen=True)
class SelectionNumbers:
    """The arguments of `PlanSelection.from_numbers`, documented there."""

    group: npt.ArrayLike
    value: npt.ArrayLike
    usage: Any
    capacity: npt.ArrayLike
    cost: npt.ArrayLike | None
    count: npt.ArrayLike | None
    must: npt.ArrayLike | None
    maximum: npt.ArrayLike
    price: npt.ArrayLike | None
    brought: Any
    group_name: npt.ArrayLike | None
    plan_name: npt.ArrayLike | None
    row_name: npt.ArrayLike | None
    supply_name: npt.ArrayLike | None
    objective: str
    goodput_floor: float | None
    name: str

    def selection(self) -> PlanSelection:
        """Return the plan selection."""
        group = _whole("group", self.group)
        self._refuse_gaps(group)
        order = np.argsort(group, kind="stable")
        group = group[order]
        group_count = self._group_count(group)
        maximum = _whole("maximum", self.maximum)

        floor = [] if self.goodput_floor is None else [self.goodput_floor]
        value, floor_value, value_scale = _scaled_together(
            ("value", self.value, len(group)), ("goodput_floor", floor, len(floor))
        )
        cost, price, cost_scale = _scaled_together(
            ("cost", _default(self.cost, 0, len(group)), len(group)),
            ("price", _default(self.price, 0, len(maximum)), len(maximum)),
        )
        capacity = _decimals("capacity", self.capacity)
        rows = len(capacity.mantissa)
        usage = _Entries.read("usage", self.usage, len(group), rows)
        brought = _Entries.read("brought", self.brought, len(maximum), rows)
        power = _row_powers(rows, capacity, usage, brought)
        return PlanSelection(
            name=self.name,
            objective=self.objective,
            goodput_floor=int(floor_value[0]) if len(floor_value) else None,
            value_scale=value_scale,
            cost_scale=cost_scale,
            groups=Groups(
                name=_names(self.group_name, group_count),
                count=_whole("count", _default(self.count, 1, group_count)),
                must=_flags("must", _default(self.must, False, group_count)),
            ),
            plans=Plans(
                name=self._plan_names(group, order),
                group=group,
                value=value[order],
                cost=cost[order],
                usage=usage.scaled(power, order),
            ),
            rows=ScaledRows(
                name=_names(self.row_name, rows),
                capacity=_scaled("capacity", capacity, power),
                scale=10**power,
            ),
            supplies=PricedSupplies(
                name=_names(self.supply_name, len(maximum)),
                maximum=maximum,
                brought=brought.scaled(power, np.arange(len(maximum))),
                price=price,
            ),
        )

    def _refuse_gaps(self, group: Int) -> None:
        """Where nothing else states the groups, each has a plan: a stray index does not make millions of them."""
        listed = np.unique(group)
        if self._stated_groups() is None and len(listed) and listed[-1] != len(listed) - 1:
            left_out = int(np.argmin(listed == np.arange(len(listed))))
            raise InputError(
                "group index out of order",
                field="group",
                value=int(listed[left_out]),
                allowed="0, 1, 2, ... without gaps",
                advice="number the groups without gaps, or state all of them in count or group_name",
            )

    def _stated_groups(self) -> int | None:
        """Number of groups as counts, names or flags state it."""
        for field in ("group_name", "count", "must"):
            if getattr(self, field) is not None:
                return len(np.atleast_1d(_array(field, getattr(self, field))))
        return None

    def _group_count(self, group: Int) -> int:
        stated = self._stated_groups()
        return int(group.max(initial=-1)) + 1 if stated is None else stated

    def _plan_names(self, group: Int, order: Int) -> Text:
        if self.plan_name is not None:
            names = _names(self.plan_name, len(group))
            if len(names) != len(group):
                raise InputError("not one name per plan", field="plan_name", value=len(names), allowed=str(len(group)))
            return names[order]
        first = np.searchsorted(group, group)
        return (np.arange(len(group)) - first).astype(str).astype(object)


@dataclass(frozen=True)
class _Entries:
    """Non-zero entries of a matrix with decimals; `owner` is a plan or a supply."""

    field: str
    owners: int
    owner: Int
    row: Int
    amount: Decimals

    @classmethod
    def read(cls, field: str, matrix: Any, owners: int, rows: int) -> _Entries:
        """Read a dense or scipy sparse matrix of shape (owners, rows); None is all zero."""
        if matrix is None:
            none = np.zeros(0, dtype=np.int64)
            return cls(field, owners, none, none, Decimals(none, none))
        if hasattr(matrix, "tocoo"):
            coordinates = matrix.tocsr().tocoo()  # adds up entries that are stored twice
            shape, owner, row, amount = coordinates.shape, coordinates.row, coordinates.col, coordinates.data
        else:
            dense = _array(field, matrix)
            dense = dense.reshape(owners, rows) if dense.size == 0 and owners * rows == 0 else dense
            shape = dense.shape
            owner, row = np.nonzero(dense) if dense.ndim == 2 else (np.zeros(0, int), np.zeros(0, int))
            amount = dense[owner, row] if dense.ndim == 2 else dense
        if shape != (owners, rows):
            raise InputError("matrix of another shape", field=field, value=shape, allowed=f"({owners}, {rows})")
        return cls(field, owners, owner.astype(np.int64), row.astype(np.int64), _decimals(field, amount))

    def scaled(self, power: Int, order: Int) -> Sparse:
        """Return the owners in `order` with their entries in units of 1 / 10^power of each row."""
        amount = _scaled(self.field, self.amount, power[self.row])
        place = np.empty(self.owners, dtype=np.int64)
        place[order] = np.arange(self.owners)
        owner = place[self.owner]
        kept = np.flatnonzero(amount)
        kept = kept[np.lexsort((self.row[kept], owner[kept]))]
        start = np.concatenate([[0], np.cumsum(np.bincount(owner[kept], minlength=self.owners))])
        return Sparse(start.astype(np.int64), self.row[kept], amount[kept])


def _default(given: Any, value: Any, size: int) -> Any:
    return np.full(size, value) if given is None else given


def _names(given: npt.ArrayLike | None, size: int) -> Text:
    if given is None:
        return np.arange(size).astype(str).astype(object)
    return np.asarray(given, dtype=object)


def _array(field: str, values: Any) -> npt.NDArray[Any]:
    try:
        return np.asarray(values)
    except ValueError as error:  # numpy's word for nested lists of different length
        raise InputError("ragged lists", field=field, allowed="lists of equal length") from error


def _whole(field: str, values: npt.ArrayLike) -> Int:
    array = _array(field, values)
    if array.size == 0:
        return np.zeros(0, dtype=np.int64)
    _require_list(field, array, "iu", "whole numbers", "integers")
    return _int64(field, array)


def _flags(field: str, values: npt.ArrayLike) -> Bool:
    array = _array(field, values)
    if array.size == 0:
        return np.zeros(0, dtype=np.bool_)
    _require_list(field, array, "b", "flags", "True or False")
    return array


def _require_list(field: str, array: npt.NDArray[Any], kinds: str, what: str, allowed: str) -> None:
    if array.ndim != 1 or array.dtype.kind not in kinds:
        shown = f"{array.ndim}-dimensional, {array.dtype}"
        raise InputError(f"not a list of {what}", field=field, value=shown, allowed=allowed)


def _int64(field: str, array: npt.NDArray[Any]) -> Int:
    if array.dtype.kind == "u" and (too_large := array > INT64_MAX).any():
        row = int(too_large.argmax())
        allowed = "integers below 2^63"
        raise InputError("number too large", row=row + 1, field=field, value=int(array[row]), allowed=allowed)
    return array.astype(np.int64)


def _decimals(field: str, values: npt.ArrayLike) -> Decimals:
    """Return the shortest decimals of numbers; integers are taken as they are."""
    array = _array(field, values)
    if array.size == 0:
        none = np.zeros(0, dtype=np.int64)
        return Decimals(none, none)
    _require_list(field, array, "iu" if array.dtype.itemsize > 8 else "iuf", "numbers", "integers or 64-bit floats")
    if array.dtype.kind != "f":
        return Decimals(_int64(field, array), np.zeros(len(array), dtype=np.int64))
    bad = ~np.isfinite(array)
    if bad.any():
        row = int(bad.argmax())
        raise InputError(
            "not a finite number", row=row + 1, field=field, value=float(array[row]), allowed="finite numbers"
        )
    return shortest_decimals(same_decimals(array))


def _power(decimals: Decimals) -> Int:
    """Power of ten that makes each decimal whole, at least 0; shape (n,)."""
    return np.where(decimals.mantissa == 0, 0, np.maximum(decimals.exponent, 0))


def _scaled_together(first: tuple[str, Any, int], second: tuple[str, Any, int]) -> tuple[Int, Int, int]:
    """Scale two columns by one power of ten; return both and the scale."""
    read = []
    for field, values, size in (first, second):
        decimals = _decimals(field, values)
        if len(decimals.mantissa) != size:
            raise InputError("wrong number of figures", field=field, value=len(decimals.mantissa), allowed=str(size))
        read.append((field, decimals))
    power = max(int(_power(decimals).max(initial=0)) for _, decimals in read)
    columns = [_scaled(field, decimals, np.full(len(decimals.mantissa), power)) for field, decimals in read]
    return columns[0], columns[1], 10**power


def _row_powers(rows: int, capacity: Decimals, usage: _Entries, brought: _Entries) -> Int:
    """Power of ten per row that makes its capacity, usage and brought capacity whole."""
    power = np.zeros(rows, dtype=np.int64)
    np.maximum(power, _power(capacity), out=power)
    for entries in (usage, brought):
        np.maximum.at(power, entries.row, _power(entries.amount))
    return power


def _scaled(field: str, decimals: Decimals, power: Int) -> Int:
    """Return decimals x 10^power, whole numbers."""
    lift = np.where(decimals.mantissa == 0, 0, power - decimals.exponent)
    lifted = 10.0 ** np.minimum(lift, _LARGEST_POWER + 1).astype(np.float64)  # beyond it, refused anyway
    size = np.abs(decimals.mantissa.astype(np.float64)) * lifted
    too_large = (size >= 2.0**62) | (lift > _LARGEST_POWER) | (power > _LARGEST_POWER)
    if too_large.any():
        row = int(too_large.argmax())
        raise SizeLimitError(
            f"{field}, row {row + 1}: {decimals.mantissa[row]}e{-decimals.exponent[row]} scaled by 10^{power[row]} so "
            "that all decimals it is added to become whole passes 2^62; next: fewer decimals or a larger unit"
        )
    return decimals.mantissa * 10**lift
