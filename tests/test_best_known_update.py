"""Tests of updating best-known solutions: better goes in, nothing else does, provenance stays right."""

from __future__ import annotations

import datetime
import multiprocessing
import os
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

import sloplan as sp
from sloplan import best_known_update
from sloplan.best_known_update import Outcome, update, update_from_result
from sloplan.instances import best_known_index, library
from sloplan.instances.best_known import best_known, check_entry, solution
from sloplan.instances.best_known_index import Entry, read_index, write_index
from sloplan.problem.errors import InputError
from sloplan.problem.instance import Instance
from sloplan.problem.solution import Solution
from tests.best_known_case import STRONG, WEAK, optimal, worse
from tests.one_pool import one_pool, serving


@pytest.fixture(scope="module")
def instance() -> Instance:
    """Queries worth 1, 2 and 4, of which two fit: the optimum is 6."""
    return one_pool()


def figures(entry: Entry | None) -> tuple[int, int | None, str | None, int | None]:
    """Return value, bound, proof and certified bound."""
    assert entry is not None
    return entry.value, entry.bound, entry.proof, entry.certified_bound


def files(folder: Path) -> dict[str, bytes]:
    """Return the content of a folder, the lock apart."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != best_known_update.LOCK_FILE}


def test_first_entry(instance: Instance, tmp_path: Path) -> None:
    """The first valid solution makes an entry with its figures, method, versions and day, and nothing invented."""
    outcome = update(instance, worse(instance), method="mine", versions={"sloplan": "0.1"}, folder=tmp_path)
    entry = best_known("one-pool", folder=tmp_path)
    assert entry is not None
    assert outcome == Outcome(entry, ("value",))
    assert figures(entry) == (4000, None, None, None)
    assert (entry.instance_sha256, entry.objective, entry.status) == (instance.sha256, "goodput", "feasible")
    assert (entry.found.method, entry.found.versions) == ("mine", "sloplan 0.1")
    assert abs(entry.found.date - datetime.datetime.now(datetime.UTC).date()) <= datetime.timedelta(days=1)
    assert (entry.bounded, entry.certified, entry.gap) == (None, None, None)
    assert solution(entry, instance, tmp_path).plans["query"].tolist() == ["q2"]


def test_better_value(instance: Instance, tmp_path: Path) -> None:
    """A greater value replaces the solution and its file; the bound and where it came from stay."""
    update(instance, worse(instance, bound=6500), method="first", folder=tmp_path)
    outcome = update(instance, optimal(instance), method="second", folder=tmp_path)
    entry = outcome.entry
    assert outcome.changed == ("value",)
    assert figures(entry) == (6000, 6500, "solver", None)
    assert entry is not None
    assert entry.bounded is not None
    assert (entry.found.method, entry.bounded.method) == ("second", "first")
    assert sorted(files(tmp_path)) == sorted(["index.csv", entry.solution_file])
    stored = solution(entry, instance, tmp_path)
    assert (stored.plans["query"].tolist(), stored.bound) == (["q1", "q2"], 6500)


@pytest.mark.parametrize("make", [worse, optimal])
def test_nothing_better_changes_nothing(instance: Instance, tmp_path: Path, make: type) -> None:
    """A worse or an equal solution, with an equal or looser bound, leaves every byte as it was."""
    update(instance, optimal(instance, bound=6500), method="first", folder=tmp_path)
    before = files(tmp_path)
    for bound in (None, 6500, 7000):
        outcome = update(instance, make(instance, bound=bound), method="second", folder=tmp_path)
        assert outcome.changed == ()
        assert figures(outcome.entry) == (6000, 6500, "solver", None)
    assert files(tmp_path) == before


def test_better_bound_of_a_worse_solution(instance: Instance, tmp_path: Path) -> None:
    """A tighter bound counts though the solution beside it is worse; each keeps its own provenance."""
    update(instance, optimal(instance, bound=7000), method="first", folder=tmp_path)
    outcome = update(instance, worse(instance, bound=6000), method="second", folder=tmp_path)
    assert outcome.changed == ("bound",)
    assert figures(outcome.entry) == (6000, 6000, "solver", None)
    assert outcome.entry is not None
    assert outcome.entry.bounded is not None
    assert outcome.entry.status == "optimal"
    assert (outcome.entry.found.method, outcome.entry.bounded.method) == ("first", "second")


def test_certificate_beside_a_tighter_word(instance: Instance, tmp_path: Path) -> None:
    """A solver's tighter bound stands beside the certified one, which the file keeps with its certificate."""
    update(instance, optimal(instance, bound=6500), method="solver", folder=tmp_path)
    outcome = update(instance, worse(instance, bound=7000, certificate=WEAK), method="prices", folder=tmp_path)
    assert outcome.changed == ("certified_bound",)
    assert figures(outcome.entry) == (6000, 6500, "solver", 7000)
    assert outcome.entry is not None
    assert outcome.entry.certified is not None
    assert outcome.entry.certified.method == "prices"
    stored = solution(outcome.entry, instance, tmp_path)
    assert (stored.bound, stored.certificate) == (7000, WEAK)


