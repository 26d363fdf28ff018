"""The file of a `PlanSelection`: one JSON object with tables stored by column, and its content hash."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any, Final

import numpy as np

from sloplan.problem.compiled import Int, Sparse
from sloplan.problem.errors import InputError
from sloplan.problem.selections.selection import Groups, Plans, PlanSelection, PricedSupplies, ScaledRows
from sloplan.problem.storage.json_tables import (
    Columns,
    read_field,
    read_json_object,
    read_json_table,
    write_json_object,
)
from sloplan.problem.validation.naming import warn_unknown

SELECTION_FORMAT_VERSION: Final = 1
SELECTION_KIND: Final = "plan-selection"

_DOMAIN: Final = "sloplan plan selection content 1"

_FIELDS: Final = ("format_version", "kind", "name", "objective", "value_scale", "cost_scale", "goodput_floor")
_TABLES: Final[dict[str, Columns]] = {
    "groups": {"group": str, "count": int, "must": bool},
    "plans": {"group": int, "plan": str, "value": int, "cost": int},
    "usage": {"plan": int, "row": int, "amount": int},
    "rows": {"row": str, "capacity": int, "scale": int},
    "supply": {"supply": str, "price": int, "maximum": int},
    "brought": {"supply": int, "row": int, "amount": int},
}
"""Columns that hold "group", "plan", "row" or "supply" as int are positions in those tables, from 0."""


def save_selection(selection: PlanSelection, path: str | os.PathLike[str]) -> None:
    """Write a plan selection file.

    Parameters
    ----------
    selection : PlanSelection
    path : path
    """
    content: dict[str, Any] = {
        "format_version": SELECTION_FORMAT_VERSION,
        "kind": SELECTION_KIND,
        "name": selection.name,
        "objective": selection.objective,
        "value_scale": selection.value_scale,
        "cost_scale": selection.cost_scale,
    }
    if selection.goodput_floor is not None:
        content["goodput_floor"] = selection.goodput_floor
    for table, columns in _columns(selection).items():
        content[table] = {name: values.tolist() for name, values in columns.items()}
    write_json_object(path, content)


def load_selection(path: str | os.PathLike[str]) -> PlanSelection:
    """Read a plan selection file.

    Parameters
    ----------
    path : path

    Raises
    ------
    InputError
        If the file cannot be read or does not hold a plan selection.

    Warns
    -----
    UserWarning
        Unknown fields and columns; they are ignored.
    """
    file = Path(path).name
    content = read_json_object(path, SELECTION_FORMAT_VERSION)
    if content.get("kind") != SELECTION_KIND:
        if "instance_sha256" in content:
            raise InputError(
                "a solution file, where an instance is wanted",
                file=file,
                allowed="a library name, a family spec, an instance's folder or zip, a plan selection's file",
                advice="name the instance first, then the solution",
            )
        raise InputError(
            "neither an instance nor a plan selection",
            file=file,
            field="kind",
            value=content.get("kind"),
            allowed=SELECTION_KIND,
            advice="name an instance's folder or zip",
        )
    warn_unknown(file, "fields", content, (*_FIELDS, *_TABLES))
    try:
        return _read_selection(content, file)
    except InputError as error:
        if error.file == file:
            raise
        # The problem's own rules name the table; its reader wants the file's name as well.
        field = ".".join(part for part in (error.file, error.field) if part)
        raise InputError(
            error.problem,
            file=file,
            row=error.row,
            field=field,
            value=error.value,
            allowed=error.allowed,
            advice=error.advice,
        ) from None


def _read_selection(content: dict[str, Any], file: str) -> PlanSelection:
    tables = {table: read_json_table(content, table, columns, file) for table, columns in _TABLES.items()}
    groups, plans, rows, supply = (tables[name] for name in ("groups", "plans", "rows", "supply"))
    floor = read_field(content, "goodput_floor", int, file) if "goodput_floor" in content else None
    return PlanSelection(
        name=read_field(content, "name", str, file),
        objective=read_field(content, "objective", str, file),
        goodput_floor=floor,
        value_scale=read_field(content, "value_scale", int, file),
        cost_scale=read_field(content, "cost_scale", int, file),
        groups=Groups(_text(groups["group"]), _int(groups["count"]), np.array(groups["must"], dtype=np.bool_)),
        plans=Plans(
            name=_text(plans["plan"]),
            group=_int(plans["group"]),
            value=_int(plans["value"]),
            cost=_int(plans["cost"]),
            usage=_entries(tables["usage"], "usage", "plan", (len(plans["plan"]), len(rows["row"])), file),
        ),
        rows=ScaledRows(_text(rows["row"]), _int(rows["capacity"]), _int(rows["scale"])),
        supplies=PricedSupplies(
            name=_text(supply["supply"]),
            maximum=_int(supply["maximum"]),
            brought=_entries(tables["brought"], "brought", "supply", (len(supply["supply"]), len(rows["row"])), file),
            price=_int(supply["price"]),
        ),
    )


def content_sha256(selection: PlanSelection) -> str:
    """Return the sha256 of everything that the file holds, as 64 hexadecimal digits.

    Figures enter as little-endian 8-byte integers, text as UTF-8 joined by a character that no name may
    hold, and every part is preceded by its length.

    Parameters
    ----------
    selection : PlanSelection
    """
    digest = hashlib.sha256()

    def add(part: bytes) -> None:
        digest.update(len(part).to_bytes(8, "little"))
        digest.update(part)

    labels = (
        selection.name,
        selection.objective,
        str(selection.goodput_floor),
        str(selection.value_scale),
        str(selection.cost_scale),
    )
    for label in (_DOMAIN, *labels):
        add(label.encode())
    for table, columns in _columns(selection).items():
        for name, values in columns.items():
            add(f"{table}.{name} {len(values)}".encode())
            is_text = _TABLES[table][name] is str
            add("\x00".join(values).encode() if is_text else values.astype("<i8").tobytes())
    return digest.hexdigest()


def _columns(selection: PlanSelection) -> dict[str, dict[str, Any]]:
    """The tables of the file as arrays."""
    groups, plans, rows, supplies = selection.groups, selection.plans, selection.rows, selection.supplies
    usage, brought = plans.usage, supplies.brought
    return {
        "groups": {"group": groups.name, "count": groups.count, "must": groups.must},
        "plans": {"group": plans.group, "plan": plans.name, "value": plans.value, "cost": plans.cost},
        "usage": {"plan": usage.row_of_entry, "row": usage.column, "amount": usage.amount},
        "rows": {"row": rows.name, "capacity": rows.capacity, "scale": rows.scale},
        "supply": {"supply": supplies.name, "price": supplies.price, "maximum": supplies.maximum},
        "brought": {"supply": brought.row_of_entry, "row": brought.column, "amount": brought.amount},
    }


def _int(values: list[int]) -> Int:
    return np.array(values, dtype=np.int64)


def _text(values: list[str]) -> Any:
    return np.array(values, dtype=object)


def _entries(table: dict[str, list[int]], name: str, owner: str, shape: tuple[int, int], file: str) -> Sparse:
    """Sparse rows of a matrix from its entries in any order."""
    index, row, amount = _int(table[owner]), _int(table["row"]), _int(table["amount"])
    for field, positions, size in ((owner, index, shape[0]), ("row", row, shape[1])):
        outside = (positions < 0) | (positions >= size)
        if outside.any():
            at = int(outside.argmax())
            raise InputError(
                "refers to nothing",
                file=file,
                row=at + 1,
                field=f"{name}.{field}",
                value=int(positions[at]),
                allowed=f"0 to {size - 1}" if size else "no entries",
            )
    order = np.lexsort((row, index))
    start = np.concatenate([[0], np.cumsum(np.bincount(index, minlength=shape[0]))]).astype(np.int64)
    return Sparse(start, row[order], amount[order])
