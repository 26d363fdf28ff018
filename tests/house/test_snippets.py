"""Every command and snippet of Python on the pages works: parsed or compiled always, run where it can be."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sloplan.cli import app
from tests.house.snippets import PAGES, ROOT, blocks, named_commands, refusal, shell_lines, shown_commands, shown_files

# Pages whose Python another test runs, with more to say about it.
PYTHON_ELSEWHERE = {
    "README.md": "tests/house/test_readme.py",
    "docs/explain.md": "tests/test_explain_page.py",
    "docs/faq.md": "tests/house/test_site.py",
    "docs/index.md": "tests/house/test_site.py",
    "docs/jellybean.md": "tests/test_jellybean_page.py",
    "docs/metrics.md": "tests/study/metrics/test_page.py",
    "docs/pareto.md": "tests/test_pareto_page.py",
    "docs/presolve.md": "tests/test_explain_page.py",
    "docs/profiling.md": "tests/test_profiling_page.py",
    "docs/take-the-model.md": "tests/test_take_the_model_page.py",
}
# Pages whose commands another test runs, or whose commands take minutes or need what only a reader has.
COMMANDS_ELSEWHERE = {
    "README.md": "tests/house/test_readme.py",
    "docs/add-a-method.md": "tests/test_add_a_method_page.py",
    "docs/best-known.md": "tests/test_best_known_commands.py",
    "docs/explain.md": "tests/test_explain_page.py",
    "docs/studies.md": "tests/test_study_commands.py",
    "docs/take-the-model.md": "tests/test_take_the_model_page.py",
}
# What a page's Python takes for granted.
_QUERY = 'import sloplan as sp\ninstance = sp.load("edge-cloud-xs-1.2-tight")\nquery = 0\n'
BEFORE = {
    "docs/formats.md": 'import sloplan as sp\nsp.load("edge-cloud-xs-1.2-tight").save("my-instance")\n',
    "docs/inferline.md": _QUERY,
    "docs/jellybean-planner.md": _QUERY,
    "docs/studies.md": (
        "from pathlib import Path\nfrom tests.study.report.case import study_with_solutions\n"
        'study_with_solutions(Path()).path.rename("study-quick")\n'
    ),
    "docs/vulcan.md": _QUERY,
}
SOLUTION = {"docs/simulation.md": "solve edge-cloud-s-1.2-tight --method greedy -o solution.json"}  # of a reader
SLOW_PYTHON = ("docs/compact-milp.md", "docs/cp.md", "docs/decomposition.md", "docs/greedy.md")
SLOW_COMMANDS = (
    *("docs/compass.md", "docs/cp.md", "docs/greedy.md", "docs/listed-plans.md", "docs/online.md"),
    *("docs/profiling.md", "docs/reference-set.md", "docs/rivals.md", "docs/simulation.md"),
)
PROGRAMS = (".", "cp", "make", "pip", "python", "ray", "sloplan")

WITH_PYTHON = [page for page, text in PAGES.items() if blocks(text, "python")]
WITH_COMMANDS = [page for page, text in PAGES.items() if shown_commands(text)]


def cases(pages: list[str], elsewhere: dict[str, str], slow: tuple[str, ...]) -> list[object]:
    """Return the pages that run here, the slow ones marked."""
    marks = {page: [pytest.mark.slow, pytest.mark.timeout(400)] if page in slow else [] for page in pages}
    return [pytest.param(page, marks=marks[page]) for page in pages if page not in elsewhere]


@pytest.mark.parametrize("page", PAGES)
def test_commands_are_parsed(page: str) -> None:
    """Every `sloplan` command on the page is one of the command line's, with all its arguments and options."""
    assert {command: told for command in shown_commands(PAGES[page]) if (told := refusal(command))} == {}
    named = {command: refusal(command) for command in named_commands(PAGES[page])}
    assert {command: told for command, told in named.items() if told and "Missing" not in told} == {}


def test_a_wrong_command_is_seen() -> None:
    """An unknown command, option or value, and on a line of its own a missing argument, are refused."""
    for wrong in ("solv x", "solve x --methd milp", "solve x --seed many", "solve x y"):
        assert "Error" in refusal(wrong)
        assert "Missing" not in refusal(wrong)
    assert "Missing" in refusal("study run")
    assert refusal("solve x --method milp") == ""
    assert len([command for text in PAGES.values() for command in shown_commands(text)]) > 40
    assert len([command for text in PAGES.values() for command in named_commands(text)]) > 30


@pytest.mark.parametrize("page", PAGES)
def test_other_shell_lines(page: str) -> None:
    """What else is typed names programs that a reader has, targets of make, extras and files that there are."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    for line in shell_lines(PAGES[page]):
        words = line.split()
        assert words[0] in PROGRAMS, line
        assert words[0] != "make" or set(words[1:]) <= set(targets), line
        assert set(re.findall(r"\[(\w+)\]", line)) <= set(extras), line
        named = [word for word in words[1:] if word.startswith(("docs/", "tools/", "benchmarks/"))]
        assert all((ROOT / word).exists() for word in named), line


@pytest.mark.parametrize("page", WITH_PYTHON)
def test_python_compiles(page: str) -> None:
    """Every snippet is Python."""
    for code in blocks(PAGES[page], "python"):
        compile(code, page, "exec")


@pytest.mark.parametrize("page", cases(WITH_PYTHON, PYTHON_ELSEWHERE, SLOW_PYTHON))
def test_python_runs(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The snippets of a page run from top to bottom as they stand, in one process."""
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(BEFORE.get(page, ""), names)
    for code in blocks(PAGES[page], "python"):
        exec(compile(_with_an_answer(code), page, "exec"), names)


def _with_an_answer(code: str) -> str:
    """Return a snippet with a method's answer where it leaves the method to the reader."""
    answer = r'\1 = sp.solve(\2, method="branch-and-price", time_limit=5, display=False).solution'
    return re.sub(r"^(\w+) = \.\.\.  # a SelectionSolution of `(\w+)`.*$", answer, code, flags=re.MULTILINE)


@pytest.mark.parametrize("page", cases(WITH_COMMANDS, COMMANDS_ELSEWHERE, SLOW_COMMANDS))
def test_commands_run(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands on lines of their own run one after another, in one process, and end with exit code 0."""
    monkeypatch.chdir(tmp_path)
    for name, content in shown_files(PAGES[page]).items():
        Path(name).write_text(content)
    for command in (*([SOLUTION[page]] if page in SOLUTION else []), *shown_commands(PAGES[page])):
        run = CliRunner().invoke(app, command.split(), prog_name="sloplan", catch_exceptions=False)
        assert run.exit_code == 0, f"{command}\n{run.output}"


@pytest.mark.parametrize(("page", "test"), sorted((PYTHON_ELSEWHERE | COMMANDS_ELSEWHERE).items()))
def test_what_runs_elsewhere_does(page: str, test: str) -> None:
    """The test that is said to run a page's snippets or commands is there, and none is named for a page without."""
    assert page in {*WITH_PYTHON, *WITH_COMMANDS}
    assert (ROOT / test).is_file()
