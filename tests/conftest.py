"""Set up before any test imports the package."""

from __future__ import annotations

import os

from numba_cache_dir import numba_cache_dir  # tools/, on pytest's path

os.environ["NUMBA_CACHE_DIR"] = str(numba_cache_dir())
