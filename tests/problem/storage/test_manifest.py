"""`instance.json`: strict, clear about what is wrong, byte-stable."""

from __future__ import annotations

import json

import pytest

from sloplan.problem.errors import InputError
from sloplan.problem.storage.manifest import make_manifest, read_manifest, write_manifest

FIELDS = {"format_version": 1, "name": "a", "hosting": "fluid", "latency_percentile": "p50", "description": "b"}


def test_round_trip() -> None:
    """What is written is read back, and written again to the same bytes."""
    content = write_manifest(make_manifest(FIELDS | {"name": "möglich"}))
    assert write_manifest(read_manifest(content)) == content
    assert read_manifest(content).name == "möglich"


def test_description_is_optional() -> None:
    """Without a description there is none."""
    fields = {name: value for name, value in FIELDS.items() if name != "description"}
    assert read_manifest(json.dumps(fields).encode()).description == ""


def test_byte_order_mark_is_skipped() -> None:
    """A file saved by an editor that writes a mark is read."""
    assert read_manifest(b"\xef\xbb\xbf" + json.dumps(FIELDS).encode()).name == "a"


@pytest.mark.parametrize(
    ("change", "field", "says"),
    [
        ({"format_version": 2}, "format_version", "unknown format_version; allowed: 1; next: use a Sloplan version"),
        ({"format_version": 0}, "format_version", "unknown format_version"),
        ({"format_version": "1"}, "format_version", "valid integer"),
        ({"format_version": 1.5}, "format_version", "valid integer"),
        ({"format_version": True}, "format_version", "valid integer"),
        ({"format_version": None}, "format_version", "valid integer"),
        ({"name": 5}, "name", "valid string"),
        ({"name": ["a"]}, "name", "valid string"),
        ({"name": "x" * 201}, "name", "at most 200"),
        ({"hosting": "cloud"}, "hosting", "allowed: 'fluid' or 'replicas'"),
        ({"hosting": None}, "hosting", "'fluid' or 'replicas'"),
        ({"latency_percentile": 50}, "latency_percentile", "valid string"),
        ({"latency_percentile": ""}, "latency_percentile", "at least 1 character"),
        ({"description": 1}, "description", "valid string"),
    ],
)
def test_bad_fields(change: dict[str, object], field: str, says: str) -> None:
    """A field of a wrong type or value is named."""
    with pytest.raises(InputError) as caught:
        read_manifest(json.dumps(FIELDS | change).encode())
    assert (caught.value.file, caught.value.field) == ("instance.json", field)
    assert says in str(caught.value)


@pytest.mark.parametrize("field", ["format_version", "name", "hosting", "latency_percentile"])
def test_missing_fields(field: str) -> None:
    """A required field that is absent is named."""
    fields = {name: value for name, value in FIELDS.items() if name != field}
    with pytest.raises(InputError, match=f"{field}: field required"):
        read_manifest(json.dumps(fields).encode())


@pytest.mark.parametrize("length", range(0, len(json.dumps(FIELDS)), 7))
def test_truncated_json(length: int) -> None:
    """A file cut off anywhere is called unreadable JSON."""
    with pytest.raises(InputError, match=r"instance\.json: not readable as JSON.*truncated"):
        read_manifest(json.dumps(FIELDS).encode()[:length])


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"[1, 2]", "not a JSON object"),
        (b"null", "not a JSON object"),
        (b"\xff\xfe", "not readable as JSON"),
        (b"[" * 100_000, "not readable as JSON"),
        (b'{"name": "a", "name": "b"}', "name: field given twice"),
    ],
    ids=["list", "null", "bytes", "nested", "repeated"],
)
def test_what_is_no_manifest(content: bytes, says: str) -> None:
    """Anything but one JSON object with each field once is refused."""
    with pytest.raises(InputError, match=says):
        read_manifest(content)


def test_unknown_fields_warn() -> None:
    """An unknown field is named in a warning, with the near known one, and dropped."""
    with pytest.warns(UserWarning, match=r"unknown fields ignored: hostin \(did you mean hosting"):
        manifest = read_manifest(json.dumps(FIELDS | {"hostin": "x"}).encode())
    assert "hostin" not in json.loads(write_manifest(manifest))
