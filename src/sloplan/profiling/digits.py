"""A live workload: recognising handwritten digits with scikit-learn, run and timed on this machine."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from sloplan.problem.errors import InputError
from sloplan.profiling.workload import Configurations, FloatArray, IntArray, Ran

_NUM_TRAINING: Final = 500
_NUM_PROFILING: Final = 800  # the other 497 images are held out
_SIDE: Final = 8
PARTS: Final = ("profiling", "held-out")


class DigitsWorkload:
    """The digits that scikit-learn ships (1,797 images of 8 x 8 pixels), degraded, described and classified.

    Three operators: `degrade` averages blocks of pixels, so that fewer need be sent; `features` makes a vector of the
    image, its pixels or principal components; `classify` names the digit. Scores are 1 for the right digit, else 0.
    Each item is run by itself, as a request would be, and timed by `time.perf_counter`. Models are trained on images
    that are neither profiled nor held out, one for each combination of configurations, when first needed and untimed.

    Parameters
    ----------
    seed : int
        Of the split and of the models.
    part : {"profiling", "held-out"}
        Which images are the items.

    Raises
    ------
    InputError
        Unknown part.
    """

    name = "digits"
    operators = ("degrade", "features", "classify")
    configurations: Final = {
        "degrade": ("4x4", "4x8", "8x8"),
        "features": ("components-6", "components-16", "pixels"),
        "classify": ("bayes", "linear", "forest", "support-vectors"),
    }
    input_kb = _SIDE * _SIDE / 1000  # a byte per pixel

    def __init__(self, seed: int = 0, part: str = "profiling") -> None:
        from sklearn.datasets import load_digits  # a second to import

        if part not in PARTS:
            raise InputError("unknown part", field="part", value=part, allowed=", ".join(PARTS))
        images, digits = load_digits(return_X_y=True)
        images = images.reshape(-1, _SIDE, _SIDE)
        order = np.random.default_rng(seed).permutation(len(images))
        parts = np.split(order, (_NUM_TRAINING, _NUM_TRAINING + _NUM_PROFILING))
        training, chosen = parts[0], parts[1 + PARTS.index(part)]
        self._seed = seed
        self._training_images, self._training_digits = images[training], digits[training]
        self._images, self._digits = images[chosen], digits[chosen]
        self._features: dict[Configurations, Callable[[FloatArray], FloatArray]] = {}
        self._classifiers: dict[Configurations, Any] = {}
        self.features = self._nearness()

    def _nearness(self) -> FloatArray:
        """Return how far each image is from the two nearest mean images of a digit: between two it is difficult."""
        known = self._training_images.reshape(len(self._training_images), -1)
        means = np.stack([known[self._training_digits == digit].mean(axis=0) for digit in range(10)])
        pixels = self._images.reshape(len(self._images), -1)
        distances = np.sort(np.linalg.norm(pixels[:, None, :] - means, axis=2), axis=1)
        return np.stack([distances[:, 0], distances[:, 1] - distances[:, 0]], axis=1)

    def run(self, configurations: Configurations, items: IntArray, inputs: npt.NDArray[Any] | None) -> Ran:
        """Run an operator on each item, one after another on one core, and time it; see `Workload`."""
        with threadpool_limits(1):  # a unit of a pool is a core; linear algebra would take all of them
            return self._run(configurations, items, inputs)

    def _run(self, configurations: Configurations, items: IntArray, inputs: npt.NDArray[Any] | None) -> Ran:
        if len(configurations) == 1:
            rows, columns = _blocks(configurations)
            outputs, seconds = _timed(lambda image: _degraded(image, rows, columns), self._images[items])
            return Ran(outputs.astype(np.uint8), seconds, np.full(len(items), rows * columns / 1000))
        assert inputs is not None  # the outputs of the operator before
        if len(configurations) == 2:
            outputs, seconds = _timed(self._transform(configurations), inputs)
            outputs = outputs.astype(np.float32)
            return Ran(outputs, seconds, np.full(len(items), outputs[0].nbytes / 1000))
        classifier = self._classifier(configurations)
        found, seconds = _timed(lambda vector: classifier.predict(vector[None])[0], inputs)
        scores = (found == self._digits[items]).astype(float)
        return Ran(found.astype(np.uint8), seconds, np.full(len(items), 0.001), scores)

    def _transform(self, configurations: Configurations) -> Callable[[FloatArray], FloatArray]:
        """Return what makes a vector of a degraded image, fitted to degraded training images."""
        if configurations not in self._features:
            blocks = _blocks(configurations)
            if configurations[1] == "pixels":
                self._features[configurations] = np.ravel
            else:
                from sklearn.decomposition import PCA

                known = np.stack([_degraded(image, *blocks).ravel() for image in self._training_images])
                fitted = PCA(int(configurations[1].partition("-")[2]), random_state=self._seed).fit(known)
                self._features[configurations] = lambda image: fitted.transform(image.reshape(1, -1))[0]
        return self._features[configurations]

    def _classifier(self, configurations: Configurations) -> Any:
        """Return the classifier of a plan, trained on what the operators before it make of the training images."""
        if configurations not in self._classifiers:
            blocks = _blocks(configurations)
            transform = self._transform(configurations[:2])
            known = np.stack([transform(_degraded(image, *blocks)) for image in self._training_images])
            model = _untrained(configurations[2], self._seed)
            self._classifiers[configurations] = model.fit(known.astype(np.float32), self._training_digits)
        return self._classifiers[configurations]


def _blocks(configurations: Configurations) -> tuple[int, int]:
    """Return the numbers of rows and columns that the first operator leaves."""
    rows, _, columns = configurations[0].partition("x")
    return int(rows), int(columns)


def _degraded(image: FloatArray, rows: int, columns: int) -> FloatArray:
    """Return the means of an image's blocks, rounded as a byte each holds them; shape (rows, columns)."""
    blocks = image.reshape(rows, _SIDE // rows, columns, _SIDE // columns)
    means: FloatArray = np.rint(blocks.mean(axis=(1, 3)))
    return means


def _untrained(configuration: str, seed: int) -> Any:
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.naive_bayes import GaussianNB
    from sklearn.svm import SVC

    if configuration == "bayes":
        return GaussianNB(var_smoothing=0.01)
    if configuration == "linear":
        return LogisticRegression(max_iter=5000, random_state=seed)
    if configuration == "forest":
        return RandomForestClassifier(10, random_state=seed)
    return SVC(random_state=seed)


def _timed(operate: Callable[[Any], Any], inputs: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], FloatArray]:
    """Return what an operator makes of each input, and the seconds each takes."""
    outputs, ends = [], [time.perf_counter()]
    for value in inputs:
        outputs.append(operate(value))
        ends.append(time.perf_counter())
    return np.array(outputs), np.diff(ends)
