"""Tests of a report's figures: their numbers are those of the metrics."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sloplan.study.judged import judged_frame
from sloplan.study.metrics import growth_exponents, performance_profile, primal_integral
from sloplan.study.report.figure import PALETTE, Figure, Series, method_styles
from sloplan.study.report.figures import LEAST_GAP, mean_gaps, study_figures
from sloplan.study.tables import compared_frame
from tests.study.plain_rows import plain_row
from tests.study.report.case import TRAJECTORIES, rows_by_hand


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    """The runs by hand, judged and compared."""
    return compared_frame(judged_frame(rows_by_hand()), TRAJECTORIES)


@pytest.fixture(scope="module")
def figures(frame: pd.DataFrame) -> dict[str, Figure]:
    """Their figures by name."""
    return {figure.name: figure for figure in study_figures(frame, TRAJECTORIES)}


def series(figure: Figure, method: str, kind: str = "steps") -> Series:
    """Return the one series of a method and a kind."""
    [found] = [one for one in figure.series if (one.method, one.kind) == (method, kind)]
    return found


def test_area_below_the_gap_is_the_primal_integral(frame: pd.DataFrame) -> None:
    """The mean gap, integrated over the limit of 10 s, is the mean of the primal integrals of the runs."""
    integrals = primal_integral(frame, TRAJECTORIES)["mean_gap"]
    for method, (time, gap) in mean_gaps(frame, TRAJECTORIES).items():
        area = float(gap @ np.diff(np.append(time, 10.0)))
        assert area / 10.0 == pytest.approx(integrals[frame["method"] == method].mean())


def test_gap_over_time_by_hand(figures: dict[str, Figure]) -> None:
    """greedy: 1, then (0.2 + 1 + 1) / 3 from 0.1 s; 0.2 / 3 from 1 s, when it has both others, to the limit."""
    greedy = series(figures["gap-over-time"], "greedy")
    assert greedy.x.tolist() == pytest.approx([0.01, 0.1, 1.0, 2.0, 10.0])
    assert greedy.y.tolist() == pytest.approx([1.0, 2.2 / 3, 0.2 / 3, 0.2 / 3, 0.2 / 3])
    milp = series(figures["gap-over-time"], "milp")
    assert (milp.x[-1], milp.y[-1]) == (10.0, pytest.approx(1 / 3))


def test_small_gaps_stand_at_the_floor() -> None:
    """A logarithmic axis has no 0: an optimum from 1 s on is drawn at the floor."""
    rows = [plain_row("a", value=10_000, bound=10_000, runtime_s=1.0)]
    compared = compared_frame(judged_frame(rows), TRAJECTORIES[:0])
    [line] = study_figures(compared, TRAJECTORIES[:0])[0].series
    assert line.y.tolist() == [1.0, LEAST_GAP, LEAST_GAP]


def test_profile_is_that_of_the_metrics() -> None:
    """Milp's curve is `performance_profile`'s, drawn on to the right; who proves nothing is named, not drawn."""
    third = [row | {"method": "cp", "run": f"cp-{row['run']}", "runtime_s": 4.0} for row in rows_by_hand()[::2]]
    frame = compared_frame(judged_frame([*rows_by_hand(), *third]), TRAJECTORIES)
    [figure] = [one for one in study_figures(frame, TRAJECTORIES) if one.name == "performance-profile"]
    assert {one.method for one in figure.series} == {"milp", "cp"}
    profile = performance_profile(frame.assign(time=frame["solve_time_s"]), "time")
    own = profile[profile["method"] == "milp"]
    milp = series(figure, "milp")
    assert milp.x[:-1].tolist() == own["tau"].tolist()
    assert milp.y.tolist() == [*own["fraction"], own["fraction"].iloc[-1]]
    assert milp.y[-1] == pytest.approx(2 / 3)
    assert "proved none: greedy." in figure.notes


def test_nobody_to_be_compared_with(figures: dict[str, Figure]) -> None:
    """Times of one method alone, whatever they are, are once the fastest method's."""
    assert figures["performance-profile"].missing == "only milp proved optima, and has nobody to be compared with"


def test_time_to_target_by_hand(figures: dict[str, Figure]) -> None:
    """Greedy never comes within 1% on `small`, on `middle` at its end after 1 s, on `large` at 1 s."""
    greedy = series(figures["time-to-target"], "greedy")
    assert greedy.x.tolist() == [0.01, 1.0, 1.0, 10.0]
    assert greedy.y.tolist() == pytest.approx([0.0, 1 / 3, 2 / 3, 2 / 3])
    milp = series(figures["time-to-target"], "milp")
    assert milp.x.tolist() == [0.01, 0.5, 8.0, 10.0]


