"""What the families choose for each application: well formed, and of use to somebody."""

from __future__ import annotations

from functools import cache
from math import isnan

import numpy as np
import pytest

from sloplan.instances.catalogue import network, unit_memory_gb
from sloplan.instances.families.applications import SETTINGS
from sloplan.pricing.plan_kernels import allowed_by
from tests.instances.families.family_cases import family, has_plan, useful_plans

BROAD = ("edge-cloud:queries=600,sites=24,seed=1,slo=tight", "edge-cloud:queries=600,sites=24,seed=1,slo=loose")
LEVELS = {"slo_latency_ms": "latency_ms", "slo_accuracy": "accuracy", "slo_cost_per_1k": "cost_per_1k"}

Used = tuple[str, str, str]
"""Application, hardware, and whose: `shared` or the user's (`query`)."""


@cache
def used_machines(spec: str) -> frozenset[Used]:
    """Return the machines that plans use which no other plan replaces and some query may take."""
    instance, plans = family(spec), useful_plans(spec)
    compiled = instance.compiled
    allowed = allowed_by(compiled.queries)
    taken = np.zeros(len(plans), dtype=np.bool_)
    for template in range(len(compiled.templates)):
        own = np.arange(plans.start[template], plans.start[template + 1])
        asked = np.unique(allowed[compiled.queries.template == template], axis=0)
        taken[own] = (plans.needs[own][:, None, :] <= asked[None]).all(axis=2).any(axis=1)
    options = np.unique(plans.choices[taken])
    options = options[options >= 0]
    application = instance.table("operators").set_index("operator")["application"]
    pools = instance.table("pools").set_index("pool")
    operators = compiled.names.operators[compiled.options.operator[options]]
    of_pool = compiled.names.pools[compiled.options.pool[options]]
    return frozenset(
        (application[operator], pools.at[pool, "hardware"], pools.at[pool, "scope"])
        for operator, pool in zip(operators, of_pool, strict=True)
    )


@pytest.mark.parametrize("name", SETTINGS)
def test_settings_are_well_formed(name: str) -> None:
    """Parts add up to 1, machines and networks are the catalogue's, tight is harder than loose."""
    setting = SETTINGS[name]
    for parts in (setting.edge, setting.cloud):
        assert sum(parts.values()) == pytest.approx(1.0)
        assert min(parts.values()) > 0
    hardware = [*setting.edge, *setting.cloud, *setting.own, *(device for device, _ in setting.devices)]
    assert all(unit_memory_gb(kind) > 0 for kind in hardware)
    assert all(network(access, "uplink_mbps") > 0 for _, access in setting.devices)
    assert list(setting.rates_rps) == sorted(set(setting.rates_rps))
    for levels, harder in ((setting.latency_ms, -1), (setting.accuracy, 1), (setting.cost_per_1k, -1)):
        loose, tight = ([level for level in levels[how] if not isnan(level)] for how in ("loose", "tight"))
        assert len(set(loose)) == len(loose)
        assert len(set(tight)) == len(tight) > 0
        if loose:
            assert harder * np.mean(tight) > harder * np.mean(loose)


@pytest.mark.parametrize("name", SETTINGS)
def test_machines_are_used(name: str) -> None:
    """Every machine of an application serves somebody in a way that no other machine can replace."""
    used = frozenset.union(*(used_machines(spec) for spec in BROAD))
    setting = SETTINGS[name]
    shared = {kind for application, kind, scope in used if (application, scope) == (name, "shared")}
    assert {*setting.edge, *setting.cloud} <= shared
    own = {kind for application, kind, scope in used if (application, scope) == (name, "query")}
    assert {*setting.own, *(device for device, _ in setting.devices)} <= own


@pytest.mark.parametrize("spec", BROAD)
def test_every_level_is_met_by_some_query(spec: str) -> None:
    """Rates and SLO levels of every application all occur among the queries that have a plan."""
    queries = family(spec).table("queries")[has_plan(spec)]
    tightness = spec.rpartition("=")[2]
    for name, setting in SETTINGS.items():
        own = queries[queries["application"] == name]
        assert set(own["rate_rps"]) == set(setting.rates_rps)
        for column, field in LEVELS.items():
            levels = getattr(setting, field)[tightness]
            assert set(own[column].dropna()) == {level for level in levels if not isnan(level)}, (name, column)
            assert own[column].isna().any() == any(map(isnan, levels)), (name, column)


@pytest.mark.parametrize("column", LEVELS)
def test_slos_bind(column: str) -> None:
    """Without its SLOs of one dimension some application's queries may take plans that they may not take now."""
    spec = BROAD[0]
    instance = family(spec)
    compiled = instance.compiled
    free = instance.replace(queries=instance.table("queries").drop(columns=column)).compiled
    plans = useful_plans(spec)
    more: dict[str, int] = {}
    for query, (bound, unbound) in enumerate(zip(allowed_by(compiled.queries), allowed_by(free.queries), strict=True)):
        template = compiled.queries.template[query]
        own = plans.needs[plans.start[template] : plans.start[template + 1]]
        name = compiled.names.applications[compiled.templates.application[template]]
        gained = int((own <= unbound).all(axis=1).sum() - (own <= bound).all(axis=1).sum())
        more[name] = more.get(name, 0) + (gained > 0)
    stated = {
        name for name, setting in SETTINGS.items() if not all(map(isnan, getattr(setting, LEVELS[column])["tight"]))
    }
    assert stated == {name for name, number in more.items() if number}
