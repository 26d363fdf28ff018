"""Which features of the planning problem a random instance has, so that a test can count them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from itertools import permutations

from tests.conformance.brute_force import TinyInstance
from tests.conformance.brute_force_search import Optimum
from tests.conformance.plain_figures import exact, given, number

FEATURES = (
    # graphs
    *("1 operator", "2 operators", "3 operators", "4 operators"),
    *("fork", "join", "edge beside a longer path", "parts without an edge between", "several applications"),
    # accuracy
    *("no factor", "factor of one operator", "factor of two operators", "factor of three operators"),
    *("overlapping factors", "factor without a forbidden combination"),
    # rules
    *("compatibility", "compatibility decides", "placement by tier", "placement by site", "placement by source"),
    *("placement by several rows", "memory excludes an option", "min_rate decides", "unreachable site"),
    *("given route", "given route is not the shortest", "routes of equal delay", "route of several links"),
    # queries
    *("no latency SLO", "no accuracy SLO", "no cost SLO", "no SLO at all", "several copies", "sink"),
    *("copies of one query take different plans", "some copies of a query stay out"),
    *("value by default", "value of zero", "rate below the unit", "rate halfway between units"),
    *("nothing can be served", "everything is served", "not all that could be is served"),
    # infrastructure
    *("query-scope pool used", "query-scope link used", "own pool decides", "own link decides", "pool without units"),
    *("pool without units in a plan", "reserved pool", "several pools at a site", "links beside each other"),
    # figures
    *("speed 0.7", "16.1 ms", "2.1 ms", "zero calls", "fractional calls", "several calls", "share", "zero bytes"),
    *("zero delay", "zero busy time", "max_utilization", "allocation"),
    # ties
    *("latency exactly at its SLO", "latency one above its SLO", "accuracy exactly at its SLO"),
    *("cost exactly at its SLO", "cost one above its SLO", "own pool exactly full", "own pool one short"),
    *("own link exactly full", "own link one short", "pool exactly full", "link exactly full", "row one short"),
    *("pool exactly full at the optimum", "link exactly full at the optimum"),
)


def features(instance: TinyInstance, best: Optimum) -> set[str]:
    """Name the features of an instance, given its optimum."""
    found = {
        feature for part in (_graphs, _accuracy, _rules, _routes, _queries, _figures) for feature in part(instance)
    }
    found |= set(_outcome(instance, best)) | set(_slo_ties(instance)) | set(_capacity_ties(instance, best))
    assert found <= set(FEATURES), found - set(FEATURES)
    return found


def _graphs(instance: TinyInstance) -> Iterator[str]:
    applications = {query.application for query in instance.queries.values()}
    if len(applications) > 1:
        yield "several applications"
    for application in applications:
        operators = instance.operators(application)
        edges = [edge for edge in instance.edges if edge[0] in operators]
        yield f"{len(operators)} operator{'s' if len(operators) > 1 else ''}"
        if max(Counter(producer for producer, _ in edges).values(), default=0) > 1:
            yield "fork"
        if max(Counter(consumer for _, consumer in edges).values(), default=0) > 1:
            yield "join"
        if any((one, other) in edges for one, middle in edges for start, other in edges if middle == start):
            yield "edge beside a longer path"
        if len(operators) > 1 and any(not instance.producers(o) and instance.is_leaf(o) for o in operators):
            yield "parts without an edge between"


def _accuracy(instance: TinyInstance) -> Iterator[str]:
    rows = Counter((str(row["factor"]), str(row["operators"])) for row in instance.rows("accuracy"))
    measured = [operators.split(";") for _, operators in rows]
    for operators in measured:
        yield f"factor of {('one operator', 'two operators', 'three operators')[len(operators) - 1]}"
    if any(set(one) & set(other) for one, other in permutations(measured, 2)):
        yield "overlapping factors"
    for (_, operators), count in rows.items():
        combinations = 1
        for operator in operators.split(";"):
            combinations *= sum(row["operator"] == operator for row in instance.rows("configurations"))
        if count < combinations:
            yield "factor without a forbidden combination"
    for query in instance.queries.values():
        if not any(set(operators) & set(instance.operators(query.application)) for operators in measured):
            yield "no factor"


def _rules(instance: TinyInstance) -> Iterator[str]:
    if instance.rows("compatible"):
        yield "compatibility"
        free = TinyInstance(instance.tables | {"compatible": []})
        for query in instance.queries.values():
            template = (query.application, query.source, query.sink)
            if len(free.plans(*template)) > len(instance.plans(*template)):
                yield "compatibility decides"
    kinds = Counter()
    for row in instance.rows("placement"):
        kinds[row["operator"]] += 1
        yield f"placement by {row['allowed']}"
    if max(kinds.values(), default=0) > 1:
        yield "placement by several rows"
    for operator, configuration, _, allocation in instance.profile_rows:
        for pool in instance.pools:
            if instance.option_rule(operator, (configuration, pool, allocation)) == "memory":
                yield "memory excludes an option"
    for query in instance.queries.values():
        for _, figures in instance.plans(query.application, query.source, query.sink):
            if instance.broken_rules(query, figures) == {"min_rate"}:
                yield "min_rate decides"


def _routes(instance: TinyInstance) -> Iterator[str]:
    given_pairs = {(row["from_site"], row["to_site"]) for row in instance.rows("routes")}
    for source in {query.source for query in instance.queries.values()}:
        for start, end in permutations(instance.tier, 2):
            route = instance.route(source, start, end)
            ways = list(instance.ways(source, start, end))
            delays = sorted(sum(instance.links[link].delay for link in way) for way in ways)
            if route is None:
                yield "unreachable site"
            elif (start, end) in given_pairs:
                yield "given route"
                if sum(instance.links[link].delay for link in route) > delays[0]:
                    yield "given route is not the shortest"
            elif len(delays) > 1 and delays[0] == delays[1]:
                yield "routes of equal delay"
            if route is not None and len(route) > 1:
                yield "route of several links"


def _queries(instance: TinyInstance) -> Iterator[str]:
    for row, query in zip(instance.rows("queries"), instance.queries.values(), strict=True):
        absent = (query.slo_latency_us is None, query.slo_nano_nats is None, query.slo_cost_nano is None)
        for kind, missing in zip(("latency", "accuracy", "cost"), absent, strict=True):
            if missing:
                yield f"no {kind} SLO"
        if all(absent):
            yield "no SLO at all"
        if query.count > 1:
            yield "several copies"
        if query.sink:
            yield "sink"
        if given(row, "value") is None:
            yield "value by default"
        if query.value_milli == 0:
            yield "value of zero"
        rate = 1000 * number(row, "rate_rps")
        if rate < 1:
            yield "rate below the unit"
        if rate % 1 == Fraction(1, 2):
            yield "rate halfway between units"


def _figures(instance: TinyInstance) -> Iterator[str]:
    for pool in instance.pools.values():
        if pool.units == 0:
            yield "pool without units"
        if pool.reserved:
            yield "reserved pool"
        if pool.speed == exact(0.7):
            yield "speed 0.7"
        if pool.max_utilization < 1:
            yield "max_utilization"
    if len(instance.pools) > len({pool.site for pool in instance.pools.values()}):
        yield "several pools at a site"
    if len(instance.links) > len({(link.from_site, link.to_site) for link in instance.links.values()}):
        yield "links beside each other"
    if any(link.delay == 0 for link in instance.links.values()):
        yield "zero delay"
    for row in instance.rows("configurations"):
        calls = number(row, "calls", 1)
        if calls != 1:
            yield "zero calls" if calls == 0 else "fractional calls" if calls < 1 else "several calls"
        if number(row, "output_kb") == 0:
            yield "zero bytes"
    for row in instance.rows("profiles"):
        for figure in {number(row, "latency_ms"), number(row, "busy_ms")} & {exact(2.1), exact(16.1)}:
            yield f"{float(figure)} ms"
        if number(row, "share", 1) < 1:
            yield "share"
        if number(row, "busy_ms") == 0:
            yield "zero busy time"
        if given(row, "allocation"):
            yield "allocation"


def _outcome(instance: TinyInstance, best: Optimum) -> Iterator[str]:
    worth = {name: query.value_milli for name, query in instance.queries.items() if instance.feasible_plans(name)}
    servable = sum(value * instance.queries[name].count for name, value in worth.items())
    if servable == 0:
        yield "nothing can be served"
    elif best.value_milli < servable:
        yield "not all that could be is served"
    else:
        yield "everything is served"
    served: dict[str, list[str]] = {}
    for name, plan in best.served:
        served.setdefault(name, []).append(str(sorted(plan.items())))
        for _, pool, _ in plan.values():
            if instance.pools[pool].units == 0:
                yield "pool without units in a plan"
    for name, plans in served.items():
        if len(set(plans)) > 1:
            yield "copies of one query take different plans"
        if len(plans) < instance.queries[name].count and instance.queries[name].value_milli > 0:
            yield "some copies of a query stay out"


def _slo_ties(instance: TinyInstance) -> Iterator[str]:
    factors = Counter(
        instance.application[operators.split(";")[0]]
        for operators in {f"{row['operators']};{row['factor']}" for row in instance.rows("accuracy")}
    )
    for query in instance.queries.values():
        for _, figures in instance.plans(query.application, query.source, query.sink):
            broken = instance.broken_rules(query, figures)
            if not broken:
                if figures.latency_us == query.slo_latency_us:
                    yield "latency exactly at its SLO"
                if figures.cost_nano == query.slo_cost_nano:
                    yield "cost exactly at its SLO"
                # Within the one per factor that the SLO adds, the product is at the SLO but for rounding.
                slo, factor_count = query.slo_nano_nats, factors[query.application]
                if slo is not None and factor_count and slo - 2 * factor_count <= figures.nano_nats:
                    yield "accuracy exactly at its SLO"
            if broken == {"latency"} and figures.latency_us - 1 == query.slo_latency_us:
                yield "latency one above its SLO"
            if broken == {"cost"} and figures.cost_nano - 1 == query.slo_cost_nano:
                yield "cost one above its SLO"


def _capacity_ties(instance: TinyInstance, best: Optimum) -> Iterator[str]:
    for query in instance.queries.values():
        for _, figures in instance.plans(query.application, query.source, query.sink):
            broken = instance.broken_rules(query, figures)
            for (kind, name), amount in figures.own.items():
                yield f"query-scope {kind} used"
                capacity, load = instance.capacity(f"{kind}:{name}"), query.rate_milli * amount
                if not broken and load == capacity > 0:
                    yield f"own {kind} exactly full"
                if broken == {f"own_{kind}"}:
                    yield f"own {kind} decides"
                    if load == capacity + 1:
                        yield f"own {kind} one short"
    for usage in _usages(instance):
        for row, used in usage.items():
            if 0 < used == instance.capacity(row):
                yield f"{row.split(':')[0]} exactly full"
            if used == instance.capacity(row) + 1:
                yield "row one short"
    usage = Counter()
    for name, plan in best.served:
        query = instance.queries[name]
        for row, amount in instance.figures(query.application, query.source, query.sink, plan).shared.items():
            usage[row] += query.rate_milli * amount
    for row, used in usage.items():
        if 0 < used == instance.capacity(row):
            yield f"{row.split(':')[0]} exactly full at the optimum"


def _usages(instance: TinyInstance, most: int = 2000) -> list[Counter[str]]:
    """Usage of up to `most` choices of plans for the queries' copies."""
    usages: list[Counter[str]] = [Counter()]
    for name, query in instance.queries.items():
        for _ in range(query.count):
            taken = [
                usage + Counter({row: query.rate_milli * amount for row, amount in figures.shared.items()})
                for _, figures in instance.feasible_plans(name)
                for usage in usages[: most // 10]
            ]
            usages = (usages + taken)[:most]
    return usages
