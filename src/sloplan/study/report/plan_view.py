"""A run's solution as its page shows it: what stands where, how full everything is, what is left of every SLO."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd

from sloplan.decomposition.sensitivity import row_figures
from sloplan.instances.plot_sites import tiers
from sloplan.problem.compiled import NO_LIMIT, CompiledInstance
from sloplan.problem.cost_problem import under_objective
from sloplan.problem.evaluation import evaluate_plans
from sloplan.problem.grouping import grouped
from sloplan.problem.instance import Instance
from sloplan.problem.solution import Solution
from sloplan.problem.solution_index import IndexedSolution, index_solution

MOST_SITES: Final = 12
"""Sites of a tier that are drawn, the busiest first."""

MOST_CHIPS: Final = 8
"""Options of a pool that are named, those with most copies first."""


@dataclass(frozen=True)
class Chip:
    """An operator that stands on a pool.

    Parameters
    ----------
    operator, option : str
        The option is configuration and, where it has a name, allocation.
    copies : int
        Query copies that it works for.
    """

    operator: str
    option: str
    copies: int


@dataclass(frozen=True)
class PoolView:
    """A pool with what stands on it.

    Parameters
    ----------
    name, hardware : str
    units : int
        As given.
    own : bool
        Every query copy has one of its own: no row, no utilisation.
    utilization : float
        NaN where it has no row.
    chips : tuple of Chip
    more : int
        Options that are not named.
    """

    name: str
    hardware: str
    units: int
    own: bool
    utilization: float
    chips: tuple[Chip, ...]
    more: int


@dataclass(frozen=True)
class SiteView:
    """A site with its pools.

    Parameters
    ----------
    name : str
    copies : int
        Query copies that begin here.
    pools : tuple of PoolView
    """

    name: str
    copies: int
    pools: tuple[PoolView, ...]


@dataclass(frozen=True)
class TierView:
    """A tier with the sites that are drawn.

    Parameters
    ----------
    name : str
    sites : tuple of SiteView
    more : int
        Sites that are not drawn.
    """

    name: str
    sites: tuple[SiteView, ...]
    more: int


@dataclass(frozen=True)
class LinkView:
    """A link that is drawn.

    Parameters
    ----------
    start, end : str
        Sites.
    name : str
    utilization : float
        NaN for a link that every query copy has for itself.
    """

    start: str
    end: str
    name: str
    utilization: float


def plan_tiers(instance: Instance, solution: Solution, rows: pd.DataFrame) -> list[TierView]:
    """Return the infrastructure with the operators that a solution places on it.

    Parameters
    ----------
    instance : Instance
    solution : Solution
        A valid one.
    rows : DataFrame
        From `row_figures`.

    Returns
    -------
    list of TierView
        The users' tier first.
    """
    standing = _standing(solution)
    full = rows[rows["unit"] == "unit"].groupby("resource")["utilization"].max()  # a link may have a pool's name
    sites, pools = instance.table("sites"), instance.table("pools")
    copies = instance.table("queries").groupby("source_site")["count"].sum().to_dict()
    busy = Counter({site: 1e-9 * count for site, count in copies.items()})  # of idle sites those with users come first
    for pool, site in zip(pools["pool"], pools["site"], strict=True):
        busy[site] += sum(chip.copies for chip in standing.get(pool, ()))
    views = _pool_views(pools, standing, full)
    drawn = []
    for tier in tiers(instance):
        names = sites.loc[sites["tier"] == tier, "site"].tolist()
        kept = set(sorted(names, key=lambda site: -busy[site])[:MOST_SITES])
        shown = tuple(
            SiteView(site, int(copies.get(site, 0)), tuple(views.get(site, ()))) for site in names if site in kept
        )
        drawn.append(TierView(tier, shown, len(names) - len(shown)))
    return drawn


def _standing(solution: Solution) -> dict[str, list[Chip]]:
    """Return the options that stand on each pool, those that work for most copies first."""
    names = [solution.options[name].tolist() for name in ("pool", "operator", "configuration", "allocation")]
    counts = solution.plans["count"].reindex(solution.options["plan"]).tolist()
    copies: Counter[tuple[str, ...]] = Counter()
    for *key, count in zip(*names, counts, strict=True):
        copies[tuple(key)] += count
    chips: dict[str, list[Chip]] = {}
    for (pool, operator, configuration, allocation), count in sorted(copies.items(), key=lambda item: (-item[1], item)):
        option = configuration if allocation == "default" else f"{configuration} · {allocation}"
        chips.setdefault(pool, []).append(Chip(operator, option, count))
    return chips


def _pool_views(pools: pd.DataFrame, chips: Mapping[str, list[Chip]], full: pd.Series) -> dict[str, list[PoolView]]:
    """Return the pools of each site."""
    views: dict[str, list[PoolView]] = {}
    columns = (pools[name].tolist() for name in ("site", "pool", "hardware", "units", "scope"))
    for site, pool, hardware, units, scope in zip(*columns, strict=True):
        own, named = scope == "query", chips.get(pool, [])
        utilization = np.nan if own else float(full.get(pool, np.nan))
        more = max(len(named) - MOST_CHIPS, 0)
        view = PoolView(pool, hardware, int(units), own, utilization, tuple(named[:MOST_CHIPS]), more)
        views.setdefault(site, []).append(view)
    return views


def plan_links(instance: Instance, rows: pd.DataFrame, drawn: set[str]) -> list[LinkView]:
    """Return the links between drawn sites, with how full they are.

    Parameters
    ----------
    instance : Instance
    rows : DataFrame
        From `row_figures`.
    drawn : set of str
        Sites.
    """
    links = instance.table("links")
    links = links[links["from_site"].isin(drawn) & links["to_site"].isin(drawn)]
    full = rows["utilization"].reindex("link:" + links["link"].astype(str)).to_numpy(dtype=np.float64)
    pairs: dict[tuple[str, str], LinkView] = {}  # both directions are one line, as full as the fuller one
    for start, end, name, used in zip(links["from_site"], links["to_site"], links["link"], full.tolist(), strict=True):
        key = (end, start) if (end, start) in pairs else (start, end)
        before = pairs.get(key)
        if before is None:
            pairs[key] = LinkView(start, end, name, used)
        else:
            pairs[key] = replace(before, name=f"{before.name}, {name}", utilization=_fuller(before.utilization, used))
    return list(pairs.values())


def _fuller(one: float, other: float) -> float:
    return float(np.fmax(one, other))


def row_table(instance: Instance, solution: Solution, prices: pd.Series | None) -> pd.DataFrame:
    """Return the figures of every coupling row: see `row_figures`.

    Parameters
    ----------
    instance : Instance
    solution : Solution
        A valid one.
    prices : Series, optional
        By row name, in user units of the objective; 0 for a row that is not named.
    """
    if prices is not None:
        prices = prices.reindex(pd.Index(instance.compiled.rows.name), fill_value=0.0)
    return row_figures(instance, solution.objective, prices, solution)


def slack_table(instance: Instance, solution: Solution) -> pd.DataFrame:
    """Return what every plan of a solution leaves of the SLOs of its query, as compiled.

    Parameters
    ----------
    instance : Instance
    solution : Solution
        A valid one.

    Returns
    -------
    DataFrame, a row per plan
        query, copies; latency_ms, slo_latency_ms, latency_slack (share of the SLO that is left); accuracy,
        slo_accuracy, accuracy_slack (accuracy - SLO); cost_per_1k, slo_cost_per_1k, cost_slack (share); least (of
        the three slacks). NaN where the query states no such SLO.
    """
    compiled = under_objective(instance.compiled, solution.objective)
    chosen, _ = index_solution(instance, solution)
    latency, nats, cost = _figures(compiled, chosen)
    asked, query = compiled.queries, chosen.query
    slo_latency, slo_cost = _known(asked.slo_latency_us[query]), _known(asked.slo_cost_nano[query])
    accuracy = np.exp(-nats / 1e9)
    slo_accuracy = instance.table("queries").set_index("query")["slo_accuracy"].reindex(compiled.names.queries[query])
    stated = slo_accuracy.to_numpy(dtype=np.float64)
    table = pd.DataFrame(
        {
            "query": compiled.names.queries[query],
            "copies": chosen.count,
            "latency_ms": latency / 1000,
            "slo_latency_ms": slo_latency / 1000,
            "latency_slack": _left(latency, slo_latency),
            "accuracy": accuracy,
            "slo_accuracy": stated,
            "accuracy_slack": accuracy - stated,
            "cost_per_1k": cost / 1e6,
            "slo_cost_per_1k": slo_cost / 1e6,
            "cost_slack": _left(cost, slo_cost),
        }
    )
    table["least"] = table[["latency_slack", "accuracy_slack", "cost_slack"]].min(axis=1)
    return table.sort_values(["least", "query"], kind="stable", ignore_index=True)


def _figures(compiled: CompiledInstance, chosen: IndexedSolution) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return latency (us), accuracy (nano-nats) and cost (nano-USD per request) of every plan."""
    latency, nats, cost = (np.zeros(len(chosen.query), dtype=np.int64) for _ in range(3))
    templates = compiled.queries.template[chosen.query]
    for application, members in grouped(compiled.templates.application[templates]):
        width = len(compiled.applications[application].operators)
        figures = evaluate_plans(compiled, templates[members], chosen.choices[members, :width])
        latency[members], nats[members] = figures.latency_us, figures.accuracy_nano_nats
        cost[members] = figures.cost_nano
    return latency, nats, cost


def _known(limit: np.ndarray) -> np.ndarray:
    return np.where(limit == NO_LIMIT, np.nan, limit.astype(np.float64))


def _left(used: np.ndarray, limit: np.ndarray) -> np.ndarray:
    """Return the share of a limit that is left; nothing is left of a limit of 0."""
    return np.where(np.isnan(limit), np.nan, (limit - used) / np.maximum(limit, 1.0))
