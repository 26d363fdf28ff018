"""The compact MILP: one option per operator of every query copy, as a Pyomo model to extend."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

import pyomo.environ as pyo
from pyomo.common.gc_manager import PauseGC

from sloplan.models.accuracy import add_accuracy
from sloplan.models.capacity import add_capacity
from sloplan.models.checkpoint import Checked, Checkpoint
from sloplan.models.choices import CopyChoice, add_choices
from sloplan.models.compatibility import add_compatibility
from sloplan.models.copies import COPY_LIMIT, expand_copies
from sloplan.models.cost import add_cost
from sloplan.models.latency import add_latency
from sloplan.models.menu import query_menus
from sloplan.models.rows import linear
from sloplan.models.scope import unsupported
from sloplan.problem.compiled import CompiledInstance, Int
from sloplan.problem.errors import UnsupportedError

if TYPE_CHECKING:
    from sloplan.problem.instance import Instance


@dataclass(frozen=True)
class CompactIndex:
    """What the indices of a compact model stand for; kept at `model.index`.

    Parameters
    ----------
    instance_sha256 : str
        Content hash of the instance.
    copy_query : (copies,) int64
        Query of each copy.
    copies : tuple of CopyChoice
        Variables of the copies that have a plan at all.
    """

    instance_sha256: str
    copy_query: Int
    copies: tuple[CopyChoice, ...]


def compact_milp(
    problem: Instance | CompiledInstance,
    objective: str = "goodput",
    copy_limit: int = COPY_LIMIT,
    checkpoint: Checkpoint = lambda: None,
) -> Any:
    """Build the compact MILP of an instance.

    Parameters
    ----------
    problem : Instance or CompiledInstance
    objective : str
        Only "goodput" so far.
    copy_limit : int
        Largest number of query copies; a query of count n has n.
    checkpoint : callable, optional
        Called before each query and each copy in every step; what it raises breaks off the building.

    Returns
    -------
    pyomo.environ.ConcreteModel
        Variables ``served[copy]``, ``choose[copy, option]``, ``flow[copy, leg, producer class,
        consumer class]``, ``combination[copy, factor, row]``, ``finish[copy, operator]``;
        constraints ``one_option``, ``leaves``, ``enters``, ``copies_in_order``, ``compatible``,
        ``combines``, ``accuracy``, ``finishes``, ``latency``, ``cost``, ``own_capacity``,
        ``capacity``; objective ``goodput``, to be multiplied by ``objective_scale`` to give
        milli-values. Indices are those of the compiled instance; `index` is a `CompactIndex`.
        Add constraints and solve it with any solver; `solution_from` brings the answer back.

    Raises
    ------
    UnsupportedError
        For another objective, or hosting `replicas`.
    SizeLimitError
        If there are more copies than `copy_limit`.
    """
    compiled = compiled_form(problem)
    reason = unsupported(compiled, objective)
    if reason is not None:
        raise UnsupportedError(reason)
    copy_query = expand_copies(compiled, copy_limit)
    with PauseGC():  # hundreds of thousands of small objects, none of them garbage
        model = pyo.ConcreteModel(name=compiled.name)
        choices = add_choices(model, copy_query, query_menus(compiled, checkpoint), checkpoint)
        copies = Checked(choices, checkpoint)
        add_compatibility(model, copies, compiled.options.configuration)
        add_accuracy(model, compiled, copies)
        add_latency(model, compiled, copies)
        add_cost(model, compiled, copies)
        add_capacity(model, compiled, copies)
        _add_goodput(model, compiled, choices)
    model.index = CompactIndex(compiled.sha256, copy_query, tuple(choices))
    return model


def compiled_form(problem: Instance | CompiledInstance) -> CompiledInstance:
    """Return the compiled form of an instance, or the compiled instance itself."""
    return problem if isinstance(problem, CompiledInstance) else problem.compiled


def _add_goodput(model: Any, compiled: CompiledInstance, copies: list[CopyChoice]) -> None:
    """Maximise the value of the copies served, in units of the gcd of all values."""
    values = [int(compiled.queries.value_milli[choice.menu.query]) for choice in copies]
    model.objective_scale = reduce(math.gcd, values, 0) or 1
    terms = [(value // model.objective_scale, choice.served) for value, choice in zip(values, copies, strict=True)]
    model.goodput = pyo.Objective(
        expr=linear(*map(list, zip(*terms, strict=True))) if terms else 0.0, sense=pyo.maximize
    )
