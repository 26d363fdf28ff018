"""Instances, solutions and plan selections on disk."""

from __future__ import annotations
