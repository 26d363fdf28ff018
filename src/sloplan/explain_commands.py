"""What the command `sloplan explain` does."""

from __future__ import annotations

import json
from pathlib import Path

from sloplan.explaining import explain
from sloplan.problem.solution import Solution
from sloplan.stdout import results_only_on_stdout


def explain_query(
    instance: str,
    path: Path | None,
    query: str,
    objective: str | None,
    min_goodput: float,
    time_limit: float,
    *,
    as_json: bool,
) -> None:
    """Explain a query of an instance and print it as text or as one JSON object."""
    with results_only_on_stdout() as results:
        told = explain(
            instance, query, None if path is None else Solution.load(path), objective, min_goodput, time_limit
        )
        results.write(
            (json.dumps(told.to_json(), ensure_ascii=False, allow_nan=False) if as_json else str(told)) + "\n"
        )
