"""The family edge-cloud: same bytes for the same spec, the load asked for, queries that can be served."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sloplan.instances.families.edge_cloud_places import MOST_UTILIZATION, sized
from sloplan.instances.families.edge_cloud_queries import least_demand
from sloplan.instances.families.spec import generate_spec
from sloplan.problem.instance import Instance

SMALL = "edge-cloud:queries=30,seed=7"
LARGE = "edge-cloud:queries=1000,slo=loose,load=0.7,seed=3,applications=vqa+ar-pose"
HASHES = {
    SMALL: "eda476de72a7ec906f834250320ae3447d57450fcea394d1d3efa508ca61bd9d",
    LARGE: "d03bdc732710f88156da9c4f5333c0403a332d82d6d74845513f8d3905abf13e",
}


@pytest.mark.parametrize("spec", HASHES)
def test_same_spec_same_content(spec: str) -> None:
    """The content hash of a spec is pinned: on any machine the figures are the same."""
    assert generate_spec(spec).sha256 == HASHES[spec]


def test_seeds_differ() -> None:
    """Another seed is another instance."""
    assert generate_spec("edge-cloud:queries=30,seed=8").sha256 != HASHES[SMALL]


@pytest.mark.parametrize(
    "spec",
    [
        "edge-cloud:queries=60,load=1.3",
        "edge-cloud:queries=300,load=0.5,slo=loose,seed=1",
        "edge-cloud:queries=500,seed=2,applications=traffic-video",
    ],
)
def test_load_and_feasible_queries(spec: str) -> None:
    """Demand over capacity, worked out on the instance itself, is the load; most queries have a plan."""
    instance = generate_spec(spec)
    compiled = instance.compiled
    demand = least_demand(compiled)
    assert (demand >= 0).mean() >= 0.9
    pools = instance.table("pools")
    shared = pools[pools["scope"] == "shared"]
    capacity = (shared["units"] * shared["max_utilization"]).sum()
    seconds = (compiled.queries.rate_milli * np.maximum(demand, 0)).sum() / 1e9
    stated = dict(part.split("=") for part in instance.name.partition(":")[2].split(","))
    assert seconds / capacity == pytest.approx(float(stated["load"]), rel=0.01)
    assert instance.description.startswith(f"load {seconds / capacity:.3f}: ")


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


@pytest.mark.parametrize(("capacity", "units", "utilization"), [(0.45, 1, 0.45), (2.0, 3, 0.667), (0.0, 1, 0.001)])
def test_sized(capacity: float, units: int, utilization: float) -> None:
    """Whole units below the most utilisation; what is over stands in the utilisation."""
    assert sized(capacity) == (units, utilization)
    assert utilization <= MOST_UTILIZATION
