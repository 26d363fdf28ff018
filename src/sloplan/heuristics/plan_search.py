"""The search of stage one: plans of one template for some representative demands, extended operator by operator.

Partial plans are extended by the options of the next operator, and what is computed of one holds for all its
completions. A partial plan that no completion can bring within the limits of any demand is dropped with all of them:
least latency, least cost and best accuracy of what is missing are bounds. Of the others, those stay that are the best,
with the least that completion takes, in some direction (`scarcity`) for some demand.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from sloplan.heuristics.configuration_tree import ConfigurationTree
from sloplan.heuristics.evaluator import Evaluator, Figure, PartialPlans
from sloplan.heuristics.scarcity import DIRECTIONS, Scarcity
from sloplan.problem.compiled import Application, Bool, CompiledInstance, Int

Float = npt.NDArray[np.float64]

_KEPT: Final = 1
"""Partial plans that stay per direction and demand, and finished ones."""


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

    def __len__(self) -> int:
        return len(self.rate_milli)


@dataclass(frozen=True)
class Switches:
    """Which of the ideas are on; see `compass`."""

    within_similarity: bool = True
    across_similarity: bool = True
    slo_decomposition: bool = True


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
    def least_rest_us(self) -> Int:
        """Least latency of what comes after each operator, transfers left out; shape (operators,)."""
        latency = [int(self.compiled.options.latency_us[part].min(initial=0)) for part in self.parts]
        rest = np.zeros(len(self.parts), dtype=np.int64)
        for producer, consumer in sorted(self.application.edges.tolist(), reverse=True):
            rest[producer] = max(rest[producer], latency[consumer] + rest[consumer])
        return rest

    @cached_property
    def least_rest_nano(self) -> Int:
        """Least cost of all operators after each one in topological order, shape (operators,)."""
        cost = np.array([self.compiled.options.cost_nano[part].min(initial=0) for part in self.parts])
        return np.append(np.cumsum(cost[::-1])[::-1][1:], 0)


class PlanSearch:
    """Searches plans of one template.

    Parameters
    ----------
    space : SearchSpace
    scarcity : Scarcity
    evaluator : Evaluator
    switches : Switches
    """

    def __init__(self, space: SearchSpace, scarcity: Scarcity, evaluator: Evaluator, switches: Switches) -> None:
        self._space, self._scarcity, self._evaluator, self._switches = space, scarcity, evaluator, switches
        compiled = space.compiled
        source = int(compiled.templates.source[space.template])
        self._sites = np.unique(np.concatenate([np.array([source]), *(compiled.options.site[p] for p in space.parts)]))
        self._source = int(np.searchsorted(self._sites, source))
        self._between = scarcity.between(source, self._sites)
        # Accuracy that is known of combinations need not be looked at again, plan by plan.
        known = space.nano_nats is not None and switches.within_similarity
        self._figures: tuple[Figure, ...] = ("latency", "cost") if known else ("accuracy", "latency", "cost")

    def plans(self, demands: Demands) -> Int:
        """Return plans that meet the demands as far as can be seen, diverse and good; shape (n, operators).

        Parameters
        ----------
        demands : Demands
        """
        space, evaluator = self._space, self._evaluator
        partial, at = PartialPlans.empty(), np.zeros(1, dtype=np.int64)
        load = np.zeros((1, DIRECTIONS + len(self._scarcity.own_capacity)))
        for position in range(len(space.parts)):
            parent, option, child = space.tree.extensions(position, at)
            extended = evaluator.extend(space.template, partial, parent, option, self._figures)
            evaluator.count(len(option))  # what it takes of what is scarce
            if not self._switches.within_similarity:  # nothing is shared: the beginning is evaluated again
                evaluator.count(position * (len(self._figures) + 1) * len(option))
            load = load[parent] + self._scarcity.of_option[option] + self._sent(position, extended)
            kept = self._kept(position, extended, child, load, demands)
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

    def _kept(self, position: int, plans: PartialPlans, at: Int, load: Float, demands: Demands) -> Int:
        """Return the partial plans that go on."""
        space, bounded = self._space, self._switches.within_similarity or position == len(self._space.parts) - 1
        latency, cost = plans.latency_us, plans.cost_nano
        if bounded:
            latency = (plans.finish_us + space.least_rest_us[: position + 1]).max(axis=1, initial=0)
            cost = cost + space.least_rest_nano[position]
        own = load[:, DIRECTIONS:]
        most_rate = np.divide(self._scarcity.own_capacity, own, out=np.full(own.shape, np.inf), where=own > 0)
        rate = most_rate.min(axis=1, initial=np.inf)
        chosen = []
        for demand in range(len(demands)):
            rest = self._rest(position, demands.nano_nats[demand])[at]
            meets = plans.possible & np.isfinite(rest[:, 0]) & (rate >= demands.rate_milli[demand])
            meets &= (latency <= demands.latency_us[demand]) & (cost <= demands.cost_nano[demand])
            if space.nano_nats is None:
                meets &= plans.accuracy_nano_nats <= demands.nano_nats[demand]
            able = np.flatnonzero(meets)
            if not len(able):
                continue
            score = load[able, :DIRECTIONS] + rest[able]
            if self._switches.slo_decomposition:  # each dimension of the SLO by itself, within the others' limits
                score = np.column_stack([score, latency[able], cost[able]])
            most = min(_KEPT, len(able))
            chosen.append(able[np.argpartition(score, most - 1, axis=0)[:most].reshape(-1)])
        return np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *chosen]))

    def _rest(self, position: int, nano_nats: int) -> Float:
        """Least load of what is missing below every node, in every direction, for an accuracy limit."""
        if self._space.nano_nats is None:
            below = self._space.tree.node.shape[0]
            return self._free_rest[position][None, :].repeat(below, axis=0)
        rest = self._rest_of_combinations[position]
        return self._space.tree.least_below(position, rest, self._space.nano_nats <= nano_nats)

    @cached_property
    def _free_rest(self) -> Float:
        """Least load of the operators after each one, shape (operators, directions)."""
        least = [self._scarcity.of_option[part, :DIRECTIONS].min(axis=0, initial=np.inf) for part in self._space.parts]
        rest = np.cumsum(np.array(least)[::-1], axis=0)[::-1]
        return np.vstack([rest[1:], np.zeros((1, DIRECTIONS))])

    @cached_property
    def _rest_of_combinations(self) -> list[Float]:
        """Least load of the operators after each one, per combination: (combinations, directions) each."""
        space, configuration = self._space, self._space.compiled.options.configuration
        leaves = len(space.tree.node)
        rest, below = [np.zeros((leaves, DIRECTIONS))], np.zeros((leaves, DIRECTIONS))
        for position in range(len(space.parts) - 1, 0, -1):
            part, found = space.parts[position], space.combinations[:, position]
            distinct, of = np.unique(configuration[part], return_inverse=True)
            least = np.full((len(distinct), DIRECTIONS), np.inf)
            np.minimum.at(least, of.reshape(-1), self._scarcity.of_option[part, :DIRECTIONS])
            below = below + least[np.searchsorted(distinct, found)]
            rest.append(below)
        return rest[::-1]
