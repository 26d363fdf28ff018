"""Metrics of a study: functions on a table of runs. docs/metrics.md says which one answers which question."""

from __future__ import annotations

from sloplan.study.metrics.claims import claim_rates, false_claims
from sloplan.study.metrics.gaps import (
    best_certified_bounds,
    best_known_objectives,
    gap_to_best_known,
    gap_to_certified_bound,
    gap_to_optimum,
    relative_gaps,
)
from sloplan.study.metrics.growth import growth_exponents
from sloplan.study.metrics.integrals import bounded_gaps, gap_integral, primal_integral
from sloplan.study.metrics.mean_times import geometric_means, par10, shifted_geometric_means
from sloplan.study.metrics.profiles import performance_profile
from sloplan.study.metrics.ranks import Ranking, critical_difference, rank_methods
from sloplan.study.metrics.ratios import mean_ratios, ratios_to_baseline
from sloplan.study.metrics.times import run_times, solve_times, time_to_target

__all__ = [
    "Ranking",
    "best_certified_bounds",
    "best_known_objectives",
    "bounded_gaps",
    "claim_rates",
    "critical_difference",
    "false_claims",
    "gap_integral",
    "gap_to_best_known",
    "gap_to_certified_bound",
    "gap_to_optimum",
    "geometric_means",
    "growth_exponents",
    "mean_ratios",
    "par10",
    "performance_profile",
    "primal_integral",
    "rank_methods",
    "ratios_to_baseline",
    "relative_gaps",
    "run_times",
    "shifted_geometric_means",
    "solve_times",
    "time_to_target",
]
