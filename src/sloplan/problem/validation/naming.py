"""What may name something, and how messages speak of names."""

from __future__ import annotations

import difflib
import re
import warnings
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sloplan.problem.schema import LIST_SEPARATOR

MAX_NAME_LENGTH = 200
_MAX_COMPARED = 2000  # known names that a misspelt one is compared with
NAME_RULE = f"1 to {MAX_NAME_LENGTH} characters without ';', '/', control characters and blanks at either end"
LINE_RULE = "one line of text without control characters"

_CONTROL = "\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff"
_BAD_LINE = re.compile(f"[{_CONTROL}]")
_BAD_NAME = re.compile(rf"[;/{_CONTROL}]|^\s|\s$|^$")


def is_line(text: str) -> bool:
    """Return whether `text` is one line without control characters."""
    return text.isprintable() or _BAD_LINE.search(text) is None  # the first is quicker, and no control is printable


def is_name(text: str) -> bool:
    """Return whether `text` may name something; see `NAME_RULE`."""
    return len(text) <= MAX_NAME_LENGTH and _BAD_NAME.search(text) is None


def is_name_list(text: str) -> bool:
    """Return whether `text` is names joined by ";"."""
    return all(map(is_name, text.split(LIST_SEPARATOR)))


def are_names(texts: Iterable[str]) -> bool:
    """Return whether every one of many texts may name something.

    Plain names are told in a few passes over all of them joined; any other character than a
    printable one sends them to `is_name` one by one.
    """
    texts = list(texts)
    joined = f"/{'/'.join(texts)}/"
    bad_parts = (";", "//", "/ ", " /") if " " in joined else (";", "//")  # one character is found soonest
    plain = (
        joined.isprintable()
        and joined.count("/") == len(texts) + 1
        and not any(bad in joined for bad in bad_parts)
        and max(map(len, texts), default=0) <= MAX_NAME_LENGTH
    )
    return plain or all(map(is_name, texts))


def near_names(name: str, known: Sequence[str]) -> str:
    """Return ' (did you mean X?)' for the known name closest to `name`, '' if none is close."""
    near = difflib.get_close_matches(name, known[:_MAX_COMPARED], n=1)
    return f" (did you mean {near[0]}?)" if near else ""


def some_names(names: Collection[str], limit: int = 8) -> str:
    """Return the names in sorted order joined by commas, cut after `limit`."""
    shown = ", ".join(sorted(names)[:limit])
    return shown if len(names) <= limit else f"{shown}, ... ({len(names)} in all)"


def warn_unknown(where: str, what: str, names: Iterable[Any], known: Iterable[str]) -> None:
    """Warn of names that nobody knows, with near ones.

    Parameters
    ----------
    where : str
        The file or table that holds them.
    what : str
        What they name, in the plural.
    names : iterable
        All names found.
    known : iterable of str
    """
    known = list(known)
    unknown = [str(name) for name in names if name not in known]
    if unknown:
        shown = ", ".join(name + near_names(name, known) for name in unknown)
        warnings.warn(f"{where}: unknown {what} ignored: {shown}", UserWarning, stacklevel=3)
