"""Every plan of one query by plain enumeration of all combinations of options, with its figures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sloplan.problem.compiled import Bool, CompiledInstance, Int
from sloplan.problem.evaluation import PlanFigures, evaluate_plans, largest_rate
from sloplan.problem.transfers import transfers_of


@dataclass(frozen=True)
class PlainPlans:
    """All combinations of options of a query's template."""

    compiled: CompiledInstance
    query: int
    choices: Int
    figures: PlanFigures

    @classmethod
    def of(cls, compiled: CompiledInstance, query: int) -> PlainPlans:
        """List them."""
        template = int(compiled.queries.template[query])
        grid = np.meshgrid(*compiled.template_options(template), indexing="ij")
        choices = np.stack([axis.reshape(-1) for axis in grid], axis=1)
        return cls(compiled, query, choices, evaluate_plans(compiled, template, choices))

    def open(self, *slos: str) -> Bool:
        """Plans that can be followed alone at the query's rate and meet the SLOs named: accuracy, latency, cost."""
        figures, queries, rate = self.figures, self.compiled.queries, self.compiled.queries.rate_milli[self.query]
        able = figures.placeable & (figures.min_rate_milli <= rate) & (rate <= figures.max_rate_milli)
        able &= rate <= largest_rate(figures.usage, self.compiled.rows.capacity)
        if "accuracy" in slos:
            able &= figures.accuracy_nano_nats <= queries.slo_accuracy[self.query]
        if "latency" in slos:
            able &= figures.latency_us <= queries.slo_latency_us[self.query]
        if "cost" in slos:
            able &= figures.cost_nano <= queries.slo_cost_nano[self.query]
        return np.asarray(able)

    def forward(self) -> Bool:
        """Plans whose data never comes nearer to the source, in links, than it was."""
        transfers, sites = transfers_of(self.compiled), np.arange(len(self.compiled.names.sites))
        template = int(self.compiled.queries.template[self.query])
        source = int(self.compiled.templates.source[template])
        routes = transfers.routes(source, np.full(len(sites), source), sites)
        away = np.array([len(transfers.route_links(route)) if route >= 0 else 99 for route in routes.tolist()])
        tier = away[self.compiled.options.site[self.choices]]
        application = self.compiled.applications[self.compiled.templates.application[template]]
        forward = np.ones(len(self.choices), dtype=np.bool_)
        for producer, consumer in application.edges.tolist():
            forward &= tier[:, producer] <= tier[:, consumer]
        return forward

    def place_of(self, choices: Int) -> int:
        """Return which of the plans has these options."""
        (place,) = np.flatnonzero((self.choices == choices).all(axis=1))
        return int(place)
