"""Rows that are knapsacks against brute force: bounds hold, losses are exact, dives and the method find optima."""

from __future__ import annotations

import itertools
from random import Random

import numpy as np
import pytest

import sloplan as sp
from sloplan.decomposition.core_problem import solve_core
from sloplan.decomposition.coupled_problem import CoupledProblem, coupled_selection
from sloplan.decomposition.fixing import loss_allowed, survivors
from sloplan.decomposition.knapsack_rows import KnapsackRows
from sloplan.decomposition.objective_step import objective_step
from sloplan.decomposition.pattern_master import PatternMaster
from sloplan.decomposition.pattern_prices import PatternPrices
from sloplan.decomposition.pattern_search import PatternDives
from sloplan.decomposition.pattern_solving import PatternSolving
from sloplan.decomposition.pursuit import Pursuit
from sloplan.problem.certificates.verification import certificate_bound
from sloplan.problem.objective import COST, GOODPUT
from sloplan.problem.run import Run
from sloplan.problem.selections.selection import PlanSelection
from sloplan.solvers.engine import EngineError
from tests.decomposition.problems import settled
from tests.problem.selections.random_selections import brute_forced_optimum, random_selection
from tests.problem.selections.selection_cases import lp_bound_and_duals

SEEDS = range(40)


def single_rows(seed: int, objective: str, groups: int = 4) -> PlanSelection:
    """Up to four plans of each group, each in one of two rows, some groups with several in the same."""
    rng = Random(seed)
    group = [g for g in range(groups) for _ in range(rng.randint(1, 4))]
    number = len(group)
    usage = np.zeros((number, 2))
    usage[np.arange(number), [rng.randint(0, 1) for _ in group]] = [rng.choice([1, 2.5, 4]) for _ in group]
    return PlanSelection.from_numbers(
        group=group,
        value=[rng.choice([0, 1, 1.5, 2, 4]) for _ in group],
        cost=[rng.choice([0, 0.5, 1, 3]) for _ in group],
        usage=usage,
        capacity=[rng.choice([4.5, 7]), rng.choice([3, 6])],
        must=[objective == "cost" or rng.random() < 0.3 for _ in range(groups)],
        objective=objective,
        name=f"single rows {seed}",
    )


def cases(seed: int) -> list[tuple[CoupledProblem, KnapsackRows, int | None]]:
    """Both objectives: the problem, its rows and the best worth."""
    found = []
    for objective in ("goodput", "cost"):
        selection = single_rows(seed, objective)
        problem, best = coupled_selection(selection), brute_forced_optimum(selection)
        rows = KnapsackRows.of(problem)
        assert rows is not None
        found.append((problem, rows, best if best is None or objective == "goodput" else -best))
    return found


def best_packing(rows: KnapsackRows, steps: np.ndarray, row: int, held: int | None = None) -> int | None:
    """Most that any set of a row's options is worth at prices in steps, by trying all; `held` must be in it."""
    options = list(range(rows.start[row], rows.start[row + 1]))
    profit = rows.worth * rows.grid - steps[rows.group]
    most = None
    for size in range(len(options) + 1):
        for taken in map(list, itertools.combinations(options, size)):
            fits = rows.weight[taken].sum() <= rows.capacity[row]
            if fits and len(set(rows.group[taken])) == size and (held is None or held in taken):
                worth = int(profit[taken].sum())
                most = worth if most is None else max(most, worth)
    return most


@pytest.mark.parametrize("seed", SEEDS)
def test_packings_are_the_best_and_losses_are_exact(seed: int) -> None:
    """At any prices: every row's packing, the bound, and what an option's presence costs, as trying all sets says."""
    rng = np.random.default_rng(seed)
    for problem, rows, best in cases(seed):
        price = rng.normal(scale=2.0, size=len(problem.groups)) * np.abs(rows.worth).max()
        steps, packing, lost = rows.on_grid(price), rows.packed(price), rows.lost(price)
        assert (steps[~problem.groups.must] >= 0).all()  # staying out is worth nothing, not more
        packed = [best_packing(rows, steps, row) for row in range(len(rows.capacity))]
        total = int(steps.sum()) + sum(worth for worth in packed if worth is not None)
        step = objective_step(problem)
        assert packing.most == total // (rows.grid * step) * step
        assert best is None or best <= packing.most
        for option in range(len(rows)):
            row = int(rows.row[option])
            held, free = best_packing(rows, steps, row, option), packed[row]
            assert free is not None
            assert lost[option] == (np.inf if held is None else (free - held) / rows.grid)


