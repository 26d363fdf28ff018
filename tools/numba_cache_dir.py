"""Say where numba may cache compiled kernels: a folder named by a hash of the kernel sources.

numba's ``cache=True`` looks only at the file that holds a kernel, so it keeps a stale machine-code
answer when a helper in another file changes. With a folder per content of all kernel files, a changed
kernel never meets an old cache. Tests (`tests/conftest.py`) and `.ci/run` set ``NUMBA_CACHE_DIR`` to it.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def kernel_sources(root: Path = ROOT) -> list[Path]:
    """Return the files of the package that mention numba, in a fixed order."""
    files = sorted((root / "src" / "sloplan").rglob("*.py"))
    return [file for file in files if b"numba" in file.read_bytes()]


def numba_cache_dir(root: Path = ROOT) -> Path:
    """Return the cache folder for the kernels as they are written now.

    Parameters
    ----------
    root : Path
        The checkout.

    Returns
    -------
    Path
        ``.cache/numba/<hash>`` in the checkout; not created.
    """
    digest = hashlib.sha256()
    for file in kernel_sources(root):
        content = file.read_bytes()
        digest.update(f"{file.relative_to(root).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return root / ".cache" / "numba" / digest.hexdigest()[:16]


if __name__ == "__main__":
    print(numba_cache_dir())
