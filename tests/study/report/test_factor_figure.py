"""Tests of the figure of factors: every instance in the line of its kind, at the factor of the tables."""

from __future__ import annotations

import numpy as np
import pytest

from sloplan.study.judged import judged_frame
from sloplan.study.report.factor_figure import factors_by_group
from sloplan.study.report.figure import Figure
from sloplan.study.rows import Row
from tests.study.plain_rows import plain_row

FIRST, SECOND, OTHER = "edge-cloud-m-1.2-tight", "edge-cloud-m-1.2-loose", "city-m-2-tight"


def figure_of(values: dict[str, tuple[int | None, ...]], **more: object) -> Figure:
    """Return the figure of methods held against "ours"."""
    rows: list[Row] = [
        plain_row(f"{method}/{name}", value=value, method=method, instance=name, instance_sha256=name, **more)
        for method, column in values.items()
        for name, value in zip((FIRST, SECOND, OTHER), column, strict=True)
    ]
    return factors_by_group(judged_frame(rows), "ours")


def test_goodput_by_hand() -> None:
    """Goodputs of 10 over 5, 8 and 20; family and load name the lines, in the order of the alphabet."""
    figure = figure_of({"weak": (5_000, 8_000, 20_000), "ours": (10_000,) * 3, "near": (10_000, None, 10_000)})
    weak, near, ours = figure.series
    assert [tick.text for tick in figure.y.ticks] == ["city, load 2", "edge-cloud, load 1.2"]
    assert dict(zip(weak.texts, weak.x, strict=True)) == pytest.approx({FIRST: 2.0, SECOND: 1.25, OTHER: 0.5})
    assert dict(zip(weak.texts, np.round(weak.y), strict=True)) == {FIRST: -1, SECOND: -1, OTHER: 0}
    assert set(near.texts) == {FIRST, OTHER}
    assert weak.y.max() > near.y.max()  # of a line the first method is on top
    assert (ours.kind, ours.x.tolist(), ours.label) == ("line", [1.0, 1.0], "ours")
    assert figure.x.title == "goodput of ours / of the method"
    assert not figure.x.log


def test_cost_is_the_other_way_round() -> None:
    """A method that pays 20 where the baseline pays 2 has a factor of 10, for which a logarithmic axis is needed."""
    figure = figure_of({"dear": (20_000,) * 3, "ours": (2_000,) * 3}, objective_name="cost")
    assert figure.series[0].x.tolist() == pytest.approx([10.0] * 3)
    assert figure.x.title == "cost of the method / of ours"
    assert figure.x.log


def test_nobody_to_be_held_against() -> None:
    """Where the others have no answer the figure says so."""
    assert "no instance" in figure_of({"weak": (None,) * 3, "ours": (10_000,) * 3}).missing
