"""The coupling rows of a plan selection over its variables: the plans first, then the supplies."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sloplan.problem.selections.selection import PlanSelection


def entries_by_row(selection: PlanSelection) -> Iterator[tuple[int, list[int], list[int]]]:
    """Yield each row that anything uses, brings to or takes from.

    Parameters
    ----------
    selection : PlanSelection

    Yields
    ------
    row : int
    columns : list of int
        Ascending: plan p is column p, supply s is column plans + s.
    amounts : list of int
        The row says ``sum of amounts x columns <= capacity``: usage, and what supplies bring with the sign turned.
    """
    usage, brought = selection.plans.usage, selection.supplies.brought
    row = np.concatenate([usage.column, brought.column])
    column = np.concatenate([usage.row_of_entry, len(selection.plans) + brought.row_of_entry])
    amount = np.concatenate([usage.amount, -brought.amount])
    entries = np.flatnonzero(amount)
    entries = entries[np.argsort(row[entries], kind="stable")]
    for part in np.split(entries, np.flatnonzero(np.diff(row[entries])) + 1):
        if len(part):
            yield int(row[part[0]]), column[part].tolist(), amount[part].tolist()
