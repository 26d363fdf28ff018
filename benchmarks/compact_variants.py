"""Other ways to write the compact MILP, measured against the one that is kept.

Run as ``python benchmarks/compact_variants.py [NAME ...]`` with names of experiments (`EXPERIMENTS`; default all). Each
variant is built from the parts of the model with one of them replaced. Prints one line per instance and variant: size,
value of the linear relaxation, and what HiGHS reached with two threads: objective, bound, wall and CPU time.
"""

from __future__ import annotations

import dataclasses
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from typing import Any, Final
from unittest.mock import patch

import numpy as np
import pyomo.environ as pyo

import sloplan as sp
from sloplan.models import accuracy, capacity, choices, compact, cost, latency
from sloplan.models.choices import CopyChoice, LegChoice
from sloplan.models.lower_bounds import SATURATED
from sloplan.models.menu import LegMenu
from sloplan.models.partners import Partners
from sloplan.models.rows import Alternatives, limit_row, linear
from sloplan.models.standing import add_standing
from sloplan.problem.cost_problem import goodput_floor
from sloplan.problem.instance import Instance
from sloplan.solvers.highs import Highs
from sloplan.solvers.standard_form import standard_form

CPU_LIMIT: Final = 12.0
"""Seconds of CPU time, all threads together: wall time says little on a machine that is shared."""
WALL_LIMIT: Final = 200.0
MIN_GOODPUT: Final = 0.9


def limit_alone(parts: Sequence[Alternatives], limit: int, served: Any) -> Any | None:  # noqa: ARG001
    """Return the row of a limit as it is often written: not multiplied by `served`."""
    coefficients = [int(figure) for part in parts for figure in part.figures]
    variables = [variable for part in parts for variable in part.variables]
    if sum(int(part.figures.max()) for part in parts) <= limit:
        return None
    return limit_row(coefficients, variables, limit)


def linked_pairs(model: Any, copy: int, number: int, menu: LegMenu, choose: tuple[list[Any], ...]) -> LegChoice:
    """Tie a transfer to its ends pair by pair: flow >= producer + consumer - served, summing to served."""
    pairs = list(zip(menu.pair_producer.tolist(), menu.pair_consumer.tolist(), strict=True))
    flow = {pair: model.flow[copy, number, *pair] for pair in pairs}
    served = model.served[copy]
    model.leaves[copy, number, -1] = linear([1.0] * len(flow) + [-1.0], [*flow.values(), served]) == 0.0
    for producer in np.unique(menu.producer_class).tolist():
        for consumer in np.unique(menu.consumer_class).tolist():
            ends = [
                variables[place]
                for variables, of_option, wanted in (
                    (choose[menu.leg.producer], menu.producer_class, producer),
                    (choose[menu.leg.consumer], menu.consumer_class, consumer),
                )
                for place in np.flatnonzero(of_option == wanted)
            ]
            taken = [flow[producer, consumer]] if (producer, consumer) in flow else []
            body = linear([1.0] * len(ends) + [-1.0] * (1 + len(taken)), [*ends, served, *taken])
            model.enters[copy, number, producer, consumer] = body <= 0.0
    return LegChoice(menu, list(flow.values()), menu.pair_producer, menu.pair_consumer)


def structural(original: Callable[..., Any]) -> Callable[..., Any]:
    """Let pairs only be forbidden by tables of compatible pairs and missing routes, not by SLOs and capacities."""

    def allowed(self: Partners, query: int) -> Any:
        figures = [self._latency_us, self._cost_nano, self._nano_nats]
        limited = [np.where(figure >= SATURATED, SATURATED, 0) for figure in figures]
        rate = np.full_like(self._largest_rate, np.iinfo(np.int64).max)
        names = ("_latency_us", "_cost_nano", "_nano_nats", "_largest_rate")
        kept = {name: getattr(self, name) for name in names}
        self.__dict__.update(dict(zip(names, [*limited, rate], strict=True)))
        try:
            return original(self, query)
        finally:
            self.__dict__.update(kept)

    return allowed


def with_standing(model: Any, compiled: Any, copies: Sequence[CopyChoice]) -> Any:
    """Add the rows that let supplies stand under either objective."""
    amounts, usage = capacity.add_capacity(model, compiled, copies)
    add_standing(model, compiled, usage, amounts)
    return amounts, usage


def order_served(model: Any, copies: Sequence[CopyChoice], keep: Callable[[Any, Any], Iterator[Any]]) -> None:
    """Replace the rows that order copies."""
    model.copies_in_order.clear()
    for first, second in pairwise(copies):
        if first.menu is second.menu:
            for number, row in enumerate(keep(first, second)):
                model.copies_in_order[second.copy, number] = row


def by_option(first: CopyChoice, second: CopyChoice) -> Iterator[Any]:
    """Order copies by the option of the operator with most of them: no later copy before an earlier one."""
    position = int(np.argmax([len(part) for part in first.menu.options]))
    for size in range(1, len(first.choose[position]) + 1):
        of_first, of_second = first.choose[position][:size], second.choose[position][:size]
        yield linear([1.0] * size + [-1.0] * size, [*of_second, *of_first]) <= 0.0


Variant = Callable[[ExitStack], Callable[[Any], None] | None]


