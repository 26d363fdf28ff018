"""What docs/studies.md says of configurations and columns is what there is."""

from __future__ import annotations

import re

import pytest

from sloplan.study.configuration import Configuration, packaged_names, parse_configuration, read_configuration
from sloplan.study.row import COLUMNS
from tests.worked_page import DOCS

PAGE = (DOCS / "studies.md").read_text(encoding="utf-8")


def test_every_column_is_on_the_page() -> None:
    """The page's last table names the columns of a row in their order, with their meaning."""
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", PAGE.partition("## Columns of a row")[2], flags=re.MULTILINE)
    assert dict(rows) == COLUMNS
    assert [name for name, _ in rows] == list(COLUMNS)


def test_every_configuration_is_on_the_page() -> None:
    """Those that come with the package, with their time limits."""
    rows = re.findall(r"^\| `([\w-]+)` \| .* \| .*?(\d+) s \|$", PAGE, flags=re.MULTILINE)
    assert sorted(name for name, _ in rows) == list(packaged_names())
    for name, limit in rows:
        assert read_configuration(name)[0].time_limits == [float(limit)]


def test_every_field_is_on_the_page() -> None:
    """The fields of a configuration with their defaults."""
    fields = dict(re.findall(r"^\| `(\w+)` \| [^|]* \| ([^|]*) \|$", PAGE, flags=re.MULTILINE))
    assert fields.keys() >= Configuration.model_fields.keys()
    for name in ("min_goodput", "memory_gb", "grace_s", "check_limit_s"):
        assert float(fields[name]) == Configuration.model_fields[name].default


def test_the_example_is_one() -> None:
    """The configuration on the page is read as it stands."""
    [text] = re.findall(r"```toml\n(.*?)```", PAGE, flags=re.DOTALL)
    configuration = parse_configuration(text, "page")
    assert [method.label for method in configuration.methods] == ["milp", "greedy as it comes"]
    with pytest.raises(ValueError, match="unknown field"):
        parse_configuration(text.replace("seeds", "seed"), "page")
