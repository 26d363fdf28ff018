"""Runs the command line as a user does: a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def environment(*folders: Path) -> dict[str, str]:
    """Return the environment of a process that finds the package, the tests and `folders`."""
    path = [*map(str, folders), str(ROOT / "src"), str(ROOT)]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path), "PYTHONUNBUFFERED": ""}


def command(*arguments: str | Path) -> list[str]:
    """Return the command line with these arguments."""
    return [sys.executable, "-m", "sloplan", *map(str, arguments)]


def sloplan(
    *arguments: str | Path, env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the command line and return what it printed and its exit code."""
    return subprocess.run(
        command(*arguments),
        env=dict(env or environment()),
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
