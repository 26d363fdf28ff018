"""The folder of a report: made beside its place, and moved there when it is whole."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psutil

from sloplan.problem.errors import InputError
from sloplan.study.report.pages import GENERATOR

INDEX: Final = "index.html"


@contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """Give a new folder, and put it in the place of `target` once everything has been written into it.

    Whatever goes wrong before that leaves `target` as it was. What a killed process left behind is taken away.

    Parameters
    ----------
    target : Path
        A report, which is replaced; or nothing.

    Yields
    ------
    Path

    Raises
    ------
    InputError
        `target` is something else than a report, or cannot be written.
    """
    target = target.resolve()  # a link stays, and what it leads to is replaced
    _refuse_another_use(target)
    own = str(os.getpid())
    new, old = (target.parent / f".{kind}.{target.name}.{own}" for kind in ("new", "old"))
    try:
        with _told_apart(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            _sweep(target, own)
            new.mkdir()
        yield new
        with _told_apart(target):
            if target.exists():
                target.rename(old)
            new.rename(target)
    finally:
        _put_back(old, target)
        for rest in (new, old):
            if rest.exists():
                shutil.rmtree(rest)


@contextmanager
def _told_apart(target: Path) -> Iterator[None]:
    """Say of what the disk refuses that it is the report's folder that cannot be written."""
    try:
        yield
    except OSError as error:
        advice = "choose another folder with -o"
        file = str(error.filename or target)
        raise InputError(f"cannot be written: {error.strerror}", file=file, advice=advice) from error


def _put_back(old: Path, target: Path) -> None:
    """Move the report before this one back to its place, where it was moved away and nothing came in its stead."""
    if old.exists() and not target.exists():
        old.rename(target)


def _refuse_another_use(target: Path) -> None:
    if not target.exists():
        return
    index = target / INDEX
    if target.is_dir() and (not any(target.iterdir()) or (index.is_file() and _is_ours(index))):
        return
    raise InputError(
        "is there already, and no report", file=str(target), advice="choose another folder with -o, or remove it"
    )


def _is_ours(index: Path) -> bool:
    with index.open(encoding="utf-8", errors="replace") as file:
        return f'name="generator" content="{GENERATOR}"' in file.read(1000)


def _sweep(target: Path, own: str) -> None:
    """Remove what processes that are no more have left of reports in this place."""
    for kind in ("new", "old"):
        for rest in target.parent.glob(f".{kind}.{target.name}.*"):
            number = rest.name.rpartition(".")[2]
            if number.isdecimal() and (number == own or not psutil.pid_exists(int(number))):
                if kind == "old":
                    _put_back(rest, target)
                if rest.exists():
                    shutil.rmtree(rest)
