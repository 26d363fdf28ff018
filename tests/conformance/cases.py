"""Random instances as the toolkit and as brute force read them, with their brute-forced optimum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from sloplan.problem.instance import Instance
from sloplan.problem.solution import Solution
from tests.conformance.brute_force import TinyInstance
from tests.conformance.brute_force_check import Assignment, PlannedCopies
from tests.conformance.brute_force_search import Optimum, optimum
from tests.conformance.random_instances import Tables, random_tables


@dataclass(frozen=True)
class Case:
    """One random instance; `tables` are its raw rows."""

    seed: int
    tables: Tables
    plain: TinyInstance
    instance: Instance
    optimum: Optimum

    def __str__(self) -> str:
        """Everything needed to look into a failure by hand."""
        frames = "\n".join(f"{name}:\n{pd.DataFrame(rows).to_string()}" for name, rows in self.tables.items())
        return f"seed {self.seed}, brute force: {self.optimum}\n{frames}"


@cache
def random_case(seed: int) -> Case:
    """Return the case of `seed`; tests of one session share it."""
    tables = random_tables(seed)
    plain = TinyInstance(tables)
    return Case(seed, tables, plain, instance_from(tables, name=f"random-{seed}"), optimum(plain))


def instance_from(tables: Mapping[str, Sequence[Mapping[str, Any]]], **metadata: Any) -> Instance:
    """Hand raw rows to the toolkit."""
    return Instance.from_frames({name: pd.DataFrame(list(rows)) for name, rows in tables.items()}, **metadata)


def solution_from(instance: Instance, assignment: Assignment) -> Solution:
    """Return an assignment in the toolkit's form."""
    plans, options = (
        assignment.plans,
        [
            (index, operator, *choice)
            for index, plan in enumerate(assignment.plans)
            for operator, choice in plan.options
        ],
    )
    return Solution(
        instance_sha256=instance.sha256,
        plans=_frame({"query": str, "count": int}, [(plan.query, plan.count) for plan in plans]),
        options=_frame({"plan": int, "operator": str, "configuration": str, "pool": str, "allocation": str}, options),
        supply=_frame({"supply": str, "amount": int}, list(assignment.supply)),
        objective="goodput" if assignment.goodput_floor is None else "cost",
        goodput_floor=assignment.goodput_floor,
    )


def _frame(columns: Mapping[str, type], rows: Sequence[tuple[Any, ...]]) -> pd.DataFrame:
    fields = zip(*rows, strict=True) if rows else [()] * len(columns)
    return pd.DataFrame(
        {
            name: np.array(values, dtype=np.int64 if kind is int else object)
            for (name, kind), values in zip(columns.items(), fields, strict=True)
        }
    )


def assignment_from(optimum: Optimum) -> Assignment:
    """Return the copies that brute force serves, one plan per copy."""
    return Assignment([PlannedCopies(query, 1, list(plan.items())) for query, plan in optimum.served])
