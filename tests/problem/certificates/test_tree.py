"""Walks over deep certificates: the way from leaf to leaf, and what it costs."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from sloplan.problem.certificates.format import Branch, Certificate, Leaf, PlanDecision
from sloplan.problem.certificates.tree import leaf_steps
from sloplan.problem.certificates.verification import certificate_bound
from sloplan.problem.selections.selection import PlanSelection
from tests.problem.selections.selection_cases import random_certificate


def chain(decisions: int) -> Certificate:
    """Ask group after group whether it takes its first plan; each "yes" ends in a leaf of its own price."""
    nodes: list[Branch | Leaf] = []
    for group in range(decisions):
        nodes += [
            Branch(PlanDecision(str(group), 1, ("0",)), len(nodes) + 1, len(nodes) + 2),
            Leaf({"0": 1 + group % 2}),
        ]
    return Certificate("goodput", 1, (*nodes, Leaf({"0": 1})))


def all_paths(certificate: Certificate, number: int = 0) -> list[tuple[int, list[tuple[int, bool]]]]:
    """Return every leaf's number and its answers from the root, in depth-first order."""
    node = certificate.nodes[number]
    if isinstance(node, Leaf):
        return [(number, [])]
    sides = ((node.yes, True), (node.no, False))
    return [
        (leaf, [(number, yes), *path])
        for child, yes in sides
        if child is not None
        for leaf, path in all_paths(certificate, child)
    ]


@pytest.mark.parametrize("seed", range(30))
def test_steps_lead_to_every_leaf(seed: int) -> None:
    """What is kept of the way to the leaf before, and the answers added, are the way to each leaf."""
    certificate = random_certificate(
        ["0"],
        lambda rng: PlanDecision(str(rng.randint(0, 3)), 1, ()),
        Random(seed),
        denominator=1,
        largest_price=9,
        depth=5,
    )
    path: list[tuple[int, bool]] = []
    walked = []
    for leaf, kept, added in leaf_steps(certificate):
        assert kept <= len(path)
        path[kept:] = added
        walked.append((id(leaf), list(path)))
    assert walked == [(id(certificate.nodes[number]), way) for number, way in all_paths(certificate)]


def test_steps_together_are_as_long_as_the_tree_is_large() -> None:
    """In a chain of 3,000 decisions the leaves hold 4.5 million answers; the steps walk each edge once."""
    assert sum(len(added) for _, _, added in leaf_steps(chain(3000))) == 2 * 3000


def test_a_chain_of_many_decisions() -> None:
    """1,500 decisions in a row, on one copy of each group, are verified without recursion."""
    groups = 1500
    selection = PlanSelection.from_numbers(
        group=np.arange(groups),
        value=np.full(groups, 2),
        usage=np.ones((groups, 1), dtype=np.int64),
        capacity=[groups // 2],
    )
    bound = certificate_bound(selection, chain(groups))
    # The worst leaf is the first: at price 1 every group is worth 2 - 1, and the capacity of 750 costs 750.
    assert bound == groups + groups // 2
