"""The selective profiler: every plan of a workload is run on items until the questions about it are decided."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
import numpy.typing as npt

from sloplan.problem.errors import InputError
from sloplan.profiling.confidence import StratifiedConfidence
from sloplan.profiling.dominance import dominated
from sloplan.profiling.prefix_cache import PrefixCache
from sloplan.profiling.report import DECIDED, DOMINATED, ConfigurationProfile, PlanProfile, ProfileReport
from sloplan.profiling.strata import Strata, choose_strata, cluster
from sloplan.profiling.workload import Configurations, IntArray, Workload

_BATCH = 16  # items that a plan is run on before it is judged again


def profile_workload(
    workload: Workload,
    slo_accuracies: Sequence[float],
    *,
    confidence: float = 0.95,
    num_strata: int = 8,
    seed: int = 0,
) -> ProfileReport:
    """Profile every combination of a workload's configurations, each as little as the questions allow.

    Parameters
    ----------
    workload : Workload
    slo_accuracies : sequence of float
        The accuracy SLOs that queries have, in (0, 1]: of each plan it is asked whether it reaches each of them.
    confidence : float
        In (0, 1). With at least this probability a plan's interval holds its accuracy over all items of the workload;
        each plan for itself, whenever its profiling stops. That one plan surely dominates another rests on two.
    num_strata : int
        Strata that items are clustered into, at most; 1 is random sampling.
    seed : int
        From 0 to 2^32 - 1.

    Returns
    -------
    ProfileReport

    Raises
    ------
    InputError
        A figure outside its range, or a workload without items or configurations.

    Notes
    -----
    Plans take turns, `_BATCH` items each. A plan's strata are drawn in proportion to items left x running deviation
    (see `StratifiedConfidence`), and every plan draws a stratum's items in the same random order, so that plans with a
    common prefix find its outputs made. How plans are drawn depends on their own past only: what
    another plan scored on the same items would tell which items come next, and void the confidence.
    """
    _check(workload, slo_accuracies, confidence, seed)
    plans = list(product(*(workload.configurations[operator] for operator in workload.operators)))
    strata = cluster(workload.features, num_strata, seed)
    known = StratifiedConfidence(strata.sizes, np.array(slo_accuracies, float), confidence, len(plans))
    cache = PrefixCache(workload)
    rng = np.random.default_rng(seed)
    is_dominated = np.zeros(len(plans), bool)
    rows = np.arange(len(plans))
    while len(rows):
        _run_batch(rows, plans, strata, known, cache, rng)
        rows = rows[known.undecided()[rows]]
        is_dominated[rows] = dominated(plans, cache, known, max(slo_accuracies), is_dominated)[rows]
        rows = rows[~is_dominated[rows]]
    return ProfileReport(
        workload=workload.name,
        operators=tuple(workload.operators),
        input_kb=workload.input_kb,
        configurations=_configurations(workload, cache),
        plans=_plans(plans, known, is_dominated),
        slo_accuracies=tuple(slo_accuracies),
        confidence=confidence,
        seed=seed,
        num_items=len(workload.features),
        num_strata=len(strata.sizes),
        items_run=cache.items_run,
        cache_hits=cache.cache_hits,
        profiling_s=cache.profiling_s,
    )


def _run_batch(
    rows: IntArray,
    plans: list[Configurations],
    strata: Strata,
    known: StratifiedConfidence,
    cache: PrefixCache,
    rng: np.random.Generator,
) -> None:
    """Draw items for each of some plans, run them, and take in the scores in the order of the draws.

    A plan with fewer items left than a batch draws those; how the others are drawn does not change with it.
    """
    left = known.left(rows)
    draws = []
    items = np.full((len(rows), _BATCH), -1)
    for number in range(_BATCH):
        here = np.flatnonzero(left.sum(axis=1))
        if len(here) == 0:
            break
        probabilities = known.probabilities(rows[here], left[here])
        chosen = choose_strata(probabilities, rng)
        items[here, number] = strata.items(chosen, left[here, chosen])
        left[here, chosen] -= 1
        draws.append((here, chosen, probabilities))
    scores = np.zeros(items.shape)
    for place, row in enumerate(rows):
        is_drawn = items[place] >= 0
        scores[place, is_drawn] = cache.scores(plans[row], items[place, is_drawn])
    for number, (here, chosen, probabilities) in enumerate(draws):
        known.observe(rows[here], chosen, scores[here, number], probabilities)


def _plans(
    plans: list[Configurations], known: StratifiedConfidence, is_dominated: npt.NDArray[np.bool_]
) -> tuple[PlanProfile, ...]:
    # An estimate that was left early may lie beyond an SLO that the plan misses: what is sure does for such a plan.
    accuracy = np.where(is_dominated, np.minimum(known.lower, known.upper), known.estimate())
    return tuple(
        PlanProfile(
            configurations=plan,
            accuracy=float(accuracy[row]),
            lower=float(known.lower[row]),
            upper=float(known.upper[row]),
            num_items=int(known.drawn[row]),
            outcome=DOMINATED if is_dominated[row] else DECIDED,
        )
        for row, plan in enumerate(plans)
    )


def _configurations(workload: Workload, cache: PrefixCache) -> dict[tuple[str, str], ConfigurationProfile]:
    found = {}
    for place, operator in enumerate(workload.operators):
        for configuration in workload.configurations[operator]:
            seconds, sizes = cache.measured(place, configuration)
            found[operator, configuration] = ConfigurationProfile(seconds, float(sizes.mean()))
    return found


def _check(workload: Workload, slo_accuracies: Sequence[float], confidence: float, seed: int) -> None:
    if not 0 < confidence < 1:
        raise InputError("no probability", field="confidence", value=confidence, allowed="above 0 and below 1")
    if not 0 <= seed < 2**32:
        raise InputError("no seed", field="seed", value=seed, allowed="from 0 to 4294967295")
    if not slo_accuracies:
        raise InputError("nothing to decide", field="slo_accuracy", advice="state the accuracy SLOs that queries have")
    for slo in slo_accuracies:
        if not 0 < slo <= 1:
            raise InputError("no accuracy", field="slo_accuracy", value=slo, allowed="above 0 and at most 1")
    features = np.asarray(workload.features)
    if len(features) == 0:
        raise InputError("a workload without items", value=workload.name, allowed="at least one item")
    if features.ndim != 2 or features.shape[1] == 0 or not np.isfinite(features).all():
        raise InputError(
            "the workload's features",
            field="features",
            value=features,
            allowed="a row of finite numbers for each item",
            advice="correct the workload",
        )
    for operator in workload.operators:
        if not workload.configurations[operator]:
            raise InputError("an operator without configurations", value=operator, allowed="at least one")
