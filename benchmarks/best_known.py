"""Solve instances and keep what is better than the best-known solutions.

Run as ``python benchmarks/best_known.py NAME... --method M --time-limit S``; NAME is a library name or a family
spec. ``--certify`` then bounds each by the row prices of its linear relaxation, with a certificate. Prints a line
per instance and step; the entries go to the package's folder, or to ``--folder DIR``.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

import sloplan as sp
from sloplan.best_known_update import Outcome, update, update_from_result
from sloplan.heuristics.price_bound import PriceBound, certificate_of
from sloplan.instances.best_known import best_known, named_instance, solution
from sloplan.pricing.relaxation import greatest_value
from sloplan.pricing.useful_plans import useful_plans
from sloplan.problem.certificates.verification import certificate_bound
from sloplan.problem.instance import Instance
from sloplan.versions import installed_versions

LP_TOLERANCE = 1e-6
LINE = "{:40s} {:12s} {:>12s} {:>12s} {:>12s} {:>8s}  {}\n"


def main() -> None:
    """Solve each instance, update its entry, print a line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="+", metavar="NAME")
    parser.add_argument("--method", default="auto")
    parser.add_argument("--time-limit", type=float, metavar="S")
    parser.add_argument("--threads", type=int, default=2, metavar="N")
    parser.add_argument("--certify", action="store_true")
    parser.add_argument("--folder", type=Path, metavar="DIR")
    arguments = parser.parse_args()
    sys.stdout.write(LINE.format("instance", "method", "value", "bound", "certified", "gap", "better"))
    for name in arguments.names:
        instance = named_instance(name)
        if instance is None:
            parser.error(f"{name} is neither a library instance nor a spec")
        result = sp.solve(
            instance,
            method=arguments.method,
            time_limit=arguments.time_limit,
            threads=arguments.threads,
            display=False,
        )
        sys.stdout.write(line(result.method, update_from_result(instance, result, arguments.folder)))
        if arguments.certify:
            sys.stdout.write(line("relaxation", certify(instance, arguments.folder)))
        sys.stdout.flush()


def certify(instance: Instance, folder: Path | None) -> Outcome:
    """Give the entry of an instance the certificate of its linear relaxation's row prices, if that proves more."""
    entry = best_known(instance, folder=folder)
    if entry is None:
        return Outcome(None, (), f"{instance.name}: no entry to certify")
    compiled = instance.compiled
    useful = useful_plans(compiled)
    capacity = compiled.rows.capacity.astype(np.float64)
    relaxed = greatest_value(useful.plans, compiled.queries, capacity, compiled.supplies, tolerance=LP_TOLERANCE)
    certificate = certificate_of(PriceBound(relaxed.bound, relaxed.prices, factor=1.0), compiled, useful.listed)
    bound = certificate_bound(compiled, certificate)
    known = solution(entry, instance, folder)
    return update(
        instance,
        replace(known, bound=int(bound), certificate=certificate),
        method="relaxation",
        versions=installed_versions(),
        folder=folder,
    )


def line(method: str, outcome: Outcome) -> str:
    """Return the line of an entry as it stands now, figures in base units, and what the run made better."""
    entry = outcome.entry
    if entry is None:
        return f"{outcome.message}\n"
    figures = (entry.value, entry.bound, entry.certified_bound)
    shown = ("-" if figure is None else f"{figure:,}" for figure in figures)
    gap = "-" if entry.gap is None else f"{entry.gap:.3%}"
    return LINE.format(entry.instance[:40], method, *shown, gap, ", ".join(outcome.changed) or "nothing")


if __name__ == "__main__":
    main()
