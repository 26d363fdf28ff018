"""Time and memory of generating and compiling library instances.

Run as ``python benchmarks/generating.py NAME_OR_SPEC ...``; without names, all of size l and xxl. Each is generated
and compiled in a process of its own, after a small one that compiles the kernels; imports are left out of the
seconds, not of the most memory that the process held.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time

import sloplan as sp
from sloplan.instances.reference import REFERENCE

LINE = "{:40s} {:>10s} {:>10s} {:>10s}\n"
WARM_UP = "edge-cloud:queries=10"


def measure(name: str) -> None:
    """Print the line of one instance."""
    _ = sp.load(WARM_UP).compiled
    start = time.perf_counter()
    instance = sp.load(name)
    generated = time.perf_counter()
    _ = instance.compiled
    compiled = time.perf_counter()
    peak_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    figures = f"{generated - start:.2f}", f"{compiled - generated:.2f}", f"{peak_gb:.2f}"
    sys.stdout.write(LINE.format(name, *figures))


def main() -> None:
    """Measure one instance here, or several in processes of their own."""
    names = sys.argv[1:]
    if len(names) == 1:
        measure(names[0])
        return
    sys.stdout.write(sp.show_versions() + "\n" + LINE.format("instance", "generate s", "compile s", "peak GB"))
    for name in names or [one.name for one in REFERENCE if one.size in ("l", "xxl")]:
        sys.stdout.flush()
        subprocess.run([sys.executable, __file__, name], check=True)


if __name__ == "__main__":
    main()
