"""Methods by name: built-in and other people's alike come through the entry points `sloplan.methods`."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final

from sloplan.problem.errors import InputError, SloplanError
from sloplan.problem.method import Method
from sloplan.problem.validation.naming import near_names

ENTRY_POINT_GROUP: Final = "sloplan.methods"
_MEMBERS: Final = ("name", "summary", "unsupported", "solve")


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


def refuse_unknown_options(method: Method, options: Mapping[str, Any]) -> None:
    """Refuse options that the method does not have.

    Raises
    ------
    InputError
        Naming the first such option and those that there are.
    """
    allowed = own_options(method)
    for name, value in options.items():
        if name not in allowed:
            raise InputError(
                f"method {method.name!r} has no such option{near_names(name, sorted(allowed))}",
                field=name,
                value=value,
                allowed=", ".join(allowed) or "no options",
            )


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
