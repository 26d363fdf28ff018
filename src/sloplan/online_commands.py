"""What `sloplan simulate --online` does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from sloplan.instances.plot import refuse_unknown_suffix, save_figure
from sloplan.loading import load
from sloplan.problem.errors import InputError
from sloplan.problem.instance import Instance
from sloplan.problem.validation.naming import near_names
from sloplan.progress import live_line
from sloplan.reporting import percent, two_columns
from sloplan.runtime.arrivals import events_of, with_disturbances
from sloplan.runtime.clairvoyant import clairvoyant_bound
from sloplan.runtime.disturbance_files import read_disturbances
from sloplan.runtime.online import OnlineRun, run_online
from sloplan.runtime.planner import Epoch
from sloplan.runtime.policies import POLICIES
from sloplan.runtime.timeline import plot_timeline
from sloplan.stdout import results_only_on_stdout

CLAIRVOYANT = "clairvoyant"
_SHOWN = 10  # rows of the table of rows


def plan_online(
    source: str,
    policy: str,
    epoch: float,
    horizon: float | None,
    migration: float,
    disturbances: Path | None,
    journal: Path | None,
    plot: Path | None,
    time_limit: float,
    seed: int,
    *,
    as_json: bool,
) -> None:
    """Run a policy on an instance's arrivals, or bound them all; print what became of it."""
    if plot is not None:
        refuse_unknown_suffix(plot, "--plot")
    _refuse_unknown_policy(policy)
    problem = load(source)
    if not isinstance(problem, Instance):
        raise InputError("nobody arrives in a plan selection", field="INSTANCE", value=source, allowed="an instance")
    events = events_of(problem)
    if disturbances is not None:
        events = with_disturbances(events, read_disturbances(disturbances))
    run: OnlineRun | None = None
    with results_only_on_stdout() as results:
        if policy == CLAIRVOYANT:
            bound = clairvoyant_bound(problem, events=events, horizon=horizon)
            told: dict[str, Any] = {"instance": problem.name, "instance_sha256": problem.sha256, "policy": policy}
            told |= {"goodput_bound": bound.goodput, "proof": "certified"}
            tables = [two_columns(problem.name, {"goodput of any policy": f"at most {bound.goodput:,.6g} (certified)"})]
        else:
            with live_line(not as_json) as show:
                run = run_online(
                    problem,
                    policy,
                    events=events,
                    epoch=epoch,
                    horizon=horizon,
                    migration=migration,
                    time_limit=time_limit,
                    journal=journal,
                    seed=seed,
                    on_epoch=lambda epoch: show(epoch_line(epoch)),
                )
            told, tables = run.to_dict(), [_summary(run), _fullest(run)]
        if as_json:
            results.write(json.dumps(told, ensure_ascii=False, allow_nan=False) + "\n")
        else:
            console = Console(file=results)
            for table in tables:
                console.print(table)
        if run is not None and plot is not None:  # last: what was found is told even if the file cannot be written
            save_figure(plot_timeline(run), plot)


def _refuse_unknown_policy(policy: str) -> None:
    known = (*POLICIES, CLAIRVOYANT)
    if policy not in known:
        unknown = f"unknown policy{near_names(policy, known)}"
        raise InputError(unknown, field="--online", value=policy, allowed=", ".join(known))


def epoch_line(epoch: Epoch) -> str:
    """Return the progress line of an epoch."""
    return (
        f"{epoch.time_s:9,.1f} s  value {epoch.value_milli / 1000:,.6g}  served {epoch.running:,}  "
        f"waiting {epoch.waiting:,}  planned in {epoch.planning_s:.3f} s"
    )


def _summary(run: OnlineRun) -> Table:
    told = run.to_dict()
    epochs = f"every {run.epoch_s:g} s" if run.epoch_s is not None else "at every event"
    lines = {
        "policy": f"{run.policy}, epochs {epochs}, {run.horizon_s:,.6g} s in all",
        "goodput": f"{run.goodput:,.6g}",
        "query copies that came": f"{told['copies']:,}",
        "served and left": f"{told['served']:,}",
        "served still, waiting still": f"{told['running']:,}, {told['waiting']:,}",
        "of those without a plan": f"{told['unservable']:,}",
        "lost": f"{told['lost']:,}",
        **{f"  {reason}": f"{copies:,}" for reason, copies in told["lost_by_reason"].items()},
        "moved, stopped": f"{told['moved']:,}, {told['interrupted']:,}; {told['unneeded']:,} of them for others' sake",
        "planning latency": _latency(told),
        **{f"reported: {what}": f"{number:,}" for what, number in told["reports"].items()},
    }
    return two_columns(run.instance.name, lines)


def _latency(told: dict[str, Any]) -> str:
    if not told["epochs"]:
        return "no epoch"
    return f"median {told['planning_s_p50']:.3f} s, p99 {told['planning_s_p99']:.3f} s of {told['epochs']:,} epochs"


def _fullest(run: OnlineRun) -> Table:
    """The rows that were used most."""
    table = Table("row", "mean use", "most", title="fullest")
    if len(run.used):
        mean, most = run.used.mean(axis=0), run.used.max(axis=0)
        for row in (-mean).argsort(kind="stable")[:_SHOWN].tolist():
            table.add_row(str(run.instance.compiled.rows.name[row]), percent(mean[row]), percent(most[row]))
    return table
