"""Seeds of the random instances that every method solves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

ANY_SEEDS = range(93)
"""Instances as they come."""

# Found by search, which takes longer than all the tests; test_random_instances.py finds them again.
# fmt: off
CONTENDED_SEEDS = (
    55, 74, 79, 99, 105, 106, 131, 141, 149, 179, 201, 233, 239, 257, 262, 271, 287, 297, 301, 309, 319, 320, 331,
    334, 335, 353, 356, 361, 365, 366, 367, 371, 373, 378, 391, 393, 419, 440, 454, 457, 467, 470, 489, 493, 497,
    503, 521, 523, 525, 538, 561, 563, 572, 581, 586, 591, 603, 605, 613, 621, 625, 628, 631, 643, 659, 689, 693,
    701, 704, 707, 715, 731, 734, 735, 757, 775, 793, 802, 807, 809, 817, 821, 822, 833, 835, 847, 851, 885, 901,
    902, 907, 949, 952, 955, 957, 985, 1048, 1054, 1063, 1069, 1079, 1088, 1099, 1101, 1105, 1116, 1117, 1127,
    1131, 1141, 1159, 1164, 1189, 1192, 1195, 1198, 1199, 1203, 1210, 1224, 1235, 1241, 1245, 1264, 1265, 1267,
    1269, 1275, 1281, 1283, 1311, 1314, 1321, 1336, 1339, 1345, 1353, 1354, 1361, 1363, 1377, 1383, 1387, 1403,
    1411, 1423, 1426, 1429, 1437, 1439, 1448, 1453, 1459, 1463, 1467, 1469, 1475, 1495, 1507, 1513, 1529, 1533,
    1535, 1541, 1543, 1547, 1549, 1555, 1569, 1587, 1603, 1613, 1629, 1633, 1646, 1648, 1649, 1655, 1669, 1679,
    1713, 1726, 1753, 1762, 1797, 1805, 1808, 1810, 1818, 1827, 1829, 1843, 1847, 1860, 1877, 1885, 1897, 1901,
    1909, 1917, 1922, 1933, 1941, 1947, 1951, 1966, 1968, 1973, 1981, 1998,
)
# fmt: on
"""The first later seeds whose instances are contended (`random_instances.is_contended`)."""

SEEDS = tuple(dict.fromkeys((*ANY_SEEDS, *CONTENDED_SEEDS)))

COST_SEEDS = (*range(200), *CONTENDED_SEEDS[10:110])
"""Seeds of the instances with units to rent, and of those with whole replicas."""

STAGED_SEEDS = (*range(200, 400), *CONTENDED_SEEDS[-100:])
"""Others, on which the cheapest of the greatest goodput is sought."""


def every(step: int, seeds: Sequence[int]) -> list[Any]:
    """Return all seeds as parameters of a test; `make test` runs every `step`-th, `make test-all` the others too."""
    return [
        pytest.param(seed, marks=[] if place % step == 0 else [pytest.mark.slow]) for place, seed in enumerate(seeds)
    ]
