"""Tests of lists of plans: the same as enumeration, made once for an instance, gone in the end."""

from __future__ import annotations

import pickle
import threading
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sloplan.problem.certificates.fitting import FittingPlans
from sloplan.problem.certificates.verification import Certificate, certificate_bound
from sloplan.problem.cost_problem import under_objective
from sloplan.problem.instance import Instance
from sloplan.study.folder import StudyFolder
from sloplan.study.machine import usable_cores
from sloplan.study.plan_lists import PlanLists, plans_from
from sloplan.study.task_messages import Limits
from tests.conformance.cases import random_case
from tests.study.case import configuration_text, run, write_instance
from tests.study.misbehaving import install

LIMITS = Limits(60.0, 1.0, 10**9, tuple(usable_cores()[:1]))


@pytest.fixture(scope="module")
def instance() -> Instance:
    """An instance of several templates."""
    seeds = (random_case(seed).instance for seed in range(50))
    return next(found for found in seeds if len(found.compiled.templates) > 1)


def listed(
    lists: PlanLists, instance: Instance, limits: Limits = LIMITS, objective: str = "goodput"
) -> tuple[Path | None, float]:
    """Have an instance listed."""
    assert instance.compiled is not None
    return lists.of(instance, pickle.dumps(instance), objective, limits, threading.Event())


def arrays(figures: Any) -> list[np.ndarray]:
    """Return all arrays in figures of plans."""
    parts = [getattr(figures, field.name) for field in fields(figures)]
    return [array for part in parts for array in ([part] if isinstance(part, np.ndarray) else arrays(part))]


@pytest.mark.parametrize(("objective", "floor"), [("goodput", None), ("cost", 1)])
def test_they_are_those_that_certificates_count(
    instance: Instance, objective: str, floor: int | None, tmp_path: Path
) -> None:
    """Choices and figures are equal, and so is what a certificate proves."""
    counted = FittingPlans(under_objective(instance.compiled, objective))
    with PlanLists(tmp_path / "plans", 60.0) as lists:
        file, seconds = listed(lists, instance, objective=objective)
        assert file is not None
        assert seconds > 0
        assert listed(lists, instance, objective=objective) == (file, seconds)
        with plans_from(file) as plans:
            assert plans is not None
            for template in range(len(instance.compiled.templates)):
                table, own = plans(template), counted(template)
                np.testing.assert_array_equal(table.choices, own.choices)
                for mapped, listed_here in zip(arrays(table.figures), arrays(own.figures), strict=True):
                    np.testing.assert_array_equal(mapped, listed_here)
                    assert mapped.dtype == listed_here.dtype
                    assert mapped.flags.aligned
        certificate = Certificate.root(1, {}, goodput_price=floor)
        with plans_from(file) as plans:
            bound = certificate_bound(instance, certificate, goodput_floor=floor, plans_of_template=plans)
        assert bound == certificate_bound(instance, certificate, goodput_floor=floor)
    assert not (tmp_path / "plans").exists()


def test_only_the_last_ones_are_kept(tmp_path: Path) -> None:
    """The disk holds two lists at most."""
    with PlanLists(tmp_path / "plans", 60.0) as lists:
        files = [listed(lists, random_case(seed).instance)[0] for seed in range(3)]
        assert [file is not None and file.exists() for file in files] == [False, True, True]


def test_what_cannot_be_listed_has_no_file(instance: Instance, tmp_path: Path) -> None:
    """A listing that passes its memory, or has no folder, leaves each check to list for itself."""
    with PlanLists(tmp_path / "plans", 60.0) as lists:
        file, _ = listed(lists, instance, Limits(60.0, 1.0, 10**6, LIMITS.cores))
        assert file is None
        assert list((tmp_path / "plans").iterdir()) == []
    with PlanLists(tmp_path / "no" / "plans", 60.0) as lists:
        assert listed(lists, instance)[0] is None
    with plans_from(tmp_path / "gone") as plans:
        assert plans is None


def test_a_study_lists_for_certificates_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A method that gives a certificate has the plans listed, one that gives none does not; nothing is left behind."""
    monkeypatch.syspath_prepend(install(tmp_path / "site"))
    write_instance(tmp_path)
    run(configuration_text("greedy", "best", time_limits=[60]), tmp_path / "study", tmp_path)
    rows = {row["method"]: row for row in StudyFolder(tmp_path / "study").rows()}
    assert rows["greedy"]["list_s"] > 0
    assert rows["greedy"]["certified_bound"] is not None
    assert rows["best"]["list_s"] is None
    assert not StudyFolder(tmp_path / "study").plans_folder.exists()
