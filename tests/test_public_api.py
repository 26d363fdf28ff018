"""Tests of `import sloplan`: its names, and that it is quick."""

from __future__ import annotations

import subprocess
import sys

import pytest

import sloplan as sp
from tests.command_line import environment


@pytest.mark.parametrize("name", sp.__all__)
def test_every_public_name_is_there(name: str) -> None:
    """Every name of the public interface can be got, has documentation, and is listed by dir()."""
    assert name == "__version__" or getattr(sp, name).__doc__
    assert name in dir(sp)


def test_unknown_name() -> None:
    """A name that is not there is an AttributeError, so that hasattr works."""
    assert not hasattr(sp, "no_such_name")
    with pytest.raises(AttributeError, match="no attribute 'no_such_name'"):
        _ = sp.no_such_name


def test_import_loads_no_engine_and_no_table_library() -> None:
    """`import sloplan` is quick because it loads nothing heavy; the command line's help neither."""
    code = (
        "import sys, sloplan, sloplan.cli; "
        "print([m for m in ('pandas', 'numpy', 'numba', 'pyomo', 'highspy', 'ortools', 'scipy') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "[]\n"


def test_show_versions() -> None:
    """The versions are text for a bug report: a line each, Sloplan's own and the engines'."""
    lines = dict(line.split(maxsplit=1) for line in sp.show_versions().splitlines())
    assert lines["sloplan"] == sp.__version__
    assert {"python", "numpy", "highspy", "ortools", "platform"} <= set(lines)


def test_the_contracts_example() -> None:
    """Load, solve, check and read the plans, as the front page shows it."""
    instance = sp.load("edge-cloud:queries=3,seed=5")
    result = sp.solve(instance, method="greedy", time_limit=10, seed=0, threads=2, display=False)
    assert result.solution is not None
    assert sp.check(instance, result.solution) == []
    assert result.plans()["count"].gt(0).all()
    assert result.verified
