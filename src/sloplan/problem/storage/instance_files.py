"""An instance as a folder (or zip) of `instance.json` and CSV tables; its queries may be a Parquet file instead.

Reading never guesses; writing is all or nothing: the new files are complete beside the target
before they take its place.
"""

from __future__ import annotations

import os
import secrets
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path

from sloplan.problem.errors import InputError
from sloplan.problem.instance import Instance
from sloplan.problem.schema import TABLES
from sloplan.problem.storage.archive import BROKEN_ZIP, read_zip, zip_bytes
from sloplan.problem.storage.csv_tables import read_csv_table, write_csv_table
from sloplan.problem.storage.manifest import MANIFEST_FILE, Manifest, read_manifest, write_manifest
from sloplan.problem.storage.parquet_tables import (
    PARQUET_FILE,
    PARQUET_TABLE,
    read_parquet_queries,
    write_parquet_queries,
)
from sloplan.problem.tables import as_frame, num_rows
from sloplan.problem.validation.naming import warn_unknown

KNOWN_FILES = (MANIFEST_FILE, *(table.file for table in TABLES), PARQUET_FILE)


def load_instance(path: str | os.PathLike[str]) -> Instance:
    """Return the instance in a folder or zip file.

    Raises
    ------
    InputError
        There is no instance at `path`, or it is malformed: names file, row and field.

    Warns
    -----
    UserWarning
        Unknown CSV files, columns and JSON fields; they are ignored.
    """
    path = Path(path)
    files = _read_files(path)
    if MANIFEST_FILE not in files:
        raise InputError(f"no instance: {MANIFEST_FILE} is missing", file=str(path), advice="name an instance's folder")
    tables = sorted(name for name in files if name.endswith((".csv", ".parquet")))
    warn_unknown(str(path), "files", tables, KNOWN_FILES)
    manifest = read_manifest(files[MANIFEST_FILE])
    frames = {table.name: read_csv_table(table, files[table.file]) for table in TABLES if table.file in files}
    if PARQUET_FILE not in files:
        return Instance._checked(manifest, frames)
    if PARQUET_TABLE.file in files:
        advice = "keep the one that is meant"
        raise InputError(f"stands beside {PARQUET_TABLE.file}", file=PARQUET_FILE, allowed="one of them", advice=advice)
    try:
        return Instance._checked(manifest, {**frames, PARQUET_TABLE.name: read_parquet_queries(files[PARQUET_FILE])})
    except InputError as error:
        # The table's own rules speak of its CSV file.
        raise error.of_file(PARQUET_FILE) if error.file == PARQUET_TABLE.file else error from None


def _read_files(path: Path) -> dict[str, bytes]:
    try:
        if path.is_dir():
            return _read_folder(path)
        if not path.exists():
            raise InputError("no such file or folder", file=str(path), advice="name an instance's folder or zip")
        if not path.is_file() or not zipfile.is_zipfile(path):
            raise InputError("no instance", file=str(path), allowed="a folder or a zip file", advice="check the path")
        return read_zip(path)
    except OSError as error:
        raise InputError(
            f"cannot be read: {error.strerror or error}", file=str(path), advice="check the path"
        ) from None


def _read_folder(path: Path) -> dict[str, bytes]:
    """Return the known files of a folder, and the mere names of others."""
    return {entry.name: entry.read_bytes() if entry.name in KNOWN_FILES else b"" for entry in path.iterdir()}


def save_instance(instance: Instance, path: str | os.PathLike[str], *, parquet: bool = False) -> None:
    """Write `instance` to a folder, or to a zip file if `path` ends in ".zip".

    What stands at `path` is replaced only if it is an instance and nothing else; a save that
    fails leaves it as it was.

    Parameters
    ----------
    instance : Instance
    path : path
    parquet : bool
        Write `queries.parquet` in place of `queries.csv`: smaller and quicker where there are many queries.

    Raises
    ------
    InputError
        `path` holds something else, or cannot be written.
    UnsupportedError
        `parquet` without pyarrow.
    """
    target = Path(os.path.realpath(path))
    files = _files_of(instance, parquet)
    try:
        if target.suffix.lower() == ".zip":
            _save_zip(target, zip_bytes(files))
        else:
            _save_folder(target, files)
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(f"cannot be written: {reason}", file=str(path), advice="choose another path") from error


def _files_of(instance: Instance, parquet: bool) -> dict[str, bytes]:
    manifest = Manifest.model_validate(
        {
            "name": instance.name,
            "hosting": instance.hosting,
            "latency_percentile": instance.latency_percentile,
            "description": instance.description,
        }
    )
    files = {MANIFEST_FILE: write_manifest(manifest)}
    for table in TABLES:
        columns = instance._tables[table.name]
        if parquet and table is PARQUET_TABLE:
            files[PARQUET_FILE] = write_parquet_queries(as_frame(columns))
        elif num_rows(columns) or not table.may_be_absent:
            files[table.file] = write_csv_table(as_frame(columns))
    return files


def _save_zip(target: Path, content: bytes) -> None:
    if target.exists() and not _is_instance_zip(target):
        raise _not_replaced(target)
    temporary = _sibling(target, "new")
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def _is_instance_zip(target: Path) -> bool:
    if not (target.is_file() and zipfile.is_zipfile(target)):
        return False
    try:
        with zipfile.ZipFile(target) as archive:
            names = archive.namelist()
    except BROKEN_ZIP:
        return False
    return MANIFEST_FILE in names and all(name in KNOWN_FILES for name in names)


def _save_folder(target: Path, files: Mapping[str, bytes]) -> None:
    if target.exists() and not _is_instance_folder(target):
        raise _not_replaced(target)
    temporary, previous = _sibling(target, "new"), _sibling(target, "old")
    temporary.mkdir()
    try:
        for name, content in files.items():
            (temporary / name).write_bytes(content)
        if target.exists():
            target.rename(previous)
        try:
            temporary.rename(target)
        except BaseException:
            if previous.exists():
                previous.rename(target)
            raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    shutil.rmtree(previous, ignore_errors=True)


def _is_instance_folder(target: Path) -> bool:
    """Return whether nothing but an instance's files would be lost with `target`."""
    if not target.is_dir():
        return False
    names = {entry.name for entry in target.iterdir()}
    return not names or (MANIFEST_FILE in names and names <= set(KNOWN_FILES))


def _not_replaced(target: Path) -> InputError:
    return InputError(
        "something else than an instance stands there",
        file=str(target),
        allowed="a new path, or an instance with no other files beside it",
        advice="choose another path",
    )


def _sibling(target: Path, role: str) -> Path:
    return target.with_name(f".{target.name}.{role}-{secrets.token_hex(4)}")
