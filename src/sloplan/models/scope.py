"""What there is a compact model for; light to import, so that nobody builds one to be refused."""

from __future__ import annotations

from sloplan.problem.compiled import CompiledInstance


def unsupported(compiled: CompiledInstance, objective: str) -> str | None:
    """Say in one line why there is no compact model for this, or return None."""
    if objective != "goodput":
        return f"the compact MILP does not have the objective {objective!r} yet; allowed for now: goodput"
    if compiled.hosting != "fluid":
        return f"the compact MILP does not have hosting {compiled.hosting!r} yet; allowed for now: fluid"
    return None
