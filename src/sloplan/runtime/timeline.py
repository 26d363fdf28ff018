"""A run of online planning as a figure: how full rows are, who is served and who waits, and what rows cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from sloplan.runtime.arrivals import Float
    from sloplan.runtime.online import OnlineRun

_SHOWN: Final = 8  # rows with a line and a name of their own; the others are grey
_GREY = "0.8"


def plot_timeline(run: OnlineRun) -> Figure:
    """Draw a run over time: utilization of pools and links, copies served and waiting, price of each row.

    Parameters
    ----------
    run : OnlineRun

    Returns
    -------
    matplotlib.figure.Figure
        `sloplan.instances.plot.save_figure` writes it.
    """
    import matplotlib
    from matplotlib.figure import Figure

    time = run.epochs["time_s"].to_numpy()
    names = run.instance.compiled.rows.name
    with matplotlib.rc_context(matplotlib.rcParamsDefault):  # whatever a user's style is
        figure = Figure(figsize=(10.0, 9.0), dpi=150, facecolor="white", layout="constrained")
        used, copies, prices = figure.subplots(3, 1, sharex=True)
        figure.suptitle(f"{run.instance.name}: {run.policy}, goodput {run.goodput:,.6g}")
        _rows(used, time, 100 * run.used, names)
        used.set_ylabel("used, % of capacity")
        for column, label in (("running", "served"), ("waiting", "waiting"), ("unservable", "of those without a plan")):
            copies.step(time, run.epochs[column], where="post", label=label)
        copies.set_ylabel("query copies")
        copies.legend(loc="upper left", fontsize="small")
        _rows(prices, time, np.nan_to_num(run.prices), names)
        prices.set_ylabel("price of a row's capacity, value/s")
        prices.set_xlabel("time, s")
    return figure


def _rows(axes: Axes, time: Float, figures: Float, names: np.ndarray[tuple[int], np.dtype[np.object_]]) -> None:
    """Draw a line for every row; those with the largest mean have a name."""
    order = np.argsort(-figures.mean(axis=0), kind="stable") if len(figures) else np.arange(len(names))
    for row in order[_SHOWN:].tolist():
        axes.step(time, figures[:, row], where="post", color=_GREY, linewidth=0.5)
    for row in order[:_SHOWN].tolist():
        axes.step(time, figures[:, row], where="post", label=str(names[row]), linewidth=1.0)
    axes.set_ylim(bottom=0)
    axes.legend(loc="upper left", fontsize="x-small", ncols=2)
