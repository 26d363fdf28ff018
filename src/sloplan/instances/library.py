"""The library: stored instances, each generated once from a stated spec."""

from __future__ import annotations

from importlib.resources import as_file, files
from typing import Final

from sloplan.instances.families.spec import generate_spec
from sloplan.problem.errors import InputError
from sloplan.problem.instance import Instance
from sloplan.problem.storage.instance_files import load_instance
from sloplan.problem.validation.naming import near_names

SPECS: Final[dict[str, str]] = {
    "edge-cloud-xs": "edge-cloud:queries=5,load=1,seed=39",
    "edge-cloud-s": "edge-cloud:queries=40,sites=8,load=1,seed=2",
    "edge-cloud-m": "edge-cloud:queries=200,load=1,seed=1",
}
"""The spec that each stored instance was generated from."""


def names() -> tuple[str, ...]:
    """Return the names of the stored instances."""
    return tuple(SPECS)


def load(name: str) -> Instance:
    """Return a stored instance.

    Raises
    ------
    InputError
        There is none of that name; names close ones.
    """
    if name not in SPECS:
        problem = f"no library instance of that name{near_names(name, names())}"
        raise InputError(problem, value=name, allowed=", ".join(names()), advice="name one of these")
    with as_file(files("sloplan.instances").joinpath("library", name)) as folder:
        return load_instance(folder)


def generated(name: str) -> Instance:
    """Return a stored instance as its spec gives it now; `load` must give the same."""
    instance = generate_spec(SPECS[name])
    return instance.replace(name=name, description=f"{SPECS[name]}; {instance.description}")