def test_certificate_replaces_an_equal_or_looser_word(instance: Instance, tmp_path: Path) -> None:
    """Once a certificate proves as much as a solver said, the bound is the certificate's."""
    update(instance, optimal(instance, bound=6000), method="solver", folder=tmp_path)
    outcome = update(instance, worse(instance, bound=6000, certificate=STRONG), method="prices", folder=tmp_path)
    assert outcome.changed == ("certified_bound",)
    assert figures(outcome.entry) == (6000, 6000, "certified", 6000)
    assert outcome.entry is not None
    assert outcome.entry.bounded == outcome.entry.certified
    assert outcome.entry.found.method == "solver"


def test_a_word_does_not_displace_a_certificate(instance: Instance, tmp_path: Path) -> None:
    """A solver's bound that is no tighter than the certified one changes nothing; a looser certificate neither."""
    update(instance, optimal(instance, bound=6000, certificate=STRONG), method="prices", folder=tmp_path)
    before = files(tmp_path)
    for late in (optimal(instance, bound=6000), optimal(instance, bound=6500), optimal(instance, certificate=WEAK)):
        assert update(instance, late, method="late", folder=tmp_path).changed == ()
    assert files(tmp_path) == before


def test_the_certificate_says_what_is_proved(instance: Instance, tmp_path: Path) -> None:
    """A bound stated more loosely than the certificate proves is what the certificate proves."""
    outcome = update(instance, optimal(instance, bound=6900, certificate=STRONG), method="prices", folder=tmp_path)
    assert figures(outcome.entry) == (6000, 6000, "certified", 6000)


def test_invalid_solution(instance: Instance, tmp_path: Path) -> None:
    """Three queries do not fit: the update is refused with the violation, and nothing is written."""
    with pytest.raises(InputError, match=r"the first: \[capacity\]"):
        update(instance, serving(instance, "q0", "q1", "q2"), method="mine", folder=tmp_path)
    assert files(tmp_path) == {}


def test_solution_of_another_objective(instance: Instance, tmp_path: Path) -> None:
    """What was made for cost may rent more units than there are: its goodput is no best-known one."""
    cheap = replace(optimal(instance), objective="cost", goodput_floor=0)
    with pytest.raises(InputError, match="objective = 'cost'.*greatest goodput; allowed: goodput"):
        update(instance, cheap, method="test", folder=tmp_path)


def test_solution_of_another_instance(instance: Instance, tmp_path: Path) -> None:
    """A solution of an instance with other content is refused."""
    with pytest.raises(InputError, match="belongs to another instance"):
        update(instance, optimal(one_pool(busy_ms=300.0)), method="mine", folder=tmp_path)


def test_bound_below_a_known_value(instance: Instance, tmp_path: Path) -> None:
    """A bound below a known valid objective is refused as somebody's fault, and nothing changes."""
    update(instance, optimal(instance), method="first", folder=tmp_path)
    before = files(tmp_path)
    with pytest.raises(InputError, match=r"bound = 5000: a checked solution reaches 6,000, so the bound is wrong"):
        update(instance, worse(instance, bound=5000), method="second", folder=tmp_path)
    assert files(tmp_path) == before


def test_bound_below_its_own_solution(instance: Instance, tmp_path: Path) -> None:
    """A bound below the value of the solution that carries it is refused."""
    with pytest.raises(InputError, match=r"\[bound\]"):
        update(instance, optimal(instance, bound=5000), method="mine", folder=tmp_path)


