"""Plan selections: the problem with its plans listed."""

from __future__ import annotations
