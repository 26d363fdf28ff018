"""Tests of reading best-known solutions, and of every entry that the package holds."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from sloplan.best_known_update import update
from sloplan.instances import library
from sloplan.instances.best_known import FOLDER, best_known, check_entry, entries, named_instance
from sloplan.instances.best_known_index import COLUMNS, INDEX_FILE, Entry, read_index, write_index
from sloplan.instances.families.spec import generate_spec, is_spec
from sloplan.instances.reference import REFERENCE
from sloplan.problem.errors import InputError
from sloplan.problem.solution import Solution
from tests.best_known_case import WEAK, worse
from tests.one_pool import one_pool

STORED = read_index(FOLDER)
GROUPS = 8


def _check(entry: Entry) -> None:
    """An entry's instance is the present one, and its figures are what checker and verifier find."""
    instance = named_instance(entry.instance)
    assert instance is not None, entry.instance
    assert instance.sha256 == entry.instance_sha256, entry.instance
    check_entry(entry, instance)


@pytest.mark.parametrize("group", range(GROUPS))
def test_stored_entries_hold(group: int) -> None:
    """Every entry of a stored instance, with its certificate."""
    for entry in [entry for entry in STORED if entry.instance in library.stored_names()][group::GROUPS]:
        _check(entry)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("group", range(GROUPS))
def test_entries_of_generated_instances_hold(group: int) -> None:
    """Every other entry, with its certificate: their instances take long to generate, and certificates to verify."""
    for entry in [entry for entry in STORED if entry.instance not in library.stored_names()][group::GROUPS]:
        _check(entry)


def test_every_entry_can_be_checked() -> None:
    """Every entry is of a library instance or a spec, so that `check_entry` needs no file of anybody's."""
    named = [entry.instance for entry in STORED if entry.instance in library.names() or is_spec(entry.instance)]
    assert named == [entry.instance for entry in STORED]


def test_the_folder_holds_what_the_index_names() -> None:
    """The package's folder holds the index and a file for each entry, nothing else."""
    found = {path.name for path in FOLDER.iterdir()} - {".lock"}
    assert found == {INDEX_FILE, *(entry.solution_file for entry in STORED)}


def test_entries_is_a_table(tmp_path: Path) -> None:
    """The table has the columns of the file, exact integers, and None for what is unknown."""
    entry = update(one_pool(), worse(one_pool()), method="mine", folder=tmp_path).entry
    assert entry is not None
    table = entries(tmp_path)
    assert tuple(table.columns) == COLUMNS
    assert table["instance"].tolist() == ["one-pool"]
    row = table.iloc[0]
    assert (row["value"], row["value_in_units"], row["unit"]) == (4000, 4, "value/s")
    assert type(row["value"]) is int
    assert row["date"] == entry.found.date
    assert (row["bound"], row["bound_date"]) == (None, None)
    assert entries()["instance"].tolist() == [stored.instance for stored in STORED]


def test_no_entries(tmp_path: Path) -> None:
    """A folder without an index, and an index of no rows, have no entries, and a table with all columns."""
    for _ in range(2):
        assert best_known("edge-cloud-xs-1.2-tight", folder=tmp_path) is None
        assert tuple(entries(tmp_path).columns) == COLUMNS
        assert len(entries(tmp_path)) == 0
        write_index(tmp_path, [])


def test_found_by_name_spec_and_content(tmp_path: Path) -> None:
    """An entry is found by library name, by a spec that leaves out defaults, and by the instance itself."""
    instance = library.load("edge-cloud-xs-1.2-tight")
    entry = update(instance, Solution(instance.sha256), method="none", folder=tmp_path).entry
    assert entry is not None
    assert best_known("edge-cloud-xs-1.2-tight", folder=tmp_path) == best_known(instance, folder=tmp_path) == entry
    assert best_known("edge-cloud-xs-1.2-tight", objective="cost", folder=tmp_path) is None
    spec = "edge-cloud:queries=3"
    entry = update(generate_spec(spec), Solution(generate_spec(spec).sha256), method="none", folder=tmp_path).entry
    assert entry is not None
    assert best_known(spec, folder=tmp_path) == entry
    assert best_known("edge-cloud:queries=4", folder=tmp_path) is None
    assert check_entry(entry, folder=tmp_path).value == 0


