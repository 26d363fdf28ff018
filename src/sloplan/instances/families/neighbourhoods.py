"""Plans of the model neighbourhood carried over to the user sites of an instance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sloplan.instances.families.asking import Asking
from sloplan.instances.families.places import CLOUD, Hubs, Pool, UserSite
from sloplan.pricing.plan_arrays import PlanArrays
from sloplan.problem.compiled import Int, Sparse


def shared_rows(pools: Sequence[Pool], lines: Sequence[tuple[str, str]]) -> dict[tuple[str, ...], int]:
    """Return a number for every shared pool and line: pools first."""
    return {key: row for row, key in enumerate([*(("pool", *pool) for pool in pools), *(("line", *k) for k in lines)])}


def site_plans(
    asking: Asking, users: Sequence[UserSite], user_class: Int, hubs: Hubs, rows: dict[tuple[str, ...], int]
) -> PlanArrays:
    """Return the plans of every user site; those that need a pool which does not stand there are left out.

    Parameters
    ----------
    asking : Asking
    users : sequence of UserSite
    user_class : (user sites,) int64
        Position of each one's class.
    hubs : Hubs
    rows : dict
        As `shared_rows` numbers them.

    Returns
    -------
    PlanArrays
        A user site is a template; `choices` is empty, the rest of an instance's plans is the same.
    """
    row_of = _row_map(asking, users, hubs, rows)
    model = asking.plans
    size = np.diff(model.start)[user_class]
    site = np.repeat(np.arange(len(users)), size)
    first = np.repeat(model.start[user_class] - np.concatenate([[0], np.cumsum(size)[:-1]]), size)
    plan = np.arange(len(site)) + first
    length = np.diff(model.usage.start)[plan]
    start = np.concatenate([[0], np.cumsum(length)])
    of_plan = np.repeat(np.arange(len(plan)), length)
    entry = np.arange(start[-1]) + np.repeat(model.usage.start[plan] - start[:-1], length)
    row = row_of[site[of_plan], model.usage.column[entry]]
    stands = np.ones(len(plan), dtype=np.bool_)
    stands[of_plan[row < 0]] = False
    kept = stands[of_plan]
    sizes = np.bincount(site[stands], minlength=len(users))
    return PlanArrays(
        start=np.concatenate([[0], np.cumsum(sizes)]),
        choices=np.zeros((int(stands.sum()), 0), dtype=np.int64),
        needs=model.needs[plan[stands]],
        alone_rate_milli=model.alone_rate_milli[plan[stands]],
        billed_cost_nano=model.billed_cost_nano[plan[stands]],
        usage=Sparse(
            start=np.concatenate([[0], np.cumsum(length[stands])]),
            column=row[kept],
            amount=model.usage.amount[entry[kept]],
        ),
    )


def _row_map(asking: Asking, users: Sequence[UserSite], hubs: Hubs, rows: dict[tuple[str, ...], int]) -> Int:
    """Row of the instance for each user site and row of the model neighbourhood, -1 where nothing stands."""
    model = Hubs(hubs.layout, min(1 + hubs.layout.next_hub, hubs.count), hubs.line_mbps)
    result = np.full((len(users), len(asking.pool_row) + len(asking.line_row)), -1, dtype=np.int64)
    for number, user in enumerate(users):
        site_of = {CLOUD: CLOUD}
        site_of |= {model.names[place]: hubs.names[hub] for place, hub in enumerate(hubs.reached(user.home))}
        site_of |= {centre: hubs.centre_of(user.home) for centre in model.centres}
        for (site, hardware), row in asking.pool_row.items():
            result[number, row] = rows.get(("pool", site_of[site], hardware), -1)
        for (start, end), row in asking.line_row.items():
            result[number, row] = rows.get(("line", site_of[start], site_of[end]), -1)
    return result
