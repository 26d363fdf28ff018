"""The stored instances: what their specs give, found by name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sloplan.instances import library
from sloplan.problem.errors import InputError
from sloplan.problem.plan_table import enumerate_plans
from sloplan.problem.servable import servable_queries
from sloplan.problem.storage.instance_files import save_instance

STORED = Path(library.__file__).parent / "library"


@pytest.mark.parametrize("name", library.names())
def test_stored_files_are_what_the_spec_gives(name: str, tmp_path: Path) -> None:
    """Generating again gives the stored instance: content, description and the bytes of every file."""
    save_instance(library.generated(name), tmp_path / name)
    written = {file.name: file.read_bytes() for file in (tmp_path / name).iterdir()}
    assert written == {file.name: file.read_bytes() for file in (STORED / name).iterdir()}
    assert library.load(name).sha256 == library.generated(name).sha256


def test_every_folder_is_listed() -> None:
    """What is stored is what is listed."""
    assert {folder.name for folder in STORED.iterdir() if folder.is_dir()} == set(library.names())


def test_sizes() -> None:
    """5, 40 and 200 queries, all three applications in each."""
    sizes = {name: len(library.load(name).table("queries")) for name in library.names()}
    assert sizes == {"edge-cloud-xs": 5, "edge-cloud-s": 40, "edge-cloud-m": 200}
    for name in library.names():
        assert library.load(name).table("queries")["application"].nunique() == 3


def test_smallest_is_for_brute_force() -> None:
    """Fewer than a million combinations of plans, and not everything fits at once."""
    compiled = library.load("edge-cloud-xs").compiled
    combinations = 1
    for template in range(len(compiled.templates)):
        plans = enumerate_plans(compiled, template)
        members = np.flatnonzero(compiled.queries.template == template)
        combinations *= int(np.prod([int(plans.feasible(compiled, query).sum()) + 1 for query in members]))
    assert 1_000 < combinations < 1_000_000


@pytest.mark.parametrize("name", ["edge-cloud-s", "edge-cloud-m"])
def test_most_queries_could_be_served_alone(name: str) -> None:
    """At least nine queries in ten have a plan that fits the empty infrastructure."""
    assert servable_queries(library.load(name).compiled).mean() >= 0.9


def test_unknown_name() -> None:
    """The message names close ones."""
    with pytest.raises(InputError, match=r"did you mean edge-cloud-\w+"):
        library.load("edge-cloud-l")
