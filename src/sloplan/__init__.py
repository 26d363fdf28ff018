"""Sloplan: exact optimisation models and planners for compound AI queries with SLOs.

Examples
--------
>>> import sloplan as sp  # doctest: +SKIP
>>> instance = sp.load("edge-cloud-s-1.2-tight")  # doctest: +SKIP
>>> result = sp.solve(instance, time_limit=10)  # doctest: +SKIP
>>> sp.check(instance, result.solution)  # doctest: +SKIP
[]
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from sloplan._version import __version__

if TYPE_CHECKING:
    from sloplan import models
    from sloplan.checking import check
    from sloplan.explaining import explain
    from sloplan.loading import load
    from sloplan.models import solution_from
    from sloplan.pareto_front import ParetoFront
    from sloplan.pareto_search import pareto
    from sloplan.planning_headroom import headroom, with_headroom
    from sloplan.problem.certificates.verification import Certificate
    from sloplan.problem.errors import InputError, SizeLimitError, SloplanError, UnsupportedError
    from sloplan.problem.instance import Instance
    from sloplan.problem.presolving.presolve import presolve
    from sloplan.problem.registry import methods
    from sloplan.problem.result import Result
    from sloplan.problem.selections.selection import PlanSelection
    from sloplan.problem.selections.solution import SelectionSolution
    from sloplan.problem.solution import Solution
    from sloplan.runtime.clairvoyant import clairvoyant_bound
    from sloplan.runtime.online import OnlineRun, run_online
    from sloplan.runtime.simulation import Simulation, simulate
    from sloplan.solving import solve
    from sloplan.versions import show_versions

__all__ = [
    "Certificate",
    "InputError",
    "Instance",
    "OnlineRun",
    "ParetoFront",
    "PlanSelection",
    "Result",
    "SelectionSolution",
    "Simulation",
    "SizeLimitError",
    "SloplanError",
    "Solution",
    "UnsupportedError",
    "__version__",
    "check",
    "clairvoyant_bound",
    "explain",
    "headroom",
    "load",
    "methods",
    "models",
    "pareto",
    "presolve",
    "run_online",
    "show_versions",
    "simulate",
    "solution_from",
    "solve",
    "with_headroom",
]

_HOME: Final = {
    "Certificate": "sloplan.problem.certificates.verification",
    "InputError": "sloplan.problem.errors",
    "Instance": "sloplan.problem.instance",
    "OnlineRun": "sloplan.runtime.online",
    "ParetoFront": "sloplan.pareto_front",
    "PlanSelection": "sloplan.problem.selections.selection",
    "Result": "sloplan.problem.result",
    "SelectionSolution": "sloplan.problem.selections.solution",
    "Simulation": "sloplan.runtime.simulation",
    "SizeLimitError": "sloplan.problem.errors",
    "SloplanError": "sloplan.problem.errors",
    "Solution": "sloplan.problem.solution",
    "UnsupportedError": "sloplan.problem.errors",
    "check": "sloplan.checking",
    "clairvoyant_bound": "sloplan.runtime.clairvoyant",
    "explain": "sloplan.explaining",
    "headroom": "sloplan.planning_headroom",
    "load": "sloplan.loading",
    "methods": "sloplan.problem.registry",
    "pareto": "sloplan.pareto_search",
    "presolve": "sloplan.problem.presolving.presolve",
    "run_online": "sloplan.runtime.online",
    "show_versions": "sloplan.versions",
    "simulate": "sloplan.runtime.simulation",
    "solution_from": "sloplan.models",
    "solve": "sloplan.solving",
    "with_headroom": "sloplan.planning_headroom",
}


def __getattr__(name: str) -> Any:
    # pandas and the engines take seconds to import: only what is used is loaded.
    if name == "models":
        return import_module("sloplan.models")
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
