"""Tables as text: numbers shown, files in Markdown, LaTeX and CSV, and where their figures come from."""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path
from typing import Final, SupportsFloat, cast

import pandas as pd

from sloplan.problem.errors import InputError
from sloplan.problem.storage.atomic import write_files
from sloplan.study.configuration import Configuration, packaged_names
from sloplan.study.table import Kind, Table

UNKNOWN: Final = "-"


def shown(kind: Kind, value: object) -> str:
    """Return a value as a table shows it.

    Examples
    --------
    >>> [shown("percent", 0.01234), shown("percent", 1e-6), shown("seconds", 12.345), shown("count", float("nan"))]
    ['1.23%', '0.0001%', '12.3 s', '-']
    """
    if not _is_known(value):
        return UNKNOWN
    if kind == "text":
        return str(value)
    number = float(cast(SupportsFloat, value))
    match kind:
        case "count":
            return f"{number:,.0f}"
        case "percent":
            return f"{100 * number:.3g}%"  # three digits, however small: only nothing looks like nothing
        case "seconds":
            return f"{number:.3g} s" if number < 1000 else f"{number:,.0f} s"
        case "figure":
            return f"{number:,.6g}"


def shown_frame(table: Table) -> pd.DataFrame:
    """Return a table's values as they are shown."""
    columns = {
        column: [shown(table.kinds.get(column, "text"), value) for value in table.frame[column]]
        for column in table.frame.columns
    }
    return pd.DataFrame(columns, dtype=str)


def provenance(configuration: Configuration, frame: pd.DataFrame) -> str:
    """Return where the figures of a study come from: configuration, machines, versions and days.

    Parameters
    ----------
    configuration : Configuration
    frame : DataFrame
        Rows of the study.
    """
    run = frame[frame["started"].notna()]
    machines = sorted(
        {
            f"{cpu}, {cores} cores, {memory:g} GB, {system}"
            for cpu, cores, memory, system in zip(
                run["cpu"], run["cores"], run["memory_gb"], run["system"], strict=True
            )
        }
    )
    code = sorted({_versions(*both) for both in zip(run["versions"], run["commit"], strict=True) if _is_known(both[0])})
    days = sorted(run["started"].str[:10].unique())
    stated = configuration.name if configuration.name in packaged_names() else "DIR/configuration.toml"
    lines = [
        f"Configuration `{configuration.name}`, {len(frame)} runs: `sloplan study run {stated} -o DIR`, then "
        "`sloplan study table DIR`.",
        *(f"Machine: {machine}." for machine in machines),
        *(f"Versions: {versions}." for versions in code),
    ]
    if days:
        load, overhead = frame["load"], frame["overhead_s"]
        lines.append(f"Days: {days[0]} to {days[-1]}; load of the machine {load.min():g} to {load.max():g}.")
        lines.append(
            f"Overhead of the harness: {overhead.median():.2f} s a run (median), {overhead.max():.2f} s at most; of "
            f"that the check {frame['check_s'].median():.2f} s (median)."
        )
        listing = "" if frame["list_s"].isna().all() else f", and its plans listed in {frame['list_s'].max():.2f} s"
        read = f"An instance was read and compiled in {frame['prepare_s'].max():.2f} s at most"
        lines.append(f"{read}{listing}, once for its runs.")
    return "\n".join(lines)


def _versions(versions: dict[str, str], commit: object) -> str:
    stated = ", ".join(f"{name} {version}" for name, version in versions.items())
    return f"{stated} (commit {commit})" if _is_known(commit) else stated


def _is_known(value: object) -> bool:
    return not (value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)))


def write_tables(tables: list[Table], folder: Path, source: str) -> list[Path]:
    """Write every table as Markdown, LaTeX and CSV.

    Parameters
    ----------
    tables : list of Table
    folder : Path
        Made if it is not there.
    source : str
        From `provenance`; stands below each table.

    Returns
    -------
    list of Path

    Raises
    ------
    InputError
        The folder cannot be made, or not be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"cannot be made: {error.strerror}", file=str(folder), advice="choose another with -o"
        ) from error
    texts: dict[Path, str] = {}
    for table in tables:
        texts[folder / f"{table.name}.md"] = _markdown(table, source)
        texts[folder / f"{table.name}.tex"] = _latex(table, source)
        texts[folder / f"{table.name}.csv"] = table.frame.to_csv(index=False, lineterminator="\n")
    write_files({path: partial(_write, text) for path, text in texts.items()})
    return list(texts)


def _write(text: str, file: Path) -> None:
    file.write_text(text, encoding="utf-8", newline="\n")


def _markdown(table: Table, source: str) -> str:
    alignment = ["left" if table.kinds.get(column, "text") == "text" else "right" for column in table.frame.columns]
    # Without disable_numparse tabulate would read "60" as a number and write it its own way.
    frame = shown_frame(table).map(_piped).rename(columns=_piped)
    body = frame.to_markdown(index=False, colalign=alignment, disable_numparse=True)
    return f"# {table.title}\n\n{body}\n\n{table.notes.capitalize()}\n\n{source}\n"


def _piped(text: str) -> str:
    """Return a text of which Markdown does not take a part for the next cell."""
    return text.replace("|", r"\|")


def _latex(table: Table, source: str) -> str:
    comment = "".join(f"% {line}\n" for line in source.splitlines())
    alignment = "".join("l" if table.kinds.get(column, "text") == "text" else "r" for column in table.frame.columns)
    frame = shown_frame(table).map(_escaped).rename(columns=_escaped)
    return comment + frame.to_latex(index=False, column_format=alignment, caption=_escaped(table.title))


def _escaped(text: str) -> str:
    """Return a text with LaTeX's special characters escaped."""
    special = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    return "".join(
        special.get(character, f"\\{character}" if character in "&%$#_{}" else character) for character in text
    )
