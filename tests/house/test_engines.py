"""highspy and ortools in one process: the reasons for the pins in pyproject.toml."""

from __future__ import annotations

import subprocess
import sys

import pytest

SOLVE_WITH_BOTH = """
import highspy
from ortools.math_opt.python import mathopt

# min 2x + 3z with x + z >= 4.5, x >= 0, z >= 0 integer: 9 at x = 4.5, z = 0.
# highspy 1.14.0 answers otherwise (ERGO-Code/HiGHS#3043).
highs = highspy.Highs()
highs.silent()
x = highs.addVariable(lb=0, obj=2)
z = highs.addIntegral(lb=0, obj=3)
highs.addConstr(x + z >= 4.5)
highs.run()
assert highs.getModelStatus() == highspy.HighsModelStatus.kOptimal, highs.getModelStatus()
assert abs(highs.getInfo().objective_function_value - 9) < 1e-9, highs.getInfo().objective_function_value

model = mathopt.Model()
x = model.add_variable(lb=0)
z = model.add_integer_variable(lb=0)
model.add_linear_constraint(x + z >= 4.5)
model.minimize(2 * x + 3 * z)
result = mathopt.solve(model, mathopt.SolverType.HIGHS)
assert result.termination.reason == mathopt.TerminationReason.OPTIMAL, result.termination
assert abs(result.objective_value() - 9) < 1e-9, result.objective_value()
"""

CP_SAT = """
from ortools.sat.python import cp_model

# The same model with x doubled, so that all figures are integer: min X + 3z with X + 2z >= 9.
model = cp_model.CpModel()
x = model.new_int_var(0, 100, "x")
z = model.new_int_var(0, 100, "z")
model.add(x + 2 * z >= 9)
model.minimize(x + 3 * z)
solver = cp_model.CpSolver()
assert solver.solve(model) == cp_model.OPTIMAL
assert solver.objective_value == 9, solver.objective_value
"""

ORDERS = {
    "highspy first": "import highspy\nimport ortools.sat.python.cp_model\n",
    "ortools first": "import ortools.sat.python.cp_model\nimport highspy\n",
}


def _run(code: str) -> subprocess.CompletedProcess[str]:
    """Run `code` in a Python of its own: an import order can be tried once per process."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=100, check=False)


@pytest.mark.parametrize("order", ORDERS)
def test_both_engines_solve_in_one_process(order: str) -> None:
    """In either import order both copies of HiGHS, and CP-SAT, find the known optimum 9 (google/or-tools#5246)."""
    run = _run(ORDERS[order] + SOLVE_WITH_BOTH + CP_SAT)
    assert run.returncode == 0, run.stdout + run.stderr


def test_the_front_door_loads_no_engine() -> None:
    """`import sloplan` stays quick: engines are imported by the module that uses them, when it does."""
    run = _run(
        "import sys, sloplan\n"
        "engines = {'highspy', 'ortools', 'pyscipopt', 'gurobipy', 'pyomo', 'numba'}\n"
        "print(sorted({name.split('.')[0] for name in sys.modules} & engines))"
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == "[]"