def test_other_peoples_instances_are_given(tmp_path: Path) -> None:
    """An entry of an instance that Sloplan cannot make by name is checked against the one that is given."""
    instance = one_pool()
    entry = update(instance, worse(instance), method="mine", folder=tmp_path).entry
    assert entry is not None
    with pytest.raises(InputError, match="neither a library instance nor a spec; next: give the instance"):
        check_entry(entry, folder=tmp_path)
    with pytest.raises(InputError, match="belongs to another instance"):
        check_entry(entry, one_pool(busy_ms=300.0), tmp_path)


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("value", "4.5", "value = '4.5': not a whole number"),
        ("value", "", "is missing"),
        ("value", "5000", "value_in_units = '4': does not follow from the rest of the row; allowed: 5"),
        ("status", "optimal", "status = 'optimal': does not follow"),
        ("objective", "speed", "unknown objective"),
        ("date", "yesterday", "not a date; allowed: YYYY-MM-DD"),
        ("proof", "trust me", "unknown proof; allowed: method, solver, certified"),
        ("solution_file", "../secret.json", "not a file name"),
        ("solution_file", "", "not a file name"),
    ],
)
def test_malformed_rows(tmp_path: Path, column: str, value: str, message: str) -> None:
    """A malformed field is one error that names file, row and field."""
    instance = one_pool()
    update(instance, worse(instance, certificate=WEAK), method="mine", folder=tmp_path)
    path = tmp_path / INDEX_FILE
    header, row = path.read_text("utf-8").splitlines()
    fields = row.split(",")
    fields[COLUMNS.index(column)] = value
    path.write_text(f"{header}\n{','.join(fields)}\n", "utf-8")
    with pytest.raises(InputError, match=re.escape(message)):
        read_index(tmp_path)


def test_malformed_index(tmp_path: Path) -> None:
    """Other columns, a row cut short, an entry given twice, a bound that the value contradicts."""
    instance = one_pool()
    entry = update(instance, worse(instance, bound=6500), method="mine", folder=tmp_path).entry
    assert entry is not None
    path = tmp_path / INDEX_FILE
    text = path.read_text("utf-8")
    path.write_text(text.replace("instance,", "name,", 1), "utf-8")
    with pytest.raises(InputError, match="unknown columns"):
        read_index(tmp_path)
    path.write_text(text[: len(text) // 2 + 150].rstrip("\n"), "utf-8")
    with pytest.raises(InputError, match="number of fields"):
        read_index(tmp_path)
    write_index(tmp_path, [entry, entry])
    with pytest.raises(InputError, match=r"row 2, instance = 'one-pool': given twice"):
        read_index(tmp_path)
    write_index(tmp_path, [replace(entry, bound=3000)])
    with pytest.raises(InputError, match="bound = '3000': is contradicted by the value"):
        read_index(tmp_path)


def test_xs_s_and_m_have_entries() -> None:
    """Every instance of the three smallest sizes has a best-known solution and a certified bound."""
    known = {entry.instance: entry for entry in STORED if entry.objective == "goodput"}
    for reference in REFERENCE:
        if reference.size in ("xs", "s", "m"):
            entry = known[reference.name]
            assert entry.certified_bound is not None, reference.name
            assert entry.certified_bound >= entry.value, reference.name


def test_a_certified_bound_may_be_claimed_too_weakly_but_not_too_tightly(tmp_path: Path) -> None:
    """The certificate proves 7,000: a claim of 7,500 is true, one of 6,500, or none beside it, is not."""
    instance = one_pool()
    entry = update(instance, worse(instance, certificate=WEAK), method="mine", folder=tmp_path).entry
    assert entry is not None
    assert entry.certified_bound == 7000
    assert check_entry(replace(entry, certified_bound=7500), instance, tmp_path).certified_bound == 7000
    for claimed in (6500, None):
        with pytest.raises(InputError, match=f"the index claims {claimed} for one-pool"):
            check_entry(replace(entry, certified_bound=claimed), instance, tmp_path)
