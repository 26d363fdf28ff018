"""JellyBean's planner, restated to know what it returns at thresholds for which nobody published its answer.

Restated from the optimiser in libertyeagle/JellyBean @ 65a1d678 (`optimizer/`, MIT) under the configuration that comes
with the example: beam search over model variants from the sink (best 10), then for each of them workers operator by
operator, greedily, over up to the first or up to the second tier (best 10 states), in every order of the operators.
Rates are split in fractions, and an operator never stands at an earlier tier than one it reads from.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product
from typing import Final

from sloplan.problem.instance import Instance

Split = list[tuple[str, float]]
"""Workers of one operator, each with the requests/s it takes."""

IMAGE, SPEECH, ANSWER = "vqa-image", "vqa-speech", "vqa-answer"
BEST: Final = 10
_GIB: Final = 3600.0 / 1024.0 / 1024.0
"""KiB/s to the GiB/h that traffic is priced by."""

OWN_ACCURACY: Final = {
    IMAGE: {"resnet18": 89.074, "resnet34": 91.42, "resnet50": 92.866, "resnet101": 93.548, "resnet152": 94.05},
    SPEECH: {"wav2vec2-base-960h": -3.823, "wav2vec2-large-960h-lv60-self": -1.8621},
}
"""Of each model by itself: top-5 on ImageNet, and word errors below 0; `nodes_accuracy_profiles.pkl`, per cent."""

OWN_COST: Final = {
    IMAGE: {
        "resnet18": 6.0817391967773435,
        "resnet34": 7.805843679904938,
        "resnet50": 10.446570706367492,
        "resnet101": 17.108720197677613,
        "resnet152": 23.935289945602417,
    },
    SPEECH: {"wav2vec2-base-960h": 13.286894897930324, "wav2vec2-large-960h-lv60-self": 24.441278224810958},
}
"""What the search over variants ranks by, ms; the same file."""


@dataclass(frozen=True)
class Problem:
    """JellyBean's input, in its own units.

    Parameters
    ----------
    latency_ms : dict
        By operator, variant and worker.
    price : dict
        USD/h by worker, in the order of the workers.
    tier : dict
        0 or 1 by worker.
    forward_price : float
        USD per GiB from tier 0 to tier 1.
    input_kib : dict
        By operator, from its source at tier 0.
    output_kib : dict
        By operator and variant.
    accuracy : dict
        End to end, in per cent, by image and speech variant.
    rate : float
        Requests/s.
    """

    latency_ms: dict[tuple[str, str, str], float]
    price: dict[str, float]
    tier: dict[str, int]
    forward_price: float
    input_kib: dict[str, float]
    output_kib: dict[tuple[str, str], float]
    accuracy: dict[tuple[str, str], float]
    rate: float


@dataclass(frozen=True)
class Answer:
    """What the planner returns: USD/h of workers and traffic, per cent, variants and workers by operator."""

    compute: float
    communication: float
    accuracy: float
    variants: dict[str, str]
    workers: dict[str, list[str]]


def problem_of(instance: Instance) -> Problem:
    """Return the input of which an instance is made, but for its rounding."""
    frames = instance.to_frames()
    workers = {pool: pool.removeprefix("jellybean-") for pool in frames["pools"]["hardware"]}
    sites = {"edge": 0, "cloud": 1}
    pools = frames["pools"].set_index("pool")
    kib = frames["operators"].dropna(subset="input_kb").set_index("operator")["input_kb"] / 1.024
    sent = frames["configurations"].set_index(["operator", "configuration"])["output_kb"] / 1.024
    forward = frames["links"].set_index("link").loc["forward", "price_per_gb"]
    return Problem(
        latency_ms={
            (row.operator, row.configuration, workers[row.hardware]): row.latency_ms
            for row in frames["profiles"].itertuples()
        },
        price=pools["price_per_unit_hour"].to_dict(),
        tier=pools["site"].map(sites).to_dict(),
        forward_price=float(forward) * 2**30 / 10**9,
        input_kib=kib.to_dict(),
        output_kib=sent.to_dict(),
        accuracy={
            _pair(row.operators, row.configurations): round(100 * row.accuracy, 2)
            for row in frames["accuracy"].itertuples()
        },
        rate=float((frames["queries"]["rate_rps"] * frames["queries"]["count"]).sum()),
    )


def _pair(operators: str, configurations: str) -> tuple[str, str]:
    variant = dict(zip(operators.split(";"), configurations.split(";"), strict=True))
    return variant[IMAGE], variant[SPEECH]


def plan(problem: Problem, threshold: float, first: str = IMAGE) -> Answer | None:
    """Return the planner's answer, None if it finds none.

    Parameters
    ----------
    problem : Problem
    threshold : float
        Per cent.
    first : str
        Which operator the search over variants takes first; the original leaves it to the order of a set of strings.
    """
    best: Answer | None = None
    total = math.inf
    for variants in _variants(problem, threshold, first):
        accuracy = problem.accuracy[variants[IMAGE], variants[SPEECH]]
        for split in _assignments(problem, variants):
            compute = sum(problem.price[worker] for workers in split.values() for worker, _ in workers)
            traffic = sum(_traffic(problem, variants, split, operator) for operator in (IMAGE, SPEECH, ANSWER))
            close = best is not None and math.isclose(compute + traffic, total, rel_tol=1e-5, abs_tol=1e-8)
            if compute + traffic < total or (close and best is not None and accuracy > best.accuracy):
                total = compute + traffic
                workers = {operator: [worker for worker, _ in taken] for operator, taken in split.items()}
                best = Answer(compute, traffic, accuracy, variants, workers)
    return best


def _variants(problem: Problem, threshold: float, first: str) -> list[dict[str, str]]:
    """Beam search from the sink: accuracy samples of the sink set what each input must reach on its own."""
    second = SPEECH if first == IMAGE else IMAGE
    own = OWN_ACCURACY
    samples = [
        {IMAGE: own[IMAGE][image], SPEECH: own[SPEECH][speech]}
        for (image, speech), accuracy in sorted(
            problem.accuracy.items(), key=lambda item: (item[1], own[IMAGE][item[0][0]], own[SPEECH][item[0][1]])
        )
        if accuracy >= threshold
    ]
    samples.sort(key=lambda needs: (needs[IMAGE], needs[SPEECH]))
    beam: list[tuple[dict[str, str], dict[str, float]]] = [({}, needs) for needs in samples[:BEST]]
    for operator, left in ((first, [second]), (second, [])):
        wider = [
            (taken | {operator: variant}, needs)
            for taken, needs in beam
            for variant, accuracy in own[operator].items()
            if accuracy >= needs[operator]
        ]
        wider.sort(key=lambda state: (_own_cost(state[0]), [state[1][other] for other in left]))
        beam = wider[:BEST]
    return [taken | {ANSWER: "default"} for taken, _ in beam]


def _own_cost(variants: dict[str, str]) -> float:
    return sum(OWN_COST[operator][variant] for operator, variant in variants.items())


def _assignments(problem: Problem, variants: dict[str, str]) -> list[dict[str, Split]]:
    """The ten cheapest assignments over both orders in which the operators can be placed."""
    found: list[tuple[float, dict[str, Split]]] = []
    for order in ((IMAGE, SPEECH, ANSWER), (SPEECH, IMAGE, ANSWER)):
        states: list[tuple[float, dict[str, Split]]] = [(0.0, {})]
        for operator in order:
            wider = []
            for (cost, split), last in product(states, (0, 1)):
                inputs = [worker for taken in split.values() for worker, _ in taken] if operator == ANSWER else []
                lowest = max((problem.tier[worker] for worker in inputs), default=0)
                if last < lowest:
                    continue
                taken = _greedy(problem, variants, split, operator, range(lowest, last + 1))
                if taken is not None:
                    extended = split | {operator: taken}
                    rent = sum(problem.price[worker] for worker, _ in taken)
                    wider.append((cost + rent + _traffic(problem, variants, extended, operator), extended))
            wider.sort(key=lambda state: state[0])
            states = wider[:BEST]
        found += states
    found.sort(key=lambda state: state[0])
    return [split for _, split in found[:BEST]]


def _greedy(
    problem: Problem, variants: dict[str, str], split: dict[str, Split], operator: str, tiers: range
) -> Split | None:
    """Take one worker after another: the cheapest that ends it if one of the lowest tier does, else the best ratio."""
    speed = {
        worker: 1000.0 / problem.latency_ms[operator, variants[operator], worker]
        for worker, tier in problem.tier.items()
        if tier in tiers and not any(worker == taken for workers in split.values() for taken, _ in workers)
    }

    def price_of(worker: str, rate: float) -> float:
        """Rent and traffic of a worker that takes `rate`."""
        return problem.price[worker] + sum(
            rate * problem.forward_price * kib * part * _GIB
            for part, tier, kib in _incoming(problem, variants, split, operator)
            if tier < problem.tier[worker]
        )

    def that_end_it(workers: list[str], rate: float, priced: float, *, strictly: bool) -> list[str]:
        lowest = min((problem.tier[worker] for worker in workers), default=0)
        ending = [
            worker
            for worker in workers
            if problem.tier[worker] == lowest and (speed[worker] > rate or (not strictly and speed[worker] == rate))
        ]
        return sorted(ending, key=lambda worker: (price_of(worker, priced), speed[worker]))

    queue = that_end_it(list(speed), problem.rate, problem.rate, strictly=False) or sorted(
        speed,
        key=lambda worker: (price_of(worker, speed[worker]) / speed[worker], price_of(worker, speed[worker])),
    )
    taken: Split = []
    done = 0.0
    while done < problem.rate:
        if not queue:
            return None
        worker = queue.pop(0)
        part = problem.rate - done if done + speed[worker] > problem.rate else speed[worker]
        taken.append((worker, part))
        done += part
        if done < problem.rate:
            # The original prices the rest of an inner operator by its whole rate here; so does this.
            priced = problem.rate if operator == ANSWER else problem.rate - done
            queue = that_end_it(queue, problem.rate - done, priced, strictly=True) or queue
    return taken


def _incoming(
    problem: Problem, variants: dict[str, str], split: dict[str, Split], operator: str
) -> list[tuple[float, int, float]]:
    """What an operator reads: part of the rate, tier it comes from, KiB per request."""
    if operator != ANSWER:
        return [(1.0, 0, problem.input_kib[operator])]
    return [
        (rate / problem.rate, problem.tier[worker], problem.output_kib[source, variants[source]])
        for source in (IMAGE, SPEECH)
        for worker, rate in split[source]
    ]


def _traffic(problem: Problem, variants: dict[str, str], split: dict[str, Split], operator: str) -> float:
    """USD/h of what reaches an operator from an earlier tier; every worker of it reads its part of every other's."""
    return sum(
        rate * part * kib * problem.forward_price * _GIB
        for worker, rate in split[operator]
        for part, tier, kib in _incoming(problem, variants, split, operator)
        if tier < problem.tier[worker]
    )
