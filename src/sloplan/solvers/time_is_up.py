"""How a job that lists and builds for long breaks off at its deadline, or when nobody wants it any more."""

from __future__ import annotations

import time
from collections.abc import Callable

from sloplan.solvers.job import Listener, Settings


class TimeIsUpError(Exception):
    """Breaks off the listing of plans or the building of a model."""


def time_is_up(settings: Settings, listener: Listener) -> bool:
    """Whether a job is past its deadline, or is to stop."""
    return time.monotonic() >= settings.deadline or listener.should_stop()


def checkpoint(settings: Settings, listener: Listener) -> Callable[[], None]:
    """Return what looks at the time, and raises `TimeIsUpError` once it is up."""

    def look() -> None:
        if time_is_up(settings, listener):
            raise TimeIsUpError

    return look
