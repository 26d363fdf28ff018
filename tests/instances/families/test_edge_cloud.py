"""The family edge-cloud: same bytes for the same spec, the load asked for, queries that can be served."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sloplan.instances.families.edge_cloud_places import MAX_UTILIZATION, SHARES, line_rate_mbps, whole_units
from sloplan.instances.families.edge_cloud_queries import least_demand

from sloplan.instances.families.spec import generate_spec
from sloplan.problem.instance import Instance
from sloplan.problem.plan_table import enumerate_plans

SMALL = "edge-cloud:queries=30,seed=7"
LARGE = "edge-cloud:queries=1000,slo=loose,load=0.7,seed=3,applications=vqa+ar-pose"
HASHES = {
    SMALL: "58b03dd925ea15b2c4d11ab2e1f0db0118e73b2c4951e059e6588f236ba80774",
    LARGE: "98f22d5cb2be1bdfc822871a247e971e388f90fb0ba708ba32e21b859df40d37",
}


@pytest.mark.parametrize("spec", HASHES)
def test_same_spec_same_content(spec: str) -> None:
    """The content hash of a spec is pinned: on any machine the figures are the same."""
    assert generate_spec(spec).sha256 == HASHES[spec]


def test_seeds_differ() -> None:
    """Another seed is another instance."""
    assert generate_spec("edge-cloud:queries=30,seed=8").sha256 != HASHES[SMALL]


@pytest.mark.parametrize(
    ("spec", "off"),
    [
        ("edge-cloud:queries=100,load=1.3", 0.1),
        ("edge-cloud:queries=300,load=0.5,slo=loose,seed=1", 0.02),
        ("edge-cloud:queries=500,seed=2,applications=traffic-video", 0.02),
    ],
)
def test_load_and_feasible_queries(spec: str, off: float) -> None:
    """Demand over capacity, worked out on the instance itself, is about the load; most queries have a plan."""
    instance = generate_spec(spec)
    compiled = instance.compiled
    demand = least_demand(compiled)
    assert (demand >= 0).mean() >= 0.9
    pools = instance.table("pools")
    shared = pools[pools["scope"] == "shared"]
    capacity = (shared["units"] * shared["max_utilization"]).sum()
    seconds = (compiled.queries.rate_milli * np.maximum(demand, 0)).sum() / 1e9
    asked = dict(part.split("=") for part in instance.name.partition(":")[2].split(","))["load"]
    assert seconds / capacity == pytest.approx(float(asked), rel=off)
    _, stated, _, of, *_ = instance.description.split()
    assert float(stated) == pytest.approx(seconds / capacity, rel=off)
    assert of == f"{float(asked):g}"


def test_description_states_the_load_reached() -> None:
    """Where whole units keep a load out of reach, the description says so."""
    assert generate_spec("edge-cloud:queries=5,load=100,seed=3").description.startswith("load 0.385 of 100 asked: ")


def test_machines_are_whole_at_one_utilisation() -> None:
    """Every shared pool has whole units, every backhaul is a usual line, both at one utilisation."""
    for queries in (5, 40, 400):
        instance = generate_spec(f"edge-cloud:queries={queries},seed=2")
        pools, links = instance.table("pools"), instance.table("links")
        shared, backhaul = pools[pools["scope"] == "shared"], links[links["scope"] == "shared"]
        assert (shared["units"] >= 1).all()
        assert set(shared["max_utilization"]) == set(backhaul["max_utilization"]) == {MAX_UTILIZATION}
        assert set(backhaul["bandwidth_mbps"]) <= {100, 200, 500, 1000, 2000, 5000}


@pytest.mark.parametrize(("slo", "least_share"), [("tight", 0.94), ("loose", 0.97)])
def test_machines_and_options_are_used(slo: str, least_share: float) -> None:
    """Each application has a use for each of its machines, each allocation has one, and so have nearly all options."""
    instance = generate_spec(f"edge-cloud:queries=3000,sites=12,seed=1,slo={slo}")
    compiled = instance.compiled
    used = np.zeros(len(compiled.options.pool), dtype=np.bool_)
    for template in range(len(compiled.templates)):
        plans = enumerate_plans(compiled, template)
        members = np.flatnonzero(compiled.queries.template == template)
        feasible = np.logical_or.reduce([plans.feasible(compiled, query) for query in members])
        used[np.unique(plans.choices[feasible])] = True

    names, options = compiled.names, compiled.options
    hardware = instance.table("pools").set_index("pool")["hardware"]
    application = instance.table("operators").set_index("operator")["application"]
    kinds = pd.DataFrame(
        {
            "operator": [names.operators[index] for index in options.operator],
            "configuration": [names.configurations[index] for index in options.configuration],
            "hardware": [hardware[names.pools[index]] for index in options.pool],
            "allocation": [names.allocations[index] for index in options.allocation],
            "used": used,
        }
    )
    kinds["application"] = kinds["operator"].map(application)
    of_machine = kinds.groupby(["application", "hardware"])["used"].any()
    for name, shares in SHARES.items():
        assert all(of_machine[name, machine] for _, machine in shares), name
    assert kinds.groupby("allocation")["used"].any().all()
    assert kinds.groupby(["operator", "configuration", "hardware", "allocation"])["used"].any().mean() >= least_share


def test_slos_bind() -> None:
    """Without its SLOs, a query would need far less of the shared pools."""
    instance = generate_spec("edge-cloud:queries=200,slo=tight,seed=4")
    queries = instance.table("queries")
    free = instance.replace(queries=queries.drop(columns=["slo_latency_ms", "slo_accuracy", "slo_cost_per_1k"]))
    bound, unbound = least_demand(instance.compiled), least_demand(free.compiled)
    served = bound >= 0
    assert (bound[served] > unbound[served]).mean() > 0.5


def test_few_user_sites_each_near_an_edge() -> None:
    """User sites grow as the root of the queries; each owns its machine and its ways to two edge sites."""
    instance = generate_spec("edge-cloud:queries=400,seed=5")
    sites, links, pools = (instance.table(name) for name in ("sites", "links", "pools"))
    assert sites["tier"].value_counts().to_dict() == {"device": 20, "edge": 4, "cloud": 1}
    users = set(sites.loc[sites["tier"] == "device", "site"])
    own = links[links["scope"] == "query"]
    assert (own[own["from_site"].isin(users)].groupby("from_site").size() == 2).all()
    assert set(pools.loc[pools["scope"] == "query", "site"]) == users
    assert set(instance.table("queries")["source_site"]) == users
    assert pools.loc[pools["scope"] == "query", "speed"].nunique() > 1


def test_default_and_stated_values() -> None:
    """Some queries are worth their rate, others what they say."""
    instance = generate_spec("edge-cloud:queries=100,seed=6")
    queries = instance.compiled.queries
    stated = instance.table("queries")["value"].notna().to_numpy()
    assert 0.3 < stated.mean() < 0.7
    assert np.array_equal(queries.value_milli[~stated], queries.rate_milli[~stated])
    assert (queries.value_milli[stated] != queries.rate_milli[stated]).any()


def test_figures_are_short_decimals() -> None:
    """No figure has more than six decimals: nothing hangs on a machine's last digit."""
    instance: Instance = generate_spec("edge-cloud:queries=50,load=0.9,seed=9")
    for frame in instance.to_frames().values():
        for column in frame.select_dtypes("float"):
            values: pd.Series[float] = frame[column].dropna()
            assert (values == values.round(6)).all(), column


