"""Combinations of configurations as a tree, a level per operator: partial plans walk down, and see what lies below."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sloplan.problem.compiled import Bool, Int
from sloplan.problem.spans import spans

Float = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ConfigurationTree:
    """A tree whose leaves are combinations.

    Parameters
    ----------
    node : (combinations, operators) int64
        Node of each combination after each operator; nodes of a level are numbered from 0.
    options : tuple of (first, option, child) per operator
        Node p of the level before continues by ``option[first[p]:first[p + 1]]``, and gets to the nodes `child`.
    """

    node: Int
    options: tuple[tuple[Int, Int, Int], ...]

    def extensions(self, level: int, at: Int) -> tuple[Int, Int, Int]:
        """Return how partial plans at nodes of the level before go on: which of them, its option, its next node.

        Parameters
        ----------
        level : int
        at : (n,) int64
        """
        first, option, child = self.options[level]
        length = first[at + 1] - first[at]
        entry = spans(first[at], length)
        return np.repeat(np.arange(len(at)), length), option[entry], child[entry]

    def least_below(self, level: int, amount: Float, open_leaf: Bool) -> Float:
        """Return the least amount among the open leaves below every node of a level; infinite without one.

        Parameters
        ----------
        level : int
        amount : (combinations, columns) float64
        open_leaf : (combinations,) bool
        """
        node = self.node[:, level]
        least = np.full((int(node.max(initial=-1)) + 1, amount.shape[1]), np.inf)
        np.minimum.at(least, node[open_leaf], amount[open_leaf])
        return least


def tree_of(found: Int, parts: list[Int], configuration: Int) -> ConfigurationTree:
    """Return the tree of some combinations.

    Parameters
    ----------
    found : (n, operators) int64
        Global configuration per operator.
    parts : list of int64 arrays
        Options open per operator.
    configuration : (options,) int64
        Of every option.
    """
    node = np.empty_like(found)
    before, nodes, steps = np.zeros(len(found), dtype=np.int64), 1, []
    for position, part in enumerate(parts):
        edges, of_combination = np.unique(np.column_stack([before, found[:, position]]), axis=0, return_inverse=True)
        node[:, position] = of_combination.reshape(-1)
        of_part = np.sort(configuration[part])
        by = part[np.argsort(configuration[part], kind="stable")]
        first, end = np.searchsorted(of_part, edges[:, 1]), np.searchsorted(of_part, edges[:, 1], side="right")
        number = end - first
        start = np.zeros(nodes + 1, dtype=np.int64)
        np.add.at(start, edges[:, 0] + 1, number)
        steps.append((np.cumsum(start), by[spans(first, number)], np.repeat(np.arange(len(edges)), number)))
        before, nodes = node[:, position], len(edges)
    return ConfigurationTree(node, tuple(steps))


def free_tree(parts: list[Int]) -> ConfigurationTree:
    """Return the tree of one node a level: all options go on from everywhere, and nothing is known of combinations.

    Parameters
    ----------
    parts : list of int64 arrays
        Options open per operator.
    """
    steps = tuple((np.array([0, len(part)]), part, np.zeros(len(part), dtype=np.int64)) for part in parts)
    return ConfigurationTree(np.zeros((1, len(parts)), dtype=np.int64), steps)
