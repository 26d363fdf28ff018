"""The command `sloplan simulate --online`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

import sloplan as sp
from sloplan.online_commands import epoch_line
from sloplan.runtime.arrivals import events_of, with_disturbances
from tests.command_line import sloplan

NAME = "burst-xs-2-tight"
MEASURED = ("planning_s_p50", "planning_s_p99", "planning_s_max")


def steady(told: dict[str, Any]) -> dict[str, Any]:
    """Leave out how long things took."""
    return {name: figure for name, figure in told.items() if name not in MEASURED}


def wrong_profiles(instance: sp.Instance, factor: float, folder: Path) -> Path:
    """Write that from 300 s on all profiles were wrong by a factor, and return the file."""
    table = folder / "disturbances.csv"
    operators = instance.table("operators")["operator"]
    rows = pd.DataFrame({"time_s": 300, "kind": "profile", "subject": operators, "amount": factor})
    rows.to_csv(table, index=False)
    return table


def test_a_policy_with_journal_and_timeline(tmp_path: Path) -> None:
    """The JSON object is what Python returns; the journal repeats it; the timeline is a figure."""
    instance = sp.load(NAME)
    assert isinstance(instance, sp.Instance)
    journal, figure = tmp_path / "journal.jsonl", tmp_path / "timeline.png"
    asked = ("simulate", NAME, "--online", "matching", "--epoch", "200", "--journal", journal)
    ran = sloplan(*asked, "--plot", figure, "--json")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert steady(json.loads(ran.stdout)) == steady(sp.run_online(instance, epoch=200.0).to_dict())
    assert figure.read_bytes().startswith(b"\x89PNG")
    written = journal.read_bytes()
    again = sloplan(*asked)
    assert again.returncode == 0
    for words in ("goodput", "query copies that came", "planning latency", "fullest"):
        assert words in again.stdout
    assert journal.read_bytes() == written


def test_disturbances_of_a_file(tmp_path: Path) -> None:
    """They happen among the arrivals, for a policy as for the bound."""
    instance = sp.load(NAME)
    assert isinstance(instance, sp.Instance)
    table = wrong_profiles(instance, 1.5, tmp_path)
    events = with_disturbances(events_of(instance), pd.read_csv(table))
    asked = ("simulate", NAME, "--json", "--disturbances", table, "--online")
    ran = sloplan(*asked, "greedy", "--epoch", "200")
    told = steady(json.loads(ran.stdout))
    assert told == steady(sp.run_online(instance, "greedy", events=events, epoch=200.0).to_dict())
    assert told["goodput"] < sp.run_online(instance, "greedy", epoch=200.0).goodput
    bound = json.loads(sloplan(*asked, "clairvoyant").stdout)["goodput_bound"]
    assert bound == sp.clairvoyant_bound(instance, events=events).goodput < sp.clairvoyant_bound(instance).goodput


def test_the_bound() -> None:
    """`clairvoyant` prints the bound of all policies."""
    instance = sp.load(NAME)
    assert isinstance(instance, sp.Instance)
    ran = sloplan("simulate", NAME, "--online", "clairvoyant", "--json")
    told = json.loads(ran.stdout)
    assert (told["goodput_bound"], told["proof"]) == (sp.clairvoyant_bound(instance).goodput, "certified")


def test_unusable_input(tmp_path: Path) -> None:
    """What cannot be used is named in one line."""
    for asked, words in (
        (("--online", "hope"), "matching, resolve"),
        (("--online", "greedy", "--epoch", "0"), "epoch"),
        (("--online", "greedy", "--epoch", "1e-12"), "too many epochs"),
        (("--online", "greedy", "--plot", tmp_path / "timeline.doc"), ".png"),
    ):
        ran = sloplan("simulate", NAME, *asked)
        assert ran.returncode == 2
        assert words in ran.stderr
        assert "Traceback" not in ran.stderr


def test_a_figure_that_cannot_be_written_costs_no_result(tmp_path: Path) -> None:
    """What the run came to is told, then that the figure's folder is not there."""
    figure = tmp_path / "nowhere" / "timeline.png"
    ran = sloplan("simulate", NAME, "--online", "greedy", "--epoch", "1000", "--plot", figure, "--json")
    assert ran.returncode == 2
    assert json.loads(ran.stdout)["policy"] == "greedy"
    assert "nowhere" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_who_can_be_served_by_no_plan_is_reported(tmp_path: Path) -> None:
    """All profiles turn out ten thousand times too low: everybody who is still there has no plan, and that is said."""
    instance = sp.load(NAME)
    assert isinstance(instance, sp.Instance)
    table = wrong_profiles(instance, 10000.0, tmp_path)
    asked = ("simulate", NAME, "--online", "greedy", "--epoch", "200", "--horizon", "1500", "--disturbances", table)
    told = json.loads(sloplan(*asked, "--json").stdout)
    assert 0 < told["unservable"] == told["waiting"]
    line = next(line for line in sloplan(*asked).stdout.splitlines() if "without a plan" in line)
    assert str(told["unservable"]) in line


def test_the_progress_line() -> None:
    """It says when, what is served and who waits."""
    instance = sp.load(NAME)
    assert isinstance(instance, sp.Instance)
    lines: list[str] = []
    sp.run_online(instance, "greedy", epoch=1000.0, on_epoch=lambda epoch: lines.append(epoch_line(epoch)))
    assert lines[0].startswith("      0.0 s  value 0  served 0  waiting 0  planned in ")
    assert len(lines) == 5


def test_an_unknown_policy_is_named_before_anything_else() -> None:
    """The option as it was typed, and all that it takes, whether or not the instance has arrivals."""
    ran = sloplan("simulate", "edge-cloud-xs-1.2-tight", "--online", "matchin")
    assert ran.returncode == 2
    assert ran.stderr == (
        "error: --online = 'matchin': unknown policy (did you mean matching?); "
        "allowed: matching, resolve, first-come, greedy, static, clairvoyant\n"
    )


def test_the_ending_of_a_timeline_is_refused_by_its_own_option() -> None:
    """`--plot` is what was typed, not `--output`."""
    ran = sloplan("simulate", NAME, "--online", "matching", "--plot", "timeline.xyz")
    assert ran.returncode == 2
    assert ran.stderr.startswith("error: --plot = 'timeline.xyz': unknown kind of figure")
