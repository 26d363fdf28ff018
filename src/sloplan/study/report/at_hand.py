"""What is at hand for a run's page: its instance, its solution, and row prices; or why not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from sloplan.problem.certificates.format import Certificate, Leaf
from sloplan.problem.errors import InputError, SloplanError
from sloplan.problem.instance import Instance
from sloplan.problem.objective import find_objective
from sloplan.problem.solution import Solution
from sloplan.study.folder import StudyFolder
from sloplan.study.judged import PROBLEM
from sloplan.study.rows import Row
from sloplan.study.sources import Load, Problem, source_of


@dataclass(frozen=True)
class Prices:
    """Row prices.

    Parameters
    ----------
    values : Series, optional
        User units of the objective per unit of usage as compiled, by row name.
    source : str
        Whose they are, or why there are none.
    """

    values: pd.Series | None
    source: str


class AtHand:
    """Reads what a study's pages need; instance and solution at hand are kept until others are asked for.

    Parameters
    ----------
    study : StudyFolder
    load : callable
        The front door `sloplan.load`.
    """

    def __init__(self, study: StudyFolder, load: Load) -> None:
        self._study = study
        self._load = load
        self._name = ""
        self._problem: Problem | str = ""
        self._run = ""
        self._solution: Solution | str = ""
        self._shared: dict[tuple[object, ...], tuple[Row, pd.Series] | None] = {}

    def instance(self, row: Row) -> Instance | str:
        """Return the instance of a run, or a sentence that says why it is not at hand."""
        if self._name != row["instance"]:
            self._name, self._problem = row["instance"], self._read(row["instance"])
        found = self._problem
        if isinstance(found, str):
            return found
        if found.sha256 != row["instance_sha256"]:
            return "The instance of that name has changed since the run."
        if not isinstance(found, Instance):
            return "The run chose plans of a plan selection, which has no infrastructure to draw them on."
        return found

    def _read(self, name: str) -> Problem | str:
        problem = ""
        source = source_of(name)
        # Paths in rows are relative to where the configuration stood: that is beside the study, or here.
        for place in (source.place, str(self._study.path.parent / source.place)):
            try:
                return replace(source, place=place).read(self._load)
            except InputError as error:
                problem = error.problem
            except (SloplanError, OSError) as error:
                problem = str(error)
        return f"The instance is not at hand: {problem}."

    def solution(self, row: Row) -> Solution | str:
        """Return the verified solution of a run, or a sentence that says why there is none at hand."""
        if self._run != row["run"]:
            self._run, self._solution = row["run"], self._read_solution(row)
        return self._solution

    def _read_solution(self, row: Row) -> Solution | str:
        if not row["verified"]:
            return "The run has no verified solution."
        file = self._study.solution_file(row["run"])
        if not file.exists():
            return "The run's solution is not stored beside the rows."
        try:
            return Solution.load(file)
        except (SloplanError, OSError) as error:
            return f"The run's solution cannot be read ({error})."

    def prices(self, row: Row, rows: list[Row]) -> Prices:
        """Return the prices of the run's own certificate, or of another run's on the same problem.

        Parameters
        ----------
        row : dict
        rows : list of dict
            Of the study.
        """
        own = self._prices_of(row)
        if own is not None:
            return Prices(own, "Prices are those of the run's own certificate, at which its bound holds.")
        problem = tuple(row[column] for column in PROBLEM)
        if problem not in self._shared:
            alike = (other for other in rows if tuple(other[column] for column in PROBLEM) == problem)
            priced = ((other, self._prices_of(other)) for other in alike)
            self._shared[problem] = next(((other, values) for other, values in priced if values is not None), None)
        found = self._shared[problem]
        if found is None:
            return Prices(None, "No prices: no run on this problem stored a certificate with one set of row prices.")
        other, values = found
        return Prices(values, f"Prices are those of the certificate of {other['method']}, at which its bound holds.")

    def _prices_of(self, row: Row) -> pd.Series | None:
        """Return the prices of a run's certificate, if it has one with one set of them."""
        if row["certified_bound"] is None:
            return None
        solution = self.solution(row)
        return None if isinstance(solution, str) else _one_leaf(solution, row["objective_name"])


def _one_leaf(solution: Solution, objective_name: str) -> pd.Series | None:
    """Return the row prices of a certificate with one leaf; a row that it does not name has price 0."""
    if solution.certificate is None:
        return None
    certificate = Certificate.from_json(solution.certificate)
    if len(certificate.nodes) != 1 or not isinstance(certificate.nodes[0], Leaf):
        return None
    unit = float(find_objective(objective_name).unit)
    prices: Mapping[str, int] = certificate.nodes[0].prices
    return pd.Series({name: price / certificate.denominator * unit for name, price in prices.items()}, dtype=float)