def test_a_stored_word_that_proves_wrong_is_dropped(instance: Instance, tmp_path: Path) -> None:
    """A checked solution above a stored solver's bound goes in; the bound goes, and the outcome says whose it was."""
    update(instance, worse(instance, bound=5000), method="liar", folder=tmp_path)
    outcome = update(instance, optimal(instance), method="second", folder=tmp_path)
    assert figures(outcome.entry) == (6000, None, None, None)
    assert outcome.message is not None
    assert "the bound 5,000 of liar was wrong" in outcome.message


@pytest.mark.parametrize(
    ("certificate", "bound", "message"),
    [
        (WEAK, 6000, "claims more than 7,000"),
        ({**STRONG, "denominator": 3}, 6000, "proves nothing"),
        ({"objective": "goodput"}, None, "proves nothing"),
    ],
)
def test_certificates_are_verified(
    instance: Instance, tmp_path: Path, certificate: dict[str, object], bound: int | None, message: str
) -> None:
    """A certificate that does not prove the stated bound, or nothing at all, is refused with its solution."""
    with pytest.raises(InputError, match=message):
        update(instance, optimal(instance, bound=bound, certificate=certificate), method="mine", folder=tmp_path)


def test_verifier_against_checker(instance: Instance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If a verified certificate and a checked solution ever contradict each other, nothing is stored."""
    monkeypatch.setattr("sloplan.instances.best_known.certificate_bound", lambda *_: 5000)
    with pytest.raises(InputError, match="one of the two is wrong"):
        update(instance, optimal(instance, certificate=STRONG), method="mine", folder=tmp_path)
    update(instance, worse(instance, certificate=STRONG), method="mine", folder=tmp_path)
    with pytest.raises(InputError, match="so the bound is wrong"):
        update(instance, optimal(instance), method="mine", folder=tmp_path)


def test_stored_figures_are_not_trusted(instance: Instance, tmp_path: Path) -> None:
    """An entry whose figures are not those of its solution is found out by reading and by updating."""
    entry = update(instance, worse(instance, certificate=WEAK), method="mine", folder=tmp_path).entry
    assert entry is not None
    for lie in ({"value": 6000}, {"bound": 6500, "certified_bound": 6500}):
        write_index(tmp_path, [replace(entry, **lie)])
        lying = best_known("one-pool", folder=tmp_path)
        assert lying is not None
        for use in (
            lambda lying=lying: check_entry(lying, instance, tmp_path),
            lambda: update(instance, optimal(instance), method="x", folder=tmp_path),
        ):
            with pytest.raises(InputError, match="the index claims"):
                use()


def test_another_instance_of_that_name(instance: Instance, tmp_path: Path) -> None:
    """Under the name of a stored instance another one is refused, as is an impostor of the library's."""
    update(instance, optimal(instance), method="mine", folder=tmp_path)
    other = one_pool(busy_ms=300.0)
    with pytest.raises(InputError, match="another instance is stored under this name"):
        update(other, optimal(other), method="mine", folder=tmp_path)
    impostor = one_pool(name="edge-cloud-xs-1.2-tight")
    with pytest.raises(InputError, match="not the instance that has this name"):
        update(impostor, optimal(impostor), method="mine", folder=tmp_path)


def test_an_entry_of_a_former_library_instance_is_replaced(tmp_path: Path) -> None:
    """If the library's instance has changed since, its entry begins anew, whatever the old one claims."""
    instance = library.load("edge-cloud-xs-1.2-tight")
    nothing = Solution(instance.sha256)
    entry = update(instance, nothing, method="mine", folder=tmp_path).entry
    assert entry is not None
    write_index(tmp_path, [replace(entry, instance_sha256="0" * 64, value=10**9)])
    outcome = update(instance, nothing, method="mine", folder=tmp_path)
    assert outcome.changed == ("value",)
    assert figures(outcome.entry) == (0, None, None, None)


def test_from_results(tmp_path: Path) -> None:
    """Results of greedy (certified) and milp (an engine's word) on a small library instance share one entry."""
    instance = sp.load("edge-cloud-s-1.2-tight")
    assert isinstance(instance, Instance)
    greedy = sp.solve(instance, method="greedy", passes=1, display=False)
    exact = sp.solve(instance, method="milp", display=False, in_process=True)
    update_from_result(instance, greedy, tmp_path)
    outcome = update_from_result(instance, exact, tmp_path)
    entry = outcome.entry
    assert entry is not None
    assert figures(entry) == (exact.exact.objective, exact.exact.bound, "solver", greedy.exact.certified_bound)
    assert entry.status == "optimal"
    assert (entry.found.method, entry.certified and entry.certified.method) == ("milp", "greedy")
    assert "highspy 1.12.0" in entry.found.versions
    assert update_from_result(instance, exact, tmp_path).changed == ()
    stored = solution(entry, folder=tmp_path)
    assert sp.check(instance, stored) == []


def test_a_result_without_a_solution(instance: Instance, tmp_path: Path) -> None:
    """A bound alone makes no entry, but tightens one that is there."""
    result = sp.solve(instance, method="milp", display=False, in_process=True)
    bound_alone = replace(result, solution=None)
    assert update_from_result(instance, bound_alone, tmp_path).entry is None
    update(instance, optimal(instance), method="mine", folder=tmp_path)
    outcome = update_from_result(instance, bound_alone, tmp_path)
    assert (outcome.changed, figures(outcome.entry)) == (("bound",), (6000, 6000, "solver", None))


def test_a_result_of_another_instance(instance: Instance, tmp_path: Path) -> None:
    """A result of another instance is refused."""
    result = sp.solve(one_pool([3.0]), method="milp", display=False, in_process=True)
    with pytest.raises(InputError, match="is of another instance"):
        update_from_result(instance, result, tmp_path)


@pytest.mark.parametrize("fails", ["write_bytes", "write_index"])
def test_nothing_half_written(instance: Instance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str) -> None:
    """If writing fails midway, the old entry still stands and holds."""
    entry = update(instance, worse(instance), method="first", folder=tmp_path).entry

    def refuse(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(best_known_update, fails, refuse)
    with pytest.raises(OSError, match="disk full"):
        update(instance, optimal(instance), method="second", folder=tmp_path)
    assert best_known("one-pool", folder=tmp_path) == entry
    assert entry is not None
    assert check_entry(entry, instance, tmp_path).value == 4000


def _update_one(number: int, folder: Path) -> None:
    instance = one_pool(name=f"one-{number}")
    update(instance, worse(instance), method="first", folder=folder)
    update(instance, optimal(instance, bound=6000 + number), method="second", folder=folder)


def test_updates_at_the_same_time(tmp_path: Path) -> None:
    """Processes that update one folder at the same time lose nothing of each other's."""
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_update_one, args=(number, tmp_path)) for number in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0]
    entries = read_index(tmp_path)
    assert [(entry.instance, entry.value, entry.bound) for entry in entries] == [
        (f"one-{number}", 6000, 6000 + number) for number in range(3)
    ]
    assert sorted(files(tmp_path)) == sorted(["index.csv", *(entry.solution_file for entry in entries)])


