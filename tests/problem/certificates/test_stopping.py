"""Who has no more time for a verification does not wait until plans are listed."""

from __future__ import annotations

import numpy as np
import pytest

from sloplan.problem import plan_table
from sloplan.problem.certificates.from_prices import certificate_of_prices
from sloplan.problem.certificates.verification import VerificationStoppedError, certificate_bound
from tests.one_pool import one_pool


def test_no_plan_is_listed_once_time_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock is looked at before the first extension of a partial plan, and not only after a template's plans."""
    extended = []
    plain = plan_table._Enumeration._extended_part
    monkeypatch.setattr(
        plan_table._Enumeration, "_extended_part", lambda *given: extended.append(given[2]) or plain(*given)
    )
    instance = one_pool()
    rows = instance.compiled.rows
    certificate = certificate_of_prices(rows, np.zeros(len(rows)), float(instance.compiled.queries.value_milli.max()))
    with pytest.raises(VerificationStoppedError):
        certificate_bound(instance, certificate, lambda: True)
    assert extended == []
    certificate_bound(instance, certificate, lambda: False)
    assert extended
