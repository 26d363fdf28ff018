"""docs/online.md: its commands are ones that the command line takes."""

from __future__ import annotations

import re

from sloplan.runtime.policies import POLICIES
from tests.command_line import ROOT, sloplan

PAGE = (ROOT / "docs" / "online.md").read_text()


def test_every_policy_has_its_line() -> None:
    """The page's table names the policies that there are, each once."""
    assert sorted(re.findall(r"^\| `([a-z-]+)` \|", PAGE, flags=re.MULTILINE)) == sorted(POLICIES)


def test_the_options_are_those_of_the_command() -> None:
    """What the page's commands say is in the command's help."""
    told = sloplan("simulate", "--help").stdout
    for option in set(re.findall(r"--[a-z]+", PAGE.split("```")[1])):
        assert option in told
