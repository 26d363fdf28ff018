"""The machine and the code that a run's figures belong to."""

from __future__ import annotations

import os
import platform
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import psutil


def usable_cores() -> list[int]:
    """Return the numbers of the cores that this process may use."""
    try:
        return sorted(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return list(range(os.cpu_count() or 1))


@cache
def machine_facts() -> dict[str, Any]:
    """Return what a row says of the machine: processor, cores, memory and system.

    Returns
    -------
    dict
        `cpu`, `cores`, `memory_gb` (10^9 bytes), `system`.
    """
    return {
        "cpu": _processor(),
        "cores": len(usable_cores()),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "system": platform.platform(terse=True),
    }


def machine_load() -> float:
    """Return the machine's load: processes that ran or waited in the last minute, on average."""
    return round(psutil.getloadavg()[0], 2)


@cache
def code_commit() -> str | None:
    """Return the commit of the source that runs, with "+" if files differ from it; None where it is no checkout."""
    folder = Path(__file__).parent
    try:
        commit = _git("rev-parse", "--short=12", "HEAD", folder=folder)
        tracked = _git("ls-files", "--error-unmatch", Path(__file__).name, folder=folder)
        changed = _git("status", "--porcelain", "--untracked-files=no", folder=folder)
    except (OSError, subprocess.SubprocessError):
        return None
    return commit + ("+" if changed else "") if tracked else None


def _git(*command: str, folder: Path) -> str:
    done = subprocess.run(["git", *command], cwd=folder, capture_output=True, text=True, check=True, timeout=10)
    return done.stdout.strip()


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return " ".join(line.partition(":")[2].split())
    except OSError:  # not on every system
        pass
    return platform.processor() or platform.machine()
