"""Imported by the server of processes before all else: the folder that a study is run in is no place of modules.

Multiprocessing starts its server as ``python -c``, which looks for modules in the working folder first. There a folder
that is named as a method's module, such as the project of a method installed with ``pip install --editable``, would
hide it, and the processes forked afterwards would find it so, whatever their own path.
"""

from __future__ import annotations

import sys

if "" in sys.path:
    sys.path.remove("")
