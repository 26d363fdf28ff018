"""Nobody writes to compiled integers: neither of an instance nor of a plan selection."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import pytest

from sloplan.problem.selections.selection import PlanSelection
from tests.problem.checker_case import instance


def arrays(value: Any, path: str) -> Iterator[tuple[str, np.ndarray]]:
    """Find every array in `value`, with the path to it."""
    if isinstance(value, np.ndarray):
        yield path, value
    elif isinstance(value, tuple):
        for i, part in enumerate(value):
            yield from arrays(part, f"{path}[{i}]")
    elif is_dataclass(value):
        for field in fields(value):
            yield from arrays(getattr(value, field.name), f"{path}.{field.name}")


@pytest.mark.parametrize("hosting", ["fluid", "replicas"])
def test_compiled_instances_are_read_only(hosting: str) -> None:
    """No array of a compiled instance can be written to, nor those that are computed once and kept."""
    compiled = instance(hosting=hosting).compiled
    found = dict(arrays(compiled, "compiled"))
    assert {"compiled.rows.capacity", "compiled.applications[0].factors[0].nano_nats"} <= set(found)
    found |= {
        "brought": compiled.supplies.brought.row_of_entry,
        "bound": compiled.source_bound,
        "queries": compiled.template_queries(0),
    }
    assert [path for path, array in found.items() if array.flags.writeable] == []
    with pytest.raises(ValueError, match="read-only"):
        compiled.rows.capacity[:] = 10**15


def test_copies_of_compiled_instances_are_of_use() -> None:
    """A compiled instance still goes through a pipe to another process."""
    compiled = instance().compiled
    assert pickle.loads(pickle.dumps(compiled)).rows.capacity.tolist() == compiled.rows.capacity.tolist()


def test_plan_selections_are_read_only() -> None:
    """No array of a plan selection can be written to; what it was made from still can."""
    capacity = np.array([10], dtype=np.int64)
    selection = PlanSelection.from_numbers(
        group=[0], value=[3], usage=[[4]], capacity=capacity, maximum=[1], brought=[[2]]
    )
    found = dict(arrays(selection, "selection")) | {"start": selection.plan_start}
    assert "selection.plans.usage.amount" in found
    assert [path for path, array in found.items() if array.flags.writeable] == []
    capacity[0] = 3
    assert selection.rows.capacity.tolist() == [10]
