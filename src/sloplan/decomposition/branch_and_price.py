"""Branch and price: a tree of cases with prices for each, which at any moment is a certificate of its worst leaf."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sloplan.decomposition.assignment import Assignment
from sloplan.decomposition.branching import Split, split_of
from sloplan.decomposition.branching_case import Case
from sloplan.decomposition.coupled_problem import CoupledProblem
from sloplan.decomposition.lagrangian import Prices
from sloplan.decomposition.node_bound import NodeBound, node_bound
from sloplan.decomposition.node_master import NodeMaster
from sloplan.decomposition.objective_step import objective_step
from sloplan.decomposition.open_pairs import OpenPairs
from sloplan.problem.certificates.format import Branch, Certificate, Leaf, Node
from sloplan.problem.selections.selection import PlanSelection

_SAFE = 1e-11
"""Relative distance that a closed leaf keeps from the next better worth: floating-point sums are closer than that."""

_BITS = 61  # a certificate allows priced plans up to 2^62

_HEADROOM = 3  # bits by which prices may grow from the root on


@dataclass
class TreeNode:
    """A node of the tree: a leaf until it is split.

    Parameters
    ----------
    case : Case
    bound : NodeBound
    split : Split, optional
    yes, no : int
        Numbers of the children.
    """

    case: Case
    bound: NodeBound
    split: Split | None = None
    yes: int = -1
    no: int = -1


class BranchAndPrice:
    """The tree of a problem whose plans are all there (`coupled_instance(..., sifted=False)`).

    Parameters
    ----------
    problem : CoupledProblem
    root : Prices
        Good ones, of the root's first bound.
    incumbent : Assignment, optional
        A valid one: nodes that hold nothing better are closed.
    on_better : callable, optional
        Called with every better valid assignment that a node's linear program happens to be.

    Attributes
    ----------
    nodes : list of TreeNode
        Node 0 is the root.
    incumbent : Assignment or None
    """

    def __init__(
        self,
        problem: CoupledProblem,
        root: Prices,
        incumbent: Assignment | None = None,
        on_better: Callable[[Assignment], object] = lambda _: None,
    ) -> None:
        self._problem, self._on_better = problem, on_better
        self.incumbent = incumbent
        self._worth = -math.inf if incumbent is None else incumbent.worth(problem)
        self._step = _verified_step(problem)
        self._pairs = OpenPairs(problem)
        self._master = NodeMaster(self._pairs, _denominator(self._pairs, root))
        case = Case.root(self._pairs)
        bound = NodeBound(-math.inf, root)
        if not case.is_closed(self._pairs):
            # Prices further down are much like the root's, which say how fine a grid there can be.
            root = node_bound(self._pairs, self._master, case, NodeBound(math.inf, root), -math.inf).prices
            self._master.denominator = _denominator(self._pairs, root)
            root = self._master.on_grid(root)
            bound = NodeBound(case.bound(self._pairs, root), root)
        self.nodes = [TreeNode(case, bound)]
        self._open = [(-bound.bound, 0)] if bound.bound > -math.inf else []
        self._whole = -math.inf  # greatest bound of a leaf whose optimum is whole, and which is not closed all the same

    @property
    def bound(self) -> float:
        """Most that anything can be worth, by the worst leaf; the incumbent's worth once nothing is better."""
        return max(self._worth, self._whole, -self._open[0][0] if self._open else -math.inf)

    @property
    def is_settled(self) -> bool:
        """Tell whether no leaf can hold anything better than the incumbent."""
        return max(self._whole, -self._open[0][0] if self._open else -math.inf) < self._cutoff

    @property
    def leaves(self) -> int:
        """Number of nodes that are not split."""
        return (len(self.nodes) + 1) // 2  # every split has two

    def run(self, most_nodes: int, should_stop: Callable[[], bool] = lambda: False) -> None:
        """Split the leaf of the greatest bound, again and again.

        Parameters
        ----------
        most_nodes : int
            How large the tree may become.
        should_stop : callable, optional
            Asked before every split.
        """
        while self._open and len(self.nodes) < most_nodes and not should_stop():
            _, number = heapq.heappop(self._open)
            node = self.nodes[number]
            node.bound = node_bound(self._pairs, self._master, node.case, node.bound, self._cutoff)
            if node.bound.bound < self._cutoff:
                continue
            self._take_whole()
            split = None if node.bound.bound < self._cutoff else split_of(self._pairs, self._master)
            if split is not None:
                self._branch(node, split)
            elif node.bound.bound >= self._cutoff:
                self._whole = max(self._whole, node.bound.bound)

    @property
    def _cutoff(self) -> float:
        """What a leaf's bound has to be below, so that it holds nothing better than the incumbent."""
        target = self._worth + self._step
        return target - _SAFE * max(1.0, abs(target)) if math.isfinite(target) else -math.inf

    def _branch(self, node: TreeNode, split: Split) -> None:
        node.split = split
        children = []
        for case in split.cases(self._pairs, node.case):
            closed = case.is_closed(self._pairs)
            bound = -math.inf if closed else min(case.bound(self._pairs, node.bound.prices), node.bound.bound)
            self.nodes.append(TreeNode(case, NodeBound(bound, node.bound.prices)))
            children.append(len(self.nodes) - 1)
            if bound >= self._cutoff and not closed:
                heapq.heappush(self._open, (-bound, children[-1]))
        node.yes, node.no = children

    def _take_whole(self) -> None:
        """Keep the linear program's optimum where it happens to be a better assignment."""
        master, pairs = self._master, self._pairs
        amount, supplied = np.rint(master.amount).astype(np.int64), np.rint(master.supplied).astype(np.int64)
        if np.abs(master.amount - amount).max(initial=0.0) > 1e-6:
            return
        taken = np.flatnonzero(amount)
        pair = master.column_pair[taken]
        found = Assignment(pairs.group[pair], pairs.plan[pair], amount[taken], supplied)
        if found.is_valid(self._problem) and found.worth(self._problem) > self._worth:
            self.incumbent, self._worth = found, found.worth(self._problem)
            self._on_better(found)

    def certificate(self) -> Certificate:
        """Return the tree as it stands as a certificate."""
        coarser = 1
        while any(
            _largest(self._pairs, node.bound.prices) * self._master.denominator > coarser * 2.0**_BITS
            for node in self.nodes
            if node.split is None
        ):
            coarser *= 2
        denominator = max(1, self._master.denominator // coarser)
        nodes: list[Node] = []
        for node in self.nodes:
            if node.split is not None:
                nodes.append(Branch(node.split.decision(self._pairs), node.yes, node.no))
            else:
                nodes.append(self._leaf(node.bound.prices, denominator))
        return Certificate("cost" if self._problem.is_cost else "goodput", denominator, tuple(nodes))

    def _leaf(self, prices: Prices, denominator: int) -> Leaf:
        row = np.rint(prices.row * denominator).astype(np.int64)
        named = zip(self._problem.rows.name.tolist(), row.tolist(), strict=True)
        of_value = round(prices.value * denominator) if self._problem.is_cost else 0
        return Leaf({name: price for name, price in named if price > 0}, of_value)


def _verified_step(problem: CoupledProblem) -> int:
    """Return the grid that a verifier rounds to: it counts plans of a plan selection that fit nowhere, too."""
    source = problem.source
    if not isinstance(source, PlanSelection):
        return objective_step(problem)
    figures = (source.plans.cost, source.supplies.price) if problem.is_cost else (source.plans.value,)
    return math.gcd(*(int(np.gcd.reduce(figure)) for figure in figures)) or 1


def _largest(pairs: OpenPairs, prices: Prices) -> float:
    """Return what no priced plan and no price is above; plans that are left out count too, for verifiers price them."""
    problem = pairs.problem
    dearest = problem.dearest(prices.row, max(prices.value, 1.0))
    of_rows, of_supplies = float(prices.row.max(initial=0.0)), float(problem.supply_price.max(initial=0))
    return max(dearest, of_rows, of_supplies, prices.value, 1.0)


def _denominator(pairs: OpenPairs, prices: Prices) -> int:
    """Return a grid as fine as certificates allow, with room for prices some times as large."""
    return int(2 ** max(0, _BITS - _HEADROOM - math.ceil(math.log2(_largest(pairs, prices)))))
