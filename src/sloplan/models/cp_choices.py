"""The plan of every copy as CP-SAT literals: served or not, one option per operator, one pair of ends per transfer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sloplan.models.cp_literals import Literals, group_literals, one_of, table
from sloplan.models.legs import END
from sloplan.models.menu import LegMenu, QueryMenu
from sloplan.problem.compiled import CompiledInstance, Int
from sloplan.problem.transfers import transfers_of


@dataclass(frozen=True)
class CpTransfer:
    """A transfer of one copy: literals of which one is true if the copy is served.

    Parameters
    ----------
    menu : LegMenu
    literals : list of CP-SAT literals
        Of pairs of classes where both ends can vary; else of the classes of the end that can; else `served` alone.
    producer_class, consumer_class : (literals,) int64
        Classes that each literal stands for.
    """

    menu: LegMenu
    literals: list[Any]
    producer_class: Int
    consumer_class: Int

    @property
    def latency(self) -> Literals:
        """Latency, us."""
        return Literals(self.literals, self.menu.leg.latency_us[self.producer_class, self.consumer_class])

    @property
    def cost(self) -> Literals:
        """Cost, nano-USD per request."""
        return Literals(self.literals, self.menu.leg.cost_nano[self.producer_class, self.consumer_class])

    def link_loads(self, compiled: CompiledInstance) -> Iterator[tuple[int, Literals]]:
        """Yield every link that may be crossed, with the bytes per request that it then carries."""
        route = self.menu.leg.route[self.producer_class, self.consumer_class]
        sent_bytes = self.menu.leg.sent_bytes[self.producer_class]
        load: dict[int, Int] = {}
        for used in np.unique(route[route >= 0]).tolist():
            for link in transfers_of(compiled).route_links(used):
                load[link] = load.get(link, 0) + np.where(route == used, sent_bytes, 0)
        for link, figures in load.items():
            if figures.any():
                yield link, Literals(self.literals, figures)


@dataclass(frozen=True)
class CpCopy:
    """The literals of one copy that has a menu.

    Parameters
    ----------
    copy : int
    menu : QueryMenu
    served : CP-SAT literal
    choose : tuple of list of CP-SAT literals
        Per local operator position, in the order of `menu.options`; an only option's literal is `served`.
    transfers : tuple of CpTransfer
    configurations : tuple of dict
        Per local operator position: the literal of each configuration.
    """

    copy: int
    menu: QueryMenu
    served: Any
    choose: tuple[list[Any], ...]
    transfers: tuple[CpTransfer, ...]
    configurations: tuple[dict[int, Any], ...]

    def of_options(self, figures: Int) -> list[Literals]:
        """Return a figure of every option of the instance as a part per operator."""
        return [Literals(part, figures[options]) for part, options in zip(self.choose, self.menu.options, strict=True)]


def add_copy(model: Any, copy: int, menu: QueryMenu, configuration: Int) -> CpCopy:
    """Add the literals of one copy, and what ties them together.

    Parameters
    ----------
    model : CpModel
        Gets entries in its dicts `served[copy]`, `choose[copy, option]` and
        `pair[copy, leg, producer class, consumer class]`.
    copy : int
    menu : QueryMenu
    configuration : (options,) int64
        Configuration of every option of the instance.
    """
    served = model.served[copy] = model.new_bool_var(f"served/{copy}")
    choose = tuple(_options(model, copy, served, part) for part in menu.options)
    ends = _Ends(model, copy, served, choose)
    transfers = tuple(_transfer(model, copy, number, leg, ends) for number, leg in enumerate(menu.legs))
    configurations = tuple(
        ends.of(position, configuration[part], "configuration") for position, part in enumerate(menu.options)
    )
    return CpCopy(copy, menu, served, choose, transfers, configurations)


def _options(model: Any, copy: int, served: Any, options: Int) -> list[Any]:
    names = [(copy, option) for option in options.tolist()]
    if len(names) == 1:
        literals = [served]
    else:
        literals = [model.new_bool_var(f"choose/{copy}/{option}") for _, option in names]
        one_of(model, literals, served)
    model.choose.update(zip(names, literals, strict=True))
    return literals


class _Ends:
    """Literals of groups of options, made once for each way in which an operator's options are grouped."""

    def __init__(self, model: Any, copy: int, served: Any, choose: Sequence[list[Any]]) -> None:
        self._model, self._copy, self.served, self._choose = model, copy, served, choose
        self._made: dict[tuple[int, bytes], list[Any]] = {}

    def of(self, position: int, group: Int, kind: str) -> dict[int, Any]:
        """Return the literal of each group of an operator's options."""
        if position == END:
            return {0: self.served}
        values, which = np.unique(group, return_inverse=True)
        key = position, which.astype(np.int64).tobytes()
        if key not in self._made:
            name = f"{kind}/{self._copy}/{position}"
            literals = group_literals(self._model, self._choose[position], which, self.served, name)
            self._made[key] = list(literals.values())
        return dict(zip(values.tolist(), self._made[key], strict=True))


def _transfer(model: Any, copy: int, number: int, menu: LegMenu, ends: _Ends) -> CpTransfer:
    producers = ends.of(menu.leg.producer, menu.producer_class, "sends")
    consumers = ends.of(menu.leg.consumer, menu.consumer_class, "receives")
    if len(producers) > 1 and len(consumers) > 1:
        rows = np.column_stack([menu.pair_producer, menu.pair_consumer])
        keys = [(copy, number, producer, consumer) for producer, consumer in rows.tolist()]
        literals = table(model, [producers, consumers], rows, ["pair/" + "/".join(map(str, key)) for key in keys])
        model.pair.update(zip(keys, literals, strict=True))
        return CpTransfer(menu, literals, menu.pair_producer, menu.pair_consumer)
    # The filters leave an option only if it has a partner: each class of the end that varies goes with the other's one.
    varying = producers if len(producers) > 1 else consumers
    of_class = np.array(list(varying), dtype=np.int64)
    only_producer, only_consumer = (np.full(len(varying), next(iter(end))) for end in (producers, consumers))
    return CpTransfer(
        menu,
        list(varying.values()),
        of_class if varying is producers else only_producer,
        of_class if varying is consumers else only_consumer,
    )
