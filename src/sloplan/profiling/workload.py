"""What the profiler profiles: an application whose operators can be run on items, one configuration after another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from sloplan.problem.errors import InputError

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Configurations = tuple[str, ...]
"""The configurations of the first operators, in the order in which these run; of all operators: a plan's."""


@dataclass(frozen=True)
class Ran:
    """What one operator did with some items.

    Parameters
    ----------
    outputs : array, shape (num_items, ...)
        What the next operator is given, or handles to it.
    seconds : array of float64, shape (num_items,)
        How long each item took.
    output_kb : array of float64, shape (num_items,)
        Size of each output, kB.
    scores : array of float64, shape (num_items,), optional
        Of the last operator: how good each item's answer is, in [0, 1]; their mean is the plan's accuracy.
    """

    outputs: npt.NDArray[Any]
    seconds: FloatArray
    output_kb: FloatArray
    scores: FloatArray | None = None


class Workload(Protocol):
    """An application that is a chain of operators, and the items that stand for its requests.

    Attributes
    ----------
    name : str
        Becomes the application's name.
    operators : sequence of str
        In the order in which they run.
    configurations : mapping of str to sequence of str
        The configurations of every operator; all combinations can be run.
    features : array of float64, shape (num_items, num_features)
        What is known of every item beforehand; items that are alike should be about as difficult.
    input_kb : float
        Size of a request, kB.
    """

    @property
    def name(self) -> str: ...  # noqa: D102 (described above)
    @property
    def operators(self) -> Sequence[str]: ...  # noqa: D102
    @property
    def configurations(self) -> Mapping[str, Sequence[str]]: ...  # noqa: D102
    @property
    def features(self) -> FloatArray: ...  # noqa: D102
    @property
    def input_kb(self) -> float: ...  # noqa: D102

    def run(self, configurations: Configurations, items: IntArray, inputs: npt.NDArray[Any] | None) -> Ran:
        """Run an operator on items.

        Parameters
        ----------
        configurations : tuple of str
            Those of the operators up to the one to run, which is ``operators[len(configurations) - 1]``.
        items : array of int64, shape (num_items,)
        inputs : array, shape (num_items, ...), optional
            What the operator before made of these items; None for the first.
        """
        ...


def check_ran(ran: Ran, configurations: Configurations, num_items: int, *, is_last: bool) -> None:
    """Refuse what a workload must not return: a confidence in unbounded or missing scores would mean nothing.

    Raises
    ------
    InputError
    """
    found = {"seconds": ran.seconds, "output_kb": ran.output_kb}
    if is_last:
        if ran.scores is None:
            raise InputError("no scores from the last operator", value=configurations, allowed="a score for each item")
        found["scores"] = ran.scores
    for field, values in found.items():
        most = 1.0 if field == "scores" else np.inf
        if np.shape(values) != (num_items,) or not np.all((values >= 0) & (values <= most) & np.isfinite(values)):
            raise InputError(
                f"the workload's {field} of {'/'.join(configurations)}",
                field=field,
                value=values,
                allowed=f"{num_items} numbers, " + ("in [0, 1]" if field == "scores" else "at least 0"),
                advice="correct the workload",
            )
