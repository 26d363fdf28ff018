"""Checks of the shape of JSON documents, with errors that name the field."""

from __future__ import annotations

from typing import Any

from sloplan.problem.errors import InputError


def json_text(value: Any, field: str) -> str:
    """Return `value` if it is a string."""
    if not isinstance(value, str):
        raise InputError("not text", field=field, value=value, allowed="a string")
    return value


def json_object(
    value: Any, field: str, *, required: tuple[str, ...] | None, optional: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Return `value` if it is a JSON object with those fields (`required` None: any fields)."""
    if not isinstance(value, dict):
        raise InputError("not a JSON object", field=field, value=value, allowed="an object {...}")
    if required is not None:
        missing = [name for name in required if name not in value]
        unknown = [name for name in value if name not in required + optional]
        if missing or unknown:
            raise InputError(
                "; ".join(
                    [f"field {name!r} is missing" for name in missing]
                    + [f"field {name!r} is not known" for name in unknown]
                ),
                field=field,
                value=value,
                allowed=f"an object with {', '.join(required + optional)}",
            )
    return value


def json_list(value: Any, field: str) -> list[Any]:
    """Return `value` if it is a list."""
    if not isinstance(value, list):
        raise InputError("not a JSON list", field=field, value=value, allowed="a list [...]")
    return value
