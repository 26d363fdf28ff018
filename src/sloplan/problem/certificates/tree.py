"""The tree of a certificate: does it cover every case, and which answers lead to each leaf."""

from __future__ import annotations

from collections.abc import Iterator

from sloplan.problem.certificates.format import Branch, Certificate, Leaf
from sloplan.problem.certificates.pricing import is_integer
from sloplan.problem.violation import Violation

Path = tuple[tuple[int, bool], ...]
"""From the root: (inner node, whether its decision is answered yes)."""


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
        if isinstance(node, Leaf):
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


def leaf_paths(certificate: Certificate) -> Iterator[tuple[int, Leaf, Path]]:
    """Yield every leaf with its number and the answers that lead to it.

    Parameters
    ----------
    certificate : Certificate
        One without `tree_violations`.
    """
    waiting: list[tuple[int, Path]] = [(0, ())]
    while waiting:
        number, path = waiting.pop()
        node = certificate.nodes[number]
        if isinstance(node, Branch):
            assert node.yes is not None  # no tree_violations
            assert node.no is not None
            waiting.append((node.no, (*path, (number, False))))
            waiting.append((node.yes, (*path, (number, True))))
        else:
            yield number, node, path
