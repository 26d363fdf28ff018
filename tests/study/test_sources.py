"""Tests of where a study's instances come from."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from sloplan.loading import load
from sloplan.problem.errors import InputError
from sloplan.study.configuration import InstanceChoice
from sloplan.study.sources import Source, find_sources, source_of
from tests.study.case import write_instance

GAP = "2 2\n1 2\n3 4\n1 1\n1 1\n2 2\n"


def names(base: Path, *sources: str, data: Path | None = None) -> list[str]:
    """Return the names of what some choices stand for."""
    return [source.name for source in find_sources([InstanceChoice(source=source) for source in sources], base, data)]


def test_names_specs_and_patterns(tmp_path: Path) -> None:
    """A library name, a pattern of such, and a spec, whose name states every parameter; each once, in this order."""
    found = names(tmp_path, "city-s-2-tight", "city-s-*-tight", "mixed:queries=5", "khan:groups=5")
    assert found[:3] == ["city-s-2-tight", "city-s-0.8-tight", "city-s-1.2-tight"]
    assert found[3].startswith("mixed:queries=5,")
    assert "seed=0" in found[3]
    assert found[4:] == ["khan:groups=5"]


def test_paths_are_relative_to_the_configuration(tmp_path: Path) -> None:
    """A file, a pattern of files, and a folder of instances, deep ones too."""
    write_instance(tmp_path)
    (tmp_path / "more" / "deep").mkdir(parents=True)
    shutil.copy(tmp_path / "one-pool.zip", tmp_path / "more" / "b.zip")
    shutil.copy(tmp_path / "one-pool.zip", tmp_path / "more" / "deep" / "a.zip")
    shutil.unpack_archive(tmp_path / "one-pool.zip", tmp_path / "more" / "folder")
    (tmp_path / "more" / "notes.txt").write_text("no instance")
    assert names(tmp_path, "one-pool.zip") == ["one-pool.zip"]
    assert names(tmp_path, "more/*.zip") == ["more/b.zip"]
    assert names(tmp_path, "more") == ["more/b.zip", "more/deep/a.zip", "more/folder"]
    [folder] = find_sources([InstanceChoice(source="more/folder")], tmp_path, None)
    assert folder.read(load).name == "one-pool"


def test_another_hosting(tmp_path: Path) -> None:
    """An instance stands beside itself under the other hosting; a plan selection has none to be replaced."""
    write_instance(tmp_path)
    choices = [InstanceChoice(source="one-pool.zip"), InstanceChoice(source="one-pool.zip", hosting="replicas")]
    fluid, replicas = find_sources(choices, tmp_path, None)
    assert [fluid.name, replicas.name] == ["one-pool.zip", "one-pool.zip (replicas)"]
    instances = [source.read(load) for source in (fluid, replicas)]
    assert [getattr(instance, "hosting", None) for instance in instances] == ["fluid", "replicas"]
    [selection] = find_sources([InstanceChoice(source="khan:groups=5", hosting="fluid")], tmp_path, None)
    with pytest.raises(InputError, match="plan selection has no hosting"):
        selection.read(load)
    for name in ("one-pool.zip", "one-pool.zip (replicas)", "mixed:queries=5 (fluid)", "(replicas)", "a (b)"):
        assert source_of(name).name == name
    assert source_of(str(tmp_path / "one-pool.zip (replicas)")).read(load).sha256 == instances[1].sha256
    with pytest.raises(ValueError, match="'hosting' belongs to 'source'"):
        InstanceChoice(files="x", format="gap", hosting="fluid")


def test_published_files(tmp_path: Path) -> None:
    """Files below the data folder are named by their place there, and by number if a file holds several."""
    (tmp_path / "gap").mkdir()
    for name in ("x1", "x2"):
        (tmp_path / "gap" / name).write_text(GAP)
    choices = [InstanceChoice(files="gap/*", format="gap"), InstanceChoice(source="khan:groups=5", without_data=True)]
    sources = find_sources(choices, tmp_path, tmp_path)
    assert [source.name for source in sources] == ["gap/x1", "gap/x2"]
    assert len(sources[0].read(load).groups) == 2
    assert [source.name for source in find_sources(choices, tmp_path, None)] == ["khan:groups=5"]
    numbered = [InstanceChoice(files="gap/x1", format="gap", numbers=[1, 3])]
    assert [source.name for source in find_sources(numbered, tmp_path, tmp_path)] == ["gap/x1#1", "gap/x1#3"]


def test_what_stands_for_nothing(tmp_path: Path) -> None:
    """A name, path or pattern of nothing is told, and so is a data folder that there is not."""
    for source in ("city-s-3-tight", "nowhere/*.zip", "x.zip"):
        with pytest.raises(InputError, match="no library instance, family or path of that name"):
            names(tmp_path, source)
    published = [InstanceChoice(files="mmkp/*", format="mmkp")]
    with pytest.raises(InputError, match="no such folder"):
        find_sources(published, tmp_path, tmp_path / "none")
    with pytest.raises(InputError, match="no file of the data folder has such a name"):
        find_sources(published, tmp_path, tmp_path)
    with pytest.raises(InputError, match="no instances; next: give the folder of its files: --data"):
        find_sources(published, tmp_path, None)


def test_shared_benchmarks() -> None:
    """All files that `published` names can be read, where they are at hand."""
    from sloplan.study.configuration import read_configuration

    data = Path(__file__).parents[3] / "shared" / "or"
    if not data.is_dir():
        pytest.skip("the published files are not at hand")
    configuration, _ = read_configuration("published")
    sources = find_sources(configuration.instances, Path(), data)
    assert len(sources) == 13 + 6 + 10 + 40 + 24
    smallest = [source for source in sources if source.name.endswith(("I01", "a05100", "#30"))]
    assert len(smallest) == 3
    assert all(len(source.read(load).groups) > 0 for source in smallest)


def test_sources_are_plain_values() -> None:
    """Two sources of one name and place are one."""
    assert Source("a", "b") == Source("a", "b")
