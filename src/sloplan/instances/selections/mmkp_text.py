"""Published MMKP files (multiple-choice multidimensional knapsack problems) as plan selections.

Choose exactly one item of every class so that every resource's capacity holds and the profit is greatest. Four
layouts are in circulation; the first line tells which:

- ``n l m`` (Khan et al., 2002): capacities; per class its number, then l lines of an item's value and its m uses;
  old solutions may follow from a line "Solutions by ...";
- ``n-l-m``: capacities, then n x l lines, everything joined by "-";
- ``n m``: capacities; per class the number of its items, then their lines;
- ``k n l m``: the first layout behind a number k = 1, 2, ..., any number of problems in one file
  (Hiremath and Hill).
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from sloplan.instances.selections.number_text import NumberText, plain_name, read_text
from sloplan.instances.selections.several import one_of_several
from sloplan.problem.compiled import Int
from sloplan.problem.errors import InputError
from sloplan.problem.selections.selection import PlanSelection

_DASHED = re.compile(rb"\s*[0-9]+-[0-9]+-[0-9]+\s")
_OLD_SOLUTIONS = re.compile(rb"^[ \t]*Solutions\b", re.MULTILINE)
_LAYOUTS: Final = "'n l m', 'n-l-m', 'n m' or 'k n l m' on the first line"


@dataclass(frozen=True)
class _Problem:
    """One problem.

    Parameters
    ----------
    capacity : (resources,) number
    items : (classes,) int64
        Number of items of each class.
    table : (items in all, 1 + resources) number
        Value and uses of each item.
    """

    capacity: npt.NDArray[Any]
    items: Int
    table: npt.NDArray[Any]

    def selection(self, name: str) -> PlanSelection:
        return PlanSelection.from_numbers(
            group=np.repeat(np.arange(len(self.items)), self.items),
            value=self.table[:, 0],
            usage=self.table[:, 1:],
            capacity=self.capacity,
            must=np.ones(len(self.items), dtype=np.bool_),
            name=name,
        )


def read_mmkp(path: str | os.PathLike[str], number: int | None = None, name: str | None = None) -> PlanSelection:
    """Read an MMKP text file, plain or gzip.

    Parameters
    ----------
    path : path
    number : int, optional
        Which problem, from 1; must be given if the file holds several.
    name : str, optional
        Name of the plan selection; by default the file's name without ".txt" and ".gz", followed by "#number" if the
        file holds several problems.

    Returns
    -------
    PlanSelection
        Every group must choose; objective goodput. Groups, plans and rows are numbered from 0.

    Raises
    ------
    InputError
        If the file is in none of the layouts; names file, line and value.
    """
    file = Path(path).name
    content = read_text(path)
    if _DASHED.match(content):
        content = content.replace(b"-", b" ")
        problems = [_dashed(NumberText(content, file))]
    else:
        old = _OLD_SOLUTIONS.search(content)
        problems = _listed(NumberText(content if old is None else content[: old.start()], file))
    place = one_of_several(len(problems), number, file)
    stem = plain_name(path)
    default = stem if len(problems) == 1 else f"{stem}#{place + 1}"
    return problems[place].selection(default if name is None else name)


def _listed(text: NumberText) -> list[_Problem]:
    """Read one of the three layouts that are told apart by the first line's numbers."""
    width = text.first_line_width()
    if width == 2:
        return [_counted(text)]
    if width == 3:
        problem = _numbered(text)
        text.refuse_more()
        return [problem]
    if width != 4:
        raise InputError("unknown layout", file=text.file, value=f"{width} numbers", allowed=_LAYOUTS)
    problems: list[_Problem] = []
    while text.left:
        number = text.take_whole("number of the problem")
        text.refuse_last(1, np.array([number != len(problems) + 1]), "number of the problem", str(len(problems) + 1))
        problems.append(_numbered(text))
    return problems


def _numbered(text: NumberText) -> _Problem:
    """Read ``n l m`` and what follows it: every class begins with its number."""
    classes, items, resources = _sizes(text)
    capacity = text.take(resources, "capacities")
    count = classes * (1 + items * (1 + resources))
    block = text.take(count, "classes").reshape(classes, -1)
    wrong = np.zeros(block.shape, dtype=np.bool_)
    wrong[:, 0] = block[:, 0] != np.arange(1, classes + 1)
    text.refuse_last(count, wrong.ravel(), "number of the class", "1, 2, 3, ...")
    return _Problem(capacity, np.full(classes, items), block[:, 1:].reshape(-1, 1 + resources))


def _dashed(text: NumberText) -> _Problem:
    classes, items, resources = _sizes(text)
    capacity = text.take(resources, "capacities")
    table = text.take(classes * items * (1 + resources), "items").reshape(-1, 1 + resources)
    text.refuse_more()
    return _Problem(capacity, np.full(classes, items), table)


def _sizes(text: NumberText) -> tuple[int, int, int]:
    return text.take_whole("classes"), text.take_whole("items per class"), text.take_whole("resources")


def _counted(text: NumberText) -> _Problem:
    """Read ``n m`` and what follows it: where a class begins is known only once all before it are read."""
    classes, resources = text.take_whole("classes"), text.take_whole("resources")
    capacity = text.take(resources, "capacities")
    items, tables = [], []
    for _ in range(classes):
        items.append(text.take_whole("items of the class"))
        tables.append(text.take(items[-1] * (1 + resources), "items"))
    text.refuse_more()
    return _Problem(capacity, np.array(items, dtype=np.int64), np.concatenate(tables).reshape(-1, 1 + resources))
