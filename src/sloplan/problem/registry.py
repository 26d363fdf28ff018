"""Methods by name: built-in and other people's alike come through the entry points `sloplan.methods`."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from numbers import Integral, Real
from typing import Any, Final, NamedTuple

from sloplan.problem.errors import InputError, SloplanError
from sloplan.problem.method import Method
from sloplan.problem.validation.naming import near_names

ENTRY_POINT_GROUP: Final = "sloplan.methods"
_MEMBERS: Final = ("name", "summary", "unsupported", "solve")


class _Kind(NamedTuple):
    """A kind of option: the type of its default, what its values may be, and how that is said."""

    default: type
    value: type
    allowed: str
    is_bool: bool = False


_KINDS: Final = (
    _Kind(bool, bool, "True or False", is_bool=True),  # before int, of which it is one
    _Kind(int, Integral, "a whole number"),
    _Kind(float, Real, "a number"),
    _Kind(str, str, "a text"),
)


class BrokenMethodError(SloplanError):
    """A registered method cannot be loaded; the others still can."""


@dataclass(frozen=True)
class RegisteredMethod:
    """One line of the list of methods.

    Parameters
    ----------
    name : str
    summary : str
        What it does; empty if it cannot be loaded.
    provider : str
        Where the entry point leads: "module:class".
    error : str, optional
        Why it cannot be loaded.
    """

    name: str
    summary: str
    provider: str
    error: str | None = None


def methods() -> list[RegisteredMethod]:
    """List all registered methods by name; one that cannot be loaded is listed with its error."""
    listed = []
    for name, named in sorted(_entry_points().items()):
        provider = _providers(named)
        try:
            listed.append(RegisteredMethod(name, _load(named).summary, provider))
        except BrokenMethodError as error:
            listed.append(RegisteredMethod(name, "", provider, str(error)))
    return listed


def find_method(name: str) -> Method:
    """Return the method registered under `name`.

    Raises
    ------
    InputError
        If no method has that name.
    BrokenMethodError
        If it has, but cannot be loaded, or is not the only one of that name.
    """
    known = _entry_points()
    if name not in known:
        raise InputError(
            f"unknown method{near_names(name, sorted(known))}",
            field="method",
            value=name,
            allowed=", ".join(sorted(known)) or "none is registered",
            advice=None if known else "install the package (pip install -e .): its entry points name the methods",
        )
    return _load(known[name])


def own_options(method: Method) -> dict[str, Any]:
    """Return the method's own options with their defaults: the keyword-only parameters of its `solve`."""
    return {
        name: parameter.default
        for name, parameter in inspect.signature(method.solve).parameters.items()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY
    }


def refuse_unusable_options(method: Method, options: Mapping[str, Any]) -> None:
    """Refuse options that the method does not have, and values of another kind than the default.

    Where the default is True or False, so must be the value; where it is a whole number, a whole one; where it is a
    number, a number; where it is a text, a text. Where it is something else, the method judges the value itself.

    Raises
    ------
    InputError
        Naming the first such option and those that there are, or what kind of value it takes.
    """
    defaults = own_options(method)
    for name, value in options.items():
        if name not in defaults:
            raise InputError(
                f"method {method.name!r} has no such option{near_names(name, sorted(defaults))}",
                field=name,
                value=value,
                allowed=", ".join(defaults) or "no options",
            )
        kind = next((kind for kind in _KINDS if isinstance(defaults[name], kind.default)), None)
        if kind is not None and (not isinstance(value, kind.value) or (isinstance(value, bool) and not kind.is_bool)):
            raise InputError("unusable value", field=name, value=value, allowed=kind.allowed)


def _entry_points() -> dict[str, list[EntryPoint]]:
    """Return the different entry points of each name: more than one if packages claim the same name."""
    named: dict[str, dict[str, EntryPoint]] = {}
    for entry_point in entry_points(group=ENTRY_POINT_GROUP):
        named.setdefault(entry_point.name, {})[entry_point.value] = entry_point
    return {name: [values[value] for value in sorted(values)] for name, values in named.items()}


def _providers(named: list[EntryPoint]) -> str:
    return ", ".join(entry_point.value for entry_point in named)


def _load(named: list[EntryPoint]) -> Method:
    """Load and make the method of one name; whatever its package raises is said of this method only."""
    subject = f"method {named[0].name!r} ({_providers(named)})"
    if len(named) > 1:
        raise BrokenMethodError(f"{subject} is ambiguous: packages share the name; next: uninstall all but one of them")
    entry_point = named[0]
    try:
        method: Method = entry_point.load()()
    except Exception as error:
        raise BrokenMethodError(f"{subject} cannot be loaded: {type(error).__name__}: {error}") from error
    missing = [member for member in _MEMBERS if not hasattr(method, member)]
    if missing:
        raise BrokenMethodError(f"{subject} is no method: it lacks {', '.join(missing)}")
    return method
