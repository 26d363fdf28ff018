"""Generate the stored instances of the library anew: ``python tools/store_library.py``.

To be run when a family or the catalogue changes; a test compares what is stored with what the specs give.
"""

from __future__ import annotations

from pathlib import Path

from sloplan.instances import library
from sloplan.problem.storage.instance_files import save_instance

LIBRARY = Path(library.__file__).parent / "library"


def main() -> None:
    """Write a zip per stored instance and drop what is no longer one."""
    LIBRARY.mkdir(exist_ok=True)
    kept = {f"{name}.zip" for name in library.stored_names()}
    for file in LIBRARY.iterdir():
        if file.name not in kept:
            file.unlink()
    for name in library.stored_names():
        save_instance(library.generated(name), LIBRARY / f"{name}.zip")
        print(name)


if __name__ == "__main__":
    main()
