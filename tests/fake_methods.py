"""Methods that end in every way a method can; `install` registers them as another package would."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np

from sloplan.problem.certificates.verification import Certificate
from sloplan.problem.compiled import CompiledInstance
from sloplan.problem.errors import SizeLimitError
from sloplan.problem.run import Run
from sloplan.problem.solution import Solution


def serve_first(problem: CompiledInstance, run: Run) -> None:
    """Offer the plan of the first query by the first option."""
    zero = np.zeros(1, dtype=np.int64)
    assert run.offer(Solution.from_choices(problem, zero, zero + 1, zero.reshape(1, 1))) == []


class Fake:
    """A method that serves the first query and ends."""

    name = "fake"
    summary = "serves one query"

    def unsupported(self, problem: CompiledInstance, objective: str) -> str | None:
        """Take everything."""
        return None

    def solve(self, problem: CompiledInstance, run: Run, *, effort: int = 1, mode: str = "fast") -> None:
        """Serve the first query."""
        serve_first(problem, run)


class Refusing(Fake):
    """Supports nothing."""

    def unsupported(self, problem: CompiledInstance, objective: str) -> str | None:
        """Refuse."""
        return "this method solves nothing at all"


class Nothing(Fake):
    """Finds nothing, and knows a bound."""

    def solve(self, problem: CompiledInstance, run: Run) -> None:
        """Report a bound."""
        run.report_bound(7000)


class Silent(Fake):
    """Finds nothing and says nothing."""

    def solve(self, problem: CompiledInstance, run: Run) -> None:
        """End at once."""


class Thrifty(Fake):
    """Serves the first query, and meets a size limit where cost counts."""

    def solve(self, problem: CompiledInstance, run: Run) -> None:
        """Serve it, or refuse the size."""
        if run.objective.name == "cost":
            raise SizeLimitError("more than 3 plans; next: fewer")
        serve_first(problem, run)


class Proving(Fake):
    """Serves the first query and claims that no more is possible."""

    def solve(self, problem: CompiledInstance, run: Run) -> None:
        """Report the bound that its solution reaches."""
        serve_first(problem, run)
        run.report_bound(run.best_objective or 0, "solver")


class Overclaiming(Fake):
    """Claims a bound that its own solution contradicts."""

    def solve(self, problem: CompiledInstance, run: Run) -> None:
        """Report a wrong bound."""
        serve_first(problem, run)
        run.report_bound(1)


class Certifying(Fake):
    """Proves its bound."""

    def solve(self, problem: CompiledInstance, run: Run) -> None:
        """Give the certificate of zero prices, and no bound of its own."""
        serve_first(problem, run)
        run.certificate = Certificate.root(1, {}).to_json()


class Miscertifying(Fake):
    """Gives a certificate that proves nothing."""

    def solve(self, problem: CompiledInstance, run: Run) -> None:
        """Price a row that there is not."""
        serve_first(problem, run)
        run.certificate = Certificate.root(1, {"pool:none": 1}).to_json()


class Infeasible(Fake):
    """Says infeasible."""

    def solve(self, problem: CompiledInstance, run: Run) -> None:
        """Say it."""
        run.report_infeasible()


class Failing(Fake):
    """Fails after it has found something."""

    def solve(self, problem: CompiledInstance, run: Run) -> None:
        """Raise what a bug raises."""
        serve_first(problem, run)
        raise IndexError("list index out of range")


class Hungry(Fake):
    """Runs out of memory after it has found something."""

    def solve(self, problem: CompiledInstance, run: Run) -> None:
        """Raise what numpy raises."""
        serve_first(problem, run)
        raise MemoryError


class Oversized(Fake):
    """Meets a stated size limit."""

    def solve(self, problem: CompiledInstance, run: Run) -> None:
        """Refuse the size."""
        raise SizeLimitError("more than 3 plans; next: fewer")


class Outgrown(Fake):
    """Meets a stated size limit after it has found something."""

    def solve(self, problem: CompiledInstance, run: Run) -> None:
        """Serve the first query and refuse the size of the rest."""
        serve_first(problem, run)
        raise SizeLimitError("more than 3 plans; next: fewer")


class Unbounded(Fake):
    """Computes a bound that is no number."""

    def solve(self, problem: CompiledInstance, run: Run) -> None:
        """Report nan and prices of rows that there are not."""
        serve_first(problem, run)
        run.report_bound(float("nan"))  # type: ignore[arg-type]
        run.prices = np.zeros(3)


class Interrupted(Fake):
    """Is interrupted after it has found something."""

    def solve(self, problem: CompiledInstance, run: Run) -> None:
        """Raise what Ctrl-C raises."""
        serve_first(problem, run)
        raise KeyboardInterrupt


class Patient(Fake):
    """Serves the first query and goes on until the run stops it; says on stderr when it has begun."""

    def solve(self, problem: CompiledInstance, run: Run) -> None:
        """Sleep in short steps."""
        serve_first(problem, run)
        os.write(2, b"searching\n")
        while not run.should_stop():
            time.sleep(0.01)


class EmptyHanded(Fake):
    """Finds nothing and goes on until the run stops it; says on stderr when it has begun."""

    def solve(self, problem: CompiledInstance, run: Run) -> None:
        """Sleep in short steps."""
        run.report_bound(7000)
        os.write(2, b"searching\n")
        while not run.should_stop():
            time.sleep(0.01)


class Noisy(Fake):
    """Prints to stdout in every way that engines do."""

    def solve(self, problem: CompiledInstance, run: Run) -> None:
        """Write to the descriptor, through Python, from a child process, and into C's buffer."""
        import ctypes
        import subprocess
        import sys

        serve_first(problem, run)
        os.write(1, b"noise from a descriptor\n")
        sys.stdout.write("noise from Python\n")
        subprocess.run([sys.executable, "-c", "print('noise from a child')"], check=True)
        ctypes.CDLL(None).printf(b"noise from a C buffer\n")


METHODS: dict[str, type[Fake]] = {
    "certifying": Certifying,
    "empty-handed": EmptyHanded,
    "failing": Failing,
    "fake": Fake,
    "hungry": Hungry,
    "infeasible": Infeasible,
    "interrupted": Interrupted,
    "miscertifying": Miscertifying,
    "noisy": Noisy,
    "nothing": Nothing,
    "outgrown": Outgrown,
    "overclaiming": Overclaiming,
    "oversized": Oversized,
    "patient": Patient,
    "proving": Proving,
    "refusing": Refusing,
    "silent": Silent,
    "thrifty": Thrifty,
    "unbounded": Unbounded,
}


def install(folder: Path, **more: str) -> Path:
    """Write the metadata of an installed package with these methods into `folder`; return `folder`.

    Parameters
    ----------
    folder : Path
        To be put on the Python path.
    **more : str
        Further entry points, name to "module:class".
    """
    metadata = folder / "other_people-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: other-people\nVersion: 1.0\n")
    named = {name: f"tests.fake_methods:{method.__name__}" for name, method in METHODS.items()} | more
    lines = [f"{name} = {value}" for name, value in named.items()]
    (metadata / "entry_points.txt").write_text("\n".join(["[sloplan.methods]", *lines, ""]))
    return folder
