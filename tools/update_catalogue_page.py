"""Write `docs/catalogue.md` anew, and print the digests that `tests/instances/test_catalogue.py` pins.

Run it after an edit of the catalogue: ``.venv/bin/python tools/update_catalogue_page.py``.
"""

from __future__ import annotations

import hashlib
from importlib.resources import files
from pathlib import Path

from sloplan.instances.catalogue import TABLES
from sloplan.instances.catalogue_page import catalogue_page
from sloplan.problem.storage.atomic import write_bytes

PAGE = Path(__file__).resolve().parent.parent / "docs" / "catalogue.md"


def table_digests() -> dict[str, str]:
    """Return the first 16 hexadecimal digits of each table's SHA-256."""
    folder = files("sloplan.instances").joinpath("catalogue")
    texts = {name: folder.joinpath(f"{name}.csv").read_text("utf-8") for name in TABLES}
    return {name: hashlib.sha256(text.encode()).hexdigest()[:16] for name, text in texts.items()}


if __name__ == "__main__":
    write_bytes(PAGE, catalogue_page().encode())
    for name, digest in table_digests().items():
        print(f'    "{name}": "{digest}",')
