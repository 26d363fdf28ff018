"""Which instances a study is about: names, specs, paths, patterns and published files, each with how it is read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from itertools import product
from pathlib import Path
from typing import Final, Literal

from sloplan.instances import library
from sloplan.instances.selections.gap_text import read_gap
from sloplan.instances.selections.mmkp_text import read_mmkp
from sloplan.instances.selections.spec import is_selection_spec
from sloplan.instances.specs import full_spec, is_instance_spec
from sloplan.problem.errors import InputError
from sloplan.problem.instance import Instance
from sloplan.problem.selections.selection import PlanSelection
from sloplan.study.configuration import InstanceChoice

Problem = Instance | PlanSelection
Load = Callable[[str], Problem]
"""The front door `sloplan.load`: what stands behind a name, a spec or a path."""

_READERS: Final = {"mmkp": read_mmkp, "gap": read_gap}
_PATTERN: Final = frozenset("*?[")
_UNDER: Final = re.compile(r"(?P<place>.+) \((?P<hosting>fluid|replicas)\)")


@dataclass(frozen=True)
class Source:
    """Where one instance of a study comes from.

    Parameters
    ----------
    name : str
        As rows name it: a library name, a spec with all its parameters, or a path relative to the configuration
        or the data folder.
    place : str
        What `load`, or the reader of `format`, takes.
    format : {"mmkp", "gap"}, optional
        Of a published text file.
    number : int, optional
        Which problem of that file.
    hosting : {"fluid", "replicas"}, optional
        In place of the instance's own.
    """

    name: str
    place: str
    format: Literal["mmkp", "gap"] | None = None
    number: int | None = None
    hosting: Literal["fluid", "replicas"] | None = None

    def read(self, load: Load) -> Problem:
        """Return the instance.

        Raises
        ------
        InputError
            It cannot be read, or is a plan selection whose hosting is to be another.
        """
        if self.format is not None:
            return _READERS[self.format](self.place, self.number)
        problem = load(self.place)
        if self.hosting is None:
            return problem
        if isinstance(problem, PlanSelection):
            raise InputError(
                "a plan selection has no hosting", file=self.name, field="instances.hosting", value=self.hosting
            )
        return problem.replace(hosting=self.hosting)

    def under(self, hosting: Literal["fluid", "replicas"] | None) -> Source:
        """Return the same with another hosting, which its name says; itself without one."""
        return self if hosting is None else replace(self, name=f"{self.name} ({hosting})", hosting=hosting)


def source_of(name: str) -> Source:
    """Return the source that a row names: a library name, a spec or a path, perhaps under another hosting.

    Parameters
    ----------
    name : str
        A source's, not of a published text file: what it is read from cannot be told from its name.
    """
    under = _UNDER.fullmatch(name)
    if under is None:
        return Source(name, name)
    hosting: Literal["fluid", "replicas"] = "fluid" if under["hosting"] == "fluid" else "replicas"
    return Source(under["place"], under["place"]).under(hosting)


def find_sources(choices: list[InstanceChoice], base: Path, data: Path | None) -> list[Source]:
    """Return the instances of a configuration in its order, each once.

    Parameters
    ----------
    choices : list of InstanceChoice
    base : Path
        Folder that paths are relative to.
    data : Path, optional
        Folder of published files.

    Raises
    ------
    InputError
        A choice stands for no instance at all; choices of published files may do so without a data folder.
    """
    if data is not None and not data.is_dir():
        raise InputError("no such folder", field="--data", value=str(data))
    found: dict[str, Source] = {}
    for choice in choices:
        if choice.files:
            sources = [] if data is None else list(_published(choice, data))
        elif choice.without_data and data is not None:
            sources = []
        else:
            sources = [source.under(choice.hosting) for source in _named(choice.source, base)]
        found.update((source.name, source) for source in sources)
    if not found:
        raise InputError("the study has no instances", field="instances", advice="give the folder of its files: --data")
    return list(found.values())


def _published(choice: InstanceChoice, data: Path) -> Iterator[Source]:
    paths = sorted(path for path in data.glob(choice.files) if path.is_file())
    if not paths:
        problem = "no file of the data folder has such a name"
        raise InputError(problem, file=str(data), field="instances.files", value=choice.files)
    numbers: list[int | None] = [*choice.numbers] or [None]
    for path, number in product(paths, numbers):
        name = path.relative_to(data).as_posix() + ("" if number is None else f"#{number}")
        yield Source(name, str(path), choice.format, number)


def _named(source: str, base: Path) -> Iterator[Source]:
    if source in library.names():
        yield Source(source, source)
    elif is_instance_spec(source):
        yield Source(full_spec(source), source)
    elif is_selection_spec(source):
        yield Source(source, source)
    else:
        patterned = not _PATTERN.isdisjoint(source)
        names = [name for name in library.names() if patterned and fnmatchcase(name, source)]
        if names:
            yield from (Source(name, name) for name in names)
            return
        paths = sorted(base.glob(source)) if patterned and not Path(source).is_absolute() else [base / source]
        stored = [instance for path in paths for instance in _instances_at(path)]
        if not stored:
            raise InputError(
                "no library instance, family or path of that name" + (" fits the pattern" if patterned else ""),
                field="instances.source",
                value=source,
                allowed="a library name, a spec, a path, or a pattern of library names or paths",
                advice="`sloplan instances list` lists names",
            )
        for path in stored:
            relative = path.relative_to(base) if path.is_relative_to(base) else path
            yield Source(relative.as_posix(), str(path))


def _instances_at(path: Path) -> list[Path]:
    """Return the instances at a path: itself, or if it is a folder of instances these."""
    if not path.is_dir():
        return [path] if path.suffix in (".zip", ".json") and path.is_file() else []
    if (path / "instance.json").is_file():
        return [path]
    return [inner for entry in sorted(path.iterdir()) for inner in _instances_at(entry)]
