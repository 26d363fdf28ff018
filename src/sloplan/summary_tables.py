"""How summaries are shown: sizes, rows by kind, and the rows that matter most."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.table import Table

from sloplan.problem.spread import Spread
from sloplan.reporting import percent, two_columns

if TYPE_CHECKING:
    from sloplan.instance_summary import InstanceSummary, RowLoad
    from sloplan.problem.selections.summary import SelectionSummary


def instance_tables(summary: InstanceSummary, num_rows: int) -> list[Table]:
    """Return the tables that `sloplan instances show` prints of an instance.

    Parameters
    ----------
    summary : InstanceSummary
    num_rows : int
        Rows to list, the most loaded first.
    """
    return [_instance_sizes(summary), *_load_tables(summary.rows, num_rows)]


def selection_tables(summary: SelectionSummary, num_rows: int) -> list[Table]:
    """Return the tables that `sloplan instances show` prints of a plan selection.

    Parameters
    ----------
    summary : SelectionSummary
    num_rows : int
        Rows to list, the tightest first.
    """
    lines = {
        "sha256": summary.sha256,
        "objective": summary.objective,
        **({} if summary.goodput_floor is None else {"goodput floor": f"{summary.goodput_floor:,.10g}"}),
        **{name: f"{size:,}" for name, size in summary.sizes.items()},
        "plans per group": _spread(summary.plans_per_group),
        "greatest value": f"{summary.greatest_value:,.10g} (whether or not it fits)",
        "tightness of rows": _spread(Spread.of([r.tightness for r in summary.rows if r.tightness is not None]), 3),
    }
    rows = sorted(summary.rows, key=lambda row: (row.tightness is None, row.tightness))
    title = (
        "tightness: capacity over the greatest usage (1 or more never binds)\nleast: usage that is unavoidable, over"
    )
    table = _rows_table(f"{title} capacity", ("row", "capacity", "tightness", "least"), rows, num_rows)
    for row in rows[:num_rows]:
        table.add_row(escape(row.name), f"{row.capacity:,.10g}", _figure(row.tightness), _figure(row.least))
    return [two_columns(summary.name, lines), *([table] if num_rows and rows else [])]


def _instance_sizes(summary: InstanceSummary) -> Table:
    combinations = summary.combinations_log10
    lines = {
        "sha256": summary.sha256,
        "hosting": summary.hosting,
        **{name: f"{size:,}" for name, size in summary.sizes.items()},
        "combinations of options": "-" if combinations is None else f"{_powers(combinations)}; before SLOs",
        "plans per template": _spread(summary.plans_per_template),
    }
    if summary.not_listed is not None:
        lines["plans not listed"] = summary.not_listed
    lines["servable"] = "-" if summary.servable_share is None else f"{percent(summary.servable_share)} of the value"
    if summary.load is not None:
        lines["load"] = f"{summary.load:.4g} (least factor on capacities that serves all that is servable)"
    if summary.description:
        lines["description"] = summary.description
    return two_columns(summary.name, lines)


def _load_tables(rows: Sequence[RowLoad], num_rows: int) -> list[Table]:
    """Rows by kind, and those with the highest loads."""
    kinds = Table(title="coupling rows; load: demand over capacity if all servable copies were served")
    kinds.add_column("kind", no_wrap=True)
    for column in ("rows", "least load", "median", "most", "rows above 1"):
        kinds.add_column(column, justify="right")
    names = list(dict.fromkeys(_kind(row) for row in rows))
    for name in names:
        loads = [row.load for row in rows if _kind(row) == name and row.load is not None]
        spread = Spread.of(loads)
        figures = ("-",) * 4
        if spread is not None:
            above = sum(load > 1 for load in loads)
            figures = (_figure(spread.least), _figure(spread.median), _figure(spread.most), f"{above:,}")
        kinds.add_row(escape(name), f"{sum(_kind(row) == name for row in rows):,}", *figures)
    ordered = sorted(rows, key=lambda row: -(row.load or 0.0))
    most = _rows_table("rows with the highest loads", ("row", "capacity", "load"), ordered, num_rows)
    for row in ordered[:num_rows]:
        most.add_row(escape(row.name), f"{row.capacity:,}", _figure(row.load))
    return [kinds, *([most] if num_rows else [])] if rows else []


def _rows_table(title: str, columns: tuple[str, ...], rows: Sequence[Any], num_rows: int) -> Table:
    """An empty table for the first rows; its caption says how many more there are."""
    more = len(rows) - num_rows
    table = Table(title=title, caption=f"{more:,} more not shown (--rows N lists N)" if more > 0 else None)
    table.add_column(columns[0], overflow="fold")  # names are copied: never cut
    for column in columns[1:]:
        table.add_column(column, justify="right", no_wrap=True)
    return table


def _kind(row: RowLoad) -> str:
    return row.name.partition(":")[0]


def _spread(spread: Spread | None, digits: int | None = None) -> str:
    """Least, median and most; of counts (no `digits`) the total too."""
    if spread is None:
        return "-"
    shown: Callable[[float], str] = _count if digits is None else _figure
    least, median, most = (shown(figure) for figure in spread[:3])
    total = "" if digits is not None else f"; {_count(spread.total)} in all"
    return f"{least} to {most}, median {median}{total}" if spread.least != spread.most else f"{least}{total}"


def _powers(logarithms: Spread) -> str:
    least, median, most, total = (f"10^{figure:.1f}" for figure in logarithms)
    one = logarithms.least == logarithms.most
    return f"{least}; {total} in all" if one else f"{least} to {most}, median {median}; {total} in all"


def _count(figure: float) -> str:
    return f"{figure:,.1f}" if figure % 1 else f"{figure:,.0f}"


def _figure(figure: float | None) -> str:
    return "-" if figure is None else f"{figure:.3f}"
