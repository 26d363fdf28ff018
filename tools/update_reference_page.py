"""Write docs/reference-set.md anew from the index of the reference set: ``python tools/update_reference_page.py``."""

from __future__ import annotations

from pathlib import Path

from sloplan.instances.reference_page import reference_page
from sloplan.problem.storage.atomic import write_bytes

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference-set.md"

if __name__ == "__main__":
    write_bytes(PAGE, reference_page().encode())
