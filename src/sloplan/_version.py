"""The version: the packaging metadata and `sloplan.__version__` are read from here."""

from __future__ import annotations

__version__ = "0.1.0"
