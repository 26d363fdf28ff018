"""The index of the reference set: hashes, sizes, and figures that tell how hard each instance is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Final

import pandas as pd

from sloplan.instances.figures import InstanceFigures
from sloplan.problem.storage.atomic import write_bytes

INDEX: Final = Path(__file__).parent / "reference.csv"


@dataclass(frozen=True)
class IndexRow:
    """A row of the index; figures that were not worked out are None.

    Parameters
    ----------
    name, sha256 : str
    queries, copies, sites, templates, rows : int
        Rows: coupling rows.
    load : str
        As the instance's description states it.
    plans_median, plans_most : int, optional
        Plans of a template that meet its loosest SLOs.
    servable_share, lp_share, greedy_share : float, optional
        Of the value of all copies, those that could be served alone; of that, what the LP serves; of that, what
        greedy reaches.
    tight_pools, tight_links : int, optional
        Rows that have a price in the LP.
    pinched_latency, pinched_accuracy, pinched_cost : float, optional
        Share of servable queries that this SLO pinches; see `figures`.
    greedy_value, lp_bound : float, optional
        Goodput that greedy reaches, and the LP's bound in floating point, not certified; value/s.
    """

    name: str
    sha256: str
    queries: int
    copies: int
    sites: int
    templates: int
    rows: int
    load: str
    plans_median: int | None = None
    plans_most: int | None = None
    servable_share: float | None = None
    lp_share: float | None = None
    tight_pools: int | None = None
    tight_links: int | None = None
    pinched_latency: float | None = None
    pinched_accuracy: float | None = None
    pinched_cost: float | None = None
    greedy_share: float | None = None
    greedy_value: float | None = None
    lp_bound: float | None = None

    def with_figures(self, figures: InstanceFigures, greedy_value: float | None) -> IndexRow:
        """Return the row with figures, shares to four decimals, values to three as they are compiled."""
        bound = figures.bound / 1000
        return replace(
            self,
            plans_median=figures.plans_median,
            plans_most=figures.plans_most,
            servable_share=round(figures.servable_share, 4),
            lp_share=round(figures.lp_share, 4),
            tight_pools=figures.tight_by_kind.get("pool", 0),
            tight_links=figures.tight_by_kind.get("link", 0),
            pinched_latency=round(figures.pinched["latency"], 4),
            pinched_accuracy=round(figures.pinched["accuracy"], 4),
            pinched_cost=round(figures.pinched["cost"], 4),
            greedy_share=None if greedy_value is None or bound == 0 else round(greedy_value / bound, 4),
            greedy_value=greedy_value,
            lp_bound=round(bound, 3),
        )


def read_index() -> tuple[IndexRow, ...]:
    """Return the rows of the index."""
    frame = pd.read_csv(INDEX, dtype=str, keep_default_na=False)
    return tuple(
        IndexRow(**{field.name: _value(str(field.type), row[field.name]) for field in fields(IndexRow)})
        for row in frame.to_dict("records")
    )


def _value(kind: str, text: str) -> Any:
    if kind.endswith("| None") and not text:
        return None
    return {"str": str, "int": int, "float": float}[kind.partition(" ")[0]](text)


def write_index(rows: Iterable[IndexRow]) -> None:
    """Write the index; the old one is replaced when the new one is complete."""
    frame = pd.DataFrame([vars(row) for row in rows], dtype=object)
    write_bytes(INDEX, frame.to_csv(index=False, lineterminator="\n").encode())
