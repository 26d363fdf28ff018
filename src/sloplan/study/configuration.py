"""What a study is: its TOML file, read and validated, and the configurations that come with the package."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from sloplan.problem.errors import InputError
from sloplan.problem.objective import OBJECTIVES
from sloplan.problem.validation.naming import NAME_RULE, is_name, near_names

CONFIGURATIONS: Final = files("sloplan.study").joinpath("configurations")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class MethodChoice(_Part):
    """A method with its options, under the label that tables show.

    Parameters
    ----------
    name : str
        A method of `sloplan methods`.
    label : str, optional
        Default: the name, followed by the options.
    options : mapping, optional
        The method's own options.
    """

    name: str
    label: str = ""
    options: dict[str, bool | int | float | str] = {}

    @model_validator(mode="after")
    def _labelled(self) -> Self:
        if not self.label:
            stated = ", ".join(f"{name}={value}" for name, value in self.options.items())
            object.__setattr__(self, "label", f"{self.name} ({stated})" if stated else self.name)
        return self


class InstanceChoice(_Part):
    """Instances by name, spec or path, or published text files.

    Parameters
    ----------
    source : str, optional
        Library name, family spec, or path of an instance; ``*``, ``?`` and ``[...]`` stand for several library names
        or paths, and a folder that is no instance for all instances in it. Paths are relative to the configuration.
    files : str, optional
        Pattern of published text files below the data folder, which `format` reads; without a data folder, none.
    format : {"mmkp", "gap"}, optional
    numbers : list of int, optional
        Which problems of a file that holds several, from 1.
    without_data : bool, optional
        Leave this out when there is a data folder.
    hosting : {"fluid", "replicas"}, optional
        In place of the instance's own; it is named after its name then.
    """

    source: str = ""
    files: str = ""
    format: Literal["mmkp", "gap"] | None = None
    numbers: list[int] = []
    without_data: bool = False
    hosting: Literal["fluid", "replicas"] | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if bool(self.source) == bool(self.files):
            raise ValueError("needs either 'source' or 'files'")
        if bool(self.files) != (self.format is not None):
            raise ValueError("'files' and 'format' belong together")
        if self.numbers and (not self.files or min(self.numbers) < 1):
            raise ValueError("'numbers' belong to 'files' and begin at 1")
        if self.hosting is not None and not self.source:
            raise ValueError("'hosting' belongs to 'source': published files hold plan selections, which have none")
        return self


class Configuration(_Part):
    """A study: every method on every instance, with every seed, time limit, number of threads and objective.

    Parameters
    ----------
    format_version : int
    name : str
    description : str, optional
        What question it answers.
    objectives : list of str, optional
    min_goodput : float, optional
        Fraction of the servable value, for the cost objectives.
    time_limits : list of float
        Seconds that a method is given.
    seeds, threads : list of int, optional
    memory_gb : float, optional
        Most memory of a run with all its processes, 10^9 bytes.
    grace_s : float, optional
        Seconds beyond its limit after which a method is interrupted, and once more as many after which it is killed.
    workers : int, optional
        Most runs at a time; as many as the cores allow without it.
    check_limit_s : float, optional
        Seconds for verifying a run's certificate.
    baseline : str, optional
        Label of the method that the tables of factors hold the others against; without it there are none.
    methods : list of MethodChoice
    instances : list of InstanceChoice
    """

    format_version: Literal[1]
    name: str
    description: str = ""
    objectives: list[str] = Field(default=["goodput"], min_length=1)
    min_goodput: float = Field(default=1.0, ge=0, le=1)
    time_limits: list[float] = Field(min_length=1)
    seeds: list[int] = Field(default=[0], min_length=1)
    threads: list[int] = Field(default=[1], min_length=1)
    memory_gb: float = Field(default=4.0, gt=0, le=1e6)
    grace_s: float = Field(default=5.0, gt=0)
    workers: int | None = Field(default=None, ge=1)
    check_limit_s: float = Field(default=300.0, gt=0)
    baseline: str | None = None
    methods: list[MethodChoice] = Field(min_length=1)
    instances: list[InstanceChoice] = Field(min_length=1)

    @model_validator(mode="after")
    def _usable(self) -> Self:
        if not is_name(self.name):
            raise ValueError(f"'name' is no name; allowed: {NAME_RULE}")
        for objective in self.objectives:
            if objective not in OBJECTIVES:
                raise ValueError(f"unknown objective {objective!r}; allowed: {', '.join(OBJECTIVES)}")
        for field, least in (("time_limits", 0.001), ("seeds", 0), ("threads", 1)):
            for value in getattr(self, field):
                if not least <= value < 2**31:
                    raise ValueError(f"'{field}' holds {value}; allowed: from {least} to {2**31 - 1}")
        for field in ("objectives", "time_limits", "seeds", "threads"):
            values = getattr(self, field)
            if len(set(values)) < len(values):
                raise ValueError(f"'{field}' holds a value twice")
        labels = [method.label for method in self.methods]
        twice = next((label for label in labels if labels.count(label) > 1), None)
        if twice is not None:
            raise ValueError(f"two methods are labelled {twice!r}; state a 'label'")
        alike = [(method.name, sorted(method.options.items())) for method in self.methods]
        if any(alike.count(method) > 1 for method in alike):
            raise ValueError("two methods have the same name and options")
        if self.baseline is not None and self.baseline not in labels:
            raise ValueError(f"'baseline' is {self.baseline!r}; allowed: {', '.join(labels)}")
        return self


def packaged_names() -> tuple[str, ...]:
    """Return the names of the configurations that come with the package."""
    names = (entry.name for entry in CONFIGURATIONS.iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


def read_configuration(source: str | Path) -> tuple[Configuration, str]:
    """Return a configuration and its text.

    Parameters
    ----------
    source : str or path
        The name of one that comes with the package, or the path of a TOML file.

    Raises
    ------
    InputError
        There is none, or it is malformed.
    """
    names = packaged_names()
    if str(source) in names:
        text = CONFIGURATIONS.joinpath(f"{source}.toml").read_text(encoding="utf-8")
    elif not Path(source).is_file():
        raise InputError(
            f"no such study configuration{near_names(str(source), names)}",
            value=str(source),
            allowed=f"{', '.join(names)}, or the path of a TOML file",
        )
    else:
        try:
            text = Path(source).read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise InputError("is no text in UTF-8", file=str(source)) from error
    return parse_configuration(text, str(source)), text


def parse_configuration(text: str, file: str) -> Configuration:
    """Return the configuration that a TOML text states.

    Raises
    ------
    InputError
        Names `file`, field, value and what is allowed.
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"is no TOML: {error}", file=file) from error
    try:
        return Configuration.model_validate(content)
    except ValidationError as error:
        # A misspelt field comes first: that another one is missing then follows from it.
        first = min(error.errors(), key=lambda detail: detail["type"] != "extra_forbidden")
        place = first["loc"]
        of_an_option = len(place) > 3 and place[2] == "options"  # pydantic adds which kind of value it tried
        field = ".".join(str(part) for part in (place[:4] if of_an_option else place)) or None
        value = None if first["type"] == "missing" or field is None else first["input"]
        problem = str(first["msg"]).removeprefix("Value error, ")
        allowed = None
        if first["type"] == "extra_forbidden":
            problem, allowed = "unknown field", ", ".join(_fields_of(place))
        elif of_an_option:
            problem, allowed = "unusable value", "true or false, a finite number, a text"
        raise InputError(problem, file=file, field=field, value=value, allowed=allowed) from error


def _fields_of(place: tuple[int | str, ...]) -> list[str]:
    part: type[BaseModel] = Configuration
    if len(place) > 1:
        part = MethodChoice if place[0] == "methods" else InstanceChoice
    return list(part.model_fields)
