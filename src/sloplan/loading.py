"""The front door `load`: an instance by library name or family spec, or what stands at a path."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

from sloplan.problem.errors import InputError
from sloplan.problem.instance import Instance
from sloplan.problem.selections.selection import PlanSelection
from sloplan.problem.validation.naming import near_names


def load(source: str | os.PathLike[str]) -> Instance | PlanSelection:
    """Return the instance of a library name or a family spec, or the problem stored at a path.

    Parameters
    ----------
    source : str or path
        A library name ("edge-cloud-s-1.2-tight"), a family spec ("edge-cloud:queries=1000,seed=3", or for a plan
        selection "khan:groups=100,seed=3"), or the path of an instance's folder or zip file, or of a plan
        selection's ".json" file. A library name goes before a folder of that name: write "./name" for the folder.

    Returns
    -------
    Instance or PlanSelection

    Raises
    ------
    InputError
        If `source` is none of them, or what stands there is malformed.
    """
    from sloplan.instances import library
    from sloplan.instances.selections.spec import generate_selection, is_selection_spec
    from sloplan.instances.specs import instance_of_spec, is_instance_spec

    if isinstance(source, str):
        if source in library.names():
            if Path(source).exists():
                warnings.warn(f"{source} is the library instance; ./{source} names the folder", stacklevel=2)
            return library.load(source)
        if is_instance_spec(source):
            return instance_of_spec(source)
        if is_selection_spec(source):
            return generate_selection(source)
    elif not isinstance(source, os.PathLike):
        raise InputError("not an instance", value=source, allowed="a library name, a family spec or a path")
    return _load_path(os.fspath(source))


def _load_path(text: str) -> Instance | PlanSelection:
    from sloplan.instances import library
    from sloplan.instances.selections.spec import selection_family_names
    from sloplan.instances.specs import instance_spec_names
    from sloplan.problem.storage.instance_files import load_instance

    path = Path(text)
    if not text or not _exists(path):
        known = (*library.names(), *instance_spec_names(), *selection_family_names())
        raise InputError(
            f"no such library instance, family or path{near_names(text, known)}",
            value=text,
            allowed="a library name (`sloplan instances list`), a spec such as edge-cloud:queries=60, or a path",
        )
    if path.suffix == ".json" and path.is_file():
        return PlanSelection.load(path)
    return load_instance(path)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name too long for the system, or with a null character
        return False
