"""Studies: many runs of many methods, and what they say."""

from __future__ import annotations
