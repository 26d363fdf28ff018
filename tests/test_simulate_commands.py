"""The command `sloplan simulate`."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

import sloplan as sp
from tests.command_line import sloplan

NAME = "edge-cloud-xs-1.2-tight"


def test_a_solution_file(tmp_path: Path) -> None:
    """A stored solution is simulated; the JSON object is what Python returns."""
    instance = sp.load(NAME)
    solution = sp.solve(instance, "greedy", display=False).solution
    assert solution is not None
    file = tmp_path / "solution.json"
    solution.save(file)
    ran = sloplan("simulate", NAME, file, "--horizon", "30", "--variation", "0.5", "--seed", "2", "--json")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert json.loads(ran.stdout) == sp.simulate(instance, solution, horizon=30.0, variation=0.5, seed=2).to_dict()


def test_tables_without_a_solution_file() -> None:
    """Without a file a solution is made; tables tell of requests, queries and stations."""
    ran = sloplan("simulate", NAME, "--method", "greedy", "--horizon", "20")
    assert ran.returncode == 0
    for words in ("attainment", "least attained", "busiest", "goodput planned"):
        assert words in ran.stdout


def test_disturbances_of_a_file(tmp_path: Path) -> None:
    """A pool that stops at once serves nobody: what the file says happens, as in Python."""
    instance = sp.load(NAME)
    solution = sp.solve(instance, "greedy", display=False).solution
    assert solution is not None
    file, table = tmp_path / "solution.json", tmp_path / "disturbances.csv"
    solution.save(file)
    table.write_text("time_s,kind,subject,amount\n0,units,e000-t4,0\n0,units,e000-gtx-1660-ti,0\n")
    ran = sloplan("simulate", NAME, file, "--horizon", "30", "--disturbances", table, "--json")
    assert (ran.returncode, ran.stderr) == (0, "")
    undisturbed = sp.simulate(instance, solution, horizon=30.0)
    assert undisturbed.attainment is not None
    assert json.loads(ran.stdout)["in_time"] < undisturbed.queries["in_time"].sum()
    stated = pd.read_csv(table)
    assert json.loads(ran.stdout) == sp.simulate(instance, solution, horizon=30.0, disturbances=stated).to_dict()


def test_unusable_input(tmp_path: Path) -> None:
    """Settings that cannot be used are named, in one line."""
    ran = sloplan("simulate", NAME, "--method", "greedy", "--arrivals", "bursts")
    assert ran.returncode == 2
    assert "arrivals" in ran.stderr
    assert "Traceback" not in ran.stderr
    ran = sloplan("simulate", NAME, "--headroom", "90")
    assert ran.returncode == 2
    assert "95, 99" in ran.stderr
    table = tmp_path / "wrong.csv"
    table.write_text("time_s,kind,subject,amount\n1,units,e000-t4,-1\n")
    ran = sloplan("simulate", NAME, "--method", "greedy", "--disturbances", table)
    assert ran.returncode == 2
    assert f"{table}, row 1, amount = -1.0" in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--plot", "p.png"], "--plot"),
        (["--journal", "j"], "--journal"),
        (["-o", "x"], "--output"),
        (["--headroom", "95", "--online", "greedy"], "--headroom"),
        (["--online", "greedy", "--variation", "1"], "--variation"),
        (["--online", "clairvoyant", "--plot", "p.png"], "--plot"),
        (["solution.json", "--headroom", "95"], "SOLUTION"),
        (["--headroom", "95", "--disturbances", "d.csv"], "--disturbances"),
    ],
)
def test_what_has_no_effect_is_refused(arguments: list[str], named: str, tmp_path: Path) -> None:
    """An option that the rest of the line passes over is named, and nothing is done."""
    ran = sloplan("simulate", NAME, *arguments, cwd=tmp_path)
    assert ran.returncode == 2
    assert f"error: {named}: has no effect" in ran.stderr
    assert list(tmp_path.iterdir()) == []


def test_no_arrivals_have_no_bound() -> None:
    """An instance whose queries are there from the beginning has no horizon to speak of."""
    ran = sloplan("simulate", NAME, "--online", "clairvoyant")
    assert ran.returncode == 2
    assert ran.stderr == (
        "error: horizon: not stated, and no event after 0 s would set it; allowed: seconds above 0; "
        "next: state it, or give queries arrival_s and duration_s\n"
    )
