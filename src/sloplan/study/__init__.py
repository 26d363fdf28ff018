"""Studies: any methods on any instances, measured in one way."""

from __future__ import annotations
