"""Recorded workloads as two CSV files, `items.csv` and `runs.csv`."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Sequence
from math import prod
from pathlib import Path
from typing import Final

import numpy as np

from sloplan.problem.errors import InputError
from sloplan.problem.schema import Column, Kind, Table
from sloplan.problem.storage.csv_tables import read_csv_table
from sloplan.problem.tables import Columns, num_rows
from sloplan.problem.validation.columns import normalise_table
from sloplan.problem.validation.naming import NAME_RULE, is_name
from sloplan.profiling.recorded import RecordedWorkload
from sloplan.profiling.workload import IntArray

_ITEM: Final = Column("item", Kind.ID, "name of the item", required=True)
_INPUT: Final = Column("input_kb", Kind.NUMBER, "size of a request, kB", required=True, minimum=0.0)
_SCORE: Final = Column("score", Kind.NUMBER, "how good the answer is", required=True, minimum=0.0, maximum=1.0)
_MS: Final = "_ms"
_KB: Final = "_kb"


def load_recorded(folder: str | os.PathLike[str]) -> RecordedWorkload:
    """Return the workload recorded in a folder; it has the folder's name.

    Parameters
    ----------
    folder : path
        Holds `items.csv` with the columns `item`, `input_kb` and any number of numeric features, and `runs.csv` with
        `item`, `score` and for each operator X, in the order in which they run, `X` (its configuration), `X_ms` (time
        on the item) and `X_kb` (size of its output): a row for each item and combination of configurations.

    Raises
    ------
    InputError
        Names file, row and field.
    """
    folder = Path(folder)
    name = folder.resolve().name
    if not is_name(name):
        raise InputError("the folder's name becomes the application's", value=name, allowed=NAME_RULE)
    items = _read(folder, "items", _item_columns)
    runs = _read(folder, "runs", _run_columns)
    operators = [column for column in runs if f"{column}{_MS}" in runs]
    places = _item_places(items)
    unknown = next((row for row, item in enumerate(runs["item"]) if item not in places), None)
    if unknown is not None:
        value = runs["item"][unknown]
        allowed = "an item of items.csv"
        raise InputError("unknown item", file="runs.csv", row=unknown + 1, field="item", value=value, allowed=allowed)
    configurations = {operator: tuple(dict.fromkeys(runs[operator])) for operator in operators}
    run_item = np.array([places[item] for item in runs["item"]])
    run_plan = _plan_numbers(runs, configurations)
    shape = (prod(map(len, configurations.values())), len(places))
    _refuse_incomplete(run_plan, run_item, shape, list(items["item"]))
    scores, seconds, output_kb = np.zeros(shape), np.zeros((*shape, len(operators))), np.zeros((*shape, len(operators)))
    scores[run_plan, run_item] = runs["score"]
    for place, operator in enumerate(operators):
        seconds[run_plan, run_item, place] = runs[f"{operator}{_MS}"] / 1000
        output_kb[run_plan, run_item, place] = runs[f"{operator}{_KB}"]
    features = np.stack([items[column] for column in items if column not in ("item", "input_kb")], axis=1)
    input_kb = float(items["input_kb"].mean())
    return RecordedWorkload(name, configurations, features, scores, seconds, output_kb, input_kb)


def _read(folder: Path, name: str, columns_of: Callable[[list[str]], tuple[Column, ...]]) -> Columns:
    """Return the columns of one file, whose header says which there are."""
    path = folder / f"{name}.csv"
    try:
        content = path.read_bytes()
    except OSError as error:
        problem = f"cannot be read: {error.strerror or error}"
        advice = "name a folder that holds items.csv and runs.csv"
        raise InputError(problem, file=str(path), advice=advice) from None
    first_line = content.decode("utf-8-sig", errors="replace").partition("\n")[0]
    table = Table(name, ("item",), columns_of(next(csv.reader([first_line.rstrip("\r")]), [])))
    return normalise_table(table, read_csv_table(table, content))


def _item_columns(header: list[str]) -> tuple[Column, ...]:
    features = [column for column in header if column not in (_ITEM.name, _INPUT.name)]
    if not features:
        raise InputError("no features", file="items.csv", allowed="at least one more column, of numbers")
    return (_ITEM, _INPUT, *(Column(name, Kind.NUMBER, "feature", required=True) for name in features))


def _run_columns(header: list[str]) -> tuple[Column, ...]:
    operators = [column for column in header if f"{column}{_MS}" in header or f"{column}{_KB}" in header]
    if not operators:
        allowed = f"for each operator X the columns X, X{_MS} and X{_KB}"
        raise InputError("no operators", file="runs.csv", allowed=allowed, advice="add their columns")
    own = [
        column
        for operator in operators
        for column in (
            Column(operator, Kind.ID, "configuration", required=True),
            Column(f"{operator}{_MS}", Kind.NUMBER, "time on the item, ms", required=True, minimum=0.0),
            Column(f"{operator}{_KB}", Kind.NUMBER, "size of the output, kB", required=True, minimum=0.0),
        )
    ]
    return (_ITEM, *own, _SCORE)


def _item_places(items: Columns) -> dict[str, int]:
    places: dict[str, int] = {}
    for place, item in enumerate(items["item"]):
        if places.setdefault(item, place) != place:
            raise InputError(
                "item given twice", file="items.csv", row=place + 1, field="item", value=item, advice="keep one"
            )
    return places


def _plan_numbers(runs: Columns, configurations: dict[str, tuple[str, ...]]) -> IntArray:
    """Return the number of each row's plan, in the order of `itertools.product`."""
    number = np.zeros(num_rows(runs), np.int64)
    for operator, known in configurations.items():
        places = {name: place for place, name in enumerate(known)}
        number = number * len(known) + np.array([places[name] for name in runs[operator]])
    return number


def _refuse_incomplete(plan: IntArray, item: IntArray, shape: tuple[int, int], items: Sequence[str]) -> None:
    """Refuse a run that is there twice, or one that is missing."""
    count = np.zeros(shape, np.int64)
    np.add.at(count, (plan, item), 1)
    if (count > 1).any():
        _, first = np.unique(plan * shape[1] + item, return_index=True)
        row = int(np.setdiff1d(np.arange(len(plan)), first)[0])
        name = items[item[row]]
        raise InputError(
            "a run given twice", file="runs.csv", row=row + 1, field="item", value=name, advice="keep one of them"
        )
    if (count == 0).any():
        missing = items[int(np.argwhere(count == 0)[0, 1])]
        allowed = "a row for each item and combination of configurations"
        raise InputError(
            "a run is missing", file="runs.csv", field="item", value=missing, allowed=allowed, advice="add its row"
        )
