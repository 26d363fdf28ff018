"""From the linear program over all plans to whole numbers: what is whole stays, a small core decides the rest.

A basic optimum splits at most as many groups as there are rows that bind, so what is left to decide hardly grows with
the number of groups.
"""

from __future__ import annotations

import numpy as np

from sloplan.decomposition.fixing import Survivors, bounded_survivors
from sloplan.decomposition.fractional import Fractional
from sloplan.decomposition.lagrangian import Response
from sloplan.decomposition.pairs import Pairs

_WHOLE = 1e-6
"""Copies; the engine's tolerance."""


def rounding_core(fractional: Fractional, response: Response, most_pairs: int) -> Survivors:
    """Return the core in which groups that are served whole, by one plan, do what they do.

    The others may take, besides what they take in part, the plans that lose least.

    Parameters
    ----------
    fractional : Fractional
        At best a basic optimum.
    response : Response
        At the prices of least bound.
    most_pairs : int
        Of the others' plans that lose least, besides what they take in part.
    """
    groups, supplies = fractional.problem.groups, fractional.problem.supplies
    taken = np.bincount(fractional.group, minlength=len(groups))
    weight = np.bincount(fractional.group, weights=fractional.weight, minlength=len(groups))
    settled = (taken == 1) & (np.abs(weight - groups.count) <= _WHOLE)
    group, plan = fractional.group, fractional.plan
    if most_pairs:
        # As many as the fractional solution has, most of which are of settled groups, and so many more.
        near = bounded_survivors(response, np.inf, len(group) + most_pairs)[0].pairs
        near = near.taken(~settled[near.group])
        near = near.taken(np.argsort(near.loss, kind="stable")[:most_pairs])
        group, plan = np.concatenate([group, near.group]), np.concatenate([plan, near.plan])
    plans = max(len(fractional.problem.plans), 1)
    pair = np.unique(group * plans + plan)
    group = pair // plans
    return Survivors(
        pairs=Pairs(group, pair % plans, np.full(len(pair), np.nan)),
        most=groups.count[group],
        least_served=np.where(groups.must | settled, groups.count, 0),
        lower=np.zeros(len(supplies), dtype=np.int64),
        upper=supplies.maximum,
    )
