"""Tests of what the harness believes of a solution file."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from sloplan.problem.certificates.verification import Certificate
from sloplan.problem.instance import Instance
from sloplan.study.verification import Verified, verify
from tests.best_known_case import STRONG, optimal
from tests.one_pool import one_pool, serving


@pytest.fixture(scope="module")
def instance() -> Instance:
    """Queries worth 1, 2 and 4, of which two fit."""
    return one_pool()


def verified(instance: Instance, file: Path, limit_s: float = 60.0) -> Verified:
    """Verify a file of a run for goodput."""
    return verify(instance, file, "goodput", limit_s)


def test_a_valid_solution(instance: Instance, tmp_path: Path) -> None:
    """Objective, goodput, cost and copies served are worked out; nothing is certified without a certificate."""
    optimal(instance, bound=6000).save(tmp_path / "s.json")
    found = verified(instance, tmp_path / "s.json")
    assert (found.valid, found.objective, found.goodput, found.served) == (True, 6000, 6000, 2)
    assert found.cost is not None
    assert (found.certified_bound, found.refusal) == (None, None)
    assert found.columns(instance, "goodput")["objective"] == 6.0


def test_a_solution_of_least_cost(tmp_path: Path) -> None:
    """The objective is the cost, with the units that the solution rents; its certificate is one of the cost."""
    rented = one_pool(billing="reserved")
    solution = replace(
        serving(rented, "q2"),
        objective="cost",
        goodput_floor=4000,
        supply=pd.DataFrame({"supply": ["unit:gpus"], "amount": [1]}),
        certificate=Certificate.root(1, {"pool:gpus": 1}, 100_000).to_json(),
    )
    solution.save(tmp_path / "s.json")
    found = verify(rented, tmp_path / "s.json", "cost", 60.0, floor=4000)
    assert (found.objective, found.goodput, found.cost) == (10**9, 4000, 10**9)
    assert (found.certified_bound, found.refusal) == (10**9, None)  # 4 x 10^8 and up to a whole unit
    assert found.columns(rented, "cost")["objective"] == 3.6
    more = verify(rented, tmp_path / "s.json", "cost", 60.0, floor=5000)
    assert more.refusal == "[goodput_floor] goodput is less than was asked for: 4,000 (limit 5,000)"


def test_a_solution_of_greatest_goodput_first(tmp_path: Path) -> None:
    """Its certificate is one of the cost at the floor that it states, the goodput of its first stage."""
    rented = one_pool(billing="reserved")
    solution = replace(
        serving(rented, "q2"),
        objective="goodput-then-cost",
        goodput_floor=4000,
        supply=pd.DataFrame({"supply": ["unit:gpus"], "amount": [1]}),
        certificate=Certificate.root(1, {"pool:gpus": 1}, 100_000).to_json(),
    )
    solution.save(tmp_path / "s.json")
    found = verify(rented, tmp_path / "s.json", "goodput-then-cost", 60.0)
    assert (found.objective, found.goodput, found.certified_bound, found.refusal) == (10**9, 4000, 10**9, None)


def test_a_certificate(instance: Instance, tmp_path: Path) -> None:
    """What a certificate proves is worked out, whatever bound is claimed beside it."""
    optimal(instance, bound=6000, certificate=STRONG).save(tmp_path / "s.json")
    assert verified(instance, tmp_path / "s.json").certified_bound == 6000


def test_a_certificate_that_takes_too_long(instance: Instance, tmp_path: Path) -> None:
    """Verification that is not done in time counts as none; the solution stands."""
    optimal(instance, bound=6000, certificate=STRONG).save(tmp_path / "s.json")
    found = verified(instance, tmp_path / "s.json", limit_s=0.0)
    assert (found.valid, found.certified_bound) == (True, None)
    assert found.refusal is not None
    assert found.refusal.startswith("the certificate does not count")


def test_a_certificate_that_proves_nothing(instance: Instance, tmp_path: Path) -> None:
    """It is refused with the reason; the solution stands."""
    broken = {**STRONG, "nodes": [{"prices": {"pool:none": 1}}]}
    optimal(instance, bound=6000, certificate=broken).save(tmp_path / "s.json")
    found = verified(instance, tmp_path / "s.json")
    assert (found.valid, found.objective, found.certified_bound) == (True, 6000, None)
    assert found.refusal is not None
    assert "pool:none" in found.refusal


def test_an_invalid_solution(instance: Instance, tmp_path: Path) -> None:
    """Three queries where two fit: refused, with the rule that is broken, and no figures."""
    serving(instance, "q0", "q1", "q2").save(tmp_path / "s.json")
    found = verified(instance, tmp_path / "s.json")
    assert (found.valid, found.objective, found.cost) == (False, None, None)
    assert found.refusal is not None
    assert "pool:gpus" in found.refusal


def test_files_that_are_no_solution(instance: Instance, tmp_path: Path) -> None:
    """A broken file, and a solution for another objective or instance, are refused."""
    (tmp_path / "s.json").write_text("{")
    assert verified(instance, tmp_path / "s.json").valid is False
    optimal(instance).save(tmp_path / "s.json")
    assert (
        verify(instance, tmp_path / "s.json", "cost", 60.0).refusal
        == "[objective] solution was made for 'goodput', not 'cost'"
    )
    document = json.loads((tmp_path / "s.json").read_text())
    document["instance_sha256"] = "0" * 64
    (tmp_path / "s.json").write_text(json.dumps(document))
    found = verified(instance, tmp_path / "s.json")
    assert found.refusal is not None
    assert "another instance" in found.refusal
