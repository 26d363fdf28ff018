"""When queries arrive and how long they stay, for the family `burst`."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sloplan.instances.families.draws import Draws


def bursts(queries: int, random: Draws) -> dict[str, npt.NDArray[np.float64]]:
    """Draw arrival times and lengths of stay.

    Parameters
    ----------
    queries : int
    random : Draws

    Returns
    -------
    dict
        Columns `arrival_s` and `duration_s`, both of shape (queries,).
    """
    return {}
