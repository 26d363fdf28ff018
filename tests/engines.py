"""Engines as a stranger would use them on a model or a model's file."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any


def read_by_highs(path: Path) -> Any:
    """Return HiGHS with the model of an MPS or LP file, solved to optimality."""
    import highspy

    engine = highspy.Highs()
    engine.setOptionValue("output_flag", False)
    engine.setOptionValue("mip_rel_gap", 0.0)
    assert engine.readModel(str(path)) == highspy.HighsStatus.kOk
    engine.run()
    return engine


def highs_optimum(path: Path) -> float | None:
    """Return the optimum of an MPS or LP file; None if it is infeasible."""
    import highspy

    engine = read_by_highs(path)
    status = engine.getModelStatus()
    if status == highspy.HighsModelStatus.kInfeasible:
        return None
    assert status == highspy.HighsModelStatus.kOptimal
    return float(engine.getInfo().objective_function_value)


def highs_optimum_of_model(model: Any) -> float | None:
    """Return the optimum of a Pyomo model; None if it is infeasible."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.lp"
        model.write(str(path))
        return highs_optimum(path)


def cp_optimum(model: Any) -> int | None:
    """Return the optimum of a CP-SAT model; None if it is infeasible."""
    from ortools.sat.python import cp_model

    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    status = solver.solve(model)
    if status == cp_model.INFEASIBLE:
        return None
    assert status == cp_model.OPTIMAL
    return round(solver.objective_value)
