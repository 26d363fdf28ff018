"""Versions of what a result depends on."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from sloplan._version import __version__

_PACKAGES: Final = ("numpy", "pandas", "numba", "pyomo", "highspy", "ortools", "pyscipopt", "gurobipy")


def installed_versions() -> dict[str, str]:
    """Return the versions of sloplan, Python and the packages that figures depend on, without importing them."""
    versions = {"sloplan": __version__, "python": platform.python_version()}
    for package in _PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = "not installed"
    return versions


def show_versions() -> str:
    """Return versions and platform as text, a line each, for bug reports: ``print(sp.show_versions())``."""
    lines = {**installed_versions(), "platform": platform.platform()}
    width = max(map(len, lines))
    return "\n".join(f"{name:<{width}}  {value}" for name, value in lines.items())
