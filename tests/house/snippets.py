"""What the pages show of commands and Python: README, CONTRIBUTING and docs, but for the tables of studies."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
from pathlib import Path
from typing import Any

import typer

from sloplan.cli import app

ROOT = Path(__file__).resolve().parents[2]
PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text("utf-8")
    for path in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md")))
    if "tables" not in path.parts
}
NO_COMMANDS = ("sloplan instance content 1",)  # what a content hash begins with


def blocks(text: str, language: str) -> list[str]:
    """Return the fenced blocks of a language."""
    fenced = re.findall(r"^```(\w*)[^\n]*\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [inner for stated, inner in fenced if stated == language]


def shown_files(text: str) -> dict[str, str]:
    """Return the files that a page shows: fenced blocks whose title is a file's name."""
    return dict(re.findall(r'^```\w+ title="([^"\n]+)"\n(.*?)^```$', text, re.MULTILINE | re.DOTALL))


def shell_lines(text: str) -> list[str]:
    """Return the lines of shell, without comments: those of blocks of shell, and commands in blocks of no language."""
    plain = re.findall(r"^(?:\.venv/bin/)?(sloplan .*)$", "".join(blocks(text, "")), re.MULTILINE)
    lines = [*"".join(blocks(text, "sh")).splitlines(), *plain]
    return [line for line in (re.sub(r"\s+#.*", "", line).strip() for line in lines) if line]


def shown_commands(text: str) -> list[str]:
    """Return the `sloplan` commands that stand on lines of their own, without the first word."""
    return [line.removeprefix("sloplan ") for line in shell_lines(text) if line.startswith("sloplan ")]


def named_commands(text: str) -> list[str]:
    """Return the `sloplan` commands within sentences and tables, without the first word."""
    outside = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    found = [" ".join(command.split()) for command in re.findall(r"`(sloplan [^`]+)`", outside)]
    return [command.removeprefix("sloplan ") for command in found if command not in NO_COMMANDS]


def refusal(command: str) -> str:
    """Return what the command line's parser says against a command, which is not run; empty if it takes it.

    A command named by its beginning, `sloplan study run` say, is told apart by "Missing".
    """
    parser = typer.main.get_command(app)
    _take_callbacks(parser)
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
        try:
            parser.main(shlex.split(command), prog_name="sloplan")
        except SystemExit as end:
            return said.getvalue() if end.code else ""
    return ""


def _take_callbacks(part: Any) -> None:
    """Have a command and all below it do nothing. Typer brings its own click, or uses the one that is installed."""
    part.callback = None
    for inner in getattr(part, "commands", {}).values():
        _take_callbacks(inner)
