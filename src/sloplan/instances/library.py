"""The library: the instances of the reference set by name, small ones stored, large ones generated."""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import as_file, files
from typing import Final

from sloplan.instances.families.generate import generate
from sloplan.instances.families.spec import parse_spec
from sloplan.instances.reference import REFERENCE, ReferenceInstance
from sloplan.problem.errors import InputError
from sloplan.problem.instance import Instance
from sloplan.problem.storage.instance_files import load_instance
from sloplan.problem.validation.naming import near_names

_BY_NAME: Final = {reference.name: reference for reference in REFERENCE}


def names() -> tuple[str, ...]:
    """Return the names of the instances."""
    return tuple(_BY_NAME)


def stored_names() -> tuple[str, ...]:
    """Return the names of the instances that are stored with the package."""
    return tuple(name for name, reference in _BY_NAME.items() if reference.is_stored)


def load(name: str) -> Instance:
    """Return an instance: read if it is stored, else generated from its spec.

    Raises
    ------
    InputError
        There is none of that name; names close ones.
    """
    if not _reference(name).is_stored:
        return generated(name)
    with as_file(files("sloplan.instances").joinpath("library", f"{name}.zip")) as file:
        return load_instance(file)


def generated(name: str) -> Instance:
    """Return an instance as its spec gives it now; `load` must give the same."""
    reference = _reference(name)
    instance = generate(parse_spec(reference.spec), name=name)
    return replace(instance, description=f"{reference.spec}; {instance.description}")


def _reference(name: str) -> ReferenceInstance:
    if name not in _BY_NAME:
        problem = f"no library instance of that name{near_names(name, names())}"
        allowed = "family-size-load-slo, e.g. edge-cloud-s-1.2-tight"
        raise InputError(problem, value=name, allowed=allowed, advice="`sloplan instances list` lists them")
    return _BY_NAME[name]
