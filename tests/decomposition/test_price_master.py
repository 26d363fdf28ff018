"""The master of cutting planes: cuts that do not bind for long are dropped, and nothing is lost by it."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from sloplan.decomposition import price_master
from sloplan.decomposition.cutting_planes import cutting_planes
from sloplan.decomposition.lagrangian import respond
from sloplan.decomposition.price_master import PriceMaster
from tests.decomposition.linear_cases import Drawn, drawn_selection, lp_worth


def test_idle_cuts_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """With cuts dropped after two idle solves the master stays smaller, and the bound is the same."""
    problem = drawn_selection(4, "goodput", Drawn(groups=40, rows=8))
    sizes: dict[int, int] = {}

    class Noted(PriceMaster):
        def __init__(self, *arguments: object) -> None:
            super().__init__(*arguments)  # type: ignore[arg-type]
            noted.append(self)

    noted: list[Noted] = []
    monkeypatch.setattr("sloplan.decomposition.cutting_planes.PriceMaster", Noted)
    for idle in (2, 1000):
        monkeypatch.setattr(price_master, "_IDLE", idle)
        *_, step = cutting_planes(problem, partial(respond, problem))
        sizes[idle] = len(noted[-1]._template)
        assert step.settled
        assert step.best.bound == pytest.approx(lp_worth(problem), rel=1e-6)
        assert set(noted[-1]._taken) >= set(np.unique(noted[-1]._response).tolist())
    assert sizes[2] < 0.8 * sizes[1000]
