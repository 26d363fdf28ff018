"""What an instance must hold, column by column and across tables."""

from __future__ import annotations
