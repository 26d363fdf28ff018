"""Options that another option of the same operator on the same pool replaces in every plan of every query.

Option b replaces option a if putting b in a's place keeps every plan feasible and makes it no dearer: b is as fast,
sends no more bytes, needs no greater rate, may stand wherever a may, goes with every configuration that a goes with
and is as accurate there, costs as little, and loads the pool as little. Both stand on one pool, so transfers start and
end at the same sites. What no query of the application asks for (a latency, an accuracy, a cost) is not compared.

Under `replicas` the load moves to another deployment. That changes nothing only because all of it moves: b is put in
a's place in all plans at once, and a's replicas become replicas of b. Each must then carry at least what one of a
carried, and take no more share and memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sloplan.problem.compiled import INT64_MAX, NO_LIMIT, Application, Bool, CompiledInstance, Int
from sloplan.problem.spans import spans

_ABSENT = INT64_MAX
"""Stands for the nano-nats of a combination that is not listed: nothing may be put in the place of a listed one."""


def replacements(compiled: CompiledInstance, objective: str) -> Int:
    """Return for every option the one that is as good and stays: itself, unless another one replaces it.

    Of options that replace each other the first stays.

    Parameters
    ----------
    compiled : CompiledInstance
    objective : str
        Under "goodput" bills are not compared.

    Returns
    -------
    (options,) int64
        Options that stay are their own replacement, so applying it twice changes nothing.
    """
    pairs = _pairs(compiled)
    better = _no_worse(compiled, pairs, objective)
    mutual = better & better[pairs.reverse]
    out = better & (~mutual | (pairs.other < pairs.option))
    removed = np.zeros(len(compiled.options.operator), dtype=np.bool_)
    removed[pairs.option[out]] = True
    replacement = np.arange(len(removed), dtype=np.int64)
    replacement[removed] = len(removed)
    found = out & ~removed[pairs.other]
    np.minimum.at(replacement, pairs.option[found], pairs.other[found])
    return replacement


@dataclass(frozen=True)
class _Pairs:
    """Every ordered pair of options of one operator on one pool.

    Parameters
    ----------
    option, other : (pairs,) int64
    reverse : (pairs,) int64
        Place of the pair with its two options exchanged.
    """

    option: Int
    other: Int
    reverse: Int


def _pairs(compiled: CompiledInstance) -> _Pairs:
    options = compiled.options
    order = np.lexsort((options.pool, options.operator))
    key = options.operator[order] * max(len(compiled.names.pools), 1) + options.pool[order]
    _, first, size = np.unique(key, return_index=True, return_counts=True)
    of_group = np.repeat(np.arange(len(size)), size)  # group of each option, in order
    number = size[of_group]  # of pairs that begin with it
    option = np.repeat(np.arange(len(order)), number)
    other = spans(first[of_group], number)
    begin = np.cumsum(number) - number  # place of the option's first pair
    reverse = begin[other] + option - first[of_group[option]]
    return _Pairs(order[option], order[other], reverse)


def _no_worse(compiled: CompiledInstance, pairs: _Pairs, objective: str) -> Bool:
    """Whether `other` may be put in the place of `option`, for every pair."""
    options, asked = compiled.options, _Asked.of(compiled)
    option, other = pairs.option, pairs.other
    application = compiled.operator_application[options.operator[option]]
    fine = (option != other) & (options.source_only[other] <= options.source_only[option])
    fine &= ~asked.latency[application] | (options.latency_us[other] <= options.latency_us[option])
    fine &= ~asked.cost[application] | (options.cost_nano[other] <= options.cost_nano[option])
    if objective != "goodput":
        fine &= options.billed_cost_nano[other] <= options.billed_cost_nano[option]
    least_rate = options.min_rate_milli[other]
    fine &= (least_rate <= asked.least_rate[application]) | (least_rate <= options.min_rate_milli[option])
    hosted = options.deployment[option] >= 0  # so is the other one: the pool is the same
    fine &= hosted | (options.busy_us[other] <= options.busy_us[option])
    left = np.flatnonzero(fine)
    fine[left] = _ConfigurationPairs(compiled, asked).no_worse(
        options.configuration[option[left]], options.configuration[other[left]]
    )
    left = np.flatnonzero(fine & hosted)
    fine[left] = _hosts_no_worse(compiled, option[left], other[left])
    return fine


@dataclass(frozen=True)
class _Asked:
    """What the queries of each application ask for; all of shape (applications,)."""

    latency: Bool
    accuracy: Bool
    cost: Bool
    sink: Bool
    least_rate: Int

    @classmethod
    def of(cls, compiled: CompiledInstance) -> _Asked:
        queries, templates = compiled.queries, compiled.templates
        application = templates.application[queries.template]
        size = len(compiled.applications)
        least_rate = np.full(size, NO_LIMIT, dtype=np.int64)
        np.minimum.at(least_rate, application, queries.rate_milli)

        def of_any(which: Int) -> Bool:
            return np.isin(np.arange(size), which)

        return cls(
            latency=of_any(application[queries.slo_latency_us != NO_LIMIT]),
            accuracy=of_any(application[queries.slo_accuracy != NO_LIMIT]),
            cost=of_any(application[queries.slo_cost_nano != NO_LIMIT]),
            sink=of_any(templates.application[templates.sink >= 0]),
            least_rate=least_rate,
        )


class _ConfigurationPairs:
    """Which configurations of an operator may take the place of which: output, accuracy and compatibility.

    Parameters
    ----------
    compiled : CompiledInstance
    asked : _Asked
    """

    def __init__(self, compiled: CompiledInstance, asked: _Asked) -> None:
        owner = compiled.configuration_operator
        operators = len(compiled.operator_application)
        self._owner = owner
        self._first = np.searchsorted(owner, np.arange(operators))  # sorted by operator
        self._size = np.bincount(owner, minlength=operators)
        self._offset = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(self._size**2)])
        self._fine = np.zeros(int(self._offset[-1]), dtype=np.bool_)
        for number, application in enumerate(compiled.applications):
            for position, operator in enumerate(application.operators.tolist()):
                members = np.arange(self._first[operator], self._first[operator] + self._size[operator])
                columns = [_forbidden(application, position, members)]
                if asked.accuracy[number]:
                    columns.append(_nano_nats(application, position, members))
                if asked.sink[number] or position not in application.leaves:
                    columns.append(compiled.configuration_bytes[members, None])
                part = slice(self._offset[operator], self._offset[operator + 1])
                self._fine[part] = _below(np.concatenate(columns, axis=1)).reshape(-1)

    def no_worse(self, configuration: Int, other: Int) -> Bool:
        """Whether `other` may take the place of `configuration`, for n pairs of one operator each."""
        operator = self._owner[configuration]
        first = self._first[operator]
        place = (other - first) * self._size[operator] + configuration - first
        return self._fine[self._offset[operator] + place]


def _below(figures: Int) -> Bool:
    """Whether row i is at most row j in every column, shape (n, n)."""
    below = np.ones((len(figures), len(figures)), dtype=np.bool_)
    for column in figures.T:
        below &= column[:, None] <= column
    return below


def _forbidden(application: Application, position: int, members: Int) -> Int:
    """1 where a configuration does not go with one of another operator, shape (members, such partners)."""
    columns = [np.zeros((len(members), 0), dtype=np.int64)]
    for pair in application.compatibilities:
        if position in (pair.first, pair.second):
            own, partner = pair.allowed.T if position == pair.first else pair.allowed.T[::-1]
            partners, which = np.unique(partner, return_inverse=True)
            table = np.ones((len(members), len(partners)), dtype=np.int64)
            table[own - members[0], which.reshape(-1)] = 0
            columns.append(table)
    return np.concatenate(columns, axis=1)


def _nano_nats(application: Application, position: int, members: Int) -> Int:
    """Nano-nats beside each combination of the others in a factor, shape (members, such combinations)."""
    columns = [np.zeros((len(members), 0), dtype=np.int64)]
    for factor in application.factors:
        mine = factor.positions == position
        if mine.any():
            rest, which = np.unique(factor.configurations[:, ~mine], axis=0, return_inverse=True)
            table = np.full((len(members), len(rest)), _ABSENT, dtype=np.int64)
            table[factor.configurations[:, mine][:, 0] - members[0], which.reshape(-1)] = factor.nano_nats
            columns.append(table)
    return np.concatenate(columns, axis=1)


def _hosts_no_worse(compiled: CompiledInstance, option: Int, other: Int) -> Bool:
    """Whether a replica of `other` carries what one of `option` does and takes no more, for pairs on one pool."""
    options, brought = compiled.options, compiled.supplies.brought
    mine, its = options.deployment[option], options.deployment[other]
    own_row = brought.column == brought.row_of_entry  # the row of a deployment has the index of its supply
    carries = np.zeros(len(compiled.supplies), dtype=object)
    carries[brought.row_of_entry[own_row]] = brought.amount[own_row].astype(object)
    load, its_load = options.busy_us[option].astype(object), options.busy_us[other].astype(object)
    enough = (load > 0) & (carries[its] > 0) & (its_load * carries[mine] <= load * carries[its])
    fine = np.asarray((its_load == 0) | enough, dtype=np.bool_)
    for takes in _taken_by_kind(compiled):
        fine &= takes[its] <= takes[mine]
    return fine


def _taken_by_kind(compiled: CompiledInstance) -> Sequence[Int]:
    """Share and memory that one replica of each deployment takes of its pool; each of shape (supplies,)."""
    brought = compiled.supplies.brought
    taken = []
    for kind in ("share:", "memory:"):
        rows = np.array([name.startswith(kind) for name in compiled.rows.name], dtype=np.bool_)
        entry = np.flatnonzero(rows[brought.column])
        amount = np.zeros(len(compiled.supplies), dtype=np.int64)
        amount[brought.row_of_entry[entry]] = -brought.amount[entry]
        taken.append(amount)
    return taken