def test_whole_units() -> None:
    """Units follow the shares with the largest remainders rounded up, edge sites take turns, pools without any go."""
    fast, slow = "jellybean-cpu-5", "jellybean-cpu-3"
    assert whole_units({"vqa": 8.0 * MAX_UTILIZATION}, edges=2) == {
        ("cloud", "cloud", "jellybean-gpu-1"): 3, ("cloud", "cloud", "jellybean-cpu-6"): 1,
        ("edge", "e000", fast): 1, ("edge", "e001", fast): 1,
        ("edge", "e000", slow): 1, ("edge", "e001", slow): 1,
    }  # fmt: skip
    assert whole_units({"vqa": 0.0}, edges=2) == {("cloud", "cloud", "jellybean-gpu-1"): 1}
    assert sum(whole_units({"vqa": 10.0, "ar-pose": 3.0}, edges=3).values()) == 12 + 4


@pytest.mark.parametrize(
    ("needed", "line"), [(0.0, 100), (80.0, 100), (80.1, 200), (700.0, 1000), (80_000.0, 100_000), (200_000.0, 300_000)]
)
def test_line_rate(needed: float, line: int) -> None:
    """The smallest usual line that carries the traffic at the utilisation; beyond the largest, several."""
    assert line_rate_mbps(needed) == line
