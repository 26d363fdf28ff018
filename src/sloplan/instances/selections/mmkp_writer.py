"""A plan selection as an MMKP text file, for the solvers of that problem.

The layouts and how they are read stand in `mmkp_text`: Khan's ``n l m`` where all groups have equally many plans,
else ``n m`` with the number of items before each class. In an MMKP exactly one item of every class is chosen, so each
copy of a group becomes a class of its own, and a group that may stay out gets a last item that is worth nothing and
uses nothing. Names are not part of the format.
"""

from __future__ import annotations

import os
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from sloplan.problem.compiled import Int
from sloplan.problem.errors import SizeLimitError, UnsupportedError
from sloplan.problem.selections.selection import PlanSelection
from sloplan.problem.storage.atomic import write_bytes

COPY_LIMIT: Final = 100_000
"""Most copies that are written out as classes."""
NUMBER_LIMIT: Final = 50_000_000
"""Most numbers that a file holds."""


def write_mmkp(selection: PlanSelection, path: str | os.PathLike[str]) -> None:
    """Write an MMKP text file; see `mmkp_bytes`.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    write_bytes(path, mmkp_bytes(selection))


def mmkp_bytes(selection: PlanSelection) -> bytes:
    """Return the MMKP text of a plan selection; figures are decimals, not scaled.

    Parameters
    ----------
    selection : PlanSelection

    Raises
    ------
    UnsupportedError
        If it has supplies, the objective cost, or a group that must choose and has no plan.
    SizeLimitError
        If it has more copies than `COPY_LIMIT`, or the text would hold more numbers than `NUMBER_LIMIT`.
    """
    _refuse_inexpressible(selection)
    plan, items = _items(selection)
    width = 1 + len(selection.rows)
    total = sum(items.tolist()) * width
    if total > NUMBER_LIMIT:
        raise SizeLimitError(f"{total:,} numbers: an MMKP file is written up to {NUMBER_LIMIT:,}; next: fewer copies")
    table = np.zeros((len(plan), width), dtype=np.int64)
    listed = np.flatnonzero(plan >= 0)
    table[listed, 0] = selection.plans.value[plan[listed]]
    dense = np.zeros((len(selection.plans), len(selection.rows)), dtype=np.int64)
    dense[selection.plans.usage.row_of_entry, selection.plans.usage.column] = selection.plans.usage.amount
    table[listed, 1:] = dense[plan[listed]]
    scales = [selection.value_scale, *selection.rows.scale.tolist()]
    columns = {place: _decimals(table[:, place], scale) for place, scale in enumerate(scales)}
    lines = np.array(pd.DataFrame(columns).to_csv(sep=" ", header=False, index=False).splitlines(), dtype=object)

    alike = len(items) > 0 and bool((items == items[0]).all())
    sizes = [len(items), int(items[0])] if alike else [len(items)]
    before = np.arange(1, len(items) + 1) if alike else items
    starts = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(items)])[:-1]
    body = np.insert(lines, starts, before.astype(str).astype(object))
    capacity = [
        str(_decimals(np.array([amount]), scale)[0])
        for amount, scale in zip(selection.rows.capacity.tolist(), selection.rows.scale.tolist(), strict=True)
    ]
    head = [" ".join(map(str, [*sizes, len(selection.rows)])), " ".join(capacity)]
    return ("\n".join([*head, *body]) + "\n").encode()


def _refuse_inexpressible(selection: PlanSelection) -> None:
    """Say what an MMKP file has no place for."""
    groups = selection.groups
    empty = np.flatnonzero(groups.must & (np.diff(selection.plan_start) == 0))
    copies = sum(groups.count.tolist())
    for holds, reason in (
        (len(selection.supplies) > 0, "supplies bring capacity"),
        (selection.objective != "goodput", f"the objective is {selection.objective!r}, not goodput"),
        (len(empty) > 0, f"group {groups.name[empty[0]]!r} must choose and has no plan" if len(empty) else ""),
        (len(groups) == 0 or len(selection.rows) == 0, "there are no groups or no rows"),
    ):
        if holds:
            raise UnsupportedError(
                f"{selection.name}: no MMKP file can say that {reason}; next: export mps, lp or cpsat"
            )
    if copies > COPY_LIMIT:
        raise SizeLimitError(
            f"{copies:,} copies: an MMKP file has a class for each, up to {COPY_LIMIT:,}; next: export mps, lp or cpsat"
        )


def _items(selection: PlanSelection) -> tuple[Int, Int]:
    """Plan of every item (-1: none) class by class, and the number of items of every class."""
    groups = selection.groups
    listed = np.diff(selection.plan_start)
    own = listed + ~groups.must  # one more where a copy may stay out
    items = np.repeat(own, groups.count)
    if sum(items.tolist()) > NUMBER_LIMIT:
        return np.zeros(0, dtype=np.int64), items
    first = np.repeat(selection.plan_start[:-1], groups.count)
    place = np.arange(items.sum()) - np.repeat(np.cumsum(items) - items, items)
    is_plan = place < np.repeat(np.repeat(listed, groups.count), items)
    return np.where(is_plan, np.repeat(first, items) + place, -1), items


def _decimals(figures: Int, scale: int) -> npt.NDArray[Any]:
    """Return figures / scale as shortest decimals, exactly: numbers if the scale is 1, else text."""
    if scale == 1:
        return figures
    digits = len(str(scale)) - 1
    whole, rest = np.divmod(figures, scale)
    text = np.char.add(np.char.add(whole.astype(str), "."), np.char.zfill(rest.astype(str), digits))
    return np.char.rstrip(np.char.rstrip(text, "0"), ".").astype(object)
