"""Set up before any test imports the package."""

from __future__ import annotations

import os
import signal
from importlib.metadata import entry_points

from hypothesis import HealthCheck, settings

from numba_cache_dir import numba_cache_dir  # tools/, on pytest's path

os.environ["NUMBA_CACHE_DIR"] = str(numba_cache_dir())

from sloplan.study.supervision import preload

# The first test that forks a process starts the server that all later ones are forked from: whatever it is, the server
# has imported what studies and the command line need, which else every process would import for itself, for seconds.
METHODS = entry_points(group="sloplan.methods")
COMMANDS = [f"sloplan.{name}" for name in ("cli", "commands", "explain_commands", "online_commands", "study_commands")]
preload("sloplan.study.running", "sloplan.study_worker", *COMMANDS, *(entry.module for entry in METHODS))

# What a script's shell starts in the background ignores Ctrl-C, and so do its children: tests of Ctrl-C would hang.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Time decides no test: not how long an example takes, nor how long drawing it does on a machine that is busy.
settings.register_profile("sloplan", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("sloplan")
