"""Every relative link of the pages leads somewhere: to a file of the project and, where it names one, a heading."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def links(text: str) -> list[str]:
    """Return the targets of a page's links and images that are no web addresses."""
    prose = re.sub(r"(`+).+?\1", "", without_blocks(text))
    return re.findall(r"\]\((?!\w+:)([^)\s]+)\)", prose)


def anchors(text: str) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them: a repeated heading gets a number."""
    found: Counter[str] = Counter()
    names = set()
    for heading in re.findall(r"^#+ +(.+?) *#*$", without_blocks(text), re.MULTILINE):
        shown = re.sub(r"!?\[([^]]*)\]\([^)]*\)", r"\1", heading).lower()
        name = re.sub(r"[^\w\- ]", "", shown).replace(" ", "-")
        names.add(f"{name}-{found[name]}" if found[name] else name)
        found[name] += 1
    return names


def without_blocks(text: str) -> str:
    """Return a page without its fenced blocks: a comment there is no heading."""
    return re.sub(r"^(```+).*?^\1$", "", text, flags=re.MULTILINE | re.DOTALL)


def broken(page: Path, root: Path) -> list[str]:
    """Return the links of a page that lead nowhere, or out of `root`."""
    wrong = []
    for link in links(page.read_text("utf-8")):
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        is_there = target.exists() and target.is_relative_to(root)
        if not is_there or (anchor and anchor not in anchors(target.read_text("utf-8"))):
            wrong.append(link)
    return wrong


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_resolve(page: Path) -> None:
    """What a page links to is there, headings too."""
    assert broken(page, ROOT) == []


def test_pages_do_link() -> None:
    """The search sees the links that there are, those to headings among them."""
    found = [link for page in PAGES for link in links(page.read_text("utf-8"))]
    assert len(found) > 30
    assert len([link for link in found if "#" in link]) > 5


def test_broken_links_are_found(tmp_path: Path) -> None:
    """A missing file, a missing heading here and elsewhere, a file outside: all are told, and nothing else is."""
    root = tmp_path.resolve() / "project"
    (root / "docs").mkdir(parents=True)
    (root.parent / "outside.md").write_text("")
    (root / "docs" / "other.md").write_text("# The `other` page's (first)\n\n## Twice\n## Twice\n```\n# comment\n```\n")
    page = root / "docs" / "page.md"
    page.write_text(
        "# Here\n[a](other.md) [b](#here) [c](other.md#the-other-pages-first) [d](other.md#twice-1)\n"
        "[e](https://example.org/#there) [f](mailto:a@example.org)\n"
        "`[in code](nowhere.md)`\n```\n[in a block](nowhere.md)\n```\n"
        "[1](missing.md) [2](#there) [3](other.md#comment) [4](../../outside.md) ![5](other.md#twice-2)\n"
    )
    assert broken(page, root) == ["missing.md", "#there", "other.md#comment", "../../outside.md", "other.md#twice-2"]
