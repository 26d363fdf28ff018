"""Tests of the command line: what it prints where, what it writes, its exit codes."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import sloplan as sp
from sloplan import cli
from sloplan._version import __version__
from sloplan.loading import load
from sloplan.problem.checker import check
from sloplan.problem.errors import InputError, SloplanError
from sloplan.problem.instance import Instance
from sloplan.problem.selections.selection import PlanSelection
from sloplan.problem.selections.solution import SelectionSolution
from sloplan.problem.solution import Solution
from sloplan.reporting import result_table
from tests.command_line import command, environment, sloplan
from tests.fake_methods import install
from tests.one_pool import one_pool, serving

JSON_KEYS = [
    "instance",
    "instance_sha256",
    "method",
    "objective_name",
    "objective_value",
    "status",
    "limit",
    "proof",
    "goodput",
    "bound",
    "certified_bound",
    "gap",
    "cost_usd_per_hour",
    "served_count",
    "query_count",
    "verified",
    "runtime_s",
    "compile_s",
    "engine_start_s",
    "time_to_best_s",
    "statistics",
    "seed",
    "threads",
    "versions",
    "method_reason",
]


@pytest.fixture(scope="module")
def instance() -> Instance:
    """Queries worth 1, 2 and 4, of which two fit."""
    return one_pool()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, instance: Instance) -> Path:
    """A folder with the instance `one`, and other people's methods installed in `site`."""
    folder = tmp_path_factory.mktemp("home")
    instance.save(folder / "one")
    install(folder / "site", broken="no_such_module:Method")
    return folder


