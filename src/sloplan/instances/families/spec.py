"""Family specs: ``edge-cloud:queries=1000,seed=3``."""

from __future__ import annotations

from dataclasses import fields
from typing import Final

from sloplan.instances.families.generate import generate
from sloplan.instances.families.layouts import LAYOUTS
from sloplan.instances.families.parameters import FamilyParameters
from sloplan.instances.spec_text import Reader, decimal, stated_parameters, whole
from sloplan.problem.errors import InputError
from sloplan.problem.instance import Instance
from sloplan.problem.validation.naming import near_names


def family_names() -> tuple[str, ...]:
    """Return the names of the families."""
    return tuple(LAYOUTS)


def is_spec(text: str) -> bool:
    """Return whether `text` names a family: the family alone, or followed by a colon and parameters."""
    return text.partition(":")[0] in family_names()


def parse_spec(text: str) -> FamilyParameters:
    """Return the parameters that a spec states; those it leaves out have their defaults.

    Parameters
    ----------
    text : str
        ``family`` or ``family:parameter=value,...``; applications are joined by "+".

    Returns
    -------
    FamilyParameters

    Raises
    ------
    InputError
        Unknown family or parameter, a parameter given twice, or a bad value.
    """
    family = text.partition(":")[0]
    if family not in family_names():
        problem = f"unknown family{near_names(family, family_names())}"
        raise InputError(problem, value=family, allowed=", ".join(family_names()), advice="name a family")
    return FamilyParameters(family, **stated_parameters(text, _READERS))


def generate_spec(text: str) -> Instance:
    """Return the instance of a spec; its name is the spec with every parameter stated.

    Raises
    ------
    InputError
        As `parse_spec`.
    """
    parameters = parse_spec(text)
    return generate(parameters, name=canonical_spec(parameters))


def canonical_spec(parameters: FamilyParameters) -> str:
    """Return the spec that states every parameter, in order; SLO dimensions only where they differ from `slo`."""
    stated = {field.name: getattr(parameters, field.name) for field in fields(parameters)}
    family = stated.pop("family")
    stated["sites"] = parameters.user_sites
    stated["applications"] = "+".join(parameters.applications)
    for dimension in ("slo_latency", "slo_accuracy", "slo_cost"):
        if stated[dimension] in ("", parameters.slo):
            del stated[dimension]
    return f"{family}:" + ",".join(f"{name}={value}" for name, value in stated.items())


def _text(_: str, text: str) -> str:
    return text


def _names(_: str, text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split("+"))


_READERS: Final[dict[str, Reader]] = {
    "queries": whole,
    "copies": whole,
    "sites": whole,
    "load": decimal,
    "slo": _text,
    "slo_latency": _text,
    "slo_accuracy": _text,
    "slo_cost": _text,
    "hosting": _text,
    "seed": whole,
    "applications": _names,
}
