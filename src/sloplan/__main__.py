"""``python -m sloplan``: the command line."""

from __future__ import annotations

from sloplan.cli import main

if __name__ == "__main__":
    main()
