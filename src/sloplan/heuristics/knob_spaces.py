"""All choices of knobs at given placements: the spaces in which Bayesian optimisation looks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sloplan.heuristics.searches import Searches
from sloplan.problem.compiled import Bool, Int


@dataclass(frozen=True)
class KnobSpaces:
    """Spaces of one application, filled up to the size of the largest.

    Parameters
    ----------
    choices : (spaces, points, operators) int64
        Global option per local operator position.
    knobs : (spaces, points, 2 operators) int64
        Configuration and allocation of each.
    exists : (spaces, points) bool
        Which points are none that fill up.
    """

    choices: Int
    knobs: Int
    exists: Bool

    @property
    def size(self) -> Int:
        """Points of each space, shape (spaces,)."""
        return self.exists.sum(axis=1)

    def distances(self, owner: Int, point: Int) -> Int:
        """Return in how many knobs a point of each space differs from all points there, (n, points) int64.

        Parameters
        ----------
        owner : (n,) int64
            Spaces.
        point : (n,) int64
        """
        knobs = self.knobs[owner]
        return np.asarray((knobs != knobs[np.arange(len(owner)), point][:, None, :]).sum(axis=2), dtype=np.int64)

    @staticmethod
    def sizes(searches: Searches, search: Int, pool: Int) -> Int:
        """Return how many points each space would have, incompatible ones included; arguments as in `of`."""
        return np.prod([end - first for _, first, end in _options_at(searches, search, pool)], axis=0, dtype=np.int64)

    @classmethod
    def of(cls, searches: Searches, search: Int, pool: Int) -> KnobSpaces:
        """List the options of each operator in its pool, in every combination that is compatible.

        Parameters
        ----------
        searches : Searches
        search : (n,) int64
        pool : (n, operators) int64
            A placement for each.
        """
        compiled, parts = searches.compiled, _options_at(searches, search, pool)
        size = np.prod([end - first for _, first, end in parts], axis=0, dtype=np.int64)
        owner = np.repeat(np.arange(len(size)), size)
        rest = np.arange(len(owner)) - np.repeat(np.cumsum(size) - size, size)
        columns = []
        for options, first, end in parts:
            rest, digit = np.divmod(rest, (end - first)[owner])
            columns.append(options[first[owner] + digit])
        choices = np.column_stack(columns)
        compatible = _compatible(searches, choices)
        owner, choices = owner[compatible], choices[compatible]
        size = np.bincount(owner, minlength=len(size))
        point = np.arange(len(owner)) - np.repeat(np.cumsum(size) - size, size)
        filled = np.zeros((len(size), int(size.max(initial=0)), choices.shape[1]), dtype=np.int64)
        filled[owner, point] = choices
        knobs = np.concatenate([compiled.options.configuration[filled], compiled.options.allocation[filled]], axis=2)
        return cls(filled, knobs, np.arange(filled.shape[1]) < size[:, None])


def _options_at(searches: Searches, search: Int, pool: Int) -> list[tuple[Int, Int, Int]]:
    """Per operator: options by search and pool, and where those of each space begin and end."""
    num_pools = len(searches.compiled.pools.units)
    parts = []
    for position, opened in enumerate(searches.open_options):
        owner = np.repeat(np.arange(len(searches)), np.diff(opened.start))
        code = owner * num_pools + searches.compiled.options.pool[opened.option]
        order = np.argsort(code, kind="stable")
        wanted = search * num_pools + pool[:, position]
        first, end = (np.searchsorted(code[order], wanted, side) for side in ("left", "right"))
        parts.append((opened.option[order], first, end))
    return parts


def _compatible(searches: Searches, choices: Int) -> Bool:
    configuration = searches.compiled.options.configuration[choices]
    compatible = np.ones(len(choices), dtype=np.bool_)
    count = len(searches.compiled.configuration_operator)
    for pair in searches.application.compatibilities:
        code = configuration[:, pair.first] * count + configuration[:, pair.second]
        compatible &= np.isin(code, pair.allowed[:, 0] * count + pair.allowed[:, 1])
    return compatible
