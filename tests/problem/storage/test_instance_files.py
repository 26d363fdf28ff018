"""Instances on disk: round trips, refusals, and saves that lose nothing."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from sloplan.problem.errors import InputError
from sloplan.problem.instance import Instance
from sloplan.problem.storage.instance_files import KNOWN_FILES
from tests.problem.tiny_files import TINY, write


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Instance:
    """The tiny instance, loaded."""
    return Instance.load(write(tmp_path_factory.mktemp("tiny") / "instance"))


def contents(path: Path) -> dict[str, bytes]:
    """Return the bytes of a file, or of every file of a folder."""
    paths = sorted(path.iterdir()) if path.is_dir() else [path]
    return {file.name: file.read_bytes() for file in paths}


@pytest.mark.parametrize("name", ["saved", "saved.zip", "saved.ZIP"])
def test_save_load_save_gives_the_same_bytes(name: str, tiny: Instance, tmp_path: Path) -> None:
    """A round trip changes neither content nor bytes."""
    tiny.save(tmp_path / name)
    loaded = Instance.load(tmp_path / name)
    loaded.save(tmp_path / f"again-{name}")
    first, second = contents(tmp_path / name), contents(tmp_path / f"again-{name}")
    assert list(first.values()) == list(second.values())
    assert loaded.sha256 == tiny.sha256
    assert loaded.description == tiny.description


def test_path_may_be_text(tiny: Instance, tmp_path: Path) -> None:
    """A path is a str or a Path."""
    tiny.save(str(tmp_path / "saved"))
    assert Instance.load(str(tmp_path / "saved")).sha256 == tiny.sha256


def test_empty_optional_tables_get_no_file(tiny: Instance, tmp_path: Path) -> None:
    """An optional table without rows leaves no file behind, also when an old save had one."""
    tiny.save(tmp_path / "saved")
    assert (tmp_path / "saved" / "routes.csv").exists()
    tiny.replace(routes=tiny.table("routes").iloc[:0]).save(tmp_path / "saved")
    assert not (tmp_path / "saved" / "routes.csv").exists()
    assert Instance.load(tmp_path / "saved").table("routes").empty


@pytest.mark.parametrize("name", ["missing", "missing.zip", "file.txt", "file.zip", "empty", "folder", "", "long"])
def test_paths_that_are_no_instance(name: str, tmp_path: Path) -> None:
    """A missing path, a plain file, a folder without instance.json: an error that names the path."""
    (tmp_path / "file.txt").write_text("hello")
    (tmp_path / "file.zip").write_text("hello")
    (tmp_path / "empty").mkdir()
    write(tmp_path / "folder", {"sites.csv": TINY["sites.csv"]})
    path = tmp_path / (name * 1000 if name == "long" else name)
    with pytest.raises(InputError) as caught:
        Instance.load(path)
    assert caught.value.file == str(path)
    assert caught.value.advice is not None


def test_folder_in_place_of_a_file(tmp_path: Path) -> None:
    """A folder called queries.csv is an error, not a crash."""
    folder = write(tmp_path / "instance", {name: text for name, text in TINY.items() if name != "queries.csv"})
    (folder / "queries.csv").mkdir()
    with pytest.raises(InputError, match="cannot be read"):
        Instance.load(folder)


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="permissions do not bind this user")
def test_unreadable_folder(tmp_path: Path) -> None:
    """A folder without permission is an error, not a crash."""
    folder = write(tmp_path / "instance")
    folder.chmod(0)
    try:
        with pytest.raises(InputError, match="cannot be read"):
            Instance.load(folder)
    finally:
        folder.chmod(0o755)


def test_denied_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the operating system refuses to read is an error that says so."""

    def deny(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    folder = write(tmp_path / "instance")
    monkeypatch.setattr(Path, "read_bytes", deny)
    with pytest.raises(InputError, match="cannot be read: Permission denied"):
        Instance.load(folder)


def test_unknown_files_warn(tmp_path: Path) -> None:
    """A table with a misspelt name is pointed out; a README is nobody's business."""
    folder = write(tmp_path / "instance", {**TINY, "query.csv": "a", "README.md": "b"})
    with pytest.warns(UserWarning, match=r"unknown files ignored: query\.csv \(did you mean queries\.csv\?\)$"):
        Instance.load(folder)


def test_a_folder_with_anything_else_is_never_replaced(tiny: Instance, tmp_path: Path) -> None:
    """Neither a foreign folder nor an instance's folder with other files is touched."""
    write(tmp_path / "foreign", {"notes.txt": "mine"})
    write(tmp_path / "mixed", {**TINY, "notes.txt": "mine"})
    (tmp_path / "file").write_text("mine")
    for name in ("foreign", "mixed", "file"):
        before = contents(tmp_path / name)
        with pytest.raises(InputError, match="something else than an instance stands there"):
            tiny.save(tmp_path / name)
        assert contents(tmp_path / name) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "foreign", "mixed"]


