"""Seeded damage to MMKP and GAP files: a plan selection or one clear error, nothing else."""

from __future__ import annotations

import gzip
import random
import warnings
from collections import Counter
from pathlib import Path

import pytest

from sloplan.instances.selections.gap_text import read_gap
from sloplan.instances.selections.mmkp_text import read_mmkp
from sloplan.problem.errors import SloplanError
from tests.instances.selections.mmkp_examples import GAP, LAYOUTS, SECOND
from tests.problem.storage.damage import FIELDS, damaged_bytes

TEXTS = {**LAYOUTS, "several": LAYOUTS["numbered"] + SECOND, "gap": GAP, "gaps": f"2\n{GAP}{GAP}"}
SEEDS = 200


def damaged(text: str, chance: random.Random) -> bytes:
    """Return the text with bytes changed or one number replaced; sometimes packed, and the packed bytes changed."""
    if chance.random() < 0.5:
        content = damaged_bytes(text.encode(), chance)
    else:
        tokens = text.split(" ")
        tokens[chance.randrange(len(tokens))] = chance.choice([*FIELDS, "99999999999", "1e18", "00", "+1", ".5", "2."])
        content = " ".join(tokens).encode(errors="surrogatepass")
    if chance.random() < 0.1:
        return damaged_bytes(gzip.compress(content), chance)
    return content


@pytest.mark.parametrize("kind", TEXTS)
def test_damaged_texts(kind: str, tmp_path: Path) -> None:
    """Whatever is damaged, reading ends in a plan selection that saves and loads, or in the toolkit's own error."""
    read = read_gap if kind.startswith("gap") else read_mmkp
    counted: Counter[str] = Counter()
    for seed in range(SEEDS):
        chance = random.Random(seed)
        (tmp_path / "text").write_bytes(damaged(TEXTS[kind], chance))
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                selection = read(tmp_path / "text", 1 if kind in ("several", "gaps") else None)
            except SloplanError as error:
                counted[getattr(error, "problem", "too large")[:12]] += 1
            except Exception as error:
                raise AssertionError(f"{kind}, seed {seed}: {type(error).__name__}: {error}") from error
            else:
                assert len(selection.sha256) == 64
                counted["read"] += 1
    assert counted["read"] > 0
    assert len(counted) > 4
