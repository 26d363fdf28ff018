"""The family `khan`: random multiple-choice multidimensional knapsack problems as Khan et al. draw them.

Source: S. Khan, K. F. Li, E. G. Manning, M. M. Akbar, "Solving the knapsack problem for adaptive multimedia systems",
Studia Informatica Universalis 2 (2002) 157-178, whose instances I01 to I13 are the usual benchmark. Of each resource an
item uses a whole number drawn evenly from 0 to 9 (R_c = 10), a unit of resource k is worth p_k drawn from 0 to 9
(P_c = 10), and there is half of groups x R_c of every resource. Values are

- ``correlated``: what the item uses at the prices p_k, plus a whole number from 0 to 3 x resources - 1, as least
  squares on the published I07 and I13 give it back;
- ``uncorrelated``: a whole number from 0 to 25 x resources - 1 (resources x P_c / 2 x R_c / 2), whatever the item uses.

The items of a group stand in the order of their values, as in the published files. Exactly one item of each group has
to be chosen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from sloplan.instances.families.draws import Draws
from sloplan.instances.selections.parameters import require
from sloplan.problem.compiled import Int
from sloplan.problem.selections.selection import PlanSelection

NAME: Final = "khan"
SUMMARY: Final = "random multiple-choice multidimensional knapsack problems, drawn as by Khan et al. (2002)"
MOST_ENTRIES: Final = 100_000_000
"""Most uses (groups x items x resources) that are drawn."""

_USES: Final = 10  # R_c
_PRICES: Final = 10  # P_c
_VALUES: Final = ("correlated", "uncorrelated")


@dataclass(frozen=True)
class Khan:
    """Parameters of the family.

    Parameters
    ----------
    groups, items, resources : int
        Number of groups, of items in each, and of resources.
    values : {"correlated", "uncorrelated"}
    seed : int
    """

    groups: int = 100
    items: int = 10
    resources: int = 10
    values: str = "correlated"
    seed: int = 0

    def __post_init__(self) -> None:
        for field in ("groups", "items", "resources"):
            require(self, field, "1 or more", getattr(self, field) >= 1)
        entries = self.groups * self.items * self.resources
        require(self, "groups", f"groups x items x resources up to {MOST_ENTRIES:,}", entries <= MOST_ENTRIES)
        require(self, "values", " or ".join(_VALUES), self.values in _VALUES)
        require(self, "seed", "0 or more", self.seed >= 0)


def generate(parameters: Khan, name: str) -> PlanSelection:
    """Return a problem of the family; the same parameters give the same bytes.

    Parameters
    ----------
    parameters : Khan
    name : str
        Name of the plan selection.

    Returns
    -------
    PlanSelection
        Objective goodput; every group must choose.
    """
    groups, items, resources = parameters.groups, parameters.items, parameters.resources
    random = Draws(parameters.seed)
    use = random.below(_USES, groups * items * resources).reshape(groups, items, resources)
    value = _correlated(random, use) if parameters.values == "correlated" else _uncorrelated(random, use)
    order = np.argsort(value, axis=1, kind="stable")
    return PlanSelection.from_numbers(
        group=np.repeat(np.arange(groups), items),
        value=np.take_along_axis(value, order, axis=1).ravel(),
        usage=np.take_along_axis(use, order[:, :, None], axis=1).reshape(groups * items, resources),
        capacity=np.full(resources, groups * _USES // 2),
        must=np.ones(groups, dtype=np.bool_),
        name=name,
    )


def _correlated(random: Draws, use: Int) -> Int:
    groups, items, resources = use.shape
    price = random.below(_PRICES, resources)
    return use @ price + random.below(3 * resources, groups * items).reshape(groups, items)


def _uncorrelated(random: Draws, use: Int) -> Int:
    groups, items, resources = use.shape
    bound = resources * (_PRICES // 2) * (_USES // 2)
    return random.below(bound, groups * items).reshape(groups, items)
