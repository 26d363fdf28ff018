"""Which engines of linear models there are, and how one is opened."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any, Final

from sloplan.problem.errors import InputError
from sloplan.solvers.engine import Engine
from sloplan.solvers.standard_form import StandardForm

ENGINES: Final = {"highs": "HiGHS", "scip": "SCIP", "gurobi": "Gurobi"}
"""Names that users give, and those for messages."""

_PACKAGES: Final = {"highs": "highspy", "scip": "pyscipopt", "gurobi": "gurobipy"}


def refuse_missing(solver: str) -> None:
    """See that an engine exists and is installed; nothing is imported.

    Raises
    ------
    InputError
        Naming the engines, or the package to install.
    """
    if solver not in ENGINES:
        raise InputError("no such solver", field="solver", value=solver, allowed=", ".join(ENGINES))
    package = _PACKAGES[solver]
    if find_spec(package) is None:
        raise InputError(
            f"{ENGINES[solver]} is not installed (package {package})",
            field="solver",
            value=solver,
            advice=f"pip install 'sloplan[{solver}]', or leave solver out: HiGHS is always there",
        )


def refuse_unlicensed(solver: str) -> None:
    """See that an engine may be used, before a model is built for it.

    Raises
    ------
    InputError
        If it needs a licence and there is none.
    """
    if solver == "gurobi":
        from sloplan.solvers.gurobi import Gurobi

        Gurobi.check_licence()


def open_engine(solver: str, form: StandardForm, **settings: Any) -> Engine:
    """Give a model to an engine.

    Parameters
    ----------
    solver : {"highs", "scip", "gurobi"}
    form : StandardForm
    **settings
        `seed`, `threads`, `rel_gap`, `log`, as `Highs` takes them.
    """
    if solver == "scip":
        from sloplan.solvers.scip import Scip

        return Scip(form, **settings)
    if solver == "gurobi":
        from sloplan.solvers.gurobi import Gurobi

        return Gurobi(form, **settings)
    from sloplan.solvers.highs import Highs

    return Highs(form, **settings)
