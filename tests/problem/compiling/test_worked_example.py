"""The figures of `docs/integers.md`, worked by hand there, against the toolkit's."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest

from sloplan.problem.compiled import CompiledInstance, Int, Sparse
from sloplan.problem.evaluation import evaluate_plans
from sloplan.problem.instance import Instance
from sloplan.problem.routes import Routes
from sloplan.problem.transfers import TransferFigures, transfers_of
from tests.problem.compiling.integers_page import headings, instance_frames, rows_under


@cache
def compiled(hosting: str = "fluid") -> CompiledInstance:
    """Return the page's instance in integers."""
    return Instance.from_frames(instance_frames(), hosting=hosting).compiled


def index(names: Int, name: str) -> int:
    """Return the position of a name that must exist."""
    return names.tolist().index(name)


def page(heading: str, *keys: str, figure: str = "compiled") -> dict[tuple[str, ...], int]:
    """Return a table of the page as key cells to figure; keys must not repeat."""
    rows = rows_under(heading)
    figures = {tuple(row[key] for key in keys): int(row[figure]) for row in rows}
    assert len(figures) == len(rows)
    return figures


def of_options(figures: Int) -> dict[tuple[str, ...], int]:
    """Return a figure per option, named as on the page."""
    c = compiled()
    parts = (
        c.names.pools[c.options.pool],
        c.names.operators[c.options.operator],
        c.names.configurations[c.options.configuration],
        c.names.allocations[c.options.allocation],
    )
    return {("/".join(name),): int(figure) for *name, figure in zip(*parts, figures, strict=True)}


@pytest.mark.parametrize(
    ("heading", "figures"),
    [
        ("Operator latency", lambda c: c.options.latency_us),
        ("Busy time per request", lambda c: c.options.busy_us),
        ("Option cost", lambda c: c.options.cost_nano),
        ("Least rate of one copy", lambda c: c.options.min_rate_milli),
    ],
)
def test_options(heading: str, figures: Callable[[CompiledInstance], Int]) -> None:
    """The options and their figures are those of the page, none more and none fewer."""
    assert of_options(figures(compiled())) == page(heading, "option")


def test_reserved_pools_bill_no_busy_time() -> None:
    """An option's billed cost is its cost, and 0 on the reserved cloud pool."""
    billed = {
        name: 0 if name[0].startswith("cloud-gpu/") else cost for name, cost in page("Option cost", "option").items()
    }
    assert of_options(compiled().options.billed_cost_nano) == billed


def test_bytes() -> None:
    """Inputs and outputs per request."""
    c = compiled()
    outputs = zip(
        c.names.operators[c.configuration_operator], c.names.configurations, c.configuration_bytes, strict=True
    )
    inputs = zip(c.names.operators, c.operator_input_bytes, strict=True)
    ours = {(f"output of {operator}/{configuration}",): amount for operator, configuration, amount in outputs}
    ours |= {(f"input of {operator}",): amount for operator, amount in inputs}
    assert ours == page("Bytes per request", "what")


def test_link_delays() -> None:
    """The delay part of every link's crossing."""
    ours = {(name,): delay for name, delay in zip(compiled().names.links, compiled().links.delay_us, strict=True)}
    assert ours == page("Delay of a link", "link")


def source_of(query: str) -> int:
    """Return the source site of a query."""
    c = compiled()
    return int(c.templates.source[c.queries.template[index(c.names.queries, query)]])


def test_routes() -> None:
    """Given routes, the route of least exact delay, ties, own links."""
    routes = Routes(compiled())
    sites, links = compiled().names.sites, compiled().names.links
    for row in rows_under("Routes"):
        found = routes.links(source_of(row["query"]), index(sites, row["from"]), index(sites, row["to"]))
        shown = "none" if found is None else ", ".join(links[link] for link in found)
        assert shown == row["route"], row


def transfer(query: str, sent: str, from_site: int, to_site: int) -> TransferFigures:
    """Return one transfer's figures."""
    figures = transfers_of(compiled()).of(
        source_of(query), np.array([int(sent)]), np.array([from_site]), np.array([to_site])
    )
    assert figures.possible.all()
    return figures


