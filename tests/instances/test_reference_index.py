"""The index of the reference set speaks of the instances as they are, and the page of the index."""

from __future__ import annotations

from pathlib import Path

import pytest

from sloplan.instances import library
from sloplan.instances.reference import REFERENCE
from sloplan.instances.reference_index import IndexRow, read_index
from sloplan.instances.reference_page import reference_page

ROWS = {row.name: row for row in read_index()}
QUICK = ("cloud-only-m-2-loose", "city-l-0.8-tight")


def test_every_instance_has_a_row() -> None:
    """Names are those of the reference set, in its order."""
    assert list(ROWS) == [reference.name for reference in REFERENCE]


@pytest.mark.parametrize("name", [*library.stored_names(), *QUICK])
def test_hashes_and_sizes(name: str) -> None:
    """The instance has the indexed content hash and sizes."""
    assert_is_indexed(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(set(ROWS) - set(library.stored_names()) - set(QUICK)))
def test_hashes_and_sizes_of_generated_instances(name: str) -> None:
    """The same for every instance that is generated from its spec."""
    assert_is_indexed(name)


def assert_is_indexed(name: str) -> None:
    """Compare an instance with its row."""
    instance, row = library.load(name), ROWS[name]
    compiled = instance.compiled
    assert instance.sha256 == row.sha256
    assert (len(compiled.queries.count), len(compiled.names.sites)) == (row.queries, row.sites)
    assert (len(compiled.templates), len(compiled.rows)) == (row.templates, row.rows)
    assert int(compiled.queries.count.sum()) == row.copies
    assert f"load {row.load} of" in instance.description


@pytest.mark.parametrize("row", [row for row in ROWS.values() if row.lp_share is not None], ids=lambda row: row.name)
def test_shares_are_shares(row: IndexRow) -> None:
    """Greedy reaches no more than the LP, the LP no more than what is servable, and that no more than all."""
    assert row.greedy_share is not None
    assert row.servable_share is not None
    assert row.lp_share is not None
    assert 0 <= row.greedy_share <= 1
    assert 0 < row.lp_share <= 1.0001
    assert 0 < row.servable_share <= 1


def test_page_is_current() -> None:
    """The committed page is the generated one."""
    page = Path(__file__).parents[2] / "docs" / "reference-set.md"
    assert page.read_text(encoding="utf-8") == reference_page()
