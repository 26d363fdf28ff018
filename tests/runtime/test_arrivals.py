"""Events: what an instance states, what tables state, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from sloplan.problem.errors import InputError
from sloplan.runtime.arrivals import ARRIVE, LEAVE, UNITS, Events, events_of, tier_loses_units, with_disturbances
from tests.one_pool import one_pool
from tests.runtime.online_cases import arriving


def test_an_instance_states_arrivals_and_leavings() -> None:
    """They are in the order of their times, a leaving at its decimal sum; a query without a duration stays."""
    found = events_of(arriving((1.0, 2.0), (0.2, 0.1), (np.nan, 0.2)))
    assert found.kind.tolist() == [ARRIVE, ARRIVE, LEAVE]
    assert found.subject.tolist() == ["q1", "q0", "q1"]
    assert found.time_s.tolist() == [0.1, 0.2, 0.3]


def test_without_arrivals_queries_are_there_from_the_beginning() -> None:
    """A query without `arrival_s` arrives at 0."""
    assert events_of(one_pool((1.0, 2.0))).time_s.tolist() == [0.0, 0.0]


def test_events_are_delivered_with_those_before_them() -> None:
    """One that is out of order is delivered together with the one delivered before it."""
    frame = pd.DataFrame({"time_s": [5.0, 3.0, 7.0], "kind": "leave", "subject": "q0"})
    assert Events.from_frame(frame).delivered_s.tolist() == [5.0, 5.0, 7.0]


def test_disturbances_come_between() -> None:
    """They are put among the events by their times and have numbers of their own."""
    instance = arriving((1.0, 2.0), (0.0, 20.0), (30.0, 30.0))
    both = with_disturbances(events_of(instance), tier_loses_units(instance, "cloud", 10.0, 0.5))
    assert both.kind.tolist() == [ARRIVE, UNITS, ARRIVE, LEAVE, LEAVE]
    assert both.amount[1] == 0.5
    assert len(set(both.number.tolist())) == 5
    with pytest.raises(InputError, match="allowed: cloud"):
        tier_loses_units(instance, "clod", 10.0, 0.5)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"kind": "vanish"}, "unknown kind"),
        ({"time_s": -1.0}, "no point in time"),
        ({"time_s": "soon"}, "no number"),
        ({"kind": "rate", "amount": 0.0}, "unusable amount"),
        ({"kind": "speed"}, "unusable amount"),
        ({"kind": "units", "amount": 1e300}, "unusable amount"),
        ({"kind": "rate", "amount": np.inf}, "unusable amount"),
        ({"number": 1.5}, "no number of an event"),
        ({"number": "x"}, "no number"),
    ],
)
def test_unusable_tables_are_refused(changed: dict[str, Any], words: str) -> None:
    """The message names row and field."""
    frame = pd.DataFrame(
        [
            {"time_s": 1.0, "kind": "leave", "subject": "q0", "number": 0},
            {"time_s": 1.0, "kind": "leave", "subject": "q0", "number": 1, **changed},
        ]
    )
    with pytest.raises(InputError, match=f"row 2.*{words}"):
        Events.from_frame(frame)
    with pytest.raises(InputError, match="column is missing"):
        Events.from_frame(frame.drop(columns="subject"))