@pytest.mark.parametrize(("heading", "field"), [("Link crossing", "latency_us"), ("Link cost", "cost_nano")])
def test_single_links(heading: str, field: str) -> None:
    """Time and cost of crossing one link."""
    c = compiled()
    for row in rows_under(heading):
        link = index(c.names.links, row["link"])
        figures = transfer("visitor", row["bytes"], int(c.links.from_site[link]), int(c.links.to_site[link]))
        assert transfers_of(c).route_links(int(figures.route[0])) == (link,)
        assert getattr(figures, field).tolist() == [int(row["compiled"])], row


def test_transfers() -> None:
    """Transfers over several links sum what each link rounds on its own."""
    sites = compiled().names.sites
    for row in rows_under("Transfers along a route"):
        figures = transfer(row["query"], row["bytes"], index(sites, row["from"]), index(sites, row["to"]))
        assert figures.latency_us.tolist() == [int(row["latency"])], row
        assert figures.cost_nano.tolist() == [int(row["cost"])], row


def test_accuracy_factors() -> None:
    """Nano-nats of every measured combination."""
    (application,) = compiled().applications
    ours = {}
    for factor in application.factors:
        # The page names configurations in the order of operator names, as the instance does.
        by_name = np.argsort(compiled().names.operators[application.operators[factor.positions]])
        for combination, figure in zip(factor.configurations[:, by_name], factor.nano_nats, strict=True):
            ours[factor.name, ", ".join(compiled().names.configurations[combination])] = figure
    assert ours == page("Factors", "factor", "configurations")


def test_queries() -> None:
    """Rates, values, counts and SLOs; one nano-nat per factor is added to the accuracy SLO."""
    queries = compiled().queries
    columns = {
        "rate": queries.rate_milli,
        "value": queries.value_milli,
        "count": queries.count,
        "SLO latency": queries.slo_latency_us,
        "SLO accuracy": queries.slo_accuracy,
        "SLO cost": queries.slo_cost_nano,
    }
    ours = {
        (query, figure): column[i]
        for figure, column in columns.items()
        for i, query in enumerate(compiled().names.queries)
    }
    assert ours == page("Queries", "query", "figure")


def test_capacities() -> None:
    """Capacities of pools and links of either scope; those of shared ones stand in the rows."""
    c = compiled()
    ours = {(name,): value for name, value in zip(c.names.pools, c.pools.capacity, strict=True)}
    ours |= {(name,): value for name, value in zip(c.names.links, c.links.capacity, strict=True)}
    assert ours == page("Capacity", "resource")
    shared = ["pool:cloud-gpu", "pool:edge-gpu", "link:metro", "link:wan-1", "link:wan-2"]
    assert c.rows.name.tolist() == shared
    assert c.rows.capacity.tolist() == [ours[name.split(":")[1],] for name in shared]


def test_rented_units() -> None:
    """What a rented unit brings."""
    brought = compiled().pools.unit_capacity
    for (pool,), figure in page("Brought by a rented unit", "pool").items():
        assert brought[index(compiled().names.pools, pool)] == figure


def the_plan() -> tuple[int, Int]:
    """Return the template and options of the page's plan."""
    c = compiled()
    chosen = {"detect": "edge-gpu/detect/yolo/default", "classify": "cloud-gpu/classify/large/default"}
    position = {name[0]: i for i, name in enumerate(of_options(c.options.latency_us))}
    (application,) = c.applications
    options = [position[chosen[c.names.operators[operator]]] for operator in application.operators]
    template = int(c.queries.template[index(c.names.queries, "visitor")])
    return template, np.array([options], dtype=np.int64)


def test_plan_figures() -> None:
    """Latency, accuracy and cost of a plan, which meets the visitor's accuracy SLO exactly."""
    figures = evaluate_plans(compiled(), *the_plan())
    ours = {
        ("latency",): int(figures.latency_us[0]),
        ("accuracy",): int(figures.accuracy_nano_nats[0]),
        ("cost per request",): int(figures.cost_nano[0]),
    }
    assert ours == page("Figures of the plan", "figure")
    limit = int(compiled().queries.slo_accuracy[index(compiled().names.queries, "visitor")])
    assert ours["accuracy",] <= limit < ours["accuracy",] + len(compiled().applications[0].factors)


