"""The report of a study: everything that `sloplan study report` writes."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sloplan.study.folder import StudyFolder
from sloplan.study.judged_study import judged_study
from sloplan.study.report.at_hand import AtHand
from sloplan.study.report.figure import method_styles
from sloplan.study.report.report_page import study_page
from sloplan.study.report.run_page import run_page
from sloplan.study.report.writing import INDEX, whole_folder
from sloplan.study.sources import Load
from sloplan.study.tables import compared_frame

FOLDER: Final = "report"
"""Where a report goes, in the study's folder."""


def write_report(study: StudyFolder, load: Load, target: Path | None = None) -> Path:
    """Write a study's report: its page, a page for every run, and the figures as PNG and PDF.

    Parameters
    ----------
    study : StudyFolder
    load : callable
        The front door `sloplan.load`, which reads the instances on which plans are drawn.
    target : Path, optional
        The report's folder; `report` in the study's without it. A report that stands there is replaced, once the new
        one is whole.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    InputError
        There is no study, it has no rows yet, or the folder holds something else or cannot be written.
    """
    configuration, judged = judged_study(study)
    trajectories = study.trajectories()
    frame = compared_frame(judged, trajectories)
    styles = method_styles(list(frame["method"].drop_duplicates()))
    place = target or study.path / FOLDER
    with whole_folder(place) as new:
        page = study_page(configuration, frame, trajectories, styles, new)
        (new / INDEX).write_text(page, encoding="utf-8", newline="\n")
        (new / "runs").mkdir()
        at_hand = AtHand(study, load)
        by_run = dict(zip(frame["run"], frame.to_dict("records"), strict=True))
        rows = study.rows()
        for row in sorted(rows, key=lambda row: str(row["instance"])):  # an instance is read once for all of its runs
            text = run_page(by_run[row["run"]], row, rows, at_hand, configuration.name)
            (new / "runs" / f"{row['run']}.html").write_text(text, encoding="utf-8", newline="\n")
    return place / INDEX
