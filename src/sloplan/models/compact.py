"""The compact MILP: one option per operator of every query copy, as a Pyomo model to extend."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyomo.environ as pyo
from pyomo.common.gc_manager import PauseGC

from sloplan.models.accuracy import add_accuracy
from sloplan.models.capacity import add_capacity
from sloplan.models.checkpoint import Checked, Checkpoint
from sloplan.models.choices import CopyChoice, add_choices
from sloplan.models.copies import COPY_LIMIT, expand_copies
from sloplan.models.cost import add_cost
from sloplan.models.latency import add_latency
from sloplan.models.menu import query_menus
from sloplan.models.objectives import add_deployment_cost, add_goodput
from sloplan.models.pairs import add_pairs
from sloplan.models.scope import floor_of_model
from sloplan.models.standing import add_standing
from sloplan.problem.compiled import Bool, CompiledInstance, Int
from sloplan.problem.cost_problem import under_objective

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
    amounts : dict
        Variable of each useful supply, by its index under the objective.
    objective : str
    goodput_floor : int or None
        Milli-value; under "cost".
    """

    instance_sha256: str
    copy_query: Int
    copies: tuple[CopyChoice, ...]
    amounts: dict[int, Any]
    objective: str
    goodput_floor: int | None


def compact_milp(
    problem: Instance | CompiledInstance,
    objective: str = "goodput",
    goodput_floor: int | None = None,
    copy_limit: int = COPY_LIMIT,
    checkpoint: Checkpoint = lambda: None,
    open_options: Bool | None = None,
) -> Any:
    """Build the compact MILP of an instance.

    Parameters
    ----------
    problem : Instance or CompiledInstance
    objective : {"goodput", "cost"}
    goodput_floor : int, optional
        Least goodput, milli-value: under "cost", which needs it. `problem.cost_problem.goodput_floor` gives the floor
        that stands for a fraction of what is servable.
    copy_limit : int
        Largest number of query copies; a query of count n has n.
    checkpoint : callable, optional
        Called before each query and each copy in every step; what it raises breaks off the building.
    open_options : (queries, options) bool, optional
        What each query may choose at all; everything without it.

    Returns
    -------
    pyomo.environ.ConcreteModel
        Variables ``served[copy]``, ``choose[copy, option]``, ``flow[copy, leg, producer class, consumer class]``,
        ``combination[copy, factor, row]``, ``finish[copy, operator]``, ``amount[supply name]``; constraints
        ``one_option``, ``leaves``, ``enters``, ``copies_in_order``, ``together``, ``combines``, ``accuracy``,
        ``finishes``, ``latency``, ``cost``, ``own_capacity``, ``capacity``, under "goodput" ``stands``, under "cost"
        ``goodput_floor``; objective ``goodput`` or ``deployment_cost``, to be multiplied by ``objective_scale`` to
        give milli-values or 10^-12 USD/s. Indices are those of the compiled instance; `index` is a `CompactIndex`.
        Add constraints and solve it with any solver; `solution_from` brings the answer back.

    Raises
    ------
    InputError
        If there is no such objective, or `goodput_floor` does not go with it.
    SizeLimitError
        If there are more copies than `copy_limit`.
    """
    compiled = compiled_form(problem)
    goodput_floor = floor_of_model(objective, goodput_floor)
    ruled = under_objective(compiled, objective)
    copy_query = expand_copies(compiled, copy_limit)
    with PauseGC():  # hundreds of thousands of small objects, none of them garbage
        model = pyo.ConcreteModel(name=compiled.name)
        choices = add_choices(model, copy_query, query_menus(ruled, checkpoint, open_options), checkpoint)
        copies = Checked(choices, checkpoint)
        add_pairs(model, copies)
        add_accuracy(model, ruled, copies)
        add_latency(model, ruled, copies)
        add_cost(model, ruled, copies)
        amounts, usage = add_capacity(model, ruled, copies)
        if goodput_floor is None:
            add_standing(model, ruled, usage, amounts)  # under cost HiGHS does better without (measured)
            add_goodput(model, ruled, copies)
        else:
            prices = compiled.under_cost.supply_price
            add_deployment_cost(model, ruled, prices, copies, amounts, goodput_floor)
    model.index = CompactIndex(compiled.sha256, copy_query, tuple(choices), amounts, objective, goodput_floor)
    return model


def compiled_form(problem: Instance | CompiledInstance) -> CompiledInstance:
    """Return the compiled form of an instance, or the compiled instance itself."""
    return problem if isinstance(problem, CompiledInstance) else problem.compiled
