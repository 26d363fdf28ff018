"""The search of stage one: plans of one template for some representative demands, extended operator by operator.

Partial plans are extended by the options of the next operator, and what is computed of one holds for all its
completions. A partial plan that no completion can bring within the limits of any demand is dropped with all of them:
least latency, least cost and best accuracy of what is missing are bounds. Of the others, those stay that are the best,
with the least that completion takes, in some direction (`scarcity`) for some demand.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from sloplan.heuristics.configuration_tree import ConfigurationTree
from sloplan.heuristics.evaluator import Evaluator, Figure, PartialPlans
from sloplan.heuristics.scarcity import Scarcity
from sloplan.heuristics.search_kernels import keep_best
from sloplan.problem.compiled import Application, CompiledInstance, Int
from sloplan.problem.transfers import transfers_of

Float = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Demands:
    """What representative queries allow, each array of shape (demands,).

    Parameters
    ----------
    rate_milli, latency_us, nano_nats, cost_nano : int64
    """

    rate_milli: Int
    latency_us: Int
    nano_nats: Int
    cost_nano: Int

    @cached_property
    def table(self) -> Int:
        """Rate, nano-nats, latency and cost, shape (demands, 4)."""
        return np.column_stack([self.rate_milli, self.nano_nats, self.latency_us, self.cost_nano])


@dataclass(frozen=True)
class Switches:
    """Which of the ideas are on; see `compass`."""

    within_similarity: bool = True
    across_similarity: bool = True
    slo_decomposition: bool = True
    group_frontiers: bool = True
    neighbours: bool = True


@dataclass(frozen=True)
class SearchSpace:
    """What one template's plans are made of.

    Parameters
    ----------
    compiled : CompiledInstance
    template : int
    parts : list of int64 arrays
        Options per operator.
    tree : ConfigurationTree
    combinations : (combinations, operators) int64
        Global configurations of the tree's leaves.
    nano_nats : (combinations,) int64 or None
        Their accuracy; None where nothing is known beforehand, and the tree is free.
    """

    compiled: CompiledInstance
    template: int
    parts: list[Int]
    tree: ConfigurationTree
    combinations: Int
    nano_nats: Int | None

    @property
    def application(self) -> Application:
        """The template's."""
        return self.compiled.applications[self.compiled.templates.application[self.template]]

    @cached_property
    def after_us(self) -> Int:
        """Latency of the way from every option of an operator without successors to the sink, shape (options,)."""
        compiled, after = self.compiled, np.zeros(len(self.compiled.options.site), dtype=np.int64)
        source, sink = int(compiled.templates.source[self.template]), int(compiled.templates.sink[self.template])
        if sink >= 0:
            options = np.concatenate([self.parts[leaf] for leaf in self.application.leaves.tolist()])
            size = compiled.configuration_bytes[compiled.options.configuration[options]]
            ends = compiled.options.site[options], np.full(len(options), sink)
            after[options] = transfers_of(compiled).of(source, size, *ends).latency_us
        return after

    @cached_property
    def tail_us(self) -> Int:
        """Least latency of what comes after each operator, transfers left out; shape (leaves, operators)."""
        latency = self.compiled.options.latency_us + self.after_us
        of_operator = np.column_stack([self.least(position, latency) for position in range(len(self.parts))])
        tail = np.zeros_like(of_operator)
        for producer, consumer in sorted(self.application.edges.tolist(), reverse=True):
            tail[:, producer] = np.maximum(tail[:, producer], of_operator[:, consumer] + tail[:, consumer])
        return tail

    @cached_property
    def cost_rest(self) -> Int:
        """Least cost of all operators after each one in topological order, shape (leaves, operators)."""
        cost = self.compiled.options.cost_nano
        of_operator = np.column_stack([self.least(position, cost) for position in range(len(self.parts))])
        return np.cumsum(of_operator[:, ::-1], axis=1)[:, ::-1] - of_operator

    def least(self, position: int, amount: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return the least amount that an operator's options have in every leaf of the tree, shape (leaves, ...).

        Parameters
        ----------
        position : int
        amount : (options, ...) array
        """
        part, configuration = self.parts[position], self.compiled.options.configuration
        if self.nano_nats is None:
            return amount[part].min(axis=0, keepdims=True)
        order = np.argsort(configuration[part], kind="stable")
        distinct, start = np.unique(configuration[part][order], return_index=True)
        least = np.minimum.reduceat(amount[part[order]], start, axis=0)
        return np.asarray(least[np.searchsorted(distinct, self.combinations[:, position])])


class PlanSearch:
    """Searches plans of one template.

    Parameters
    ----------
    space : SearchSpace
    scarcity : Scarcity
    evaluator : Evaluator
    switches : Switches
    kept : int
        Partial plans that stay per direction and demand, and finished ones.
    """

    def __init__(
        self, space: SearchSpace, scarcity: Scarcity, evaluator: Evaluator, switches: Switches, kept: int
    ) -> None:
        self._kept_each = kept
        self._space, self._scarcity, self._evaluator, self._switches = space, scarcity, evaluator, switches
        compiled = space.compiled
        source = int(compiled.templates.source[space.template])
        self._sites = np.unique(np.concatenate([np.array([source]), *(compiled.options.site[p] for p in space.parts)]))
        self._source = int(np.searchsorted(self._sites, source))
        self._between = scarcity.between(source, self._sites)
        # Accuracy that is known of combinations need not be looked at again, plan by plan.
        known = space.nano_nats is not None and switches.within_similarity
        self._figures: tuple[Figure, ...] = ("latency", "cost") if known else ("accuracy", "latency", "cost")

    def plans(self, demands: Demands, to_beat: Float) -> Int:
        """Return plans that meet the demands as far as can be seen, diverse and good; shape (n, operators).

        Parameters
        ----------
        demands : Demands
        to_beat : (demands, directions) float64
            What the best plans that are known score; only plans that may score less are looked for.
        """
        space, evaluator = self._space, self._evaluator
        partial, at = PartialPlans.empty(), np.zeros(1, dtype=np.int64)
        load = np.zeros((1, self._scarcity.of_option.shape[1]))
        for position in range(len(space.parts)):
            parent, option, child = space.tree.extensions(position, at)
            extended = evaluator.extend(space.template, partial, parent, option, figures=self._figures)
            evaluator.count(len(option))  # what it takes of what is scarce
            if not self._switches.within_similarity:  # nothing is shared: the beginning is evaluated again
                evaluator.count(position * (len(self._figures) + 1) * len(option))
            load = load[parent] + self._scarcity.of_option[option] + self._sent(position, extended)
            kept = self._kept(position, extended, child, load, demands, to_beat)
            partial, at, load = extended.taken(kept), child[kept], load[kept]
        return partial.choices

    def _sent(self, position: int, extended: PartialPlans) -> Float:
        """What the inputs of an operator load."""
        compiled, application = self._space.compiled, self._space.application
        options = compiled.options
        place = np.searchsorted(self._sites, options.site[extended.choices])
        load = np.zeros((len(extended), self._between.shape[2]))
        if position in application.roots:
            size = int(compiled.operator_input_bytes[application.operators[position]])
            load += size * self._between[self._source, place[:, position]]
        for producer in application.edges[application.edges[:, 1] == position, 0].tolist():
            size_of = compiled.configuration_bytes[options.configuration[extended.choices[:, producer]]]
            load += size_of[:, None] * self._between[place[:, producer], place[:, position]]
        return load

    def _kept(self, position: int, plans: PartialPlans, at: Int, load: Float, demands: Demands, to_beat: Float) -> Int:
        """Return the partial plans that go on."""
        space, directions = self._space, self._scarcity.directions
        done = slice(position + 1)
        tail_us, cost_rest = space.tail_us[:, done], space.cost_rest[:, position]
        if not self._switches.within_similarity:  # nothing is known of completions
            tail_us, cost_rest = np.zeros_like(tail_us), np.zeros_like(cost_rest)
        accuracy = plans.accuracy_nano_nats if space.nano_nats is None else np.zeros(len(plans), dtype=np.int64)
        own = load[:, directions:]
        most_rate = np.divide(self._scarcity.own_capacity, own, out=np.full(own.shape, np.inf), where=own > 0)
        marked = keep_best(
            plans.possible,
            accuracy,
            plans.finish_us + space.after_us[plans.choices],
            plans.cost_nano,
            most_rate.min(axis=1, initial=np.inf),
            np.ascontiguousarray(load[:, :directions]),
            at,
            demands.table,
            np.ascontiguousarray(space.tree.node[:, position]),
            np.zeros(1, dtype=np.int64) if space.nano_nats is None else space.nano_nats,
            np.ascontiguousarray(tail_us),
            np.ascontiguousarray(cost_rest),
            self._rest[position],
            2 if self._switches.slo_decomposition else 0,
            self._kept_each,
            to_beat,
        )
        return np.flatnonzero(marked)

    @cached_property
    def _rest(self) -> list[Float]:
        """Least load of the operators after each one, per leaf of the tree: (leaves, directions) each."""
        operators, load = len(self._space.parts), self._scarcity.of_option[:, : self._scarcity.directions]
        rest = [np.zeros((len(self._space.tree.node), self._scarcity.directions))]
        for position in range(operators - 1, 0, -1):
            rest.append(rest[-1] + self._space.least(position, load))
        return rest[::-1]
