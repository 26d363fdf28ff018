"""Renew the hashes that tests/instances/families/test_generate.py pins, after a change that is meant to change them."""

from __future__ import annotations

import re
from pathlib import Path

from sloplan.instances.families.spec import generate_spec
from sloplan.problem.storage.atomic import write_bytes

TESTS = Path(__file__).resolve().parent.parent / "tests" / "instances" / "families" / "test_generate.py"
PIN = re.compile(r'^    "(?P<spec>[^"]+:[^"]+)": "[0-9a-f]*",$', re.M)


def main() -> None:
    """Generate every pinned spec and write its hash."""
    text = TESTS.read_text(encoding="utf-8")
    write_bytes(TESTS, PIN.sub(_renewed, text).encode())


def _renewed(pin: re.Match[str]) -> str:
    sha256 = generate_spec(pin["spec"]).sha256
    print(f"{pin['spec']}: {sha256}")
    return f'    "{pin["spec"]}": "{sha256}",'


if __name__ == "__main__":
    main()
