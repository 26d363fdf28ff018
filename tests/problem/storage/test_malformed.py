"""Seeded damage to an instance's files: every outcome is a valid instance or one clear error."""

from __future__ import annotations

import random
import re
import warnings
from pathlib import Path

import pytest

from sloplan.problem.errors import InputError
from sloplan.problem.instance import Instance
from sloplan.problem.storage.archive import zip_bytes
from tests.problem.tiny_files import TINY, write

FIELDS = [
    "", "nan", "inf", "-inf", "-1", "0", "1e308", "1e309", "1e-400", "1.5", "1,5", '"', '""', "'", ";", "a;b", "a;",
    "/", "true", "None", "image", "edge", "phone", "\n", "\r", "\x00", "é", "\ud7ff", "\u2028", "x" * 300, "9" * 30,
    "0x10", "1_0", " ", "\t", "#", "=1", "\ufeff", "{", "null",
]  # fmt: skip
SEEDS = 400


def damaged_bytes(content: bytes, chance: random.Random) -> bytes:
    """Return `content` with a few bytes changed, dropped, doubled or cut off."""
    changed = bytearray(content)
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(changed) + 1)
        kind = chance.randrange(5)
        if kind == 0:
            changed[place : place + 1] = bytes([chance.randrange(256)])
        elif kind == 1:
            del changed[place : place + chance.randint(1, 20)]
        elif kind == 2:
            changed[place:place] = changed[max(0, place - 20) : place]
        elif kind == 3:
            changed[place:place] = chance.choice(FIELDS).encode()
        elif chance.random() < 0.3:
            del changed[place:]
    return bytes(changed)


def damaged_field(text: str, chance: random.Random) -> str:
    """Return `text` with one field or value replaced by an odd one."""
    spans = [match.span() for match in re.finditer(r'[^,\n":{}]+', text)]
    start, end = chance.choice(spans)
    return text[:start] + chance.choice(FIELDS) + text[end:]


def outcome(path: Path) -> str:
    """Load the instance at `path` and its saved copy; return "loaded" or the error's text.

    Anything but an InputError passes through and fails the test.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", ".* ignored: ", UserWarning)
        try:
            instance = Instance.load(path)
        except InputError as error:
            return str(error)
        instance.save(path.parent / "copy")
        assert Instance.load(path.parent / "copy").sha256 == instance.sha256
    return "loaded"


@pytest.mark.parametrize("block", range(8))
def test_damaged_folders(block: int, tmp_path: Path) -> None:
    """Bytes and fields changed at random in one file of the folder."""
    outcomes = set()
    for seed in range(block, SEEDS, 8):
        chance = random.Random(seed)
        name = chance.choice(sorted(TINY))
        if chance.random() < 0.5:
            content = damaged_field(TINY[name], chance).encode(errors="surrogatepass")
        else:
            content = damaged_bytes(TINY[name].encode(), chance)
        files = {file: text.encode() for file, text in TINY.items()} | {name: content}
        (tmp_path / str(seed)).mkdir()
        outcomes.add(outcome(write(tmp_path / str(seed) / "instance", files)))
    assert len(outcomes) > 10  # the damage reaches many rules
    assert "" not in outcomes


@pytest.mark.parametrize("block", range(4))
def test_damaged_zips(block: int, tmp_path: Path) -> None:
    """Bytes changed at random in the zip itself."""
    whole = zip_bytes({name: text.encode() for name, text in TINY.items()})
    outcomes = set()
    for seed in range(block, SEEDS, 4):
        path = tmp_path / str(seed) / "instance.zip"
        path.parent.mkdir()
        path.write_bytes(damaged_bytes(whole, random.Random(seed)))
        outcomes.add(outcome(path))
    assert len(outcomes) > 3
