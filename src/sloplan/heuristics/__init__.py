"""Heuristics: good plans fast, with whatever bound comes for free."""

from __future__ import annotations
