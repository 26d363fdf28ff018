"""Seeded damage to files: bytes and fields changed in ways that people, disks and programs change them."""

from __future__ import annotations

import json
import random
import re
from typing import Any

FIELDS = (
    "", "nan", "NaN", "inf", "-inf", "-1", "0", "-0", "1e308", "1e309", "1e-400", "1.5", "1,5", '"', '""', "'", ";",
    "a;b", "a;", "/", "true", "None", "NA", "image", "edge", "phone", "\n", "\r", "\x00", "é", "\ud7ff", "\u2028",
    "x" * 300, "9" * 30, "9007199254740993", "0x10", "1_0", " ", "\t", "#", "=1", "\ufeff", "{", "null", "1e15", "1e-9",
)  # fmt: skip
"""What a field is replaced by: empty, negative, huge, words for numbers, other names, quotes, odd characters."""

VALUES: tuple[Any, ...] = (
    None, True, -1, 0, 1, 2, 10**6, 2**31, 2**53, 2**62, 2**63 - 1, 2**63, -(2**63), 10**30, 0.5, 1e308, "", "q", "0",
    "a/b", "x\n", "\x00", "\ud800", [], [1], {}, "goodput", "cost", "nan", float("nan"), float("inf"),
)  # fmt: skip
"""What a value of a JSON file is replaced by."""


def damaged_bytes(content: bytes, chance: random.Random) -> bytes:
    """Return `content` with a few bytes flipped, deleted, inserted, doubled or cut off, or lines doubled or swapped."""
    changed = bytearray(content)
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(changed) + 1)
        kind = chance.randrange(8)
        if kind == 0:
            changed[place : place + 1] = bytes([chance.randrange(256)])
        elif kind == 1:
            changed[place : place + 1] = bytes(byte ^ 1 << chance.randrange(8) for byte in changed[place : place + 1])
        elif kind == 2:
            del changed[place : place + chance.randint(1, 20)]
        elif kind == 3:
            changed[place:place] = changed[max(0, place - 20) : place]
        elif kind == 4:
            changed[place:place] = chance.choice(FIELDS).encode()
        elif kind == 5:
            changed[place:place] = bytes(chance.randrange(256) for _ in range(chance.randint(1, 4)))
        elif kind == 6:
            lines = bytes(changed).splitlines(keepends=True) or [b""]
            lines.insert(chance.randrange(len(lines) + 1), chance.choice(lines))
            changed = bytearray(b"".join(lines))
        elif chance.random() < 0.3:
            del changed[place:]
    return bytes(changed)


def damaged_field(text: str, chance: random.Random) -> str:
    """Return `text` with one field or value replaced by an odd one, or two of them swapped."""
    spans = [match.span() for match in re.finditer(r'[^,\n":{}]+', text)]
    (start, end), (other, other_end) = sorted(chance.choices(spans, k=2))
    if chance.random() < 0.25 and end <= other:
        return text[:start] + text[other:other_end] + text[end:other] + text[start:end] + text[other_end:]
    return text[:start] + chance.choice(FIELDS) + text[end:]


def damaged_value(content: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """Return a JSON object with a value at any depth replaced, dropped, doubled or moved."""
    changed = json.loads(json.dumps(content))
    for _ in range(chance.randint(1, 3)):
        holder: Any = changed
        while True:
            keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
            if not keys:
                break
            key = chance.choice(keys)
            if isinstance(holder[key], (dict, list)) and holder[key] and chance.random() < 0.9:
                holder = holder[key]
                continue
            _damage(holder, key, chance)
            break
    return changed


def _damage(holder: Any, key: Any, chance: random.Random) -> None:
    kind = chance.randrange(5)
    if kind == 0:
        del holder[key]
    elif kind == 1 and isinstance(holder, list):
        holder.insert(key, holder[key])
    elif kind == 2 and isinstance(holder, list):
        holder[key], holder[0] = holder[0], holder[key]
    elif kind == 3 and isinstance(holder[key], int):
        holder[key] += chance.choice([-1, 1, 10**9, -(10**9)])
    else:
        holder[key] = chance.choice(VALUES)