def test_scaling_is_that_of_the_metrics(frame: pd.DataFrame, figures: dict[str, Figure]) -> None:
    """Points are the times, the line and the legend the fit; what was not reached stands hollow at the limit."""
    figure = figures["scaling"]
    fit = growth_exponents(frame.assign(time=frame["run_time_s"]), "time", size="queries").loc["greedy"]
    dots, line = series(figure, "greedy", "dots"), series(figure, "greedy", "line")
    assert sorted(zip(dots.x.tolist(), dots.y.tolist(), strict=True)) == [
        (3.0, pytest.approx(0.1)),
        (30.0, pytest.approx(1.0)),
        (300.0, pytest.approx(2.0)),
    ]
    slope = np.log(line.y[1] / line.y[0]) / np.log(line.x[1] / line.x[0])
    assert slope == pytest.approx(fit["exponent"])
    half = fit["high"] - fit["exponent"]
    assert dots.label == f"greedy: n^{fit['exponent']:.2f} ± {half:.2f}"
    limits = series(figure, "milp", "limits")
    assert (limits.x.tolist(), limits.y.tolist(), limits.texts) == ([300.0], [10.0], ("large",))


def test_what_cannot_be_drawn_says_why() -> None:
    """No instance run by all, no optimum, one size: a sentence each, and no series."""
    rows = [plain_row("a", method="milp", value=5000), plain_row("b", method="greedy", instance_sha256="b" * 64)]
    apart = study_figures(compared_frame(judged_frame(rows), TRAJECTORIES[:0]), TRAJECTORIES[:0])
    assert all("every method" in figure.missing for figure in apart[:3])
    assert "neither an optimum nor a certified bound" in apart[3].missing
    assert "all instances have 3 queries" in apart[4].missing
    late = [plain_row("a", outcome="timeout"), plain_row("b", outcome="timeout", queries=4, instance_sha256="b" * 64)]
    gap, profile, target, gaps, size = study_figures(
        compared_frame(judged_frame(late), TRAJECTORIES[:0]), TRAJECTORIES[:0]
    )
    assert gap.missing == "no solution of these instances is known"
    assert size.missing == "no run ended by itself within its limit"
    assert profile.missing == "no run ended with a proven optimum"
    assert "no run came within 1%" in target.missing
    assert not any(figure.series for figure in (*apart, gap, profile, target, gaps, size))


def test_rows_without_trajectories_say_so(frame: pd.DataFrame) -> None:
    """Without trajectories a solution counts from its run's end, and the figure says so."""
    bare = compared_frame(judged_frame(rows_by_hand()), TRAJECTORIES[:0])
    gap, _, target, *_ = study_figures(bare, TRAJECTORIES[:0])
    assert "counts from the run's end" in gap.notes
    assert series(target, "milp").x.tolist() == [0.01, 1.0, 8.0, 10.0]


def test_a_style_for_every_method() -> None:
    """Methods beyond the palette share colours, and differ in their dash."""
    styles = method_styles([f"method {place}" for place in range(2 * len(PALETTE))])
    assert len({(style.color, style.dash) for style in styles.values()}) == 2 * len(PALETTE)
    assert len({style.color for style in list(styles.values())[: len(PALETTE)]}) == len(PALETTE)


def test_a_method_looks_alike_in_all_studies() -> None:
    """What most studies compare has a colour of its own; where two have the same, the second takes a free one."""
    alone, other = method_styles(["greedy", "compass"]), method_styles(["mine", "compass", "milp", "jellybean"])
    assert alone["compass"] == other["compass"]
    assert other["milp"] == method_styles(["milp"])["milp"]
    assert len(set(other.values())) == 4


def test_factors_are_drawn_of_a_baseline_that_has_run(frame: pd.DataFrame) -> None:
    """A study without baseline, or whose baseline is still to come, has none."""
    assert study_figures(frame, TRAJECTORIES, "greedy")[-1].name == "factors"
    assert study_figures(frame, TRAJECTORIES, "cp")[-1].name == "scaling"


def test_methods_stand_side_by_side(figures: dict[str, Figure]) -> None:
    """At one size their dots are drawn beside each other, all nearer to their size than to the next."""
    milp, greedy = (series(figures["scaling"], method, "dots") for method in ("milp", "greedy"))
    assert 0.5 < milp.aside < 1 < greedy.aside < 2
