"""When queries arrive and how long they stay, for the family `burst`: the figures of the Azure LLM traces."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from sloplan.instances.catalogue import measurement, rule
from sloplan.instances.families.draws import MOST, Draws

Float = npt.NDArray[np.float64]

TRACE: Final = "azure-llm-code"
"""Its arrivals come in bursts: the coefficient of variation of the times between them is 13, the conversation trace's
is 1.1, near the 1 of arrivals that come at random (`arrivals_interval_cv` of either trace in the catalogue's
measurements, computed from all its time stamps)."""

LENGTHS: Final = "azure-llm-conversation"
"""Trace whose generated tokens say how long a stay is, next to others."""

_PERCENTS: Final = (10, 25, 50, 75, 90, 99)


def bursts(queries: int, random: Draws) -> dict[str, Float]:
    """Draw arrival times and lengths of stay.

    A minute's share of the arrivals follows the distribution of arrivals per minute in the trace of code
    requests; within a minute every millisecond is as likely. A stay is as many times the rule `stay_s_per_token` as
    the conversation trace generates tokens.

    Parameters
    ----------
    queries : int
    random : Draws

    Returns
    -------
    dict
        Columns `arrival_s` and `duration_s`, both of shape (queries,), in whole milliseconds.
    """
    minutes = int(measurement(f"{TRACE}.arrivals_span_s") // 60)
    per_minute = _quantile(f"{TRACE}.arrivals_per_minute", random, minutes)
    weight = np.maximum(np.rint(per_minute), 1.0).astype(np.int64)
    minute = np.searchsorted(np.cumsum(weight), random.below(int(weight.sum()), queries), side="right")
    arrival_ms = 60_000 * minute + random.below(60_000, queries)
    tokens = _quantile(f"{LENGTHS}.generated_tokens", random, queries)
    return {
        "arrival_s": arrival_ms / 1000,
        "duration_s": np.maximum(np.rint(tokens * rule("stay_s_per_token") * 1000), 1.0) / 1000,
    }


def _quantile(statistic: str, random: Draws, size: int) -> Float:
    """Draw from a distribution known by some of its percentiles, straight lines between them."""
    percents = np.array(_PERCENTS, dtype=np.float64)
    known = np.array([measurement(f"{statistic}_p{percent}") for percent in _PERCENTS])
    return np.interp(random.below(MOST, size) * (100.0 / MOST), percents, known)
