"""Set up before any test imports the package."""

from __future__ import annotations

import os
import signal

from hypothesis import HealthCheck, settings

from numba_cache_dir import numba_cache_dir  # tools/, on pytest's path

os.environ["NUMBA_CACHE_DIR"] = str(numba_cache_dir())

# What a script's shell starts in the background ignores Ctrl-C, and so do its children: tests of Ctrl-C would hang.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Time decides no test: not how long an example takes, nor how long drawing it does on a machine that is busy.
settings.register_profile("sloplan", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("sloplan")
