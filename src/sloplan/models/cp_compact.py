"""The compact CP-SAT model: one option per operator of every query copy, everything in integers, to be extended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from sloplan.models.checkpoint import Checkpoint
from sloplan.models.copies import COPY_LIMIT, expand_copies
from sloplan.models.cp_choices import CpCopy, add_copy
from sloplan.models.cp_coupling import add_capacity, add_cost, add_goodput
from sloplan.models.cp_rules import add_rules
from sloplan.models.menu import query_menus
from sloplan.models.scope import floor_of_model
from sloplan.problem.compiled import Bool, CompiledInstance, Int
from sloplan.problem.cost_problem import under_objective
from sloplan.problem.errors import SizeLimitError

if TYPE_CHECKING:
    from sloplan.problem.instance import Instance


@dataclass(frozen=True)
class CpIndex:
    """What the indices of a compact CP-SAT model stand for; kept at `model.index`.

    Parameters
    ----------
    instance_sha256 : str
        Content hash of the instance.
    objective : str
    goodput_floor : int, optional
        Milli-value.
    copy_query : (copies,) int64
        Query of each copy.
    copies : tuple of CpCopy
        Literals of the copies that have a plan at all.
    """

    instance_sha256: str
    objective: str
    goodput_floor: int | None
    copy_query: Int
    copies: tuple[CpCopy, ...]


def compact_cp(
    problem: Instance | CompiledInstance,
    objective: str = "goodput",
    goodput_floor: int | None = None,
    copy_limit: int = COPY_LIMIT,
    checkpoint: Checkpoint = lambda: None,
    open_options: Bool | None = None,
) -> Any:
    """Build the CP-SAT model of an instance, per operator.

    Parameters
    ----------
    problem : Instance or CompiledInstance
    objective : {"goodput", "cost"}
    goodput_floor : int, optional
        Least goodput, milli-value; under "cost", which needs one (`sloplan.problem.cost_problem.goodput_floor`).
    copy_limit : int
        Largest number of query copies; a query of count n has n.
    checkpoint : callable, optional
        Called before each query and each copy in every step; what it raises breaks off the building.
    open_options : (queries, options) bool, optional
        What each query may choose at all; everything without it.

    Returns
    -------
    ortools.sat.python.cp_model.CpModel
        With dicts of its variables: literals ``served[copy]``, ``choose[copy, option]``,
        ``pair[copy, leg, producer class, consumer class]``, ``combination[copy, factor, row]``; integers
        ``finish[copy, operator]`` (us) and ``amount[supply]`` (replicas, rented units). Where an operator has one
        option left, `choose` holds the copy's `served` itself. The objective is in milli-value or 10^-12 USD/s.
        Indices are those of the compiled instance (supplies: of `under_objective`); `index` is a `CpIndex`. Add
        constraints, solve it, and `solution_from_cp` brings the answer back. A clone has none of these attributes.

    Raises
    ------
    InputError
        If there is no such objective, or `goodput_floor` does not go with it.
    SizeLimitError
        If there are more copies than `copy_limit`, or a sum passes what CP-SAT takes.
    """
    compiled = problem if isinstance(problem, CompiledInstance) else problem.compiled
    goodput_floor = floor_of_model(objective, goodput_floor)
    copy_query = expand_copies(compiled, copy_limit)
    from ortools.sat.python import cp_model

    model: Any = cp_model.CpModel()
    model.name = compiled.name
    model.served, model.choose, model.pair, model.combination, model.finish = {}, {}, {}, {}, {}
    ruled = under_objective(compiled, objective)
    menus = query_menus(ruled, checkpoint, open_options)
    copies: list[CpCopy] = []
    for number, query in enumerate(copy_query.tolist()):
        checkpoint()
        menu = menus[query]
        if menu is None:
            model.served[number] = model.new_constant(0)
            continue
        copies.append(add_copy(model, number, menu, compiled.options.configuration))
        add_rules(model, ruled, copies[-1])
    _order(model, copies)
    checkpoint()
    add_capacity(model, ruled, copies)
    if goodput_floor is None:
        add_goodput(model, ruled, copies)
    else:
        add_cost(model, ruled, copies, compiled.under_cost.supply_price.tolist(), goodput_floor)
    model.index = CpIndex(compiled.sha256, objective, goodput_floor, copy_query, tuple(copies))
    _refuse_overflow(model)
    return model


def _order(model: Any, copies: Sequence[CpCopy]) -> None:
    """Of two copies of one query, side by side, the first is served first.

    Their plans are not ordered: CP-SAT was slower with such rows, which hide the symmetry that it finds by itself.
    """
    for first, second in pairwise(copies):
        if first.menu is second.menu:
            model.add_implication(second.served, first.served).with_name(f"copies_in_order/{second.copy}")


def _refuse_overflow(model: Any) -> None:
    fault = model.validate()
    if fault:
        message = fault.strip().splitlines()[0]
        raise SizeLimitError(
            f"{model.name!r} does not fit into a CP-SAT model: {message}; next: fewer copies, or rates of fewer digits"
        )
