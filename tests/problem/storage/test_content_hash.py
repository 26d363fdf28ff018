"""The content hash: equal for equal content, different for different content, everywhere."""

from __future__ import annotations

import hashlib
import pickle
import random
import struct
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sloplan.problem.instance import Instance
from sloplan.problem.schema import TABLES, Kind
from sloplan.problem.storage.content_hash import content_hash
from tests.problem.tiny_files import write


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Instance:
    """The tiny instance, loaded."""
    return Instance.load(write(tmp_path_factory.mktemp("tiny") / "instance"))


def test_pinned_literal(tiny: Instance) -> None:
    """The tiny instance has this hash on every platform; a change would orphan all solution files."""
    assert tiny.sha256 == "13f7d560f7347660efc55c56c6cd4a9404ea3e1bb20c9faaf21b15c934152827"


def test_documented_bytes(tiny: Instance) -> None:
    """Hashing the bytes that docs/formats.md describes, written apart from the library, gives the same."""
    parts = [b"sloplan instance content 1", b"tiny", b"fluid", b"p50"]
    for table in TABLES:
        frame = tiny.table(table.name)
        parts += [table.name.encode(), struct.pack("<q", len(frame))]
        for column in table.columns:
            values = frame[column.name].tolist()
            form = {Kind.NUMBER: "<d", Kind.INTEGER: "<q"}.get(column.kind)
            packed = [struct.pack(form, value) for value in values] if form else []
            parts += [column.name.encode(), b"".join(packed) if form else "\0".join(values).encode()]
    content = b"".join(struct.pack("<q", len(part)) + part for part in parts)
    assert hashlib.sha256(content).hexdigest() == tiny.sha256


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_order_of_rows_columns_and_tables_does_not_matter(tiny: Instance, seed: int) -> None:
    """Any permutation of tables, rows and columns, and either orientation of a pair, hash alike."""
    shuffle = random.Random(seed)
    frames = list(tiny.to_frames().items())
    shuffle.shuffle(frames)
    permuted = {}
    for name, frame in frames:
        columns = list(frame.columns)
        shuffle.shuffle(columns)
        permuted[name] = frame.sample(frac=1, random_state=seed)[columns]
    swap = {"operator": "other_operator", "configuration": "other_configuration"}
    back = {new: old for old, new in swap.items()}
    halves = np.array([shuffle.random() < 0.5 for _ in range(len(permuted["compatible"]))])
    permuted["compatible"] = pd.concat(
        [permuted["compatible"][halves].rename(columns=swap | back), permuted["compatible"][~halves]]
    )
    assert Instance.from_frames(permuted, name=tiny.name).sha256 == tiny.sha256


def test_every_field_counts(tiny: Instance) -> None:
    """Changing any one field of any table changes the hash."""
    labels = (tiny.name, tiny.hosting, tiny.latency_percentile)
    seen = {tiny.sha256}
    for table in TABLES:
        for column in table.columns:
            frames = tiny.to_frames()
            values = frames[table.name][column.name].to_numpy().copy()
            values[-1] = 77 if column.kind in (Kind.NUMBER, Kind.INTEGER) else "77"
            frames[table.name][column.name] = values
            seen.add(content_hash(labels, frames))
    assert len(seen) == 1 + sum(len(table.columns) for table in TABLES)


def test_labels_count_but_the_description_does_not(tiny: Instance) -> None:
    """Name, hosting and percentile are content; the free text is not."""
    others = [tiny.replace(name="other"), tiny.replace(hosting="replicas"), tiny.replace(latency_percentile="p99")]
    assert len({tiny.sha256, *(other.sha256 for other in others)}) == 4
    assert tiny.replace(description="other").sha256 == tiny.sha256


def test_labels_do_not_run_into_each_other(tiny: Instance) -> None:
    """Moving a character from one label to the next is another content."""
    frames = tiny.to_frames()
    assert content_hash(("ab", "c", "d"), frames) != content_hash(("a", "bc", "d"), frames)


def test_texts_do_not_run_into_each_other(tiny: Instance) -> None:
    """Moving a character from one row's text to the next is another content."""
    sites = tiny.table("sites")
    frames = tiny.to_frames()
    first = content_hash(("a",), {**frames, "sites": sites.assign(tier=["ab", "c", ""])})
    assert first != content_hash(("a",), {**frames, "sites": sites.assign(tier=["a", "bc", ""])})
    assert first != content_hash(("a",), {**frames, "sites": sites.assign(tier=["ab", "", "c"])})


def test_zeros_and_missing_numbers_have_one_form(tiny: Instance) -> None:
    """-0.0 is 0.0, and every NaN bit pattern is one missing field."""
    frames = tiny.to_frames()
    labels = (tiny.name, tiny.hosting, tiny.latency_percentile)
    odd_nan = np.frombuffer(np.array([0xFFF8000000000123], dtype=np.uint64).tobytes(), dtype=np.float64)[0]
    hashes = set()
    for zero, missing in ((0.0, np.nan), (-0.0, odd_nan)):
        frames["queries"]["arrival_s"] = zero
        frames["queries"]["duration_s"] = missing
        hashes.add(content_hash(labels, frames))
    assert len(hashes) == 1


def test_folder_and_zip_hash_alike(tiny: Instance, tmp_path: Path) -> None:
    """The hash survives saving to a folder and to a zip."""
    tiny.save(tmp_path / "a")
    tiny.save(tmp_path / "a.zip")
    assert Instance.load(tmp_path / "a").sha256 == Instance.load(tmp_path / "a.zip").sha256 == tiny.sha256


def test_pickled_compiled_instances_leave_the_tables_behind(tiny: Instance) -> None:
    """The hash goes with them, worked out before or not."""
    for instance in (tiny, tiny.replace()):
        pickled = pickle.dumps(instance.compiled)
        assert pickle.loads(pickled).sha256 == tiny.sha256
        assert b"slo_cost_per_1k" not in pickled  # a column of the tables alone
