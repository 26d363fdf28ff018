"""What makes the figures of a `PlanSelection` a problem; the first fault is one clear error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from sloplan.problem.compiled import INT64_MAX, Bool, Int, Sparse, Text
from sloplan.problem.errors import InputError, SizeLimitError
from sloplan.problem.objective import refuse_several_stages
from sloplan.problem.selections.selection import PlanSelection
from sloplan.problem.validation.naming import LINE_RULE, is_line

_POWERS_OF_TEN = np.array([10**k for k in range(19)], dtype=np.int64)


_COLUMN_TYPES: Final[dict[str, dict[str, type]]] = {
    "groups": {"name": np.object_, "count": np.int64, "must": np.bool_},
    "plans": {"name": np.object_, "group": np.int64, "value": np.int64, "cost": np.int64},
    "usage": {"start": np.int64, "column": np.int64, "amount": np.int64},
    "rows": {"name": np.object_, "capacity": np.int64, "scale": np.int64},
    "supply": {"name": np.object_, "price": np.int64, "maximum": np.int64},
    "brought": {"start": np.int64, "column": np.int64, "amount": np.int64},
}


def validate_selection(selection: PlanSelection) -> None:
    """Check every figure of a plan selection.

    Parameters
    ----------
    selection : PlanSelection

    Raises
    ------
    InputError
        Names table, row (from 1), field and value of the first fault.
    SizeLimitError
        If a worst-case sum passes int64.
    """
    groups, plans, rows, supplies = selection.groups, selection.plans, selection.rows, selection.supplies
    tables = (groups, plans, plans.usage, rows, supplies, supplies.brought)
    for (table, types), columns in zip(_COLUMN_TYPES.items(), tables, strict=True):
        _validate_types(table, types, columns)
    _validate_objective(selection)
    _same_length("groups", name=groups.name, count=groups.count, must=groups.must)
    _same_length("plans", name=plans.name, group=plans.group, value=plans.value, cost=plans.cost)
    _same_length("rows", name=rows.name, capacity=rows.capacity, scale=rows.scale)
    _same_length("supply", name=supplies.name, price=supplies.price, maximum=supplies.maximum)

    _at_least("groups", "count", groups.count, 1)
    _within("plans", "group", plans.group, len(groups))
    unsorted = np.concatenate([[False], np.diff(plans.group) < 0])
    _refuse("plans", "group", unsorted, plans.group, "plans are not listed group by group", "ascending group indices")
    _at_least("plans", "value", plans.value, 0)
    _at_least("plans", "cost", plans.cost, 0)
    _at_least("rows", "capacity", rows.capacity, 0)
    _powers_of_ten("rows", "scale", rows.scale)
    _at_least("supply", "price", supplies.price, 0)
    _at_least("supply", "maximum", supplies.maximum, 0)
    _validate_entries("usage", "plan", plans.usage, len(plans), len(rows))
    _at_least("usage", "amount", plans.usage.amount, 0)
    _validate_entries("brought", "supply", supplies.brought, len(supplies), len(rows))

    _validate_names("groups", "group", groups.name)
    _validate_names("rows", "row", rows.name)
    _validate_names("supply", "supply", supplies.name)
    _validate_names("plans", "plan", plans.name, within=plans.group)
    _validate_sizes(selection)


def _validate_objective(selection: PlanSelection) -> None:
    objective, floor = selection.objective, selection.goodput_floor
    for field in ("goodput_floor", "value_scale", "cost_scale"):
        figure = getattr(selection, field)
        if type(figure) is not int and not (field == "goodput_floor" and figure is None):
            raise InputError("not a whole number", field=field, value=figure, allowed="an int")
    refuse_several_stages(objective)
    if floor is not None and objective != "cost":
        raise InputError(
            "a goodput floor without the objective cost", field="goodput_floor", value=floor, allowed="none"
        )
    if floor is not None and not 0 <= floor <= INT64_MAX:
        raise InputError("unusable figure", field="goodput_floor", value=floor, allowed="0 to 2^63 - 1")
    _powers_of_ten("selection", "value_scale", np.array([selection.value_scale]))
    _powers_of_ten("selection", "cost_scale", np.array([selection.cost_scale]))
    if not isinstance(selection.name, str) or not is_line(selection.name) or not selection.name:
        raise InputError("unusable name", field="name", value=selection.name, allowed=LINE_RULE)


def _validate_types(table: str, types: Mapping[str, type], columns: Any) -> None:
    """The figures of a problem that is put together by hand are arrays of the documented types too."""
    for field, kind in types.items():
        column = getattr(columns, field, None)
        found = column.dtype if isinstance(column, np.ndarray) else type(column).__name__
        if found != kind:
            allowed = f"an array of {np.dtype(kind)}; PlanSelection.from_numbers takes any numbers"
            raise InputError("column of another type", file=table, field=field, value=str(found), allowed=allowed)


def _same_length(table: str, **columns: npt.NDArray[Any]) -> None:
    lengths = {name: np.shape(column) for name, column in columns.items()}
    if len(set(lengths.values())) > 1 or any(len(shape) != 1 for shape in lengths.values()):
        shown = ", ".join(f"{name}: {'x'.join(map(str, shape)) or 'no list'}" for name, shape in lengths.items())
        raise InputError("columns of different length", file=table, value=shown, allowed="lists of equal length")


def _refuse(table: str, field: str, bad: Bool, values: npt.NDArray[Any], problem: str, allowed: str) -> None:
    if bad.any():
        row = int(bad.argmax())
        value = values[row]
        shown = value.item() if isinstance(value, np.generic) else value
        raise InputError(problem, file=table, row=row + 1, field=field, value=shown, allowed=allowed)


def _at_least(table: str, field: str, values: Int, least: int) -> None:
    problem = "negative figure" if least == 0 else "figure too small"
    _refuse(table, field, values < least, values, problem, f"at least {least}")


def _within(table: str, field: str, index: Int, size: int) -> None:
    allowed = f"0 to {size - 1}" if size else "none, for there is nothing to refer to"
    _refuse(table, field, (index < 0) | (index >= size), index, "refers to nothing", allowed)


def _powers_of_ten(table: str, field: str, values: npt.NDArray[Any]) -> None:
    _refuse(table, field, ~np.isin(values, _POWERS_OF_TEN), values, "not a scale", "1, 10, 100, ... up to 10^18")


def _validate_entries(table: str, owner: str, entries: Sparse, owners: int, rows: int) -> None:
    sizes = np.diff(entries.start)
    entry_count = len(entries.column)
    if len(entries) != owners or entries.start[0] != 0 or entries.start[-1] != entry_count or np.any(sizes < 0):
        raise InputError("entries do not belong to the rows", file=table, field=owner, allowed=f"{owners} lists")
    _same_length(table, row=entries.column, amount=entries.amount)
    _within(table, "row", entries.column, rows)
    code = np.sort(entries.row_of_entry * max(rows, 1) + entries.column)
    twice = np.concatenate([[False], code[1:] == code[:-1]]) if len(code) else np.zeros(0, dtype=np.bool_)
    if twice.any():
        at, row = divmod(int(code[twice.argmax()]), max(rows, 1))
        raise InputError("entry given twice", file=table, field=f"{owner}, row", value=(at, row), allowed="one entry")


def _validate_names(table: str, field: str, names: Text, within: Int | None = None) -> None:
    is_text = np.array([isinstance(name, str) for name in names], dtype=np.bool_)
    _refuse(table, field, ~is_text, names, "not text", LINE_RULE)
    if not is_line("".join(names)) or "" in set(names):
        usable = np.array([name != "" and is_line(name) for name in names], dtype=np.bool_)
        _refuse(table, field, ~usable, names, "unusable name", LINE_RULE)
    keys = list(names) if within is None else list(zip(within.tolist(), names, strict=True))
    if len(set(keys)) < len(keys):
        seen: set[Any] = set()
        again = np.array([key in seen or bool(seen.add(key)) for key in keys], dtype=np.bool_)  # type: ignore[func-returns-value]
        _refuse(table, field, again, names, "name given twice", "different names")


def _validate_sizes(selection: PlanSelection) -> None:
    """Refuse worst cases that int64 cannot sum: every copy takes its largest plan, every supply its maximum."""
    plans, supplies = selection.plans, selection.supplies
    count = selection.groups.count.astype(np.float64)
    for field, figures in (("value", plans.value), ("cost", plans.cost)):
        most = np.zeros(len(count))
        np.maximum.at(most, plans.group, figures.astype(np.float64))
        _refuse_sum(float(most @ count), f"total {field} of the plans")
    _refuse_sum(float(supplies.price.astype(np.float64) @ supplies.maximum.astype(np.float64)), "price of all supplies")

    rows = len(selection.rows)
    group_of_entry = plans.group[plans.usage.row_of_entry]
    code, which = np.unique(group_of_entry * max(rows, 1) + plans.usage.column, return_inverse=True)
    most_used = np.zeros(len(code))
    np.maximum.at(most_used, which, plans.usage.amount.astype(np.float64))
    group, row_of_code = np.divmod(code, max(rows, 1))
    used = np.bincount(row_of_code, weights=most_used * count[group], minlength=rows)
    brought = np.bincount(
        supplies.brought.column,
        weights=np.abs(supplies.brought.amount.astype(np.float64))
        * supplies.maximum[supplies.brought.row_of_entry].astype(np.float64),
        minlength=rows,
    )
    held = brought + selection.rows.capacity.astype(np.float64)
    for row, name in enumerate(selection.rows.name):
        _refuse_sum(max(float(used[row]), float(held[row])), f"row {name!r}")


def _refuse_sum(total: float, what: str) -> None:
    if total > INT64_MAX * (1 - 1e-9):  # the sum is a float one
        raise SizeLimitError(
            f"{what}: sums up to {total:.3e} in the worst case, which 64-bit integers cannot hold; "
            f"allowed: up to {INT64_MAX:.3e}; next: fewer decimals or a larger unit"
        )
