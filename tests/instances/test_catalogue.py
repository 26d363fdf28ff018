"""The catalogue's tables: every row says where it comes from, and the page shows them."""

from __future__ import annotations

import hashlib
import re
from importlib.resources import files
from pathlib import Path

import pytest

from sloplan.instances import catalogue
from sloplan.instances.catalogue_page import catalogue_page
from sloplan.problem.errors import InputError

PINNED = {
    "operators": "645edd0f0766db59",
    "edges": "fe1f40be8b4fb6af",
    "placement": "5e6f39233d7fd921",
    "configurations": "57f5041f4627896f",
    "accuracy": "b0515e16dd179162",
    "profiles": "d4f41bd0f7c3e535",
    "memory": "0f251c105e414314",
    "hardware": "aa30544f4fd0eb65",
    "prices": "aaf1abb76b7e7e19",
    "networks": "6b5a4f1d0c3a44fe",
    "rules": "e60f27aed7f4dded",
    "measurements": "16bc3f4e6c0cef14",
}
SOURCE = re.compile(r"assumption|web page:\S+|[\w.-]+/[\w.-]+@[0-9a-f]{40}:\S+")


@pytest.mark.parametrize("name", catalogue.TABLES)
def test_every_row_has_source_mark_and_reason(name: str) -> None:
    """No row lacks a source or a mark, and derived or assumed ones say how or why."""
    for row in catalogue.table(name).itertuples():
        assert all(SOURCE.fullmatch(source) for source in row.source.split(" + ")), row
        assert row.mark in catalogue.MARKS, row
        assert bool(row.how) == (row.mark != "measured"), row
        assert row.mark == "assumed" or "assumption" not in row.source, row


@pytest.mark.parametrize("name", catalogue.TABLES)
def test_no_row_twice(name: str) -> None:
    """No two rows state the same figure."""
    frame = catalogue.table(name)
    figures = {"input_kb", "output_kb", "calls", "accuracy", "latency_ms", "busy_ms", "share", "memory_gb", "value"}
    figures -= {"value"} if name == "placement" else set()
    figures |= {"price_per_unit_hour", "frames_per_s", "width_px", "batch", "source", "mark", "how", "frame_rate"}
    assert not frame.duplicated([column for column in frame.columns if column not in figures]).any()


def test_machines_of_profiles_are_known() -> None:
    """Every machine with a profile has a memory and a price somewhere."""
    profiled = set(catalogue.table("profiles")["hardware"])
    assert profiled <= set(catalogue.table("hardware")["hardware"])
    assert profiled <= set(catalogue.table("prices")["hardware"])


def test_look_ups() -> None:
    """Single figures are found by their keys; unknown ones are refused."""
    assert catalogue.unit_price("t4", "cloud") == 0.526
    assert catalogue.unit_memory_gb("jetson-orin-nx") == 16
    assert catalogue.network("cellular", "delay_ms") == 10
    assert catalogue.rule("objects_per_second") == 10
    with pytest.raises(InputError, match="0 rows instead of one"):
        catalogue.unit_price("t4", "device")
    with pytest.raises(InputError, match="no such catalogue table"):
        catalogue.table("speeds")


def test_table_is_a_copy() -> None:
    """Whoever changes a table changes their own."""
    own = catalogue.table("rules")
    own.loc[:, "value"] = -1.0
    assert (catalogue.table("rules")["value"] > 0).all()


@pytest.mark.parametrize("name", catalogue.TABLES)
def test_tables_are_pinned(name: str) -> None:
    """A table's content is the one whose figures were compared with their sources: after an edit, compare again."""
    text = files("sloplan.instances").joinpath("catalogue", f"{name}.csv").read_text("utf-8")
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == PINNED[name]


def test_page_is_current() -> None:
    """The committed page is the generated one."""
    page = Path(__file__).parents[2] / "docs" / "catalogue.md"
    assert page.read_text(encoding="utf-8") == catalogue_page()


def test_page_shows_what_is_profiled() -> None:
    """Each application has its table, with a row for each machine, and what is weak about it is said."""
    page = catalogue_page()
    for application in catalogue.applications():
        section = page.partition(f"### {application}\n")[2].partition("\n#")[0]
        profiles = catalogue.table("profiles")
        machines = profiles.loc[profiles["application"] == application, "hardware"].unique()
        assert all(f"| {machine} |" in section for machine in machines), application
    assert "- **Document questions** are assembled here" in page


def test_page_explains_formulas_by_a_real_one() -> None:
    """The example of a formula is one of the catalogue."""
    (example,) = re.findall(r"```\n(.*)\n```", catalogue_page())
    assert example in set(catalogue.table("profiles")["formula"])


def test_page_shows_like_reasons_once() -> None:
    """Reasons that differ in numbers only are one line, which counts the others."""
    page = catalogue_page()
    lines = [line for line in page.splitlines() if "for each of" in line and "M parameters (published)" in line]
    like = catalogue.table("memory")["how"].str.contains("M parameters (published)", regex=False).sum()
    assert len(lines) == 1
    assert f" and {like - 1} more |" in lines[0]
