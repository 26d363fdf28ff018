"""The policies by their names."""

from __future__ import annotations

from typing import Final

from sloplan.problem.errors import InputError
from sloplan.problem.instance import Instance
from sloplan.runtime.matching_policy import MatchingPolicy
from sloplan.runtime.policy import Policy
from sloplan.runtime.resolve_policy import ResolvePolicy
from sloplan.runtime.simple_policies import FirstComePolicy, GreedyPolicy, StaticPolicy

POLICIES: Final = ("matching", "resolve", "first-come", "greedy", "static")


def policy_of(name: str, instance: Instance, time_limit: float) -> Policy:
    """Return a policy.

    Parameters
    ----------
    name : str
        One of `POLICIES`.
    instance : Instance
        As it is at first.
    time_limit : float
        Seconds that `resolve` takes at an epoch.

    Raises
    ------
    InputError
        If there is no such policy.
    """
    if name == "resolve":
        return ResolvePolicy(time_limit)
    if name == "static":
        return StaticPolicy(instance)
    simple: dict[str, Policy] = {
        "matching": MatchingPolicy(),
        "first-come": FirstComePolicy(),
        "greedy": GreedyPolicy(),
    }
    if name not in simple:
        raise InputError("unknown policy", field="policy", value=name, allowed=", ".join(POLICIES))
    return simple[name]
