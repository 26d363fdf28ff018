"""Keep stdout for results: engines print to it on their own, from C too."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO


@contextmanager
def results_only_on_stdout() -> Iterator[TextIO]:
    """Send everything written to stdout to stderr instead, and give a stream that leads to the real stdout.

    It works on the file descriptor, so that C code and child processes are caught too. stdout is
    not restored: what C libraries still hold in their buffers comes out when the process ends.
    Where stdout is no file descriptor (a notebook, a test), only Python's stream is given.

    Yields
    ------
    TextIO
    """
    sys.stdout.flush()
    try:
        descriptor = sys.stdout.fileno()
    except (OSError, ValueError):
        yield sys.stdout
        return
    with os.fdopen(os.dup(descriptor), "w", encoding="utf-8") as results:
        os.dup2(sys.stderr.fileno(), descriptor)
        yield results