def test_a_zip_of_anything_else_is_never_replaced(tiny: Instance, tmp_path: Path) -> None:
    """A file that is no instance zip is left alone."""
    (tmp_path / "a.zip").write_text("mine")
    with pytest.raises(InputError, match="something else"):
        tiny.save(tmp_path / "a.zip")
    assert (tmp_path / "a.zip").read_text() == "mine"


def test_a_broken_zip_is_never_replaced(tiny: Instance, tmp_path: Path) -> None:
    """A zip whose list of files is damaged may hold anything: it stays, with one clear error."""
    path = tmp_path / "saved.zip"
    tiny.save(path)
    broken = path.read_bytes().replace(b"PK\x01\x02", b"PK\x01\x03")
    path.write_bytes(broken)
    with pytest.raises(InputError, match="something else than an instance"):
        tiny.save(path)
    assert path.read_bytes() == broken


@pytest.mark.parametrize("name", ["saved", "saved.zip"])
def test_an_instance_may_be_replaced(name: str, tiny: Instance, tmp_path: Path) -> None:
    """Saving onto an older save of an instance replaces it and leaves nothing else."""
    tiny.save(tmp_path / name)
    tiny.replace(name="newer").save(tmp_path / name)
    assert Instance.load(tmp_path / name).name == "newer"
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_an_empty_folder_may_be_filled(tiny: Instance, tmp_path: Path) -> None:
    """An empty folder counts as a free place."""
    (tmp_path / "saved").mkdir()
    tiny.save(tmp_path / "saved")
    assert Instance.load(tmp_path / "saved").sha256 == tiny.sha256


def test_saving_through_a_link_keeps_the_link(tiny: Instance, tmp_path: Path) -> None:
    """The folder behind a symbolic link is replaced, not the link."""
    tiny.save(tmp_path / "real")
    (tmp_path / "link").symlink_to("real", target_is_directory=True)
    tiny.replace(name="newer").save(tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert Instance.load(tmp_path / "real").name == "newer"


@pytest.mark.parametrize("name", ["saved", "saved.zip"])
@pytest.mark.parametrize("failing", ["write", "rename"])
def test_a_failed_save_loses_nothing(
    name: str, failing: str, tiny: Instance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When writing or the final renaming fails, the old instance stands and no rubbish is left."""
    tiny.save(tmp_path / name)
    before = contents(tmp_path / name)

    def full(*arguments: object, **named: object) -> None:
        raise OSError(28, "No space left on device")

    rename = Path.rename

    def rename_new(path: Path, target: Path) -> Path:
        return full() if ".new-" in path.name else rename(path, target)  # type: ignore[func-returns-value]

    if failing == "write":
        monkeypatch.setattr(Path, "write_bytes", full)
        monkeypatch.setattr(os, "fsync", full)
    else:
        monkeypatch.setattr(Path, "rename", rename_new)
        monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(InputError, match="cannot be written: No space left on device"):
        tiny.replace(name="newer").save(tmp_path / name)
    monkeypatch.undo()
    assert contents(tmp_path / name) == before
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_saving_below_a_missing_folder(tiny: Instance, tmp_path: Path) -> None:
    """The parent folder has to exist."""
    for name in ("saved", "saved.zip"):
        with pytest.raises(InputError, match="cannot be written"):
            tiny.save(tmp_path / "missing" / name)


def test_known_files_cover_every_table() -> None:
    """instance.json, one CSV file per table and the queries as Parquet, nothing else."""
    assert set(KNOWN_FILES) == {*TINY, "queries.parquet"}
