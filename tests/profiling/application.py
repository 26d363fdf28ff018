"""Makes an instance of the tables of a profiled application."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from sloplan.problem.instance import Instance


def instance_of(tables: Mapping[str, pd.DataFrame], slo_accuracy: float) -> Instance:
    """Return an instance of one machine and one query for the application of these tables."""
    frames = {
        **tables,
        "sites": pd.DataFrame({"site": ["here"], "tier": ["edge"]}),
        "pools": pd.DataFrame(
            {"pool": ["machines"], "site": ["here"], "hardware": ["cpu"], "units": [1], "memory_gb": [1.0]}
        ),
        "queries": pd.DataFrame(
            {
                "query": ["q"],
                "application": [tables["operators"]["application"][0]],
                "source_site": ["here"],
                "rate_rps": [1.0],
                "slo_accuracy": [slo_accuracy],
            }
        ),
    }
    return Instance.from_frames(frames)