def test_a_lock_that_is_not_given_up(instance: Instance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An update that waits too long for another one says so."""
    from filelock import FileLock

    monkeypatch.setattr(best_known_update, "LOCK_TIMEOUT_S", 0.01)
    with FileLock(tmp_path / best_known_update.LOCK_FILE), pytest.raises(InputError, match="another update"):
        update(instance, optimal(instance), method="mine", folder=tmp_path)


def test_folders(instance: Instance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder is made if its parent is there; one that cannot be made or written is refused."""
    update(instance, optimal(instance), method="mine", folder=tmp_path / "new")
    assert len(read_index(tmp_path / "new")) == 1
    with pytest.raises(InputError, match="entries cannot be kept there"):
        update(instance, optimal(instance), method="mine", folder=tmp_path / "absent" / "new")
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(InputError, match=r"\(no permission to write there\); next: name a folder of your own"):
        update(instance, optimal(instance), method="mine", folder=tmp_path / "new")


def test_equal_updates_give_equal_bytes(instance: Instance, tmp_path: Path) -> None:
    """The same updates give the same files, whatever stood there before."""
    for name in ("a", "b"):
        update(instance, optimal(instance, bound=6500), method="mine", folder=tmp_path / name)
    assert files(tmp_path / "a") == files(tmp_path / "b")
    assert best_known_index.INDEX_FILE in files(tmp_path / "a")
    assert isinstance(pd.read_csv(tmp_path / "a" / "index.csv"), pd.DataFrame)
