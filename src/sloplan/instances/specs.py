"""Specs that make instances: those of the families, and JellyBean's example."""

from __future__ import annotations

from sloplan.instances import jellybean
from sloplan.instances.families.spec import canonical_spec, family_names, generate_spec, is_spec, parse_spec
from sloplan.problem.instance import Instance


def instance_spec_names() -> tuple[str, ...]:
    """Return what such a spec may begin with."""
    return (*family_names(), jellybean.NAME)


def is_instance_spec(text: str) -> bool:
    """Return whether `text` is such a name, alone or followed by a colon and parameters."""
    return is_spec(text) or _is_jellybean(text)


def full_spec(text: str) -> str:
    """Return the spec with every parameter stated.

    Raises
    ------
    InputError
        Unknown name or parameter, a parameter given twice, or a bad value.
    """
    if _is_jellybean(text):
        return jellybean.jellybean_spec(jellybean.parse_jellybean(text))
    return canonical_spec(parse_spec(text))


def instance_of_spec(text: str) -> Instance:
    """Return the instance of a spec; its name is the spec with every parameter stated.

    Raises
    ------
    InputError
        As `full_spec`.
    """
    if _is_jellybean(text):
        return jellybean.jellybean_instance(jellybean.parse_jellybean(text), name=full_spec(text))
    return generate_spec(text)


def _is_jellybean(text: str) -> bool:
    return text.partition(":")[0] == jellybean.NAME
