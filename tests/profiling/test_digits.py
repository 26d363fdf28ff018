"""The live workload: scikit-learn's digits, really run."""

from __future__ import annotations

import numpy as np
import pytest

from sloplan.problem.errors import InputError
from sloplan.profiling.digits import DigitsWorkload
from sloplan.profiling.prefix_cache import PrefixCache

ITEMS = np.arange(60)


def test_plans_run_and_differ() -> None:
    """Plans answer mostly right, better ones more often, each operator is timed, and outputs have their sizes."""
    workload = DigitsWorkload(seed=1)
    cache = PrefixCache(workload)
    best = cache.scores(("8x8", "pixels", "support-vectors"), ITEMS).mean()
    worst = cache.scores(("4x4", "components-6", "linear"), ITEMS).mean()
    assert 0.5 < worst < best
    assert best > 0.9
    for place, configuration, size in ((0, "4x4", 0.016), (1, "pixels", 0.256), (1, "components-6", 0.024)):
        seconds, sizes = cache.measured(place, configuration)
        assert (seconds > 0).all()
        assert set(sizes) == {size}
    assert workload.features.shape == (800, 2)


def test_every_configuration_runs() -> None:
    """Each configuration of each operator gives outputs and scores in some plan."""
    cache = PrefixCache(DigitsWorkload())
    chosen = zip(*(known * 4 for known in DigitsWorkload.configurations.values()), strict=False)
    for plan in list(chosen)[:4]:
        assert cache.scores(plan, ITEMS[:5]).shape == (5,)
    for place, known in enumerate(DigitsWorkload.configurations.values()):
        assert all(len(cache.measured(place, configuration)[0]) for configuration in known)


def test_parts_share_no_image() -> None:
    """Training, profiled and held-out images are apart, and the seed decides which are which."""
    profiled, held_out, other = DigitsWorkload(0), DigitsWorkload(0, "held-out"), DigitsWorkload(1)
    seen = [{tuple(image.ravel()) for image in part} for part in (profiled._images, held_out._images)]
    training = {tuple(image.ravel()) for image in profiled._training_images}
    assert [len(part) for part in seen] == [800, 497]
    assert len(training) == 500
    assert not seen[0] & seen[1]
    assert not training & (seen[0] | seen[1])
    assert seen[0] != {tuple(image.ravel()) for image in other._images}


def test_answers_are_reproducible() -> None:
    """The same seed gives the same scores; times are measured and may differ."""
    plan = ("4x8", "components-16", "forest")
    first, again = (PrefixCache(DigitsWorkload(3)).scores(plan, ITEMS[:20]) for _ in range(2))
    assert first.tolist() == again.tolist()


def test_unknown_part_is_refused() -> None:
    """Items are those profiled or those held out."""
    with pytest.raises(InputError, match="part = 'all': unknown part; allowed: profiling, held-out"):
        DigitsWorkload(0, "all")
