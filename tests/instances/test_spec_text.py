"""The text of a spec: its parts and their readers."""

from __future__ import annotations

import pytest

from sloplan.instances.spec_text import Reader, decimal, stated_parameters, whole
from sloplan.problem.errors import InputError

READERS: dict[str, Reader] = {"load": decimal, "queries": whole}


def test_parts() -> None:
    """What is stated is read by its reader, blanks and empty parts aside."""
    assert stated_parameters("city", READERS) == stated_parameters("city:", READERS) == {}
    assert stated_parameters("city: load = 0.8 ,,queries=-3", READERS) == {"load": 0.8, "queries": -3}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("city:load", "parameter without a value"),
        ("city:load=", "parameter without a value"),
        ("city:laod=1", "unknown parameter of city.*load"),
        ("city:load=1,load=1", "parameter given twice"),
        ("city:load=1e3", "not a number"),
        ("city:queries=1.5", "not a whole number"),
        ("city:queries=1234567890123456789", "up to 18 digits"),
    ],
)
def test_refused(text: str, message: str) -> None:
    """Every fault names what is wrong."""
    with pytest.raises(InputError, match=message):
        stated_parameters(text, READERS)
