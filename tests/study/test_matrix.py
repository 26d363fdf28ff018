"""Tests of the runs that a study plans, and of their order and names."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby

from sloplan.study.configuration import parse_configuration
from sloplan.study.matrix import PlannedRun, planned_runs
from sloplan.study.sources import Source
from tests.study.case import configuration_text

SOURCES = [Source("x", "x"), Source("y", "y")]


def planned(cores: int = 4, **more: object) -> list[PlannedRun]:
    """Return the runs of three methods on two instances."""
    text = configuration_text("a", "b", "c", **more)
    return planned_runs(parse_configuration(text, "t.toml"), SOURCES, cores)


def test_every_combination_once() -> None:
    """Methods x instances x seeds x limits x threads x objectives, each with a name of its own."""
    runs = planned(seeds=[0, 1], time_limits=[1, 5], threads=[1, 2], objectives=["goodput", "cost"])
    assert len(runs) == len({run.key for run in runs}) == 3 * 2 * 2 * 2 * 2 * 2


def test_methods_meet_the_same_machine() -> None:
    """All methods run on one instance and seed before the next, in an order that changes; seeds come one by one."""
    runs = planned(seeds=[0, 1, 2, 3])
    blocks = [list(block) for _, block in groupby(runs, key=lambda run: (run.seed, run.source.name))]
    assert [(block[0].seed, block[0].source.name) for block in blocks] == [(s, n) for s in range(4) for n in "xy"]
    orders = [tuple(run.method for run in block) for block in blocks]
    assert all(sorted(order) == ["a", "b", "c"] for order in orders)
    assert len(set(orders)) > 2
    assert planned(seeds=[0, 1, 2, 3]) == runs


def test_no_more_threads_than_cores() -> None:
    """Numbers of threads that come to the same on this machine are one."""
    assert {run.threads for run in planned(cores=2, threads=[1, 2, 8, 16])} == {1, 2}


def test_what_names_a_run() -> None:
    """The name follows from what is run, not from a label or where a file stands."""
    [run, *_] = planned()
    assert replace(run, label="renamed").key == run.key
    assert replace(run, source=Source(run.source.name, "/elsewhere")).key == run.key
    changes = [
        {"method": "z"},
        {"options": {"k": 1}},
        {"objective": "cost"},
        {"seed": 7},
        {"threads": 3},
        {"time_limit": 9.0},
        {"memory_gb": 9.0},
        {"source": Source("z", "z")},
    ]
    keys = [replace(run, **change).key for change in changes]
    assert len({run.key, *keys}) == len(keys) + 1
    assert replace(run, min_goodput=0.5).key == run.key  # says nothing of goodput
    cost = replace(run, objective="cost")
    assert replace(cost, min_goodput=0.5).key != cost.key


def test_goodput_has_no_floor() -> None:
    """The floor of the cost objectives is not asked of goodput, which methods refuse."""
    runs = planned(objectives=["goodput", "cost"], min_goodput=0.9)
    assert {(run.objective, run.min_goodput) for run in runs} == {("goodput", 1.0), ("cost", 0.9)}
