"""The page of a run: its figures, its plan on the infrastructure, every row, what is left of every SLO."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

import numpy as np
import pandas as pd

from sloplan.problem.instance import Instance
from sloplan.problem.objective import find_objective
from sloplan.problem.solution import Solution
from sloplan.study.report.at_hand import AtHand, Prices
from sloplan.study.report.figure import PALETTE
from sloplan.study.report.pages import Cell, Column, cell, rendered
from sloplan.study.report.plan_view import plan_links, plan_tiers, row_table, slack_table
from sloplan.study.rows import Row
from sloplan.study.table_files import shown

MOST_ROWS: Final = 100
"""Lines of a table on a run's page: the fullest rows, the plans with least slack."""


def run_page(run: Mapping[str, Any], row: Row, rows: list[Row], at_hand: AtHand, study: str) -> str:
    """Return the page of a run.

    Parameters
    ----------
    run : mapping
        Its line of `compared_frame`.
    row : dict
        Its row.
    rows : list of dict
        Of the study.
    at_hand : AtHand
    study : str
        Name.
    """
    return rendered(
        "run.html",
        {
            "study": study,
            "method": row["method"],
            "instance": row["instance"],
            "facts": _facts(run),
            "claims": _claims(run),
            "outcome": row["outcome"],
            "message": row["message"] or row["refusal"] or "",
            **_plan(row, rows, at_hand),
        },
    )


def _facts(run: Mapping[str, Any]) -> list[tuple[str, str]]:
    unit = f" {find_objective(run['objective_name']).label}"
    return [
        ("status", str(run["status"])),
        (run["objective_name"], _with_unit(run["objective"], unit)),
        ("bound", _with_unit(run["bound"], unit)),
        ("certified bound", _with_unit(run["certified_bound"], unit)),
        ("gap to the best certified bound", shown("percent", run["gap"])),
        ("gap to the best known", shown("percent", run["gap_to_best"])),
        ("copies served", f"{shown('count', run['served_count'])} of {shown('count', run['query_count'])}"),
        ("cost", _with_unit(run["cost_usd_per_hour"], " USD/h")),
        ("runtime", shown("seconds", run["runtime_s"])),
        ("time limit", shown("seconds", run["time_limit_s"])),
        ("seed, threads", f"{shown('count', run['seed'])}, {shown('count', run['threads'])}"),
    ]


def _claims(run: Mapping[str, Any]) -> str:
    said = f"The method claimed: {shown('text', run['claimed_status'])}"
    figures = [
        f"{name} {shown('figure', run[column])}"
        for name, column in (("objective", "claimed_objective"), ("bound", "claimed_bound"))
        if pd.notna(run[column])
    ]
    refuted = " Its bound is refuted: a verified solution is better." if run["bound_refuted"] else ""
    return f"{', '.join([said, *figures])}.{refuted} The figures above are what was verified or measured."


def _with_unit(value: object, unit: str) -> str:
    text = shown("figure", value)
    return text if text == shown("text", None) else text + unit


def _plan(row: Row, rows: list[Row], at_hand: AtHand) -> dict[str, Any]:
    """Return what the template says of the solution; `missing` says why there is nothing to say."""
    lists = ("tiers", "links", "row_columns", "row_rows", "slack_columns", "slack_rows")
    nothing: dict[str, Any] = {name: [] for name in lists}
    nothing |= {"colors": {}, "color_of": {}, "row_notes": "", "slack_notes": ""}
    # The solution first: where there is none, its instance need not be read.
    solution = at_hand.solution(row)
    if isinstance(solution, str):
        return nothing | {"missing": solution}
    instance = at_hand.instance(row)
    if isinstance(instance, str):
        return nothing | {"missing": instance}
    return nothing | {"missing": ""} | _drawn(instance, solution, at_hand.prices(row, rows))


