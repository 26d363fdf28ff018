"""Runs the command line as a user does: in a process of its own.

The process is forked from multiprocessing's server, which has imported the package already (`conftest`): a start takes
hundredths of a second instead of seconds. Where the start itself is tested, or a signal, `command` is for a shell's.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

_PATIENCE_S = 100


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
    words = list(map(str, arguments))
    with tempfile.TemporaryDirectory() as folder:
        printed, complained = Path(folder, "stdout"), Path(folder, "stderr")
        process = multiprocessing.get_context("forkserver").Process(
            target=_run, args=(words, dict(env or environment()), cwd, printed, complained)
        )
        process.start()
        process.join(_PATIENCE_S)
        if late := process.exitcode is None:
            process.kill()
            process.join()
        texts = [file.read_text(encoding="utf-8") for file in (printed, complained)]
    assert not late, f"`sloplan {' '.join(words)}` goes on after {_PATIENCE_S} s: {texts}"
    assert process.exitcode is not None
    return subprocess.CompletedProcess(["sloplan", *words], process.exitcode, *texts)


def _run(words: list[str], env: dict[str, str], cwd: Path | None, printed: Path, complained: Path) -> None:
    """Become the command line: its streams, environment, folder and arguments."""
    for stream, file in ((1, printed), (2, complained)):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT), stream)
    os.environ.clear()
    os.environ.update(env)
    if cwd is not None:
        os.chdir(cwd)
    sys.path[:0] = env.get("PYTHONPATH", "").split(os.pathsep)
    sys.argv = ["sloplan", *words]
    from sloplan.cli import main

    main()