def changed(*changes: tuple[Any, str, Any]) -> Variant:
    """Replace parts of the model while it is built."""

    def variant(stack: ExitStack) -> None:
        for target, name, other in changes:
            stack.enter_context(patch.object(target, name, other))

    return variant


def ordered(keep: Callable[[Any, Any], Iterator[Any]]) -> Variant:
    """Order copies in another way."""
    return lambda _: lambda model: order_served(model, model.index.copies, keep)


KEPT: Final = changed()
WITHOUT_PAIRS: Final = changed((Partners, "allowed", structural(Partners.allowed)))
LIMITS_ALONE: Final = changed(
    *((module, "limit_if_served", limit_alone) for module in (accuracy, capacity, cost, latency))
)
GOODPUT_VARIANTS: Final[dict[str, Variant]] = {
    "kept": KEPT,
    "pairs not limited by SLOs": WITHOUT_PAIRS,
    "transfers linked pair by pair": changed((choices, "_transport", linked_pairs)),
    "finish times everywhere": changed((latency, "PATH_LIMIT", 0)),
    "limits not times served": LIMITS_ALONE,
}
SUPPLY_VARIANTS: Final[dict[str, Variant]] = {
    "standing": changed((compact, "add_capacity", with_standing), (compact, "add_standing", lambda *_: None)),
    "without standing": changed((compact, "add_standing", lambda *_: None)),
}
SYMMETRY_VARIANTS: Final[dict[str, Variant]] = {
    "kept": KEPT,
    "not ordered": ordered(lambda *_: iter(())),
    "ordered by option": ordered(by_option),
}
XS: Final = ("edge-cloud-xs-1.2-tight", "heterogeneous-xs-1.2-tight")
S: Final = ("mixed-s-1.2-tight", "edge-cloud-s-1.2-tight", "heterogeneous-s-1.2-loose")
MORE_S: Final = ("city-s-1.2-tight", "cloud-only-s-1.2-tight", "edge-only-s-2-loose")
EXPERIMENTS: Final[dict[str, tuple[Sequence[str], dict[str, Variant], str, str, int]]] = {
    "goodput": ((*XS, *S), GOODPUT_VARIANTS, "goodput", "fluid", 1),
    "goodput-more": (MORE_S, GOODPUT_VARIANTS, "goodput", "fluid", 1),
    "cost": (S[:2], SUPPLY_VARIANTS, "cost", "fluid", 1),
    "cost-replicas": (S[:2], SUPPLY_VARIANTS, "cost", "replicas", 1),
    "goodput-replicas": (S[:2], SUPPLY_VARIANTS, "goodput", "replicas", 1),
    "copies": (S[:2], SYMMETRY_VARIANTS, "goodput", "fluid", 4),
}


def instance_of(name: str, hosting: str, copies: int) -> Instance:
    """Return an instance; with copies, every so manieth query stands for that many."""
    instance = sp.load(name)
    queries = instance.table("queries")
    return instance.replace(hosting=hosting, queries=queries.iloc[::copies].assign(count=copies))


@contextmanager
def built(instance: Instance, objective: str, variant: Variant) -> Iterator[Any]:
    """Build a variant of the model."""
    floor = goodput_floor(instance, MIN_GOODPUT) if objective == "cost" else None
    with ExitStack() as stack:
        afterwards = variant(stack)
        model = compact.compact_milp(instance, objective, goodput_floor=floor)
    if afterwards is not None:
        afterwards(model)
    yield model


def measured(model: Any) -> str:
    """Return size, relaxation and what HiGHS reaches."""
    form = standard_form(model)
    minimises = next(model.component_objects(pyo.Objective)).sense == pyo.minimize
    sign = model.objective_scale if minimises else -model.objective_scale
    relaxed = dataclasses.replace(form, integer=np.zeros_like(form.integer))
    relaxation = Highs(relaxed, seed=0, threads=1, rel_gap=0.0).solve(WALL_LIMIT).bound
    engine = Highs(form, seed=0, threads=2, rel_gap=0.0)
    wall, cpu = time.perf_counter(), time.process_time()
    engine.should_stop = lambda: time.process_time() - cpu > CPU_LIMIT
    answer = engine.solve(WALL_LIMIT)
    took = f"{time.perf_counter() - wall:.1f} s, {time.process_time() - cpu:.1f} s CPU"
    value = None if answer.values is None else float(form.cost @ answer.values)
    figures = [f"{'-' if x is None else f'{x * sign:,.0f}'}" for x in (relaxation, value, answer.bound)]
    rows, columns = form.matrix.shape
    return (
        f"{rows} x {columns}, {form.matrix.nnz} nonzeros; LP {figures[0]}; {answer.ended}: {figures[1]}, "
        f"bound {figures[2]}; {took}"
    )


def main(names: Sequence[str]) -> None:
    """Print a line per instance and variant."""
    for experiment in names or EXPERIMENTS:
        instances, variants, objective, hosting, copies = EXPERIMENTS[experiment]
        for name in instances:
            instance = instance_of(name, hosting, copies)
            for label, variant in variants.items():
                with built(instance, objective, variant) as model:
                    sys.stdout.write(f"{experiment:16s} {name:26s} {label:30s} {measured(model)}\n")
                    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