def _drawn(instance: Instance, solution: Solution, prices: Prices) -> dict[str, Any]:
    figures = row_table(instance, solution, prices.values)
    tiers = plan_tiers(instance, solution, figures)
    drawn = {site.name for tier in tiers for site in tier.sites}
    links = plan_links(instance, figures, drawn)
    operators = instance.table("operators")
    # Where there are more operators than colours, those of an application share one.
    shown_as = operators["operator" if len(operators) <= len(PALETTE) else "application"]
    names = list(shown_as.drop_duplicates())
    color_of = {name: PALETTE[place % len(PALETTE)] for place, name in enumerate(names)}
    stands = (figures["unit"] != "") | (figures["utilization"] > 0)  # no line for a deployment without a replica
    row_columns, row_rows = _row_cells(figures[stands], prices.values is not None)
    slack_columns, slack_rows, plans = _slack_cells(slack_table(instance, solution))
    unit = find_objective(solution.objective).label
    worth = (
        f" One more: what another unit, or Mbit/s, is worth at its price, {unit}." if prices.values is not None else ""
    )
    cut = f" The {MOST_ROWS} fullest of {stands.sum():,} rows." if stands.sum() > MOST_ROWS else ""
    cut_plans = f" The {MOST_ROWS} with least slack of {plans:,} plans." if plans > MOST_ROWS else ""
    return {
        "tiers": tiers,
        "links": [asdict(link) | {"utilization": _or_none(link.utilization)} for link in links],
        "colors": {name: color_of[name] for name in names},
        "color_of": {operator: color_of[name] for operator, name in zip(operators["operator"], shown_as, strict=True)},
        "row_columns": row_columns,
        "row_rows": row_rows,
        "row_notes": f"{prices.source}{worth}{cut}",
        "slack_columns": slack_columns,
        "slack_rows": slack_rows,
        "slack_notes": "A line is a plan and the copies of its query that follow it, least slack first. Slack of "
        "latency and cost is the share of the SLO that is left; of accuracy, accuracy minus the SLO." + cut_plans,
    }


def _or_none(share: float) -> float | None:
    return None if np.isnan(share) else share


def _row_cells(figures: pd.DataFrame, priced: bool) -> tuple[list[Column], list[list[Cell]]]:
    columns = [Column("row", is_text=True), Column("used"), Column("capacity"), Column("in", is_text=True)]
    columns += [Column("utilisation"), *([Column("one more")] if priced else [])]
    fullest = figures.sort_values("utilization", ascending=False, kind="stable").head(MOST_ROWS)
    rows = []
    for name, line in zip(fullest.index, fullest.to_dict("records"), strict=True):
        used = _digits(line["utilization"])
        cells = [
            cell("text", name),
            cell("figure", line["used"]),
            cell("figure", line["capacity"]),
            cell("text", line["unit"] or "replicas' time"),
            cell("percent", used, fill=min(max(used, 0.0), 1.0) if np.isfinite(used) else -1.0),
        ]
        rows.append(cells + ([cell("figure", line["one_more"])] if priced else []))
    return columns, rows


_SLOS: Final = (
    ("latency [ms]", "latency_ms", "slo_latency_ms", "latency_slack"),
    ("accuracy", "accuracy", "slo_accuracy", "accuracy_slack"),
    ("USD per 1,000 requests", "cost_per_1k", "slo_cost_per_1k", "cost_slack"),
)


def _slack_cells(slack: pd.DataFrame) -> tuple[list[Column], list[list[Cell]], int]:
    columns = [Column("query", is_text=True), Column("copies")]
    for group, *_ in _SLOS:
        columns += [Column("plan", group), Column("SLO", group), Column("slack", group)]
    rows = []
    for line in slack.head(MOST_ROWS).to_dict("records"):
        cells = [cell("text", line["query"]), cell("count", line["copies"])]
        for _, reached, asked, left in _SLOS:
            share = _digits(line[left])
            fill = -1.0 if np.isnan(share) else min(max(share, 0.0), 1.0)
            cells += [cell("figure", _digits(line[reached])), cell("figure", line[asked])]
            cells.append(cell("percent", share, fill=fill))
        rows.append(cells)
    return columns, rows, len(slack)


def _digits(value: float) -> float:
    """Return a figure with five digits: an accuracy comes from a logarithm of nine decimals, and more is not shown."""
    return float(f"{value:.5g}")
