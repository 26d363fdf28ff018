"""Bounds that can be verified in exact arithmetic."""

from __future__ import annotations
