"""Renew the hashes that tests/instances/families/test_generate.py pins, after a change that is meant to change them."""

from __future__ import annotations

import re
from pathlib import Path

from sloplan.instances.families.spec import generate_spec

TESTS = Path(__file__).resolve().parent.parent / "tests" / "instances" / "families" / "test_generate.py"
PIN = re.compile(r'^    "(?P<spec>[^"]+:[^"]+)": "[0-9a-f]*",$', re.M)


def main() -> None:
    """Generate every pinned spec and write its hash."""
    text = TESTS.read_text(encoding="utf-8")
    temporary = TESTS.with_name(TESTS.name + ".part")
    temporary.write_text(PIN.sub(_renewed, text), encoding="utf-8")
    temporary.replace(TESTS)


def _renewed(pin: re.Match[str]) -> str:
    sha256 = generate_spec(pin["spec"]).sha256
    print(f"{pin['spec']}: {sha256}")
    return f'    "{pin["spec"]}": "{sha256}",'


if __name__ == "__main__":
    main()
