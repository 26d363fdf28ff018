"""Query classes and their plans in the model neighbourhood."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from sloplan.instances.families import generate
from sloplan.instances.families.applications import SETTINGS
from sloplan.instances.families.asking import Asking, application_tables, ask, sink_site, used_hardware
from sloplan.instances.families.parameters import FamilyParameters
from sloplan.instances.families.places import UserClass
from sloplan.pricing.plan_kernels import allowed_by
from tests.instances.families.family_cases import FAMILIES


def asked(parameters: FamilyParameters) -> tuple[list[UserClass], Asking]:
    """Return the user classes of a family and what they may ask."""
    classes = generate.user_classes_of(parameters)
    return classes, ask(parameters, classes, application_tables(parameters, classes), line_mbps=1000.0)


@pytest.mark.parametrize("name", FAMILIES)
def test_query_classes(name: str) -> None:
    """The template of a query class is its user class; together they are every rate with every SLO level."""
    classes, asking = asked(FamilyParameters(name))
    assert np.array_equal(asking.queries.template, asking.frame["user_class"])
    assert asking.start[0] == 0
    assert asking.start[-1] == len(asking.frame) == len(asking.least_us)
    for position, (start, end) in enumerate(pairwise(asking.start.tolist())):
        setting = SETTINGS[classes[position].application]
        assert (asking.frame["application"].iloc[start:end] == classes[position].application).all()
        tight = [levels["tight"] for levels in (setting.latency_ms, setting.accuracy, setting.cost_per_1k)]
        assert end - start == np.prod([len(setting.rates_rps), *map(len, tight)])
        assert not asking.frame.iloc[start:end].duplicated().any()


@pytest.mark.parametrize("name", ["cloud-only", "mixed", "city"])
def test_least_time(name: str) -> None:
    """The least time is the least that open plans take on shared pools, -1 where none is open."""
    _, asking = asked(FamilyParameters(name, applications=("vqa", "ar-pose")))
    plans = asking.plans
    time = np.zeros(len(plans), dtype=np.int64)
    on_pool = np.isin(plans.usage.column, list(asking.pool_row.values()))
    np.add.at(time, plans.usage.row_of_entry[on_pool], plans.usage.amount[on_pool])
    for query, allowed in enumerate(allowed_by(asking.queries)):
        own = np.arange(plans.start[asking.queries.template[query]], plans.start[asking.queries.template[query] + 1])
        fit = own[(plans.needs[own] <= allowed).all(axis=1)]
        assert asking.least_us[query] == (time[fit].min() if len(fit) else -1)
    assert (asking.least_us > 0).any()


def test_rows_of_the_model_neighbourhood() -> None:
    """Every shared pool and line has a row of its own, and plans use no others."""
    _, asking = asked(FamilyParameters("city"))
    rows = [*asking.pool_row.values(), *asking.line_row.values()]
    assert sorted(rows) == list(range(len(rows)))
    assert set(asking.plans.usage.column) <= set(rows)


def test_sinks_and_hardware() -> None:
    """Results of traffic video go to the cloud where there is one; thin users bring no device."""
    assert sink_site(FamilyParameters("mixed"), "traffic-video", "u1") == "cloud"
    assert sink_site(FamilyParameters("edge-only"), "traffic-video", "u1") == ""
    assert sink_site(FamilyParameters("edge-only"), "vqa", "u1") == "u1"
    parameters = FamilyParameters("mixed", applications=("document-qa",))
    device = UserClass("document-qa", "galaxy-s25", "wifi", 1.0)
    thin = UserClass("document-qa", "galaxy-s25", "wifi", 1.0, thin=True)
    assert used_hardware(parameters, [device]) == {"document-qa": {"t4", "a100", "galaxy-s25"}}
    assert used_hardware(parameters, [thin]) == {"document-qa": {"t4", "a100"}}
