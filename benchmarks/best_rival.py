"""By how many times `compass` is better than the best rival on each instance of the study `papers-claims`.

Run as ``python benchmarks/best_rival.py``. It reads the committed rows; rivals are the planners that others have
published. Printed are the geometric mean over instances, the least and the greatest, and means by family and load.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import numpy as np

from sloplan.study.factor_tables import baseline_factors
from sloplan.study.folder import StudyFolder
from sloplan.study.judged import judged_frame

FOLDER: Final = Path(__file__).parents[1] / "docs" / "benchmarks" / "papers-claims"
RIVALS: Final = ("jellybean", "vulcan", "inferline")


def main() -> None:
    """Print both objectives."""
    for objective, frame in judged_frame(StudyFolder(FOLDER).rows()).groupby("objective_name"):
        factors = baseline_factors(frame, "compass")
        best = factors[factors["method"].isin(RIVALS)].groupby(["group", "instance"])["objective"].min()
        mean = np.exp(np.log(best).mean())
        sys.stdout.write(f"{objective}: {mean:.3f} (least {best.min():.3f}, greatest {best.max():.3f})\n")
        by_group = np.exp(np.log(best).groupby("group").mean())
        sys.stdout.writelines(f"  {group}: {factor:.2f}\n" for group, factor in by_group.items())


if __name__ == "__main__":
    main()
