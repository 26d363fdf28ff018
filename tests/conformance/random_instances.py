"""Random tiny instances that meet every feature of the planning problem; one seed, one instance.

Tables are plain rows. Figures are chosen so that float arithmetic would round some of them wrongly,
and `random_ties` then sets SLOs and capacities exactly at, or just short of, what plans need.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from random import Random
from typing import Any

from tests.conformance.brute_force import TinyInstance
from tests.conformance.brute_force_search import Search
from tests.conformance.random_ties import set_own_capacities, set_shared_capacities, set_slos

Tables = dict[str, list[dict[str, Any]]]

MOST_PLANS = 250
"""Largest number of plans of an application, placement and routes not looked at."""
MOST_COPIES = 6

_EDGES = {
    1: [()],
    2: [((0, 1),), ()],
    3: [((0, 1), (1, 2)), ((0, 1), (0, 2)), ((0, 2), (1, 2)), ((0, 1), (1, 2), (0, 2)), ((0, 1),)],
    4: [
        ((0, 1), (0, 2), (1, 3), (2, 3)),
        ((0, 1), (1, 2), (2, 3)),
        ((0, 1), (0, 2), (0, 3)),
        ((0, 3), (1, 3), (2, 3)),
        ((0, 1), (0, 2), (1, 3), (2, 3), (0, 3)),
        ((0, 2), (1, 2), (2, 3)),
    ],
}
_ACCURACIES = (1.0, 0.99, 0.951, 0.9, 0.83, 0.7, 0.61)
_RATES = (0.5, 1.0, 2.0, 2.1, 3.3, 16.1, 1.0005, 2.1005, 0.0004)


def random_tables(seed: int) -> Tables:
    """Return the tables of the instance of `seed`, small enough for brute force."""
    for attempt in itertools.count():
        rng = Random(f"{seed}/{attempt}")
        tables = _Generator(rng).tables
        if _most_plans(tables) <= MOST_PLANS:
            break
    plans_of = TinyInstance(tables)
    set_own_capacities(tables, rng, plans_of)
    set_slos(tables, rng, plans_of)
    set_shared_capacities(tables, rng, plans_of)
    return {name: rows for name, rows in tables.items() if rows}


def is_contended(seed: int) -> bool:
    """Tell whether something fits, but not all that could be served; for even seeds also, that plans compete."""
    instance = TinyInstance(random_tables(seed))
    servable = sum(q.value_milli * q.count for name, q in instance.queries.items() if instance.feasible_plans(name))
    search = Search(instance)
    return (seed % 2 == 1 or search.most_rivals >= 3) and 0 < search.run().value_milli < servable


def _most_plans(tables: Tables) -> int:
    hardware = [pool["hardware"] for pool in tables["pools"]]
    options = {row["operator"]: 0 for row in tables["operators"]}
    for profile in tables["profiles"]:
        options[profile["operator"]] += hardware.count(profile["hardware"])
    applications = {row["application"] for row in tables["operators"]}
    return max(
        math.prod(options[row["operator"]] for row in tables["operators"] if row["application"] == application)
        for application in applications
    )


class _Generator:
    """Draws all tables but the SLOs, one table after the other."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self.tables: Tables = {}
        self._draw_infrastructure()
        for name in (
            "operators",
            "edges",
            "configurations",
            "profiles",
            "placement",
            "compatible",
            "accuracy",
        ):
            self.tables[name] = []
        # Sorted by name, operators must not come in topological order.
        names = rng.sample(["blur", "crop", "detect", "embed", "filter", "grasp", "hear", "index"], 8)
        for application in ("video", "audio")[: rng.choice((1, 1, 2))]:
            self._draw_application(application, names)
        self.tables["queries"] = list(self._queries())

    def _chance(self, probability: float) -> bool:
        return self._rng.random() < probability

    def _maybe(self, row: dict[str, Any], column: str, values: tuple[Any, ...], probability: float = 0.6) -> None:
        """Fill a column that has a default, or leave it out."""
        if self._chance(probability):
            row[column] = self._rng.choice(values)

    # ------------------------------------------------------------------------------------------ infrastructure

    def _draw_infrastructure(self) -> None:
        sites = self._rng.sample(["phone", "glasses", "camera"], self._rng.choice((1, 1, 2)))
        sites += self._rng.sample(["kiosk", "tower"], self._rng.choice((0, 1, 1)))
        sites += ["hall"] if len(sites) < 2 or self._chance(0.5) else []
        tier = {"phone": "device", "glasses": "device", "camera": "device", "hall": "cloud"}
        self.tables["sites"] = [{"site": site, "tier": tier.get(site, "edge")} for site in sites]
        self._sites = sites
        self.tables["pools"] = list(self._pools())
        self.tables["links"] = list(self._links())
        self.tables["routes"] = list(self._routes())

    def _pools(self) -> Iterator[dict[str, Any]]:
        rng = self._rng
        sites = [*self._sites, *rng.choices(self._sites, k=rng.choice((0, 1, 2)))]
        for index, site in enumerate(sites):
            device = next(row["tier"] for row in self.tables["sites"] if row["site"] == site) == "device"
            pool: dict[str, Any] = {"pool": f"{site}-{index}", "site": site, "hardware": rng.choice(("cpu", "gpu"))}
            pool["units"] = rng.choice((0, 1, 1, 1, 1, 2, 2, 3))
            pool["memory_gb"] = rng.choice((0.3, 2.1, 4, 8))
            self._maybe(pool, "speed", (0.7, 1, 2.1, 0.3))
            self._maybe(pool, "max_utilization", (1, 0.7, 0.333, 0.9))
            self._maybe(pool, "price_per_unit_hour", (0, 0.9, 2.1, 16.1))
            self._maybe(pool, "billing", ("usage", "reserved"))
            if self._chance(0.6 if device else 0.1):
                pool["scope"] = "query"
                pool["billing"] = "usage"
            yield pool

    def _links(self) -> Iterator[dict[str, Any]]:
        rng = self._rng
        pairs = [pair for pair in itertools.permutations(self._sites, 2) if self._chance(0.8)]
        for index, (start, end) in enumerate(pairs + rng.choices(pairs, k=rng.choice((0, 0, 1))) if pairs else []):
            link: dict[str, Any] = {"link": f"{rng.choice('abc')}{index}", "from_site": start, "to_site": end}
            link["bandwidth_mbps"] = rng.choice((0.7, 2.1, 8, 16.1, 100))
            link["delay_ms"] = rng.choice((0, 0.1, 1, 1, 2, 2.1))
            self._maybe(link, "price_per_gb", (0, 0.09, 2.1))
            self._maybe(link, "max_utilization", (1, 0.7, 0.95))
            if self._chance(0.3):
                link["scope"] = "query"
            yield link

    def _routes(self) -> Iterator[dict[str, Any]]:
        """Fix the route of some pairs, not always the shortest way."""
        for start, end in itertools.permutations(self._sites, 2):
            ways = list(_ways(self.tables["links"], start, end, {start}))
            if ways and self._chance(0.12):
                for position, link in enumerate(self._rng.choice(ways), start=1):
                    yield {"from_site": start, "to_site": end, "position": position, "link": link}

    # -------------------------------------------------------------------------------------------- applications

    def _draw_application(self, application: str, names: list[str]) -> None:
        rng = self._rng
        size = rng.choice((1, 2, 3, 3, 4, 4)) if application == "video" else rng.choice((1, 2, 3))
        operators = [names.pop() for _ in range(size)]
        edges = [(operators[first], operators[second]) for first, second in rng.choice(_EDGES[size])]
        self.tables["edges"] += [{"from_operator": first, "to_operator": second} for first, second in edges]
        configurations: dict[str, list[str]] = {}
        for operator in operators:
            row: dict[str, Any] = {"operator": operator, "application": application}
            if all(consumer != operator for _, consumer in edges):
                row["input_kb"] = rng.choice((0, 0.7, 2.1, 16.1, 33))
            self.tables["operators"].append(row)
            most = 3 if size < 3 else 2
            configurations[operator] = rng.sample(["tiny", "base", "large"], rng.randint(1, most))
            self._draw_configurations(operator, configurations[operator], allocations=2 if size < 3 else 1)
            self._draw_placement(operator)
        pairs = self._draw_compatible(operators, configurations)
        self._draw_accuracy(application, operators, configurations, pairs)

    def _draw_configurations(self, operator: str, configurations: list[str], allocations: int) -> None:
        rng = self._rng
        hardware = sorted({pool["hardware"] for pool in self.tables["pools"]})
        for configuration in configurations:
            row = {"operator": operator, "configuration": configuration}
            row["output_kb"] = rng.choice((0, 0.3, 2.1, 16.1))
            self._maybe(row, "calls", (0, 0.3, 2.1, 3), 0.4)
            self.tables["configurations"].append(row)
            for kind in rng.sample(hardware, rng.choice((1, len(hardware), len(hardware)))):
                for allocation in rng.sample(["", "batch-4"], rng.randint(1, allocations)):
                    self.tables["profiles"].append(self._profile(operator, configuration, kind, allocation))

    def _profile(self, operator: str, configuration: str, hardware: str, allocation: str) -> dict[str, Any]:
        rng = self._rng
        row: dict[str, Any] = {"operator": operator, "configuration": configuration, "hardware": hardware}
        if allocation:
            row["allocation"] = allocation
        row["latency_ms"] = rng.choice((0.3, 2.1, 7, 16.1, 33))
        row["busy_ms"] = rng.choice((0, 2.1, 7, 16.1, 33, 120))
        self._maybe(row, "share", (1, 0.3, 0.7, 0.25), 0.4)
        self._maybe(row, "memory_gb", (0, 0.3, 0.31, 2.1, 4), 0.4)
        self._maybe(row, "min_rate_rps", (0, 1, 2.1, 2.1005, 2.2), 0.25)
        return row

    def _draw_placement(self, operator: str) -> None:
        rng = self._rng
        for kind in rng.choice((*[()] * 8, ("tier",), ("site",), ("source",), ("tier", "source"), ("site", "tier"))):
            tiers = sorted({row["tier"] for row in self.tables["sites"]})
            value = {"tier": rng.choice(tiers), "site": rng.choice(self._sites), "source": ""}[kind]
            self.tables["placement"].append({"operator": operator, "allowed": kind, "value": value})

    def _draw_compatible(
        self, operators: list[str], configurations: dict[str, list[str]]
    ) -> dict[tuple[str, str], set[tuple[str, str]]]:
        """Limit some pairs of operators; return what each limited pair allows."""
        allowed: dict[tuple[str, str], set[tuple[str, str]]] = {}
        for first, second in itertools.permutations(operators, 2):
            both = list(itertools.product(configurations[first], configurations[second]))
            if (second, first) in allowed or len(both) == 1 or not self._chance(0.1):
                continue
            kept = self._rng.sample(both, self._rng.randint(max(1, len(both) // 2), len(both)))
            allowed[first, second] = set(kept)
            self.tables["compatible"] += [
                {"operator": first, "configuration": one, "other_operator": second, "other_configuration": other}
                for one, other in kept
            ]
        return allowed

    def _draw_accuracy(
        self,
        application: str,
        operators: list[str],
        configurations: dict[str, list[str]],
        allowed: dict[tuple[str, str], set[tuple[str, str]]],
    ) -> None:
        rng = self._rng
        sizes = rng.choice(((), (1,), (1, 1), (2,), (2, 1), (3,), (3, 2), (2, 2)))
        for index, size in enumerate(sizes):
            measured = rng.sample(operators, min(size, len(operators)))
            for combination in itertools.product(*(configurations[operator] for operator in measured)):
                chosen = dict(zip(measured, combination, strict=True))
                permitted = all(
                    first not in chosen or second not in chosen or (chosen[first], chosen[second]) in pairs
                    for (first, second), pairs in allowed.items()
                )
                if permitted or self._chance(0.5):
                    self.tables["accuracy"].append(
                        {
                            "factor": f"{application}-{index}",
                            "operators": ";".join(measured),
                            "configurations": ";".join(combination),
                            "accuracy": rng.choice(_ACCURACIES),
                        }
                    )

    # ------------------------------------------------------------------------------------------------- queries

    def _queries(self) -> Iterator[dict[str, Any]]:
        rng = self._rng
        applications = sorted({row["application"] for row in self.tables["operators"]})
        copies = rng.randint(3, MOST_COPIES)
        for index in itertools.count():
            row: dict[str, Any] = {"query": f"q{index}", "application": rng.choice(applications)}
            row["source_site"] = rng.choice(self._sites[:2]) if self._chance(0.8) else rng.choice(self._sites)
            if self._chance(0.35):
                row["sink_site"] = rng.choice((row["source_site"], rng.choice(self._sites)))
            row["rate_rps"] = rng.choice(_RATES)
            self._maybe(row, "value", (0, 1, 2, 2.1, 0.0005, 16.1), 0.5)
            self._maybe(row, "count", (1, 2, 3), 0.6)
            copies -= row.get("count", 1)
            if copies < 0:
                return
            yield row
            if copies == 0:
                return


def _ways(links: list[dict[str, Any]], start: str, end: str, seen: set[str]) -> Iterator[list[str]]:
    for link in links:
        if link["from_site"] != start or link["to_site"] in seen:
            continue
        if link["to_site"] == end:
            yield [link["link"]]
            continue
        for rest in _ways(links, link["to_site"], end, seen | {link["to_site"]}):
            yield [link["link"], *rest]
