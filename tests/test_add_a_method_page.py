"""The page on methods of one's own: its template enters as a package does, solves, and passes harness and checker."""

from __future__ import annotations

import inspect
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import sloplan as sp
from sloplan.problem.errors import InputError
from sloplan.problem.method import Method
from sloplan.problem.registry import find_method, methods
from sloplan.problem.run import Run
from sloplan.study.folder import StudyFolder
from sloplan.study.judged import judged_frame
from tests.study.case import run
from tests.worked_page import DOCS, rows_under

PAGE = DOCS / "add-a-method.md"
TEXT = PAGE.read_text(encoding="utf-8")
TEMPLATE = DOCS / "templates" / "my_method"
PROJECT = tomllib.loads((TEMPLATE / "pyproject.toml").read_text(encoding="utf-8"))
INSTANCE = "edge-cloud-xs-1.2-tight"


@pytest.fixture
def _installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Put the template on the path with the metadata that its pyproject.toml makes."""
    site = tmp_path / "site"
    metadata = site / "my_method-0.1.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: my-method\nVersion: 0.1\n")
    points = PROJECT["project"]["entry-points"]["sloplan.methods"]
    lines = [f"{name} = {value}" for name, value in points.items()]
    (metadata / "entry_points.txt").write_text("\n".join(["[sloplan.methods]", *lines, ""]))
    for module in PROJECT["tool"]["setuptools"]["py-modules"]:
        shutil.copy(TEMPLATE / f"{module}.py", site)
    monkeypatch.syspath_prepend(site)
    yield
    sys.modules.pop("my_method", None)


@pytest.mark.usefixtures("_installed")
def test_the_template_is_a_method() -> None:
    """It is listed under the name of its entry point, with the members that the page names."""
    (listed,) = [method for method in methods() if method.name == "my-method"]
    assert listed.error is None
    method = find_method("my-method")
    assert (method.name, method.summary) == ("my-method", listed.summary)
    members = {name for name in [*vars(Method), *Method.__annotations__] if not name.startswith("_")}
    named = {row["member"].strip("`").partition("(")[0] for row in rows_under(PAGE, "The class")}
    assert named == members


@pytest.mark.usefixtures("_installed")
def test_the_template_solves() -> None:
    """Its solutions are valid, its seed decides, a longer search is no worse, and its bound holds."""
    instance = sp.load(INSTANCE)
    result = sp.solve(instance, method="my-method", display=False)
    assert (result.status, result.limit, result.message, result.verified) == ("feasible", "iterations", None, True)
    assert sp.check(instance, result.solution) == []
    best = sp.solve(instance, method="milp-plans", display=False, in_process=True).exact.objective
    assert 0 < result.exact.objective <= best <= result.exact.bound
    again = sp.solve(instance, method="my-method", display=False)
    assert again.exact == result.exact
    short = sp.solve(instance, method="my-method", display=False, passes=1)
    assert short.exact.objective <= result.exact.objective


@pytest.mark.usefixtures("_installed")
def test_the_template_refuses() -> None:
    """What it cannot solve gets its line, and so does a bad or unknown option."""
    instance = sp.load(INSTANCE)
    with pytest.raises(sp.UnsupportedError, match="allowed: goodput, fluid"):
        sp.solve(instance, method="my-method", objective="cost", display=False)
    with pytest.raises(sp.UnsupportedError, match="no plan selections"):
        sp.solve("khan:groups=3,items=2,resources=2", method="my-method", display=False)
    with pytest.raises(InputError, match="passes"):
        sp.solve(instance, method="my-method", passes=0, display=False)
    with pytest.raises(InputError, match="has no such option"):
        sp.solve(instance, method="my-method", pases=2, display=False)


@pytest.mark.usefixtures("_installed")
def test_the_study_on_the_page_runs(tmp_path: Path) -> None:
    """The page's configuration runs the template and greedy, one seed of it here; both are verified from outside."""
    (text,) = re.findall(r"```toml\n(.*?)```", TEXT, flags=re.DOTALL)
    assert "seeds = [0, 1, 2]" in text
    run(text.replace("seeds = [0, 1, 2]", "seeds = [0]"), tmp_path / "study", tmp_path)
    frame = judged_frame(StudyFolder(tmp_path / "study").rows()).set_index("method")
    assert sorted(frame.index) == ["greedy", "mine, 5 orders"]
    assert frame["verified"].tolist() == [True, True]
    assert frame["outcome"].tolist() == ["finished", "finished"]


def test_what_the_page_says_of_a_run() -> None:
    """Every member of the run that the page names is one."""
    named = set(re.findall(r"`run\.(\w+)", TEXT))
    assert len(named) > 10
    known = {name for name, _ in inspect.getmembers(Run)} | vars(Run(sp.load(INSTANCE))).keys()
    assert named <= known


@pytest.mark.slow
def test_pip_installs_the_template(tmp_path: Path) -> None:
    """A build makes of the template what the other tests put on the path."""
    shutil.copytree(TEMPLATE, tmp_path / "my_method")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--target", str(tmp_path / "site"), str(tmp_path / "my_method")], check=True, timeout=100)
    code = "from sloplan.problem.registry import find_method; print(find_method('my-method').summary)"
    found = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(tmp_path / 'site')!r}); {code}"],
        capture_output=True,
        text=True,
        check=True,
        timeout=100,
    )
    assert found.stdout.startswith("queries in random orders")
