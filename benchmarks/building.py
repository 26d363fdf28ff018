"""Time of building models and giving them to HiGHS, against highspy given the same arrays.

Run as ``python benchmarks/building.py [--profile]``. For the plan-selection model of 100,000 columns and the compact
model of a 200-query instance, steps run in turn in one process; printed are medians of the runs after a first one, and
medians of each run's ratio to highspy alone. With ``--profile``, also where Pyomo spends its time.

- arrays: highspy alone, `passModel` with the finished arrays, the fastest of its calls;
- HighsLp: the same through highspy's own class, as its documentation shows;
- direct: from the plan selection to HiGHS holding the model, as `milp-plans` does it;
- Pyomo: the Pyomo model, its standard form, and HiGHS holding it, as `milp` does it.
"""

from __future__ import annotations

import cProfile
import pstats
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any, Final

import highspy
import numpy as np
import pyomo

import sloplan as sp
from sloplan.models.compact import compact_milp
from sloplan.models.plans_milp import selection_milp
from sloplan.solvers.highs import Highs
from sloplan.solvers.plans_form import plans_form
from sloplan.solvers.standard_form import StandardForm, standard_form

RUNS: Final = 7
SHORT_RUNS: Final = 25
"""Runs of what takes milliseconds."""
SELECTION: Final = "khan:groups=10000,items=10,resources=5"
INSTANCE: Final = "edge-cloud:queries=200,seed=1"


def held_by_highs(form: StandardForm) -> Highs:
    """Return HiGHS with the model in it."""
    return Highs(form, seed=0, threads=1, rel_gap=0.0)


def arrays_alone(form: StandardForm) -> Callable[[], object]:
    """Return what gives finished arrays to highspy."""
    matrix = form.matrix.tocsc()
    rows, columns = matrix.shape
    start, index = matrix.indptr.astype(np.int32), matrix.indices.astype(np.int32)
    integer = form.integer.astype(np.int32)

    def give() -> object:
        engine = highspy.Highs()
        engine.setOptionValue("output_flag", False)
        engine.passModel(
            columns, rows, matrix.nnz, 1, 1, form.offset, form.cost, form.lower, form.upper,
            form.row_lower, form.row_upper, start, index, matrix.data, integer,
        )  # fmt: skip
        return engine

    return give


def lp_alone(form: StandardForm) -> Callable[[], object]:
    """Return what gives finished arrays to highspy through its class `HighsLp`."""
    matrix = form.matrix.tocsc()
    kinds = highspy.HighsVarType
    integrality = [kinds.kInteger if integer else kinds.kContinuous for integer in form.integer]

    def give() -> object:
        engine = highspy.Highs()
        engine.setOptionValue("output_flag", False)
        lp = highspy.HighsLp()
        lp.num_row_, lp.num_col_ = matrix.shape
        lp.col_cost_, lp.col_lower_, lp.col_upper_ = form.cost, form.lower, form.upper
        lp.row_lower_, lp.row_upper_, lp.integrality_ = form.row_lower, form.row_upper, integrality
        lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        lp.a_matrix_.num_row_, lp.a_matrix_.num_col_ = matrix.shape
        lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = matrix.indptr, matrix.indices, matrix.data
        engine.passModel(lp)
        return engine

    return give


def report(subject: str, form: StandardForm, steps: dict[str, Callable[[], object]], turns: int) -> None:
    """Run the steps in turn and print how they compare with highspy given the arrays of `form`."""
    rows, columns = form.matrix.shape
    sys.stdout.write(f"{subject}: {columns:,} columns, {rows:,} rows, {form.matrix.nnz:,} entries; {turns} runs\n")
    every = {"arrays": arrays_alone(form), **steps}
    seconds: dict[str, list[float]] = {name: [] for name in every}
    for run in range(turns + 1):
        for name, step in every.items():
            began = time.perf_counter()
            held = step()
            if run:
                seconds[name].append(time.perf_counter() - began)
            del held  # giving the memory back is no part of it
    for name, runs in seconds.items():
        ratio = statistics.median(run / alone for run, alone in zip(runs, seconds["arrays"], strict=True))
        least = min(runs) / min(seconds["arrays"])
        sys.stdout.write(
            f"  {name:16s} median {1000 * statistics.median(runs):9.1f} ms, least {1000 * min(runs):9.1f} ms;"
            f" {ratio:7.2f} x arrays (least {least:.2f} x)\n"
        )
    sys.stdout.flush()


def profile(build: Callable[[], Any], top: int = 12) -> None:
    """Print in which functions building a Pyomo model and its standard form spends its time."""
    profiler = cProfile.Profile()
    profiler.enable()
    standard_form(build())
    profiler.disable()
    pstats.Stats(profiler, stream=sys.stdout).strip_dirs().sort_stats("tottime").print_stats(top)


def main() -> None:
    """Print the figures of both models."""
    python = ".".join(map(str, sys.version_info[:3]))
    versions = {"Python": python, "sloplan": sp.__version__, "pyomo": pyomo.__version__}
    versions["HiGHS"] = highspy.Highs().version()
    sys.stdout.write(", ".join(f"{name} {version}" for name, version in versions.items()) + "\n")
    selection = sp.load(SELECTION)
    form = plans_form(selection).form
    report(
        SELECTION,
        form,
        {
            "HighsLp": lp_alone(form),
            "direct": lambda: held_by_highs(plans_form(selection).form),
        },
        SHORT_RUNS,
    )
    report(
        SELECTION,
        form,
        {
            "Pyomo": lambda: held_by_highs(standard_form(selection_milp(selection))),
            "  its model": lambda: selection_milp(selection),
        },
        RUNS,
    )
    compiled = sp.load(INSTANCE).compiled
    form = standard_form(compact_milp(compiled))
    report(
        INSTANCE,
        form,
        {
            "HighsLp": lp_alone(form),
            "Pyomo": lambda: held_by_highs(standard_form(compact_milp(compiled))),
            "  its model": lambda: compact_milp(compiled),
        },
        RUNS,
    )
    if "--profile" in sys.argv[1:]:
        profile(lambda: selection_milp(selection))
        profile(lambda: compact_milp(compiled))


if __name__ == "__main__":
    main()
