"""The documentation's site: all pages are in it, what they say of the package is so, and it builds."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config

import sloplan as sp
from sloplan.instances.library import names
from sloplan.problem.registry import find_method
from tests.command_line import environment
from tests.worked_page import DOCS

ROOT = Path(__file__).resolve().parents[2]
WITH_SNIPPETS = ("index.md", "faq.md")


def _pages(part: object) -> list[str]:
    """Return the pages of a part of the navigation."""
    if isinstance(part, str):
        return [part]
    inner = part if isinstance(part, list) else list(part.values())
    return [page for each in inner for page in _pages(each)]


def test_every_page_is_in_the_navigation() -> None:
    """The navigation names every page of docs/ once, but for the tables of studies, and none that is not there."""
    named = _pages(load_config(str(ROOT / "mkdocs.yml"))["nav"])
    pages = {path.relative_to(DOCS) for path in DOCS.rglob("*.md")}
    assert sorted(named) == sorted(page.as_posix() for page in pages if "tables" not in page.parts)


def test_the_reference_has_all_public_names() -> None:
    """The page of the API shows every public name once, and nothing else."""
    shown = re.findall(r"^::: sloplan\.(\w+)$", (DOCS / "api.md").read_text("utf-8"), re.MULTILINE)
    assert sorted([*shown, "__version__"]) == sorted(sp.__all__)


def test_what_the_methods_solve() -> None:
    """The table of objectives, replicas and plan selections says of every method what it says itself."""
    instance = sp.load("edge-cloud-xs-1.2-tight")
    problems = {
        "goodput": (instance.compiled, "goodput"),
        "cost": (instance.compiled, "cost"),
        "replicas": (instance.replace(hosting="replicas").compiled, "goodput"),
        "plan selections": (sp.load("khan:groups=3,items=2,resources=2"), "goodput"),
    }
    text = (DOCS / "methods.md").read_text("utf-8")
    told = {}
    for line in re.findall(r"^\| (`.*(?:yes|no)) \|$", text, re.MULTILINE):
        cells = [cell.strip() for cell in line.split("|")]
        for name in re.findall(r"`([a-z-]+)`", cells[0]):
            told[name] = dict(zip(problems, cells[1:], strict=True))
    assert sorted(told) == sorted(method.name for method in sp.methods() if method.provider.startswith("sloplan."))
    for name, row in told.items():
        method = find_method(name)
        can = {column: "no" if method.unsupported(*problem) else "yes" for column, problem in problems.items()}
        assert row == can, name


def test_figures_of_the_first_page() -> None:
    """The first page counts the library's names; the page on citing names this version."""
    assert f"[a library](reference-set.md) of {len(names())}," in (DOCS / "index.md").read_text("utf-8")
    assert f"version = {{{sp.__version__}}}" in (DOCS / "cite.md").read_text("utf-8")


def test_the_glossary_is_in_order() -> None:
    """Words stand in alphabetical order, each once, with a meaning."""
    text = (DOCS / "glossary.md").read_text("utf-8")
    words = re.findall(r"^\| ([^|]+) \| [^|\n]+", text, re.MULTILINE)[1:]
    assert len(words) > 40
    assert words == sorted(set(words), key=str.lower)


@pytest.mark.parametrize("page", WITH_SNIPPETS)
def test_snippets_run(page: str, tmp_path: Path) -> None:
    """Python on the page runs as it stands, and prints what the page shows after it."""
    text = (DOCS / page).read_text("utf-8")
    ((code, shown),) = re.findall(r"```python\n(.*?)```(?:\n\n```\n(.*?)```)?", text, re.DOTALL)
    command = [sys.executable, "-c", code]
    run = subprocess.run(
        command, env=environment(), cwd=tmp_path, capture_output=True, text=True, timeout=110, check=False
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout != ""
    assert shown in ("", run.stdout)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_site_builds_and_asks_no_other_host(tmp_path: Path) -> None:
    """Strictly: no link leads nowhere. Formulas are MathML, notebooks are pages, nothing is loaded from elsewhere."""
    build(load_config(str(ROOT / "mkdocs.yml"), strict=True, site_dir=str(tmp_path / "site")))
    pages = {path.relative_to(tmp_path / "site").as_posix(): path for path in (tmp_path / "site").rglob("*.html")}
    text = {name: path.read_text("utf-8") for name, path in pages.items()}
    loaded = re.compile(r'<(?:script|img|iframe|link)[^>]*(?:src|href)="(https?:[^"]+)')
    assert {name: loaded.findall(page) for name, page in text.items() if loaded.search(page)} == {}
    assert [name for name, page in text.items() if 'class="arithmatex"' in page or "<merror" in page] == []
    assert "<munder>" in text["problem.html"]
    assert {f"notebooks/{path.stem}.html" for path in (ROOT / "notebooks").glob("*.ipynb")} <= text.keys()
    assert 'href="files/src/sloplan/problem/method.py.txt"' in text["add-a-method.html"]
    assert 'id="sloplan.solve"' in text["api.html"]
