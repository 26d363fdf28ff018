"""Draws docs/report.png, the README's picture of a report: the page of docs/benchmarks/proof, as a browser shows it.

Run it with the environment's Python where Debian's chromium (or another Chrome) is installed.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from PIL import Image

from sloplan.loading import load
from sloplan.study.folder import StudyFolder
from sloplan.study.report.report import write_report

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "report.png"
WIDTH, HEIGHT = 1280, 1240  # summary and the first two figures
COLORS = 128


def main() -> None:
    """Write the report elsewhere, have a browser draw its page, and store the upper part with few colours."""
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if browser is None:
        raise SystemExit("no chromium is installed")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        page = write_report(StudyFolder(ROOT / "docs" / "benchmarks" / "proof"), load, folder / "report")
        drawn = folder / "page.png"
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"]
        options += [f"--user-data-dir={folder / 'profile'}", f"--window-size={WIDTH},{HEIGHT}"]
        options += ["--virtual-time-budget=20000", f"--screenshot={drawn}"]
        subprocess.run([browser, *options, page.as_uri()], check=True, capture_output=True)
        picture = Image.open(drawn).convert("RGB").quantize(COLORS, method=Image.Quantize.MAXCOVERAGE)
        picture.save(PICTURE, optimize=True)
    print(f"{PICTURE.relative_to(ROOT)}: {PICTURE.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
