"""What mkdocs.yml needs beyond Markdown: formulas as MathML, notebooks as pages, links out of docs/ that lead on."""

from __future__ import annotations

import html
import json
import os
import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from latex2mathml.converter import convert
from mkdocs.structure.files import File

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[1]
_LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\((?!\w+:|#)([^)\s]+)\)")
_FORMULA = re.compile(r'<(span|div) class="arithmatex">\s*\\[(\[](.*?)\\[)\]]\s*</\1>', re.DOTALL)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the notebooks as pages, and the files of the project that pages link to."""
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        text = notebook_page(path.read_text("utf-8"))
        files.append(File.generated(config, f"notebooks/{path.stem}.md", content=text))
    outside = set()
    for page in files.documentation_pages():
        for _, _, target in _LINK.findall(page.content_string):
            linked = _linked_file(page.src_uri, target)
            known = files.get_file_from_path(_normal(page.src_uri, target.partition("#")[0])) is not None
            if not known and linked is not None and linked.is_file() and linked.suffix not in (".ipynb", ".md"):
                outside.add(linked.relative_to(ROOT).as_posix())
    for name in sorted(outside):
        if files.get_file_from_path(name) is None:
            # A browser shows text in place, where it would save a module.
            files.append(File.generated(config, f"files/{name}.txt", content=(ROOT / name).read_text("utf-8")))
    return files


def on_page_markdown(markdown: str, page: Page, files: Files, **_: object) -> str:
    """Let links out of docs/ lead to what `on_files` added; a link to a folder becomes its text."""

    def replaced(link: re.Match[str]) -> str:
        name, _, anchor = link[3].partition("#")
        path = _linked_file(page.file.src_uri, name)
        if path is None or files.get_file_from_path(_normal(page.file.src_uri, name)) is not None:
            return link[0]
        inner = path.relative_to(ROOT).as_posix()
        if path.suffix == ".ipynb":
            target = f"notebooks/{path.stem}.md"
        elif inner.startswith("docs/") and path.suffix == ".md":
            target = inner.removeprefix("docs/")
        elif path.is_file() and files.get_file_from_path(f"files/{inner}.txt") is not None:
            target = f"files/{inner}.txt"
        else:
            return link[2]
        start = PurePosixPath(page.file.src_uri).parent.as_posix()
        return f"{link[1]}[{link[2]}]({os.path.relpath(target, start)}{'#' + anchor if anchor else ''})"

    return _LINK.sub(replaced, markdown)


def on_page_content(content: str, **_: object) -> str:
    """Write formulas as MathML, which browsers draw without a script."""

    def as_mathml(formula: re.Match[str]) -> str:
        display = "block" if formula[1] == "div" else "inline"
        return convert(html.unescape(formula[2]).strip(), display=display)

    return _FORMULA.sub(as_mathml, content)


def notebook_page(text: str) -> str:
    """Return a notebook's cells as Markdown."""
    parts = []
    for cell in json.loads(text)["cells"]:
        source = "".join(cell["source"])
        parts.append(source if cell["cell_type"] == "markdown" else f"```python\n{source}\n```")
    return "\n\n".join(parts) + "\n"


def _normal(page: str, target: str) -> str:
    """Return a link's target as mkdocs names files: from docs/, without dots."""
    return os.path.normpath(PurePosixPath(page).parent / target)


def _linked_file(page: str, target: str) -> Path | None:
    """Return what a page of docs/ or notebooks/ links to, None if it is not there."""
    folder = ROOT if page.startswith("notebooks/") else ROOT / "docs"
    path = Path(os.path.normpath((folder / page).parent / target.partition("#")[0]))
    return path if path.exists() and path.is_relative_to(ROOT) else None
