"""A study's configuration and its judged runs, methods in the order of the configuration."""

from __future__ import annotations

import pandas as pd

from sloplan.problem.errors import InputError
from sloplan.study.configuration import Configuration
from sloplan.study.folder import StudyFolder
from sloplan.study.judged import judged_frame


def judged_study(study: StudyFolder) -> tuple[Configuration, pd.DataFrame]:
    """Return what tables, figures and pages are made from.

    Parameters
    ----------
    study : StudyFolder

    Returns
    -------
    Configuration
    DataFrame
        From `judged_frame`, sorted by method.

    Raises
    ------
    InputError
        There is no study, or it has no rows yet.
    """
    configuration = study.configuration()
    rows = study.rows()
    if not rows:
        advice = f"`sloplan study run {study.path / 'configuration.toml'} -o {study.path}` begins it"
        raise InputError("the study has no rows yet", file=str(study.path), advice=advice)
    places = {method.label: place for place, method in enumerate(configuration.methods)}
    frame = judged_frame(rows)
    return configuration, frame.sort_values("method", key=lambda method: method.map(places), kind="stable")
