"""Brute force on tiny instances: the planning problem worked out apart from the toolkit.

Nothing here imports sloplan, numpy or pandas: figures are fractions of the shortest decimals, rounded
once as the problem statement says, and every plan of every query is listed. So a mistake in the compiled
integers, a model or the checker cannot hide here too.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property

from tests.conformance.plain_figures import (
    Query,
    Row,
    Tables,
    exact,
    given,
    nano_nats,
    nearest,
    number,
    read_link,
    read_pool,
)

Choice = tuple[str, str, str]
"""Configuration, pool and allocation of one operator."""
Plan = dict[str, Choice]
"""Choice per operator."""


@dataclass(frozen=True)
class Figures:
    """What a plan does per request: `shared` by row name, `own` by (kind, name)."""

    owned: bool
    compatible: bool
    routed: bool
    latency_us: int
    nano_nats: int
    cost_nano: int
    billed_cost_nano: int
    min_rate_milli: int
    shared: dict[str, int]
    own: dict[tuple[str, str], int]


class TinyInstance:
    """A tiny instance, read from its raw tables.

    Parameters
    ----------
    tables : mapping of table name to rows
        As in the files of an instance; absent tables are empty, absent fields have their defaults.
    hosting : str
        "fluid" or "replicas".
    """

    def __init__(self, tables: Tables, hosting: str = "fluid") -> None:
        self.hosting = hosting
        self.tables = {name: list(rows) for name, rows in tables.items()}
        self.tier = {str(row["site"]): str(row["tier"]) for row in self.rows("sites")}
        self.pools = {str(row["pool"]): read_pool(row) for row in self.rows("pools")}
        self.links = {str(row["link"]): read_link(row) for row in self.rows("links")}
        self.application = {str(row["operator"]): str(row["application"]) for row in self.rows("operators")}
        self.edges = [(str(row["from_operator"]), str(row["to_operator"])) for row in self.rows("edges")]
        self.queries = {str(row["query"]): self._query(row) for row in self.rows("queries")}
        # Asked for again and again: templates by their queries, routes, options and rows by many plans.
        self.plans = cache(self._plans)
        self.route = cache(self._route)
        self.option_figures = cache(self._option_figures)
        self._factor_nano_nats = cache(lambda row: nano_nats(number(self.tables["accuracy"][row], "accuracy")))

    def limited_by(self, tables: Tables) -> TinyInstance:
        """Return the instance of `tables`, which differ from this one's in SLOs, units and utilizations only.

        No plan and none of its figures depends on those: what is listed here is not listed again.
        """
        limited = TinyInstance(tables, self.hosting)
        limited.plans = self.plans
        return limited

    def rows(self, table: str) -> list[Row]:
        """Return the rows of a table."""
        return self.tables.get(table, [])

    def operators(self, application: str) -> list[str]:
        """Return the application's operators by name."""
        return sorted(operator for operator, owner in self.application.items() if owner == application)

    def producers(self, operator: str) -> list[str]:
        """Return the operators whose output goes to `operator`."""
        return [producer for producer, consumer in self.edges if consumer == operator]

    def is_leaf(self, operator: str) -> bool:
        """Tell whether nothing consumes the operator's output."""
        return all(producer != operator for producer, _ in self.edges)

    def _query(self, row: Row) -> Query:
        application = str(row["application"])
        factors = {str(f["factor"]) for f in self.rows("accuracy") if self._factor_application(f) == application}
        rate = max(1, nearest(1000 * number(row, "rate_rps")))
        latency, accuracy, cost = (given(row, f"slo_{name}") for name in ("latency_ms", "accuracy", "cost_per_1k"))
        return Query(
            application,
            str(row["source_site"]),
            str(given(row, "sink_site", "")),
            rate,
            rate if given(row, "value") is None else nearest(1000 * number(row, "value")),
            int(given(row, "count", 1)),  # type: ignore[call-overload]
            None if latency is None else math.floor(1000 * exact(latency)),
            None if accuracy is None else nano_nats(exact(accuracy)) + len(factors),
            None if cost is None else math.floor(10**6 * exact(cost)),
        )

    def _factor_application(self, row: Row) -> str:
        return self.application[str(row["operators"]).split(";")[0]]

    # ------------------------------------------------------------------------------------------------ options

    @cached_property
    def profile_rows(self) -> dict[tuple[str, str, str, str], Row]:
        """Profile rows by operator, configuration, hardware and allocation."""
        return {
            (
                str(row["operator"]),
                str(row["configuration"]),
                str(row["hardware"]),
                str(given(row, "allocation", "default")),
            ): row
            for row in self.rows("profiles")
        }

    @cached_property
    def configuration_rows(self) -> dict[tuple[str, str], Row]:
        """Configuration rows by operator and configuration."""
        return {(str(row["operator"]), str(row["configuration"])): row for row in self.rows("configurations")}

    @cached_property
    def compatible_pairs(self) -> dict[frozenset[str], set[frozenset[tuple[str, str]]]]:
        """Two operators that a row names -> pairs of their configurations that may go together."""
        pairs: dict[frozenset[str], set[frozenset[tuple[str, str]]]] = {}
        for row in self.rows("compatible"):
            one = (str(row["operator"]), str(row["configuration"]))
            other = (str(row["other_operator"]), str(row["other_configuration"]))
            pairs.setdefault(frozenset((one[0], other[0])), set()).add(frozenset((one, other)))
        return pairs

    @cached_property
    def links_from(self) -> dict[str, list[str]]:
        """Links that leave each site."""
        leaving: dict[str, list[str]] = {}
        for name, link in self.links.items():
            leaving.setdefault(link.from_site, []).append(name)
        return leaving

    def profile(self, operator: str, choice: Choice) -> Row | None:
        """Return the profile row of an option, if there is one."""
        configuration, pool, allocation = choice
        return self.profile_rows.get((operator, configuration, self.pools[pool].hardware, allocation))

    def option_rule(self, operator: str, choice: Choice) -> str | None:
        """Name the rule that forbids an option to every query, or None."""
        if choice[1] not in self.pools:
            return "pool"
        profile, pool = self.profile(operator, choice), self.pools[choice[1]]
        if profile is None:
            return "profile"
        if number(profile, "memory_gb", 0) > pool.memory:
            return "memory"
        return "placement" if self._place(operator, pool.site) == "nowhere" else None

    def _place(self, operator: str, site: str) -> str:
        """Where an operator may stand at a site: "always", "at the source" or "nowhere"."""
        allowed = [row for row in self.rows("placement") if row["operator"] == operator]
        named = {(str(row["allowed"]), str(given(row, "value", ""))) for row in allowed}
        if not allowed or ("site", site) in named or ("tier", self.tier[site]) in named:
            return "always"
        return "at the source" if ("source", "") in named else "nowhere"

    def _option_figures(self, operator: str, choice: Choice) -> tuple[int, int, int, int]:
        """Return latency (us), busy time (us), cost (nano-USD) and least rate (milli) of an option."""
        profile, pool = self.profile(operator, choice), self.pools[choice[1]]
        assert profile is not None
        calls = number(self.configuration_rows[operator, choice[0]], "calls", 1)
        latency = math.ceil(1000 * number(profile, "latency_ms") / pool.speed)
        busy = math.ceil(1000 * calls * number(profile, "busy_ms") * number(profile, "share", 1) / pool.speed)
        cost = math.ceil(busy * pool.price * 10 / 36)
        return latency, busy, cost, nearest(1000 * number(profile, "min_rate_rps", 0))

    # ------------------------------------------------------------------------------------------------- routes

    def _route(self, source: str, start: str, end: str) -> tuple[str, ...] | None:
        """Links from `start` to `end` for queries of `source`, or None where there are none."""
        if start == end:
            return ()
        fixed = sorted(
            (int(row["position"]), str(row["link"]))  # type: ignore[call-overload]
            for row in self.rows("routes")
            if (row["from_site"], row["to_site"]) == (start, end)
        )
        if fixed:
            links = tuple(link for _, link in fixed)
            return links if all(self._may_cross(source, link) for link in links) else None
        ways = [(sum(self.links[link].delay for link in way), len(way), way) for way in self.ways(source, start, end)]
        return min(ways)[2] if ways else None

    def _may_cross(self, source: str, link: str) -> bool:
        return not self.links[link].own or source in (self.links[link].from_site, self.links[link].to_site)

    def ways(self, source: str, start: str, end: str, seen: frozenset[str] = frozenset()) -> Iterator[tuple[str, ...]]:
        """Every way without a cycle; a cycle only adds links, so no route has one."""
        if start == end:
            yield ()
            return
        for name in self.links_from.get(start, ()):
            onward = self.links[name].to_site
            if onward not in seen and self._may_cross(source, name):
                for rest in self.ways(source, onward, end, seen | {start}):
                    yield (name, *rest)

    # -------------------------------------------------------------------------------------------------- plans

    def _plans(self, application: str, source: str, sink: str) -> list[tuple[Plan, Figures]]:
        """Every plan of a template that is owned, compatible and routed, with its figures."""
        operators = self.operators(application)
        options = [
            [
                (configuration, pool, allocation)
                for (owner, configuration, hardware, allocation) in sorted(self.profile_rows)
                for pool in sorted(self.pools)
                if owner == operator
                and self.pools[pool].hardware == hardware
                and self.option_rule(operator, (configuration, pool, allocation)) is None
            ]
            for operator in operators
        ]
        listed = []
        for choices in itertools.product(*options):
            plan = dict(zip(operators, choices, strict=True))
            if self._compatible(plan) and self._owned(plan, source):
                figures = self.figures(application, source, sink, plan)
                if figures.routed:
                    listed.append((plan, figures))
        return listed

    def figures(self, application: str, source: str, sink: str, plan: Plan) -> Figures:
        """Work out what a plan does; each of its options must exist."""
        site = {operator: self.pools[pool].site for operator, (_, pool, _) in plan.items()}
        sent = self._sent(application, source, sink, plan, site)
        ways = {transfer: self.route(source, start, end) for transfer, (_, start, end) in sent.items()}
        option = {operator: self.option_figures(operator, choice) for operator, choice in plan.items()}
        cost = sum(figures[2] for figures in option.values())
        reserved = sum(option[o][2] for o in plan if self.pools[plan[o][1]].reserved and not self.pools[plan[o][1]].own)
        crossings = [(sent[transfer][0], link) for transfer, way in ways.items() for link in way or ()]
        traffic = sum(math.ceil(amount * self.links[link].price) for amount, link in crossings)
        shared: Counter[str] = Counter()
        own: Counter[tuple[str, str]] = Counter()
        for operator, (configuration, pool, allocation) in plan.items():
            busy = option[operator][1]
            if self.pools[pool].own:
                own["pool", pool] += busy
            elif self.hosting == "fluid":
                shared[f"pool:{pool}"] += busy
            else:
                shared[f"deployment:{pool}/{operator}/{configuration}/{allocation}"] += busy
        for amount, link in crossings:
            if self.links[link].own:
                own["link", link] += amount
            else:
                shared[f"link:{link}"] += amount

        def crossing(transfer: tuple[str, str]) -> int:
            return sum(self.links[link].crossing_us(sent[transfer][0]) for link in ways[transfer] or ())

        def finish(operator: str) -> int:
            arrivals = [finish(producer) + crossing((producer, operator)) for producer in self.producers(operator)]
            return max(arrivals or [crossing(("", operator))]) + option[operator][0]

        ends = [finish(operator) + (crossing((operator, "")) if (operator, "") in sent else 0) for operator in plan]
        return Figures(
            owned=self._owned(plan, source),
            compatible=self._compatible(plan),
            routed=None not in ways.values(),
            latency_us=max(ends),
            nano_nats=self._nano_nats(plan),
            cost_nano=cost + traffic,
            billed_cost_nano=cost - reserved + traffic,
            min_rate_milli=max(figures[3] for figures in option.values()),
            shared=dict(shared),
            own=dict(own),
        )

    def _sent(
        self, application: str, source: str, sink: str, plan: Plan, site: Mapping[str, str]
    ) -> dict[tuple[str, str], tuple[int, str, str]]:
        """(producer, consumer) -> (bytes, from site, to site); "" stands for the source and the sink."""
        sent = {}
        for row in self.rows("operators"):
            operator = str(row["operator"])
            if row["application"] != application:
                continue
            output = math.ceil(1000 * number(self.configuration_rows[operator, plan[operator][0]], "output_kb"))
            for producer, consumer in self.edges:
                if producer == operator:
                    sent[operator, consumer] = (output, site[operator], site[consumer])
            if not self.producers(operator):
                sent["", operator] = (math.ceil(1000 * number(row, "input_kb")), source, site[operator])
            if sink and self.is_leaf(operator):
                sent[operator, ""] = (output, site[operator], sink)
        return sent

    def _owned(self, plan: Plan, source: str) -> bool:
        return all(
            self.pools[pool].site == source
            or not (self.pools[pool].own or self._place(operator, self.pools[pool].site) == "at the source")
            for operator, (_, pool, _) in plan.items()
        )

    def _compatible(self, plan: Plan) -> bool:
        chosen = {operator: configuration for operator, (configuration, _, _) in plan.items()}
        return all(
            {(operator, chosen[operator]) for operator in pair} in allowed
            for pair, allowed in self.compatible_pairs.items()
            if pair <= plan.keys()
        )

    def _nano_nats(self, plan: Plan) -> int:
        """Sum over the factors; a combination that no row measures counts 0 (it is not compatible)."""
        chosen = {operator: configuration for operator, (configuration, _, _) in plan.items()}
        total = 0
        for index, row in enumerate(self.rows("accuracy")):
            operators, measured = str(row["operators"]).split(";"), str(row["configurations"]).split(";")
            if operators[0] in plan and [chosen[operator] for operator in operators] == measured:
                total += self._factor_nano_nats(index)
        return total

    # ----------------------------------------------------------------------------------- rules and the optimum

    def capacity(self, row: str) -> int:
        """Return the capacity of a row of fluid hosting, "pool:P" or "link:L"."""
        kind, name = row.split(":", 1)
        return self.pools[name].capacity if kind == "pool" else self.links[name].capacity

    def broken_rules(self, query: Query, figures: Figures) -> set[str]:
        """Name the rules that one copy's plan breaks whatever the others do."""
        rate = query.rate_milli
        broken = {
            "ownership": not figures.owned,
            "compatibility": not figures.compatible,
            "route": not figures.routed,
            "latency": query.slo_latency_us is not None and figures.latency_us > query.slo_latency_us,
            "accuracy": query.slo_nano_nats is not None and figures.nano_nats > query.slo_nano_nats,
            "cost": query.slo_cost_nano is not None and figures.cost_nano > query.slo_cost_nano,
            "min_rate": rate < figures.min_rate_milli,
        }
        for (kind, name), amount in figures.own.items():
            broken[f"own_{kind}"] = broken.get(f"own_{kind}", False) or rate * amount > self.capacity(f"{kind}:{name}")
        return {rule for rule, is_broken in broken.items() if is_broken}

    def feasible_plans(self, name: str) -> list[tuple[Plan, Figures]]:
        """Return the plans of a query that meet its SLOs and rules; shared capacity is not looked at."""
        query = self.queries[name]
        plans = self.plans(query.application, query.source, query.sink)
        return [(plan, figures) for plan, figures in plans if not self.broken_rules(query, figures)]
