"""Classes of identical groups, and weights spread over their members."""

from __future__ import annotations

import numpy as np

from sloplan.decomposition.coupled_problem import Groups
from sloplan.decomposition.identical import IdenticalGroups


def some_groups() -> Groups:
    """Groups 0, 2 and 4 differ in nothing but their count; 3 has no copies; 1 must be served."""
    return Groups(
        template=np.zeros(5, dtype=np.int64),
        rate=np.ones(5, dtype=np.int64),
        value=np.array([7, 7, 7, 7, 7]),
        count=np.array([1, 2, 3, 0, 4]),
        must=np.array([False, True, False, False, False]),
        allowed=np.zeros((5, 5), dtype=np.int64),
    )


def test_classes() -> None:
    """Members, counts, and the class of each group."""
    classes = IdenticalGroups.of(some_groups())
    assert sorted(classes.count.tolist()) == [2, 8]
    of_group = classes.of_group
    assert of_group[0] == of_group[2] == of_group[4] != of_group[1]
    assert of_group[3] == -1
    assert of_group[classes.first].tolist() == [0, 1]


def test_weights_are_spread_by_counts() -> None:
    """Four of eight copies are half of every member's."""
    classes = IdenticalGroups.of(some_groups())
    large = int(np.argmax(classes.count))
    entry, group, weight = classes.spread(np.array([large]), np.array([4.0]))
    assert entry.tolist() == [0, 0, 0]
    assert dict(zip(group.tolist(), weight.tolist(), strict=True)) == {0: 0.5, 2: 1.5, 4: 2.0}


def test_no_groups() -> None:
    """Nothing makes no classes."""
    groups = some_groups()
    empty = Groups(*(getattr(groups, name)[:0] for name in ("template", "rate", "value", "count", "must", "allowed")))
    assert len(IdenticalGroups.of(empty)) == 0
