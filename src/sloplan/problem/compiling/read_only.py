"""Arrays that nobody may write to: the compiled integers are what the checker judges by."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import TypeVar

import numpy as np

Compiled = TypeVar("Compiled")


def make_read_only(compiled: Compiled) -> Compiled:
    """Make every array in a dataclass read-only, also those in tuples and dataclasses inside it.

    Parameters
    ----------
    compiled : dataclass instance, tuple, array or anything else
        What holds no arrays is left alone.

    Returns
    -------
    The same.
    """
    if isinstance(compiled, np.ndarray):
        compiled.setflags(write=False)
    elif isinstance(compiled, tuple):
        for part in compiled:
            make_read_only(part)
    elif is_dataclass(compiled):
        for field in fields(compiled):
            make_read_only(getattr(compiled, field.name))
    return compiled