def test_plan_usage() -> None:
    """Usage of shared rows and of the query's own resources."""
    c = compiled()
    figures = evaluate_plans(c, *the_plan())
    rate = int(c.queries.rate_milli[index(c.names.queries, "visitor")])
    own_names = np.concatenate([c.names.pools, c.names.links])

    def usage(load: Sparse, names: Int, prefix: str) -> dict[tuple[str, ...], int]:
        resource, amount = load.row(0)
        return {(prefix + name,): rate * int(each) for name, each in zip(names[resource], amount, strict=True)}

    ours = usage(figures.usage, c.rows.name, "") | usage(figures.own_load, own_names, "own ")
    assert ours == page("Usage of the plan", "resource")


def test_deployment_cost() -> None:
    """Usage-billed cost of the plan per second, and the price of a rented unit."""
    c = compiled()
    rate = int(c.queries.rate_milli[index(c.names.queries, "visitor")])
    ours = {
        ("the plan",): rate * int(evaluate_plans(c, *the_plan()).billed_cost_nano[0]),
        ("a rented unit of cloud-gpu",): int(c.pools.unit_price_pico[index(c.names.pools, "cloud-gpu")]),
    }
    assert ours == page("Deployment cost", "what")


def test_replica_rows() -> None:
    """Rows of the instance under `replicas`: deployments, shares, memories, links."""
    rows = compiled("replicas").rows
    deployments = [f"deployment:{name}" for name in compiled("replicas").supplies.name]
    assert rows.name.tolist() == [
        *deployments, "share:cloud-gpu", "share:edge-gpu", "memory:cloud-gpu", "memory:edge-gpu",
        "link:metro", "link:wan-1", "link:wan-2",
    ]  # fmt: skip
    capacity = dict(zip(rows.name, rows.capacity, strict=True))
    assert all(capacity[name] == 0 for name in deployments)
    expected = page("Share and memory rows", "row", figure="capacity")
    assert {key: capacity[key[0]] for key in expected} == expected


def test_replicas() -> None:
    """What a replica of each deployment brings and takes, and how many there may be."""
    c = compiled("replicas")
    ours = {}
    for i, name in enumerate(c.supplies.name):
        rows, amounts = c.supplies.brought.row(i)
        ours[name] = dict(zip(c.rows.name[rows].tolist(), amounts.tolist(), strict=True))
    expected = {
        row["deployment"]: {
            f"deployment:{row['deployment']}": int(row["brought"]),
            f"share:{row['deployment'].split('/')[0]}": -int(row["share taken"]),
            f"memory:{row['deployment'].split('/')[0]}": -int(row["memory taken"]),
        }
        for row in rows_under("What a replica brings and takes")
    }
    assert ours == expected
    maximum = {(name,): most for name, most in zip(c.supplies.name, c.supplies.maximum, strict=True)}
    assert maximum == page("Most replicas of a deployment", "deployment")


def float_figures() -> list[tuple[str, str]]:
    """Return every (formula in floats, its result) that the page shows."""
    cells = [row.get("floats", "") for heading in headings() for row in rows_under(heading)]
    shown = [re.fullmatch(r"`(.+)` = (\d+)", cell) for cell in cells if cell]
    assert all(shown)
    return [match.groups() for match in shown if match]


@pytest.mark.parametrize(("formula", "result"), sorted(set(float_figures())))
def test_floats_round_as_the_page_says(formula: str, result: str) -> None:
    """The float formula gives the wrong figure that the page warns of."""
    names = {"ceil": math.ceil, "floor": math.floor, "round": round}
    assert eval(formula, {"__builtins__": {}}, names) == int(result)


def test_floats_are_shown_where_they_differ() -> None:
    """A figure in the floats column differs from the compiled one beside it."""
    for heading in headings():
        for row in rows_under(heading):
            if row.get("floats"):
                assert row["floats"].rpartition(" ")[2] != row.get("compiled", row.get("brought")), row
