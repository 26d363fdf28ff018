"""Inequalities in a run: nothing better is ruled out, they are made when that is worth while, methods certify them."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import sloplan as sp
from sloplan.decomposition.assignment import Assignment
from sloplan.decomposition.coupled_problem import CoupledProblem, coupled_selection
from sloplan.decomposition.fixing import Survivors, bounded_survivors, loss_allowed, survivors
from sloplan.decomposition.pursuit import Pursuit
from sloplan.decomposition.tightening import Tightening
from sloplan.problem.certificates.pricing import GridTooFineError
from sloplan.problem.certificates.verification import certificate_bound
from sloplan.problem.run import Run
from sloplan.solvers.engine import EngineError
from tests.decomposition.problems import settled
from tests.decomposition.test_rounded_prices import knapsacks, optimum


def better_than(problem: CoupledProblem, worth: int) -> list[Assignment]:
    """Return all assignments worth more, of groups of one copy."""
    groups = np.arange(len(problem.groups))
    group, plan = problem.open_plans(groups)
    options = [[-1, *plan[group == one].tolist()] for one in groups.tolist()]
    found = []
    for chosen in itertools.product(*options):
        served = np.flatnonzero(np.array(chosen) >= 0)
        one = Assignment(served, np.array(chosen)[served], np.ones(len(served), dtype=np.int64), np.zeros(0, np.int64))
        if one.is_valid(problem) and one.worth(problem) > worth:
            found.append(one)
    return found


def tightened(seed: int, scale: int = 1) -> tuple[CoupledProblem, int, Pursuit, Tightening, Survivors]:
    """Return a problem, its optimum, a run with an answer below it, inequalities, and what survives prices."""
    selection = knapsacks(seed, scale)
    best, problem = optimum(selection), coupled_selection(selection)
    assert best is not None
    pursuit, response = Pursuit(problem, run := Run(selection, time_limit=60.0)), settled(problem)
    pursuit.take(min(better_than(problem, best - 4), key=lambda one: one.worth(problem)))
    assert pursuit.worth is not None
    core = survivors(response, loss_allowed(response, pursuit.worth + 1))
    tightening = Tightening(pursuit, run, response)
    tightening.tighten()
    assert run.bound is None or run.bound >= best
    return problem, best, pursuit, tightening, core


@pytest.mark.parametrize("scale", [1, 10**13])
def test_nothing_better_is_ruled_out(scale: int) -> None:
    """Pairs are left out, and what is left holds something that is best; also where usages are large."""
    out = better = 0
    for seed in range(25):
        if optimum(knapsacks(seed)) is None:
            continue
        problem, best, pursuit, tightening, core = tightened(seed, scale)
        left = tightening.narrowed(core)
        out += len(core) - len(left)
        kept = set(zip(left.pairs.group.tolist(), left.pairs.plan.tolist(), strict=True))
        assert pursuit.worth is not None
        if best > pursuit.worth:
            better += 1
            best_ones = [one for one in better_than(problem, best - 1) if one.worth(problem) == best]
            assert any(kept.issuperset(zip(one.group.tolist(), one.plan.tolist(), strict=True)) for one in best_ones)
    assert out > 20
    assert better > 5


def test_inequalities_of_a_core_that_was_cut_rule_nothing_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """They hold for what loses no more than the pairs that were left in; something better may lose more."""
    whole = [tightened(seed) for seed in (0, 1, 2, 3)]
    assert any(len(one[3].narrowed(one[4])) < len(one[4]) for one in whole)
    monkeypatch.setattr("sloplan.decomposition.tightening._MOST_PAIRS", 7)
    for _, _, _, tightening, core in (tightened(seed) for seed in (0, 1, 2, 3)):
        assert len(core) > 7
        assert tightening.narrowed(core) is core


def test_none_with_too_many_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their memory grows with the groups: beyond some number there are none, and nothing is left out."""
    monkeypatch.setattr("sloplan.decomposition.tightening._MOST_GROUPS", 5)
    for _, _, _, tightening, core in (tightened(seed) for seed in (0, 1, 2, 3)):
        assert tightening.narrowed(core) is core


def test_survivors_are_not_listed_again_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there was too little time for inequalities, there is too little until the gap has closed further."""
    listed: list[int] = []

    def counting(*arguments: Any) -> tuple[Survivors, float]:
        listed.append(1)
        return bounded_survivors(*arguments)

    monkeypatch.setattr("sloplan.decomposition.tightening._SECONDS_A_PAIR", 1e9)
    monkeypatch.setattr("sloplan.decomposition.tightening.bounded_survivors", counting)
    *_, tightening, _ = tightened(0)
    assert len(listed) == 1
    tightening.tighten()
    assert len(listed) == 1


@pytest.mark.parametrize("error", [EngineError("figures too far apart"), GridTooFineError("an inequality")])
def test_figures_too_far_apart_end_no_run(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bound of the prices stands."""

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("sloplan.decomposition.tightening.find_rounded_prices", fail)
    result = sp.solve("edge-cloud-s-1.2-loose", "lagrangian", display=False, time_limit=5, threads=1)
    assert result.objective is not None
    assert result.solution.certificate is not None
    assert "rounding" not in result.solution.certificate["nodes"][0]


@pytest.mark.parametrize("seed", range(12))
def test_branch_and_price_narrows_its_core(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With inequalities before every core its optima are those of trying everything."""
    monkeypatch.setattr("sloplan.decomposition.branch_and_price_method._LARGE_CORE", 0)
    selection = knapsacks(seed)
    result = sp.solve(selection, "branch-and-price", display=False, time_limit=20, threads=1)
    best = optimum(selection)
    assert result.status == ("infeasible" if best is None else "optimal")
    if best is not None:
        assert result.objective is not None
        assert round(result.objective * selection.value_scale) == best


def test_a_method_certifies_with_them() -> None:
    """`lagrangian` ends with a bound that its prices alone do not prove, and its file is accepted."""
    instance = sp.load("edge-cloud-s-1.2-loose")
    result = sp.solve(instance, "lagrangian", display=False, time_limit=8, threads=1)
    assert result.solution.certificate is not None
    leaf = result.solution.certificate["nodes"][0]
    assert leaf["rounding"]["inequalities"]
    assert sp.check(instance, result.solution) == []
    without = result.solution.certificate | {"nodes": [{"prices": leaf["prices"]}]}
    assert certificate_bound(instance, without) > certificate_bound(instance, result.solution.certificate)


def test_the_least_cost_of_rented_units() -> None:
    """So does it under cost, where prices pay for parts of units."""
    instance = sp.load("edge-cloud-s-1.2-tight")
    result = sp.solve(instance, "lagrangian", objective="cost", min_goodput=0.9, display=False, time_limit=8, threads=1)
    assert result.solution.certificate is not None
    assert result.solution.certificate["nodes"][0]["rounding"]["inequalities"]
    assert sp.check(instance, result.solution) == []
