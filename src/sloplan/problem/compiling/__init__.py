"""From decimals to int64: how an instance is compiled."""

from __future__ import annotations
