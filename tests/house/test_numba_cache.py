"""The folder of compiled kernels follows the kernel sources."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from numba_cache_dir import ROOT, kernel_sources, numba_cache_dir


def _tree(folder: Path) -> Path:
    """Write a package of one kernel file, one helper kernel file and one plain file."""
    package = folder / "src" / "sloplan" / "room"
    package.mkdir(parents=True)
    (package / "kernel.py").write_text("from numba import njit\n")
    (package / "helper.py").write_text("import numba\n")
    (package / "plain.py").write_text("import numpy\n")
    return package


def test_tests_use_the_folder_of_the_present_kernels() -> None:
    """NUMBA_CACHE_DIR of this very run is the folder for the sources as they stand."""
    assert os.environ["NUMBA_CACHE_DIR"] == str(numba_cache_dir(ROOT))


def test_any_changed_kernel_file_moves_the_folder(tmp_path: Path) -> None:
    """A change in any file that mentions numba gives a new folder; a change elsewhere keeps it."""
    package = _tree(tmp_path)
    before = numba_cache_dir(tmp_path)
    (package / "plain.py").write_text("import numpy as np\n")
    assert numba_cache_dir(tmp_path) == before
    (package / "helper.py").write_text("import numba  # changed\n")
    assert numba_cache_dir(tmp_path) != before


def test_the_folder_depends_on_content_not_on_place(tmp_path: Path) -> None:
    """Two checkouts of the same sources agree on the folder's name; a renamed kernel file does not keep it."""
    package = _tree(tmp_path / "one")
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    before = numba_cache_dir(tmp_path / "one").name
    assert numba_cache_dir(tmp_path / "two").name == before
    (package / "helper.py").rename(package / "renamed.py")
    assert numba_cache_dir(tmp_path / "one").name != before


def test_kernel_sources_are_the_files_that_mention_numba(tmp_path: Path) -> None:
    """Plain files are no kernel sources."""
    _tree(tmp_path)
    assert [file.name for file in kernel_sources(tmp_path)] == ["helper.py", "kernel.py"]