@pytest.mark.parametrize("seed", SEEDS)
def test_settled_prices_bound_better_than_prices_of_rows(seed: int) -> None:
    """The bound lies between the optimum and the linear program's, and the master reaches it."""
    for problem, rows, best in cases(seed):
        response = settled(problem)
        if best is None:
            continue
        prices = PatternPrices(rows, response.worth)
        prices.approach(-np.inf, lambda: False)
        assert prices.settle(lambda: False)
        assert best <= prices.best.most
        assert prices.best.bound <= response.bound + 1e-6 * abs(response.bound)
        assert prices.master.reached == pytest.approx(prices.best.bound, rel=1e-5, abs=1e-5)


@pytest.mark.parametrize("seed", SEEDS)
def test_dives_are_valid_and_find_optima(seed: int) -> None:
    """What a dive returns is valid and better than asked for; nothing is better than the optimum; a few reach it."""
    for problem, rows, best in cases(seed):
        if best is None:
            continue
        prices = PatternPrices(rows, settled(problem).worth)
        prices.settle(lambda: False)
        dives, worth = PatternDives(rows, prices, seed), -np.inf
        for _ in range(30):
            found = dives.dive(worth, lambda: False)
            if found is not None:
                assert found.is_valid(problem)
                assert found.worth(problem) > worth
                worth = found.worth(problem)
        assert worth == best


@pytest.mark.parametrize("seed", SEEDS)
def test_what_survives_holds_the_optimum(seed: int) -> None:
    """Where all that is known is the optimum's worth, an optimum survives, and the rest holds nothing better."""
    for problem, rows, best in cases(seed):
        if best is None:
            continue
        response, run = settled(problem), Run(problem.source, objective=COST if problem.is_cost else GOODPUT)
        narrowed = PatternSolving(Pursuit(problem, run), run, response, rows).narrowed(
            survivors(response, np.inf), best
        )
        assert narrowed is not None
        answer = solve_core(problem, narrowed, seconds=60)
        assert answer.best is not None
        assert (answer.best.worth(problem), answer.bound) == (best, best)


def test_prices_of_groups_leave_less_than_prices_of_rows() -> None:
    """On an assignment problem of type c most of what prices of rows cannot rule out is ruled out."""
    problem = coupled_selection(sp.load("chu-gap:type=c,agents=4,jobs=24"))
    response, run, rows = settled(problem), Run(problem.source, objective=COST), KnapsackRows.of(problem)
    assert rows is not None
    solved = solve_core(problem, survivors(response, np.inf), seconds=60)
    assert solved.best is not None
    worth = solved.best.worth(problem)
    core = survivors(response, loss_allowed(response, worth))
    narrowed = PatternSolving(Pursuit(problem, run), run, response, rows).narrowed(core, worth)
    assert narrowed is not None
    assert len(narrowed) < len(core)


def test_what_is_forced_stays() -> None:
    """Packings beside a forced option hold it, and the bound is one for solutions with it."""
    (problem, rows, best), _ = cases(3)
    assert best is not None
    forced = np.zeros(len(rows), dtype=np.bool_)
    forced[0] = True
    packing = rows.packed(settled(problem).worth, forced)
    assert packing.taken[0]
    assert np.bincount(rows.group[packing.taken])[rows.group[0]] == 1
    assert packing.most <= rows.packed(settled(problem).worth).most


@pytest.mark.parametrize("seed", SEEDS)
def test_the_master_takes_only_patterns_that_hold_what_is_forced(seed: int) -> None:
    """No option of the row is taken in a greater share than the forced one, and no other of its group at all."""
    for problem, rows, best in cases(seed):
        if best is None:
            continue
        prices = PatternPrices(rows, settled(problem).worth)
        prices.settle(lambda: False)
        option = int(np.argmin(rows.weight))
        forced = np.arange(len(rows)) == option
        prices.master.force(forced)
        for _ in range(3):
            prices.round(prices.price, forced)
        taken = prices.master.taken
        assert (taken[rows.row == rows.row[option]] <= taken[option] + 1e-9).all()
        assert (taken[(rows.group == rows.group[option]) & ~forced] <= 1e-9).all()


