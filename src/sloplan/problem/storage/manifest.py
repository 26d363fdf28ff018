"""`instance.json`: what an instance states beside its tables."""

from __future__ import annotations

import json
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sloplan.problem.errors import InputError
from sloplan.problem.schema import FORMAT_VERSION
from sloplan.problem.storage.json_tables import parse_json_object
from sloplan.problem.validation.naming import LINE_RULE, MAX_NAME_LENGTH, is_line, warn_unknown

MANIFEST_FILE = "instance.json"

_ALLOWED = {
    "format_version": str(FORMAT_VERSION),
    "name": f"{LINE_RULE}, 1 to {MAX_NAME_LENGTH} characters",
    "hosting": "'fluid' or 'replicas'",
    "latency_percentile": f"{LINE_RULE}, such as 'p50'",
    "description": "text",
}


class Manifest(BaseModel):
    """Fields of `instance.json`, strictly typed.

    Parameters
    ----------
    format_version : int
        Version of the folder's format.
    name : str
        Name of the instance.
    hosting : {"fluid", "replicas"}
        How pools serve operators.
    latency_percentile : str
        Which percentile the profiles' latencies are, e.g. "p50".
    description : str
        Free text; not part of the content hash.
    """

    model_config = ConfigDict(strict=True, extra="allow", frozen=True)

    format_version: int = FORMAT_VERSION
    name: str = Field(min_length=1, max_length=MAX_NAME_LENGTH)
    hosting: Literal["fluid", "replicas"]
    latency_percentile: str = Field(min_length=1, max_length=MAX_NAME_LENGTH)
    description: str = ""


def make_manifest(fields: dict[str, Any]) -> Manifest:
    """Return the checked manifest of `fields`.

    Raises
    ------
    InputError
        Names the first bad field.

    Warns
    -----
    UserWarning
        Fields that a manifest does not have; they are dropped.
    """
    version = fields.get("format_version", FORMAT_VERSION)
    if type(version) is int and version != FORMAT_VERSION:
        raise InputError(
            "unknown format_version",
            file=MANIFEST_FILE,
            field="format_version",
            value=version,
            allowed=_ALLOWED["format_version"],
            advice="use a Sloplan version that reads this format, or save the instance again",
        )
    try:
        manifest = Manifest.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        field = str(first["loc"][0])
        value = None if first["type"] == "missing" else first["input"]
        raise _field_error(field, value, first["msg"][:1].lower() + first["msg"][1:]) from None
    for field in ("name", "latency_percentile"):
        text = getattr(manifest, field)
        if not is_line(text) or text != text.strip():
            raise _field_error(field, text, "blanks at an end or control characters")
    if any("\ud800" <= character <= "\udfff" for character in manifest.description):
        raise _field_error("description", manifest.description, "half a character (lone surrogate)")
    warn_unknown(MANIFEST_FILE, "fields", manifest.model_extra or (), Manifest.model_fields)
    return manifest


def _field_error(field: str, value: Any, problem: str) -> InputError:
    allowed = _ALLOWED.get(field)
    return InputError(problem, file=MANIFEST_FILE, field=field, value=value, allowed=allowed, advice=f"correct {field}")


def read_manifest(content: bytes) -> Manifest:
    """Return the manifest in the bytes of an `instance.json`.

    Raises
    ------
    InputError
        The bytes are no JSON object (e.g. truncated), or a field is missing, repeated or bad.
    """
    fields = parse_json_object(content, MANIFEST_FILE)
    if "format_version" not in fields:
        raise _field_error("format_version", None, "field required")
    return make_manifest(fields)


def write_manifest(manifest: Manifest) -> bytes:
    """Return the bytes of `instance.json`."""
    fields = manifest.model_dump(include=set(Manifest.model_fields))
    return (json.dumps(fields, indent=2, ensure_ascii=False) + "\n").encode()
