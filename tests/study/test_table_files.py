"""Tests of tables as text."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from sloplan.problem.errors import InputError
from sloplan.study.configuration import parse_configuration, read_configuration
from sloplan.study.judged import judged_frame
from sloplan.study.table import Table
from sloplan.study.table_files import provenance, shown, write_tables
from tests.study.case import configuration_text
from tests.study.plain_rows import plain_row

TABLE = Table(
    "small",
    "A & B: 100% of_it",
    pd.DataFrame({"name": ["x_1 & y|z", None], "of best": [0.98765, math.nan], "n": [12345, 0]}),
    {"of best": "percent", "n": "count"},
    "what it is.",
)


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("percent", 0.0, "0%"),
        ("percent", 1e-7, "1e-05%"),
        ("percent", 0.123456, "12.3%"),
        ("seconds", 0.01234, "0.0123 s"),
        ("seconds", 12345.6, "12,346 s"),
        ("figure", 1234567.0, "1.23457e+06"),
        ("figure", 915.788, "915.788"),
        ("count", 1234.0, "1,234"),
        ("count", math.nan, "-"),
        ("text", None, "-"),
        ("text", "a", "a"),
    ],
)
def test_numbers_as_they_are_shown(kind: Any, value: Any, text: str) -> None:
    """Three digits of a share, however small; a dash for what is unknown, never a 0."""
    assert shown(kind, value) == text


def test_files(tmp_path: Path) -> None:
    """Markdown and LaTeX show, CSV holds the numbers themselves; LaTeX's own characters are escaped."""
    written = write_tables([TABLE], tmp_path / "new" / "folder", "Source: 5% of it.")
    assert sorted(path.name for path in written) == ["small.csv", "small.md", "small.tex"]
    markdown, latex, values = (
        (tmp_path / "new" / "folder" / f"small.{end}").read_text() for end in ("md", "tex", "csv")
    )
    assert markdown.startswith("# A & B: 100% of_it\n\n| name ")
    assert r"| x_1 & y\|z |     98.8% | 12,345 |" in markdown
    assert markdown.endswith("What it is.\n\nSource: 5% of it.\n")
    assert latex.startswith("% Source: 5% of it.\n")
    assert r"\caption{A \& B: 100\% of\_it}" in latex
    assert r"x\_1 \& y|z & 98.8\% & 12,345 \\" in latex
    assert values == "name,of best,n\nx_1 & y|z,0.98765,12345\n,,0\n"


def test_where_figures_come_from() -> None:
    """Configuration, every machine and every set of versions, days, load and overhead are stated."""
    rows = [
        plain_row("a", overhead_s=0.2, check_s=0.1, prepare_s=0.05, commit="abc"),
        plain_row("b", overhead_s=0.4, check_s=0.1, prepare_s=1.5, cpu="another", started="2026-02-03T00:00:00+00:00"),
    ]
    text = provenance(parse_configuration(configuration_text("best"), "t"), judged_frame(rows))
    assert text.splitlines() == [
        "Configuration `tiny`, 2 runs: `sloplan study run DIR/configuration.toml -o DIR`, then "
        "`sloplan study table DIR`.",
        "Machine: a processor, 2 cores, 24 GB, Linux.",
        "Machine: another, 2 cores, 24 GB, Linux.",
        "Versions: sloplan 0.1.0, python 3.12.1.",
        "Versions: sloplan 0.1.0, python 3.12.1 (commit abc).",
        "Days: 2026-01-31 to 2026-02-03; load of the machine 0.5 to 0.5.",
        "Overhead of the harness: 0.30 s a run (median), 0.40 s at most; of that the check 0.10 s (median).",
        "An instance was read and compiled in 1.50 s at most, once for its runs.",
    ]


def test_a_packaged_configuration_is_run_by_its_name() -> None:
    """What the package carries needs no file."""
    text = provenance(read_configuration("quick")[0], judged_frame([plain_row("a")]))
    assert text.startswith("Configuration `quick`, 1 runs: `sloplan study run quick -o DIR`, then ")


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """A file where the folder should be is named."""
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="file: cannot be made"):
        write_tables([TABLE], tmp_path / "file", "source")
