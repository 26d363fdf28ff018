"""The planning problem: instances, their integers, solutions, the checker, certificates, runs and results."""

from __future__ import annotations
