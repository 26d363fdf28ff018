"""The pages on presolve and explain: their commands and snippets run as they stand."""

from __future__ import annotations

import re
import shlex

import pytest

from tests.command_line import sloplan
from tests.worked_page import DOCS

PAGE = (DOCS / "explain.md").read_text(encoding="utf-8")


def test_the_command_prints_what_the_page_shows() -> None:
    """The one command, line by line."""
    [line] = re.findall(r"```sh\nsloplan (.*)\n```", PAGE)
    [shown] = re.findall(r"```text\n(.*?)```", PAGE, flags=re.DOTALL)
    done = sloplan(*shlex.split(line))
    assert (done.returncode, done.stdout, done.stderr) == (0, shown, "")
    as_json = sloplan(*shlex.split(line), "--json")
    assert '"common_factor": 1.0107' in as_json.stdout


@pytest.mark.parametrize("page", ["explain.md", "presolve.md"])
def test_snippets_run(page: str) -> None:
    """They raise nothing, and leave what they name."""
    [text] = re.findall(r"```python\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), flags=re.DOTALL)
    names: dict[str, object] = {}
    exec(compile(text, page, "exec"), names)
    if page == "explain.md":
        assert names["bill"] is not None
        assert isinstance(names["figures"], dict)
