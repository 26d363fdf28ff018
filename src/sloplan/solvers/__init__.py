"""Exact baselines: a model on an engine, its answers re-evaluated in exact integers."""

from __future__ import annotations
