"""The stored instances: what their specs give, found by name."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

import sloplan
from sloplan.instances import library
from sloplan.problem.errors import InputError
from sloplan.problem.servable import servable_queries, servable_value
from sloplan.problem.storage.instance_files import save_instance
from tests.conformance.brute_force import TinyInstance
from tests.conformance.brute_force_search import optimum

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


def test_smallest_against_brute_force() -> None:
    """The smallest instance's optimum is that of all combinations; a shared row is full, and more of it serves more."""
    instance = library.load("edge-cloud-xs")
    tables = {name: frame.to_dict("records") for name, frame in instance.to_frames().items()}
    plain = TinyInstance(tables)
    best = optimum(plain)
    result = sloplan.solve(instance, method="milp", display=False, in_process=True)
    assert (result.status, result.exact.objective) == ("optimal", best.value_milli)
    assert best.value_milli < servable_value(instance.compiled)

    used: Counter[str] = Counter()
    for name, plan in best.served:
        query = plain.queries[name]
        shared = plain.figures(query.application, query.source, query.sink, plan).shared
        used.update({row: query.rate_milli * amount for row, amount in shared.items()})
    fullest = max(used, key=lambda row: used[row] / plain.capacity(row))
    assert used[fullest] > 0.9 * plain.capacity(fullest)
    pools = [row | {"units": row["units"] + (fullest == f"pool:{row['pool']}")} for row in tables["pools"]]
    assert optimum(TinyInstance(tables | {"pools": pools})).value_milli > best.value_milli


@pytest.mark.parametrize("name", ["edge-cloud-s", "edge-cloud-m"])
def test_most_queries_could_be_served_alone(name: str) -> None:
    """At least nine queries in ten have a plan that fits the empty infrastructure."""
    assert servable_queries(library.load(name).compiled).mean() >= 0.9


def test_unknown_name() -> None:
    """The message names close ones."""
    with pytest.raises(InputError, match=r"did you mean edge-cloud-\w+"):
        library.load("edge-cloud-l")
