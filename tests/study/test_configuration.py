"""Tests of study configurations: what is accepted, what errors say, and those of the package."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sloplan.problem.errors import InputError
from sloplan.problem.registry import find_method, refuse_unusable_options
from sloplan.study.configuration import packaged_names, parse_configuration, read_configuration
from sloplan.study.sources import find_sources
from tests.study.case import configuration_text


def test_defaults() -> None:
    """What a configuration leaves out has its documented default, and methods get labels."""
    text = 'format_version = 1\nname = "x"\ntime_limits = [2]\n[[methods]]\nname = "a"\n[[instances]]\nsource = "s"\n'
    read = parse_configuration(text, "x.toml")
    assert (read.objectives, read.seeds, read.threads, read.workers) == (["goodput"], [0], [1], None)
    assert (read.time_limits, read.methods[0].label) == ([2.0], "a")
    labelled = parse_configuration(text.replace('name = "a"', 'name = "a"\noptions = {k = 3, z = true}'), "x.toml")
    assert labelled.methods[0].label == "a (k=3, z=True)"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("time_limits = [1]", "time_limits = [-1]"), "'time_limits' holds -1"),
        (("time_limits = [1]", "time_limits = []"), "t.toml, time_limits = []: List should have at least 1 item"),
        (("time_limits = [1]", "time_limit = 1"), "unknown field; allowed: format_version, name, "),
        (('name = "tiny"', 'name = "a/b"'), "'name' is no name"),
        (("format_version = 1", "format_version = 2"), "t.toml, format_version = 2"),
        (("[[instances]]", "threads = [true]\n[[instances]]"), "unknown field; allowed: name, label, options"),
        (("memory_gb = 1.0", "memory_gb = 0"), "t.toml, memory_gb = 0: Input should be greater than 0"),
        (("memory_gb = 1.0", "seeds = [1, 1]"), "'seeds' holds a value twice"),
        (("memory_gb = 1.0", 'objectives = ["latency"]'), "unknown objective 'latency'; allowed: goodput, cost"),
        (('source = "one-pool.zip"', ""), "needs either 'source' or 'files'"),
        (('source = "one-pool.zip"', 'files = "*"'), "'files' and 'format' belong together"),
        (('source = "one-pool.zip"', 'source = "a"\nnumbers = [1]'), "'numbers' belong to 'files'"),
        (('name = "best"', 'name = "fake"'), "two methods are labelled 'fake'"),
        (('name = "best"', 'name = "fake"\nlabel = "again"'), "two methods have the same name and options"),
        (("memory_gb = 1.0", "memory_gb = inf"), "t.toml, memory_gb = inf: Input should be"),
        (
            ('name = "best"', 'name = "fake"\noptions = {effort = nan}'),
            "t.toml, methods.1.options.effort = nan: unusable value",
        ),
        (
            ('name = "best"', 'name = "fake"\noptions = {effort = [1]}'),
            "allowed: true or false, a finite number, a text",
        ),
        (
            ('name = "best"', 'name = "fake"\noptions = {effort = 2026-01-31}'),
            "options.effort = datetime.date(2026, 1, 31)",
        ),
        (("[[methods]]", "[[methods]"), "is no TOML"),
    ],
)
def test_what_is_refused(change: tuple[str, str], message: str) -> None:
    """Each mistake is named with file, field, value and what is allowed."""
    text = configuration_text("fake", "best")
    assert parse_configuration(text, "t.toml").name == "tiny"
    assert change[0] in text
    with pytest.raises(InputError) as caught:
        parse_configuration(text.replace(*change, 1), "t.toml")
    assert message in str(caught.value)
    assert str(caught.value).startswith("t.toml")


def test_a_configuration_that_there_is_not(tmp_path: Path) -> None:
    """A misspelt name is told, with those that there are; a file that is no text too."""
    with pytest.raises(InputError, match="did you mean quick"):
        read_configuration("quik")
    (tmp_path / "x.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="is no text in UTF-8"):
        read_configuration(tmp_path / "x.toml")


def test_packaged_configurations() -> None:
    """The package has eight, named as their files, of instances, methods and options that exist."""
    counts = {}
    for name in packaged_names():
        configuration, _ = read_configuration(name)
        assert configuration.name == name
        assert configuration.description
        for method in configuration.methods:
            refuse_unusable_options(find_method(method.name), method.options)
        counts[name] = len(find_sources(configuration.instances, Path(), None))
    older = {"anytime": 84, "proof": 84, "published": 19, "quick": 14, "scaling": 10}
    assert counts == older | {"ablation": 21, "exact-vs-heuristic": 84, "papers-claims": 24}


@pytest.mark.parametrize("name", ["ablation", "exact-vs-heuristic", "papers-claims"])
def test_a_study_states_its_hours(name: str) -> None:
    """The most machine hours that the description states are those of all runs at their limit, rounded."""
    study, _ = read_configuration(name)
    runs = len(find_sources(study.instances, Path(), None)) * len(study.methods) * len(study.objectives)
    [stated] = re.findall(r"(\w+) at\s+most\.", study.description)
    hours = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"].index(stated) + 1
    assert abs(hours - runs * max(study.time_limits) * max(study.threads) / 3600) < 0.5
