"""The plan of every copy as variables: served or not, one option per operator, one pair per leg."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pyomo.environ as pyo

from sloplan.models.checkpoint import Checked, Checkpoint
from sloplan.models.menu import LegMenu, QueryMenu
from sloplan.models.rows import linear
from sloplan.problem.compiled import Int


@dataclass(frozen=True)
class LegChoice:
    """The alternatives of one leg of a copy: one of `variables` is 1 if the copy is served.

    Parameters
    ----------
    menu : LegMenu
    variables : list of Pyomo variables
        Transport variables where both ends can vary; else the choose variables of the end that
        can; else `served` alone.
    producer_class, consumer_class : (variables,) int64
        Class pair that each variable stands for.
    """

    menu: LegMenu
    variables: list[Any]
    producer_class: Int
    consumer_class: Int

    @property
    def latency_us(self) -> Int:
        """Latency of the transfer per variable, us."""
        return self.menu.leg.latency_us[self.producer_class, self.consumer_class]

    @property
    def cost_nano(self) -> Int:
        """Cost of the transfer per variable, nano-USD per request."""
        return self.menu.leg.cost_nano[self.producer_class, self.consumer_class]

    @property
    def route(self) -> Int:
        """Route of the transfer per variable."""
        return self.menu.leg.route[self.producer_class, self.consumer_class]

    @property
    def sent_bytes(self) -> Int:
        """Bytes per request per variable."""
        return self.menu.leg.sent_bytes[self.producer_class]


@dataclass(frozen=True)
class CopyChoice:
    """The variables of one copy that has a menu.

    Parameters
    ----------
    copy : int
    menu : QueryMenu
    served : Pyomo variable
    choose : tuple of list of Pyomo variables
        Per local operator position, in the order of `menu.options`.
    legs : tuple of LegChoice
    """

    copy: int
    menu: QueryMenu
    served: Any
    choose: tuple[list[Any], ...]
    legs: tuple[LegChoice, ...]


def add_choices(
    model: Any, copy_query: Int, menus: Sequence[QueryMenu | None], checkpoint: Checkpoint
) -> list[CopyChoice]:
    """Declare `served`, `choose` and `flow`, and what ties them together.

    Adds to the model
    ``served[copy]`` binary (fixed to 0 without a menu); ``choose[copy, option]`` binary;
    ``flow[copy, leg, producer class, consumer class]`` binary: it is integral wherever `choose`
    is, but an engine that knows so cuts and branches much better (measured);
    ``one_option[copy, operator]``: an operator's options sum to served;
    ``leaves[copy, leg, producer class]`` and ``enters[copy, leg, consumer class]``: flow has the
    marginals of the options at both ends;
    ``copies_in_order[copy]``: of two copies of one query the first is served first.

    Calls `checkpoint` before each copy.

    Returns
    -------
    list of CopyChoice
        The copies that have a menu.
    """
    copies = len(copy_query)
    model.served = pyo.Var(pyo.RangeSet(0, copies - 1), domain=pyo.Binary)
    open_copies = Checked(
        [(copy, menu) for copy in range(copies) if (menu := menus[copy_query[copy]]) is not None], checkpoint
    )
    keys = [(copy, option) for copy, menu in open_copies for part in menu.options for option in part.tolist()]
    model.choose = pyo.Var(pyo.Set(initialize=keys, dimen=2), domain=pyo.Binary)
    model.flow = pyo.Var(pyo.Set(initialize=_flow_keys(open_copies), dimen=4), domain=pyo.Binary)
    model.one_option = pyo.Constraint(pyo.Any)
    model.leaves = pyo.Constraint(pyo.Any)
    model.enters = pyo.Constraint(pyo.Any)
    model.copies_in_order = pyo.Constraint(pyo.Any)

    for copy in range(copies):
        if menus[copy_query[copy]] is None:
            model.served[copy].fix(0)
    chosen = [_copy_choice(model, copy, menu) for copy, menu in open_copies]
    for first, second in pairwise(chosen):
        if first.menu is second.menu:
            model.copies_in_order[second.copy] = linear([1.0, -1.0], [second.served, first.served]) <= 0.0
    return chosen


def _varies(menu: LegMenu) -> tuple[bool, bool]:
    """Whether the producer's and the consumer's class can vary."""
    return len(np.unique(menu.pair_producer)) > 1, len(np.unique(menu.pair_consumer)) > 1


def _flow_keys(open_copies: Sequence[tuple[int, QueryMenu]]) -> list[tuple[int, int, int, int]]:
    return [
        (copy, number, producer, consumer)
        for copy, menu in open_copies
        for number, leg in enumerate(menu.legs)
        if all(_varies(leg))
        for producer, consumer in zip(leg.pair_producer.tolist(), leg.pair_consumer.tolist(), strict=True)
    ]


def _copy_choice(model: Any, copy: int, menu: QueryMenu) -> CopyChoice:
    served = model.served[copy]
    choose = tuple([model.choose[copy, option] for option in part.tolist()] for part in menu.options)
    for position, variables in enumerate(choose):
        operator = int(menu.application.operators[position])
        model.one_option[copy, operator] = _sums_to(variables, [served])
    legs = tuple(_leg_choice(model, copy, number, leg, choose, served) for number, leg in enumerate(menu.legs))
    return CopyChoice(copy, menu, served, choose, legs)


def _leg_choice(
    model: Any, copy: int, number: int, menu: LegMenu, choose: tuple[list[Any], ...], served: Any
) -> LegChoice:
    producer_varies, consumer_varies = _varies(menu)
    if producer_varies and consumer_varies:
        return _transport(model, copy, number, menu, choose)
    if producer_varies:
        only = np.full(len(menu.producer_class), menu.pair_consumer[0])
        return LegChoice(menu, choose[menu.leg.producer], menu.producer_class, only)
    if consumer_varies:
        only = np.full(len(menu.consumer_class), menu.pair_producer[0])
        return LegChoice(menu, choose[menu.leg.consumer], only, menu.consumer_class)
    return LegChoice(menu, [served], menu.pair_producer[:1], menu.pair_consumer[:1])


def _transport(model: Any, copy: int, number: int, menu: LegMenu, choose: tuple[list[Any], ...]) -> LegChoice:
    pairs = list(zip(menu.pair_producer.tolist(), menu.pair_consumer.tolist(), strict=True))
    flow = [model.flow[copy, number, producer, consumer] for producer, consumer in pairs]
    for rows, pair_class, option_class, end in (
        (model.leaves, menu.pair_producer, menu.producer_class, choose[menu.leg.producer]),
        (model.enters, menu.pair_consumer, menu.consumer_class, choose[menu.leg.consumer]),
    ):
        for alike in np.unique(pair_class).tolist():
            rows[copy, number, alike] = _sums_to(
                [flow[place] for place in np.flatnonzero(pair_class == alike)],
                [end[place] for place in np.flatnonzero(option_class == alike)],
            )
    return LegChoice(menu, flow, menu.pair_producer, menu.pair_consumer)


def _sums_to(left: Sequence[Any], right: Sequence[Any]) -> Any:
    return linear([1.0] * len(left) + [-1.0] * len(right), [*left, *right]) == 0.0
