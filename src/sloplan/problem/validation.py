"""Rules across tables."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd


def validate(frames: Mapping[str, pd.DataFrame]) -> None:
    """Check the rules across tables."""
