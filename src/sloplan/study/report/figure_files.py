"""The figures of a study as PNG, beside its tables."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sloplan.problem.errors import InputError
from sloplan.study.folder import StudyFolder
from sloplan.study.judged_study import judged_study
from sloplan.study.report.figure import method_styles
from sloplan.study.report.figures import OVER_TIME, study_figures
from sloplan.study.report.paper_view import write_paper_figure
from sloplan.study.table import settings
from sloplan.study.tables import compared_frame

FOLDER: Final = "figures"
"""Where figures go, in the study's folder."""

_UNSTORED: Final = "no trajectories are stored beside these rows"


def write_figures(study: StudyFolder, target: Path | None = None) -> tuple[list[Path], dict[str, str]]:
    """Write a study's figures as PNG. Without trajectories there are none over time.

    Parameters
    ----------
    study : StudyFolder
    target : Path, optional
        Made if it is not there; `figures` in the study's folder without it.

    Returns
    -------
    list of Path
        The files.
    dict of str to str
        Why other figures are not drawn, by name.

    Raises
    ------
    InputError
        There is no study, it has no rows yet, or the folder cannot be made.
    """
    configuration, frame = judged_study(study)
    trajectories = study.trajectories()
    frame = compared_frame(frame, trajectories)
    styles = method_styles(list(frame["method"].drop_duplicates()))
    folder = target or study.path / FOLDER
    _make(folder)
    written: list[Path] = []
    missing = {}
    for part, suffix, _ in settings(frame):
        stored = part["run"].isin(trajectories["run"]).any()
        for figure in study_figures(part, trajectories, configuration.baseline):
            name = f"{figure.name}{suffix}"
            why = figure.missing or ("" if stored or figure.name not in OVER_TIME else _UNSTORED)
            if why:
                missing[name] = why
            else:
                written += write_paper_figure(figure, styles, folder, name, ["png"])
    return written, missing


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        advice = "choose another with -o"
        raise InputError(f"cannot be made: {error.strerror}", file=str(folder), advice=advice) from error