def test_other_problems_have_no_such_form() -> None:
    """Several rows in a plan, supplies, copies and capacities too large to count through are told apart."""
    assert all(KnapsackRows.of(coupled_selection(random_selection(seed))) is None for seed in range(10))
    plain = {"group": [0, 1], "value": [1, 1], "cost": [0, 0], "usage": [[1], [2]], "name": "plain"}
    assert KnapsackRows.of(coupled_selection(PlanSelection.from_numbers(**plain, capacity=[2]))) is not None
    twice = PlanSelection.from_numbers(**plain, capacity=[2], count=[2, 1])
    assert KnapsackRows.of(coupled_selection(twice)) is None
    vast = {**plain, "usage": [[1_000_003], [100_000_007]]}
    assert KnapsackRows.of(coupled_selection(PlanSelection.from_numbers(**vast, capacity=[100_000_008]))) is None


def test_weights_whose_sum_passes_64_bits_are_no_small_capacity() -> None:
    """Alternatives of one group: there are too many amounts to count through."""
    selection = PlanSelection.from_numbers(
        group=[0] * 9, value=[7] * 9, usage=[[w] for w in [2**61 - 1, 2**61 - 3] * 4 + [100]], capacity=[2**61]
    )
    assert KnapsackRows.of(coupled_selection(selection)) is None


@pytest.mark.parametrize("seed", range(3))
def test_the_method_proves_by_patterns(seed: int) -> None:
    """On assignment problems of type c branch and price ends with the optimum that HiGHS proves."""
    selection = sp.load(f"chu-gap:type=c,agents=4,jobs=24,seed={seed}")
    result = sp.solve(selection, method="branch-and-price", objective="cost", threads=1)
    assert result.status == "optimal"
    assert result.objective == sp.solve(selection, method="milp-plans", objective="cost", threads=1).objective


def test_prices_are_certified_before_all_time_goes_into_dives(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of groups before everything that may take all time, those of rows before the last dives."""
    order: list[str] = []
    monkeypatch.setattr(PatternSolving, "dive", lambda _self, share: order.append(f"dive {share:.1f}"))
    monkeypatch.setattr(PatternSolving, "narrowed", lambda *_: None)
    monkeypatch.setattr(Pursuit, "certify", lambda *_: order.append("prices of rows"))
    monkeypatch.setattr(PatternSolving, "certify", lambda *_: order.append("prices of groups"))
    selection = sp.load("chu-gap:type=d,agents=4,jobs=20")
    sp.solve(selection, method="branch-and-price", objective="cost", threads=1, time_limit=2)
    assert order == ["prices of groups", "dive 0.4", "prices of rows", "dive 1.0"]


@pytest.mark.parametrize("seed", SEEDS)
def test_its_bounds_are_certified(seed: int) -> None:
    """At any prices the checker proves what `packed` says, but for rounding to a coarser step."""
    rng = np.random.default_rng(seed)
    for problem, rows, _ in cases(seed):
        price = rng.uniform(-2, 8, len(problem.groups))
        proved = certificate_bound(problem.source, rows.certificate(price))
        most = rows.packed(price).most
        assert most <= (-proved if problem.is_cost else proved) < most + rows.step


def test_its_bound_stands_in_the_result() -> None:
    """The bound of a run that proves nothing else is certified, and tighter than the linear program's."""
    selection = sp.load("chu-gap:type=d,agents=5,jobs=60")
    result = sp.solve(selection, method="branch-and-price", objective="cost", threads=1, time_limit=4)
    bound, _ = lp_bound_and_duals(selection)
    assert result.certified_bound is not None
    assert result.certified_bound > np.ceil(bound / selection.cost_scale - 1e-6)


def test_an_engine_that_fails_ends_only_the_dives(monkeypatch: pytest.MonkeyPatch) -> None:
    """The core problem is solved without them."""

    def fail(_: PatternMaster) -> None:
        raise EngineError("not today")

    monkeypatch.setattr(PatternMaster, "solve", fail)
    selection = sp.load("chu-gap:type=c,agents=4,jobs=24")
    result = sp.solve(selection, method="branch-and-price", objective="cost", threads=1)
    assert result.status == "optimal"