@pytest.fixture(autouse=True)
def _installed(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(home / "site")


class NoDescriptor(io.StringIO):
    """A stdout without a file descriptor, as in a notebook."""


def run(*arguments: str | Path) -> tuple[int, str]:
    """Run a command in this process; return exit code and stdout. Errors meant for `main` are raised."""
    result = CliRunner().invoke(cli.app, list(map(str, arguments)))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout


def in_process_of_its_own(home: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a command with other people's methods installed."""
    return sloplan(*arguments, env=environment(home / "site"), cwd=home)


def test_solve_prints_one_table(home: Path) -> None:
    """Without --json, solve prints a table with the figures."""
    code, out = run("solve", home / "one", "--method", "proving")
    assert code == 0
    for shown in ("one-pool", "proving", "optimal", "1 value/s (proof: solver)", "1 of 3 query copies", "1.44 USD/h"):
        assert shown in out


def test_unknown_figures_are_dashes(home: Path) -> None:
    """A run that found nothing exits with 1, and its table invents nothing."""
    code, out = run("solve", home / "one", "--method", "nothing")
    assert code == 1
    assert "unknown" in out
    assert "7 value/s" in out
    assert "- of 3 query copies" in out


def test_json_has_the_contracts_keys(home: Path, instance: Instance) -> None:
    """With --json, solve prints one object with exactly the keys of the contract, in order."""
    code, out = run("solve", home / "one", "--method", "proving", "--json", "--seed", "7", "--threads", "1")
    shown = json.loads(out)
    assert code == 0
    assert list(shown) == JSON_KEYS
    assert (shown["instance"], shown["instance_sha256"]) == ("one-pool", instance.sha256)
    assert (shown["status"], shown["limit"], shown["proof"], shown["verified"]) == ("optimal", None, "solver", True)
    assert (shown["objective_name"], shown["objective_value"], shown["bound"], shown["gap"]) == ("goodput", 1, 1, 0)
    assert (shown["seed"], shown["threads"], shown["method"]) == (7, 1, "proving")
    assert shown["versions"]["sloplan"] == __version__


def test_json_when_nothing_is_found(home: Path) -> None:
    """With --json a run without a solution prints null for what is unknown, and exits with 1."""
    code, out = run("solve", home / "one", "--method", "infeasible", "--json")
    shown = json.loads(out)
    assert code == 1
    assert shown["status"] == "infeasible"
    unknown = ("objective_value", "goodput", "bound", "gap", "cost_usd_per_hour", "served_count", "verified")
    assert [shown[key] for key in unknown] == [None] * len(unknown)


def test_an_engine_s_start_is_shown_where_nothing_was_found() -> None:
    """It may have taken most of the time; beside an answer it is no news."""
    found = sp.solve(one_pool(), "greedy", display=False)
    for objective, shown in ((None, True), (found.objective, False)):
        table = result_table(replace(found, objective=objective, engine_start_time=3.25))
        cells = [str(cell) for column in table.columns for cell in column.cells]
        assert ("engine start" in cells, "3.25 s" in cells) == (shown, shown)


def test_json_parses_though_the_engine_prints(home: Path) -> None:
    """Only the object is on stdout, though the method prints to the descriptor, from C and from a child."""
    done = in_process_of_its_own(home, "solve", "one", "--method", "noisy", "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["status"] == "feasible"
    for noise in ("a descriptor", "Python", "a child", "a C buffer"):
        assert f"noise from {noise}" in done.stderr


def test_quiet(home: Path) -> None:
    """--quiet prints nothing; the exit code says whether there is a solution."""
    assert run("solve", home / "one", "--method", "fake", "--quiet") == (0, "")
    assert run("solve", home / "one", "--method", "nothing", "--quiet") == (1, "")


def test_no_progress_without_a_terminal(home: Path) -> None:
    """Piped, solve writes nothing to stderr."""
    assert in_process_of_its_own(home, "solve", "one", "--method", "greedy").stderr == ""


def test_the_solution_is_written(home: Path, instance: Instance, tmp_path: Path) -> None:
    """-o writes a solution file that the checker accepts and `check` too, with the bound in it."""
    path = tmp_path / "solution.json"
    code, _ = run("solve", home / "one", "--method", "proving", "-o", path)
    solution = Solution.load(path)
    assert code == 0
    assert solution.bound == 1000
    assert check(instance, solution) == []
    code, out = run("check", home / "one", path)
    assert code == 0
    assert out == "valid: goodput 1 value/s, bound 1\n"


def test_no_solution_writes_no_file(home: Path, tmp_path: Path) -> None:
    """Without a solution nothing is written, and an older file stays as it was."""
    path = tmp_path / "solution.json"
    path.write_text("older")
    assert run("solve", home / "one", "--method", "nothing", "--quiet", "-o", path)[0] == 1
    assert path.read_text() == "older"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_half_written_is_not_left(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A write that fails leaves the older file and nothing else, is one error, and the figures are printed."""
    path = tmp_path / "solution.json"
    path.write_text("older")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(os, "replace", full)
    monkeypatch.setattr(sys, "argv", ["sloplan", "solve", str(home / "one"), "--method", "fake", "-o", str(path)])
    monkeypatch.setattr(sys, "stdout", NoDescriptor())
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    assert (
        capsys.readouterr().err
        == f"error: {path}: cannot be written: No space left on device; next: choose another path\n"
    )
    assert "feasible" in sys.stdout.getvalue()  # type: ignore[attr-defined]
    assert path.read_text() == "older"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["missing/solution.json", "."])
def test_an_unwritable_place_is_refused_first(home: Path, tmp_path: Path, name: str) -> None:
    """A solution that could not be written is said before the run, not after."""
    with pytest.raises(SloplanError, match="the solution cannot be written there; allowed: a file in a folder"):
        run("solve", home / "one", "--method", "patient", "-o", tmp_path / name)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("solve", "no-such-instance"), "no such library instance, family or path"),
        (("solve", "site"), "instance.json is missing"),
        (("solve", "one/queries.csv"), "no instance; allowed: a folder or a zip file"),
        (("solve", "truncated"), "instance.json"),
        (("solve", "a.zip"), "zip"),
        (("solve", "edge-cloud:queries=many"), "not a whole number"),
        (("solve", "x" * 5000), "no such library instance"),
        (("solve", "one", "--method", "simplex"), "unknown method"),
        (("solve", "one", "--method", "broken"), "cannot be loaded: ModuleNotFoundError"),
        (("solve", "one", "--method", "oversized"), "more than 3 plans"),
        (("solve", "one", "--method", "refusing"), "this method solves nothing at all"),
        (
            ("solve", "one", "--objective", "goodput-then-cost", "--min-goodput", "0.5"),
            "leave it out for goodput-then-cost",
        ),
        (("solve", "one", "--objective", "speed"), "unknown objective"),
        (("solve", "one", "--time-limit", "-1"), "seconds above 0"),
        (("solve", "one", "--time-limit", "nan"), "seconds above 0"),
        (("solve", "one", "--threads", "0"), "a whole number from 1"),
        (("check", "one", "missing.json"), "cannot be read"),
        (("check", "one", "truncated/instance.json"), "not readable as JSON"),
        (("check", "one", "empty.json"), "unknown format version"),
        (("instances", "show", "no-such"), "no such library instance"),
        (("instances", "generate", "edge-clod:queries=3", "-o", "new"), "did you mean edge-cloud"),
        (("instances", "generate", "kahn", "-o", "new"), "did you mean khan"),
    ],
)
def test_bad_input_is_one_clear_error(
    home: Path,
    arguments: tuple[str, ...],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Unusable input exits with 2 and one line on stderr, prints nothing on stdout and no traceback."""
    (home / "truncated").mkdir(exist_ok=True)
    (home / "truncated" / "instance.json").write_text('{"format_version": 1, "na')
    (home / "empty.json").write_text("{}")
    (home / "a.zip").write_text("not a zip")
    monkeypatch.chdir(home)
    monkeypatch.setattr(sys, "argv", ["sloplan", *arguments])
    monkeypatch.setattr(sys, "stdout", NoDescriptor())
    with pytest.raises(SystemExit) as ended:
        cli.main()
    err = capsys.readouterr().err
    assert ended.value.code == 2
    assert err.startswith("error: ")
    assert said in err
    assert err.count("\n") == 1
    assert "Traceback" not in err
    assert sys.stdout.getvalue() == ""  # type: ignore[attr-defined]


def test_bad_input_in_a_process_of_its_own(home: Path) -> None:
    """The same from outside: exit code 2, one line, no traceback; wrong usage exits with 2 as well."""
    done = in_process_of_its_own(home, "solve", "no-such-instance", "--json")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert in_process_of_its_own(home, "solve", "one", "--no-such-option").returncode == 2


def test_check_lists_violations(home: Path, instance: Instance, tmp_path: Path) -> None:
    """Violations are listed one a line, and exit with 1."""
    path = tmp_path / "solution.json"
    serving(instance, "q0", "q1", "q2").save(path)
    code, out = run("check", home / "one", path)
    assert code == 1
    assert out == "[capacity] row 'pool:gpus' more is used than there is: 1,200,000,000 (limit 1,000,000,000)\n"


def test_check_refuses_another_instances_solution(home: Path, tmp_path: Path) -> None:
    """The hash of another instance is a violation."""
    path = tmp_path / "solution.json"
    serving(one_pool([1.0, 2.0, 5.0]), "q0").save(path)
    code, out = run("check", home / "one", path)
    assert code == 1
    assert "another instance" in out


def test_check_tells_the_cost(tmp_path: Path) -> None:
    """Of a solution under the cost objectives goodput, floor, cost and the bound on the cost are shown."""
    rented = one_pool([1.0, 2.0], billing="reserved")
    rented.save(tmp_path / "rented")
    solution = replace(
        serving(rented, "q0", "q1"),
        objective="cost",
        goodput_floor=2000,
        supply=pd.DataFrame({"supply": ["unit:gpus"], "amount": [1]}),
        bound=10**9,
    )
    solution.save(tmp_path / "solution.json")
    code, out = run("check", tmp_path / "rented", tmp_path / "solution.json")
    assert (code, out) == (0, "valid: goodput 3 value/s (at least 2), cost 3.6 USD/h, bound 3.6\n")


def test_check_verifies_the_certificate(home: Path, tmp_path: Path) -> None:
    """A stored certificate is verified again: it holds as written, and not when its bound is lowered."""
    path = tmp_path / "solution.json"
    run("solve", home / "one", "--method", "certifying", "-o", path)
    assert run("check", home / "one", path) == (0, "valid: goodput 1 value/s, bound 7, certificate verified\n")
    written = json.loads(path.read_text())
    path.write_text(json.dumps({**written, "bound": 6999}))
    code, out = run("check", home / "one", path)
    assert code == 1
    assert "below what the certificate proves" in out


def test_methods(home: Path) -> None:
    """Methods are listed with what they do; a broken one with its error, and the others still."""
    done = in_process_of_its_own(home, "methods")
    assert done.returncode == 0
    for shown in ("greedy", "milp", "serves one query", "broken", "no_such_module"):
        assert shown in done.stdout


def test_instances_show(home: Path) -> None:
    """Sizes, plans per template, servable share and the load of every row are shown."""
    code, out = run("instances", "show", home / "one")
    assert code == 0
    for shown in ("one-pool", "plans per template", "100% of the value", "pool:gpus", "1.200"):
        assert shown in out
    code, out = run("instances", "show", home / "one", "--rows", "0")
    assert (code, "pool:gpus" in out) == (0, False)


def test_instances_show_a_plan_selection(tmp_path: Path) -> None:
    """A plan selection's sizes and the tightness of its rows are shown."""
    selection = PlanSelection.from_numbers(group=[0, 0], value=[1.5, 2], usage=[[1], [3]], capacity=[2])
    selection.save(tmp_path / "selection.json")
    code, out = run("instances", "show", tmp_path / "selection.json")
    assert code == 0
    for shown in ("copies that may choose", "plans per group", "tightness", "0.667"):
        assert shown in out


def test_tables_cut_no_names(tmp_path: Path) -> None:
    """In a pipe, 80 columns wide, names of rows are folded, not cut."""
    instance = one_pool()
    frames = {
        name: frame.replace({"pool": {"gpus": "g" * 150}}) if "pool" in frame else frame
        for name, frame in instance.to_frames().items()
    }
    Instance.from_frames(frames).save(tmp_path / "long")
    narrow = {**environment(), "COLUMNS": "80"}
    shown = sloplan("instances", "show", tmp_path / "long", env=narrow).stdout
    assert shown.rpartition("capacity")[2].count("g") == 150
    assert "1,000,000,000" in shown


@pytest.mark.parametrize("name", ["new", "new.zip"])
def test_instances_generate(tmp_path: Path, name: str) -> None:
    """A generated instance is written as a folder or a zip, and is the one of the spec."""
    spec = "edge-cloud:queries=3,seed=5"
    code, _ = run("instances", "generate", spec, "-o", tmp_path / name)
    assert code == 0
    assert zipfile.is_zipfile(tmp_path / name) == name.endswith(".zip")
    assert load(tmp_path / name).sha256 == load(spec).sha256


def test_version() -> None:
    """--version prints the version."""
    assert run("--version") == (0, f"sloplan {__version__}\n")


def test_only_built_commands_are_listed() -> None:
    """The help names the commands that there are, and no others."""
    assert {command.name for command in cli.app.registered_commands} == {
        *("solve", "check", "explain", "methods", "profile", "simulate"),
    }
    assert {command.name for command in cli.instances_app.registered_commands} == {
        "list",
        "show",
        "plot",
        "catalogue",
        "generate",
        "import",
        "export",
    }


def test_a_closed_pipe_is_no_traceback(home: Path) -> None:
    """Output into a pipe that is closed early (`| head`) ends without a traceback."""
    process = subprocess.Popen(
        command("instances", "show", "one"),
        env=environment(home / "site"),
        cwd=home,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    err = process.stderr.read()
    process.wait(timeout=60)
    process.stderr.close()
    assert b"Traceback" not in err
    assert b"Exception ignored" not in err


@pytest.mark.parametrize(("method", "code", "status"), [("patient", 0, "feasible"), ("empty-handed", 1, "unknown")])
def test_ctrl_c_keeps_the_best_found(
    home: Path, instance: Instance, tmp_path: Path, method: str, code: int, status: str
) -> None:
    """Ctrl-C ends the run: the best found is printed and written, exit code 0 with a solution and 1 without."""
    path = tmp_path / "solution.json"
    process = subprocess.Popen(
        command("solve", "one", "--method", method, "--json", "-o", path),
        env=environment(home / "site"),
        cwd=home,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    assert process.stderr.readline() == "searching\n"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == code
    assert "Traceback" not in err
    shown = json.loads(out)
    assert (shown["status"], shown["limit"]) == (status, "interrupted")
    if code == 0:
        assert check(instance, Solution.load(path)) == []
    else:
        assert not path.exists()


def test_the_time_limit_is_kept(home: Path) -> None:
    """From outside, a limit of 1 s ends the run within a second of it."""
    done = in_process_of_its_own(home, "solve", "one", "--method", "patient", "--time-limit", "1", "--json")
    shown = json.loads(done.stdout)
    assert shown["limit"] == "time"
    assert 1.0 <= shown["runtime_s"] < 2.0


def test_check_of_a_plan_selection(tmp_path: Path) -> None:
    """`check` takes a plan selection's file with its solution, valid and not."""
    selection = PlanSelection.from_numbers(group=[0, 0], value=[1.5, 2], usage=[[1], [3]], capacity=[2])
    selection.save(tmp_path / "selection.json")
    for plan, expected, shown in ((0, 0, "valid: value 15 / 10"), (1, 1, "[capacity]")):
        solution = SelectionSolution.from_choices(selection, np.array([plan]))
        solution.save(tmp_path / "solution.json")
        code, out = run("check", tmp_path / "selection.json", tmp_path / "solution.json")
        assert code == expected
        assert shown in out
        assert bool(sp.check(selection, solution)) == bool(expected)


def test_check_wants_problem_and_solution_of_one_kind(instance: Instance) -> None:
    """A plan selection's solution is none of an instance."""
    selection = PlanSelection.from_numbers(group=[0], value=[1], usage=[[1]], capacity=[1])
    with pytest.raises(InputError, match="not of one kind"):
        sp.check(instance, SelectionSolution.from_choices(selection, np.array([0])))


@pytest.mark.parametrize("name", ["queries.csv", "instance.json", "new.json"])
def test_solution_never_replaces_a_part_of_an_instance(name: str, instance: Instance, tmp_path: Path) -> None:
    """-o into an instance's folder is refused before the run, and the instance stays as it was."""
    instance.save(tmp_path / "one")
    with pytest.raises(InputError, match=r"no solution file|in the folder of an instance"):
        run("solve", tmp_path / "one", "--method", "greedy", "-o", tmp_path / "one" / name)
    assert load(tmp_path / "one").sha256 == instance.sha256
    assert not (tmp_path / "one" / "new.json").exists()
