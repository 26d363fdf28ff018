"""The tree of a certificate: does it cover every case, and which answers lead from leaf to leaf."""

from __future__ import annotations

from collections.abc import Iterator

from sloplan.problem.certificates.format import Branch, Certificate, GroupLeaf, Leaf
from sloplan.problem.certificates.pricing import is_integer
from sloplan.problem.violation import Violation

Path = tuple[tuple[int, bool], ...]
"""(inner node, whether its decision is answered yes), in the order of the way down."""


def tree_violations(certificate: Certificate) -> list[Violation]:
    """Return what keeps the nodes from being one tree in which every decision has both answers.

    Parameters
    ----------
    certificate : Certificate

    Returns
    -------
    list of Violation
        Empty if every case reaches exactly one leaf.
    """
    nodes = certificate.nodes
    if not nodes:
        return [Violation("certificate_case", "certificate", "has no nodes: every case is left out")]
    violations = []
    reached = {0}
    waiting = [0]
    while waiting:
        number = waiting.pop()
        node = nodes[number]
        if not isinstance(node, Branch):
            if isinstance(node, GroupLeaf) and len(nodes) > 1:
                message = "has prices of groups, which are a certificate by themselves and no part of a tree"
                violations.append(Violation("certificate_packing", f"node {number}", message))
            continue
        for answer, child in (("yes", node.yes), ("no", node.no)):
            violation = _child_violation(number, answer, child, len(nodes), reached)
            if violation is not None:
                violations.append(violation)
            elif child is not None:
                reached.add(child)
                waiting.append(child)
    if not violations:  # otherwise nodes are out of reach because of what is reported already
        for number in sorted(set(range(len(nodes))) - reached):
            violations.append(Violation("certificate_unreachable", f"node {number}", "is not reached from the root"))
    return violations


def _child_violation(number: int, answer: str, child: int | None, count: int, reached: set[int]) -> Violation | None:
    if child is None:
        return Violation("certificate_case", f"node {number}", f"leaves the case {answer!r} out")
    if not is_integer(child) or not 0 <= child < count:
        message = f"sends the case {answer!r} to node {child!r}; the nodes are 0 to {count - 1}"
        return Violation("certificate_child", f"node {number}", message)
    if child in reached:
        message = f"is reached a second time, from node {number}, case {answer!r}"
        return Violation("certificate_node_twice", f"node {child}", message)
    return None


def leaf_steps(certificate: Certificate) -> Iterator[tuple[Leaf, int, Path]]:
    """Yield every leaf, depth first, with the answers that lead to it from the leaf before.

    Together the steps are no longer than the tree is large, however deep it is.

    Parameters
    ----------
    certificate : Certificate
        One without `tree_violations`.

    Yields
    ------
    leaf : Leaf
    kept : int
        How many answers, from the root, it shares with the leaf before.
    added : tuple of (int, bool)
        Its answers after those.
    """
    path: list[tuple[int, bool]] = []
    kept = 0
    waiting: list[tuple[int, int, tuple[int, bool] | None]] = [(0, 0, None)]  # node, its depth, answer that leads to it
    while waiting:
        number, depth, answer = waiting.pop()
        if answer is not None:
            path[depth - 1 :] = [answer]
            kept = min(kept, depth - 1)
        node = certificate.nodes[number]
        if isinstance(node, Branch):
            assert node.yes is not None  # no tree_violations
            assert node.no is not None
            waiting.append((node.no, depth + 1, (number, False)))
            waiting.append((node.yes, depth + 1, (number, True)))
        else:
            assert isinstance(node, Leaf)  # no prices of groups in a tree
            yield node, kept, tuple(path[kept:])
            kept = len(path)
