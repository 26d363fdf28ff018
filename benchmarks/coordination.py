"""Ways of coordination compared: steps and seconds until the bound is close to the best one.

Run as ``python benchmarks/coordination.py [--objective cost] [--repeat N] NAME...``; NAME is a library name or a family
spec. Listing plans, and compiling kernels, come before the clock. Each way runs `--repeat` times; the run of median
total time is reported. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from functools import partial
from itertools import takewhile
from unittest.mock import patch

import sloplan as sp
from sloplan.decomposition.column_generation import column_generation
from sloplan.decomposition.coordination import Coordination, Respond, Step
from sloplan.decomposition.coupled_problem import CoupledProblem, coupled_instance, coupled_selection
from sloplan.decomposition.cutting_planes import cutting_planes
from sloplan.decomposition.lagrangian import respond
from sloplan.decomposition.subgradient import subgradient
from sloplan.decomposition.volume import volume
from sloplan.problem.cost_problem import goodput_floor

CLOSE = (1e-3, 1e-4, 1e-6)
MIN_GOODPUT = 0.9  # under cost
UNSHARED = "cutting planes, no template shared"  # every query has plans of its own, and a cut of its own


def after_cutting_planes(problem: CoupledProblem, respond: Respond) -> Iterator[Step]:
    """Cutting planes, then column generation from their prices and pairs."""
    for step in cutting_planes(problem, respond):
        yield Step(step.response, step.best)
    yield from column_generation(problem, respond, start=step.best.prices, known=step.fractional)


def without_a_box(problem: CoupledProblem, respond: Respond) -> Iterator[Step]:
    """Cutting planes that go wherever the model promises most: no stabilisation."""
    with patch("sloplan.decomposition.cutting_planes._FIRST_RADIUS", 1e30):
        yield from cutting_planes(problem, respond)


WAYS: dict[str, Coordination] = {
    "subgradient": subgradient,
    "volume": volume,
    "cutting planes": cutting_planes,
    "cutting planes, no box": without_a_box,
    "column generation": column_generation,
    "column generation, smoothed": partial(column_generation, smoothing=0.8),
    "cutting planes, then column generation": after_cutting_planes,
}


def main() -> None:
    """Measure every way on every instance."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="+")
    parser.add_argument("--objective", choices=("goodput", "cost"), default="goodput")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--limit", type=float, default=60.0, help="seconds for each run")
    arguments = parser.parse_args()
    columns = [f"within {close:g}" for close in CLOSE]
    sys.stdout.write("| instance | way | " + " | ".join(columns) + " | end | gap at the end |\n")
    sys.stdout.write("|---" * (len(columns) + 4) + "|\n")
    list(cutting_planes(warm := coupled("edge-cloud:queries=12,seed=1", "goodput"), partial(respond, warm)))
    for name in arguments.names:
        problem = coupled(name, arguments.objective)
        measured = {way: median(problem, way, arguments.repeat, arguments.limit) for way in WAYS}
        if arguments.objective == "goodput":
            alone = coupled_selection(sp.PlanSelection.from_instance(sp.load(name)))
            measured[UNSHARED] = median(alone, "cutting planes", arguments.repeat, arguments.limit)
        best = min(trace[-1][1] for trace in measured.values())
        for way, trace in measured.items():
            sys.stdout.write(f"| {name} | {way} | " + " | ".join(figures(trace, best)) + " |\n")
        sys.stdout.flush()


def coupled(name: str, objective: str) -> CoupledProblem:
    """Return an instance with its plans listed."""
    instance = sp.load(name)
    floor = goodput_floor(instance, MIN_GOODPUT) if objective == "cost" else None
    problem = coupled_instance(instance.compiled, objective, floor)
    assert problem is not None
    return problem


def median(problem: CoupledProblem, way: str, repeat: int, limit: float) -> list[tuple[float, float]]:
    """Return (seconds, best bound) of every step, of the run of median length."""
    runs = sorted((trace(problem, WAYS[way], limit) for _ in range(repeat)), key=lambda run: run[-1][0])
    return runs[len(runs) // 2]


def trace(problem: CoupledProblem, way: Coordination, limit: float) -> list[tuple[float, float]]:
    """Return (seconds, best bound) of every step until the end, or the first one past the limit."""
    began = time.perf_counter()
    timed = ((time.perf_counter() - began, step.best.bound) for step in way(problem, partial(respond, problem)))
    return list(takewhile(lambda step: step[0] <= limit, timed))


def figures(run: list[tuple[float, float]], best: float) -> Iterator[str]:
    """Yield steps and seconds to each closeness, then to the end, and the gap that is left."""
    scale = max(abs(best), 1.0)
    for close in CLOSE:
        reached = next((number for number, (_, bound) in enumerate(run, 1) if bound - best <= close * scale), None)
        yield "not reached" if reached is None else f"{reached}; {run[reached - 1][0]:.2f} s"
    yield f"{len(run)}; {run[-1][0]:.2f} s"
    yield f"{(run[-1][1] - best) / scale:.1e}"


if __name__ == "__main__":
    main()
