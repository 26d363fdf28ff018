"""The report of a study: one page that works offline, a page per run, and the figures for papers."""

from __future__ import annotations
