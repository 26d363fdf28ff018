"""The notebooks run from top to bottom, and are kept without outputs."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from strip_notebooks import stripped  # tools/, on pytest's path
from tests.house.test_links import links

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "notebooks"
NOTEBOOKS = sorted(path.stem for path in FOLDER.glob("*.ipynb"))
QUICKEST = ("first-steps", "your-own-instance")


def _runs() -> list[object]:
    """Return every notebook as a test's parameter; `make test` runs two of them, `make notebooks` all."""
    return [name if name in QUICKEST else pytest.param(name, marks=pytest.mark.slow) for name in NOTEBOOKS]


@pytest.mark.timeout(1200)  # half a minute, but for kernels that are compiled first
@pytest.mark.parametrize("name", _runs())
def test_it_runs(name: str, tmp_path: Path) -> None:
    """No cell raises; what the cells assert holds; pictures are drawn where the notebook draws."""
    notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    NotebookClient(
        notebook, timeout=1000, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    ).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert len(outputs) >= 3
    drawing = [cell for cell in notebook.cells if cell.cell_type == "code" and "plt.show()" in cell.source]
    for cell in drawing:
        assert any("image/png" in output.get("data", {}) for output in cell.outputs), cell.source
    assert "Traceback" not in "".join(output.get("text", "") for output in outputs)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_no_outputs_are_kept(name: str) -> None:
    """The file is what `tools/strip_notebooks.py` writes: no outputs, no execution counts, no editor's marks."""
    text = (FOLDER / f"{name}.ipynb").read_text("utf-8")
    assert text == stripped(text)


def test_outputs_would_be_found() -> None:
    """Outputs, counts and metadata of editors are taken off, and nothing else."""
    notebook = nbformat.v4.new_notebook(metadata={"language_info": {"name": "python", "version": "3.11.7"}})
    cell = nbformat.v4.new_code_cell("1 + 1", execution_count=3, metadata={"collapsed": True})
    cell.outputs = [nbformat.v4.new_output("stream", text="2")]
    notebook.cells = [cell, nbformat.v4.new_markdown_cell("# Title")]
    left = nbformat.reads(stripped(nbformat.writes(notebook)), as_version=4)
    assert (left.cells[0].outputs, left.cells[0].execution_count, left.cells[0].metadata) == ([], None, {})
    assert [cell.source for cell in left.cells] == ["1 + 1", "# Title"]
    assert "3.11.7" not in stripped(nbformat.writes(notebook))


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_links_resolve(name: str) -> None:
    """What a notebook links to is there."""
    notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    found = [link for cell in notebook.cells if cell.cell_type == "markdown" for link in links(cell.source)]
    assert [link for link in found if not (FOLDER / link.partition("#")[0]).is_file()] == []


def test_every_notebook_is_named_where_readers_look() -> None:
    """The page on notebooks names each of them, with what it is about."""
    page = (ROOT / "docs" / "notebooks.md").read_text("utf-8")
    assert sorted(set(re.findall(r"\.\./notebooks/([a-z-]+)\.ipynb", page))) == NOTEBOOKS
    assert len(NOTEBOOKS) >= 6
