"""Time-uniform confidence sequences for the mean of a finite table of scores, drawn from its strata adaptively."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

_GRID = 100  # candidate means are multiples of 1/100, and the levels themselves
_PRIOR_DRAWS = 2.0  # draws that the guess of a stratum counts for
_LEAST_SHARE = 0.3  # of the draws go to strata by size, so that none starves
_MOST_STAKE = 0.9  # of the capital may be lost by one draw
# Bettors each prepared for a mean that lies this far from the candidate; their average capital does for all distances
# what none does alone. Of mixtures of one to five, and stakes that follow the estimate, this one decided soonest.
_GAPS = np.array([0.02, 0.05, 0.12])
_TINY = 1e-12
_RISEN = 1e200


class StratifiedConfidence:
    """Intervals for the mean scores of several plans over one table of items, valid after every draw at once.

    Parameters
    ----------
    sizes : array of int64, shape (num_strata,)
        Items in each stratum, all above 0.
    levels : array of float64, shape (num_levels,)
        Means that the intervals should be told apart from soon: the accuracy SLOs, in (0, 1].
    confidence : float
        In (0, 1): with at least this probability the interval of a plan holds its mean after *all* of its draws,
        whenever one looks or stops.
    num_plans : int
        Sequences kept side by side, each for itself; all are advanced by one call without a loop.

    Notes
    -----
    A draw chooses a stratum with probabilities q that depend on the past, then one of its items not drawn before,
    uniformly; the score lies in [0, 1]. With r_h items left in stratum h, S the sum of the scores drawn, N all items
    and g_h any guess of a score in stratum h made before the draw,

        y = (S + sum_h r_h g_h + (r_h' / q_h') (score - g_h')) / N,    h' the stratum drawn,

    has the table's mean as its expectation given the past. Its variance with good guesses and q in proportion to
    r_h times deviation is that of the stratified estimator under Neyman's allocation, without replacement. So the
    strata enter through one bounded martingale difference y - mean, and no confidence is spent on a union over strata.
    Against each candidate mean m two capitals bet, prod(1 + a_t (y_t - m)) and prod(1 - b_t (y_t - m)), each averaged
    over a few bettors, with stakes a_t, b_t >= 0 chosen before each draw, equal for all m: nonnegative supermartingales
    if the mean is at most (at least) m. By Ville's inequality each passes 2 / (1 - confidence) ever with probability at
    most half of 1 - confidence. As stakes don't depend on m, the capitals are monotone in m, so that refuted
    candidates enclose an interval, and a grid of candidates only widens it.

    Sources: betting and drawing without replacement, Waudby-Smith and Ramdas, "Estimating means of bounded random
    variables by betting", JRSS B 86 (2024); time-uniform confidence, Howard, Ramdas, McAuliffe and Sekhon, Annals of
    Statistics 49 (2021); guesses as control variates under adaptive probabilities, Waudby-Smith, Wu, Ramdas,
    Karampatziakis and Mineiro, "Anytime-valid off-policy inference for contextual bandits" (2022). Putting
    them together for strata of a finite table is this module's.
    """

    def __init__(self, sizes: IntArray, levels: FloatArray, confidence: float, num_plans: int) -> None:
        self._left = np.tile(np.asarray(sizes, np.int64), (num_plans, 1))
        self._num_items = int(np.sum(sizes))
        self._levels = np.unique(np.asarray(levels, float))
        self._grid = np.union1d(np.arange(_GRID + 1) / _GRID, self._levels)
        self._threshold = 2 / (1 - confidence)
        self._drawn = np.zeros(self._left.shape)
        self._sum = np.zeros(self._left.shape)
        self._sum_squares = np.zeros(self._left.shape)
        # Capitals of the bets that the mean is larger, or smaller, than each candidate.
        self._above = np.ones((num_plans, len(_GAPS), len(self._grid)))
        self._below = np.ones(self._above.shape)
        self.lower = np.zeros(num_plans)
        self.upper = np.ones(num_plans)

    @property
    def drawn(self) -> IntArray:
        """Items drawn by each plan."""
        total: IntArray = self._drawn.sum(axis=1).astype(np.int64)
        return total

    def left(self, rows: IntArray) -> IntArray:
        """Return the items left of each stratum, shape (num_rows, num_strata)."""
        return self._left[rows]

    def estimate(self) -> FloatArray:
        """Return the stratified estimate of each plan's mean, within its interval."""
        guess, _ = self._guesses(np.arange(len(self.lower)))
        return np.clip(self._centre(np.arange(len(self.lower)), guess), self.lower, self.upper)

    def undecided(self) -> npt.NDArray[np.bool_]:
        """Return for each plan whether some level is neither surely reached nor surely missed."""
        lower, upper = self.lower[:, None], self.upper[:, None]
        is_open = (self._levels > lower) & (self._levels <= upper)
        return np.asarray(is_open.any(axis=1))

    def probabilities(self, rows: IntArray, left: IntArray) -> FloatArray:
        """Return the probabilities with which each plan's next draw should choose a stratum.

        Parameters
        ----------
        rows : array of int64, shape (num_rows,)
            Plans.
        left : array of int64, shape (num_rows, num_strata)
            Items that will be left of each stratum when the draw is made; each row holds some.

        Returns
        -------
        array of float64, shape (num_rows, num_strata)
            Mostly in proportion to items left x running deviation, the rest in proportion to items left.
        """
        _, variance = self._guesses(rows)
        urgent = left * np.sqrt(variance)
        shares = urgent / urgent.sum(axis=1, keepdims=True)
        shares *= 1 - _LEAST_SHARE
        shares += _LEAST_SHARE * left / left.sum(axis=1, keepdims=True)
        return shares

    def observe(self, rows: IntArray, strata: IntArray, scores: FloatArray, probabilities: FloatArray) -> None:
        """Take in one draw of each of some plans.

        Parameters
        ----------
        rows : array of int64, shape (num_rows,)
            Plans, each at most once.
        strata : array of int64, shape (num_rows,)
            The stratum that the draw chose.
        scores : array of float64, shape (num_rows,)
            In [0, 1].
        probabilities : array of float64, shape (num_rows, num_strata)
            With which the stratum was chosen: above 0 for all strata with items left, 0 for others.
        """
        guess, variance = self._guesses(rows)
        left = self._left[rows]
        weight = np.divide(left, probabilities, out=np.zeros(left.shape), where=left > 0) / self._num_items
        centre = self._centre(rows, guess)
        spread = (weight * left / self._num_items * variance).sum(axis=1)
        stakes = _GAPS / (spread[:, None] + _GAPS**2)  # log capital grows fastest so, to second order
        # Candidates outside the interval are refuted already: only within it must a capital stay above 0.
        drop = self.upper[rows] - centre + (weight * guess).max(axis=1)
        rise = centre + (weight * (1 - guess)).max(axis=1) - self.lower[rows]
        above = np.minimum(stakes, _MOST_STAKE / np.maximum(drop, _TINY)[:, None])[:, :, None]
        below = np.minimum(stakes, _MOST_STAKE / np.maximum(rise, _TINY)[:, None])[:, :, None]
        place = np.arange(len(rows))
        value = centre + weight[place, strata] * (scores - guess[place, strata])
        gain = (value[:, None] - self._grid)[:, None, :]
        _multiply(self._above, rows, 1 + above * gain)
        _multiply(self._below, rows, 1 - below * gain)
        self._drawn[rows, strata] += 1
        self._sum[rows, strata] += scores
        self._sum_squares[rows, strata] += scores**2
        self._left[rows, strata] -= 1
        self._enclose(rows)

    def _guesses(self, rows: IntArray) -> tuple[FloatArray, FloatArray]:
        """Return guesses of a score and of its variance in every stratum, from the draws so far."""
        drawn, total = self._drawn[rows], self._sum[rows]
        overall = (0.5 + total.sum(axis=1, keepdims=True)) / (1 + drawn.sum(axis=1, keepdims=True))
        guess = (_PRIOR_DRAWS * overall + total) / (_PRIOR_DRAWS + drawn)
        squares = np.maximum(self._sum_squares[rows] - total**2 / np.maximum(drawn, 1), 0)
        # Scores of this mean in [0, 1] vary no more than this: a stratum hardly drawn counts as uncertain.
        variance = (_PRIOR_DRAWS * overall * (1 - overall) + squares) / (_PRIOR_DRAWS + drawn)
        return guess, variance

    def _centre(self, rows: IntArray, guess: FloatArray) -> FloatArray:
        """Return the mean of the table if all items left scored as guessed."""
        centre: FloatArray = (self._sum[rows].sum(axis=1) + (self._left[rows] * guess).sum(axis=1)) / self._num_items
        return centre

    def _enclose(self, rows: IntArray) -> None:
        """Narrow the intervals to what is not refuted, and to what the items left can still change."""
        total, left = self._sum[rows].sum(axis=1), self._left[rows].sum(axis=1)
        capital = self._above[rows].mean(axis=1)
        refuted = np.where(capital >= self._threshold, self._grid, 0.0).max(axis=1)
        lower = np.maximum(refuted, total / self._num_items)
        capital = self._below[rows].mean(axis=1)
        # The mean is truly below a refuted candidate: one that equals a level leaves that level missed.
        refuted = np.where(capital >= self._threshold, np.nextafter(self._grid, 0), 1.0).min(axis=1)
        upper = np.minimum(refuted, (total + left) / self._num_items)
        mean = total / self._num_items
        self.lower[rows] = np.where(left == 0, mean, np.maximum(self.lower[rows], lower))
        self.upper[rows] = np.where(left == 0, mean, np.minimum(self.upper[rows], upper))


def _multiply(capital: FloatArray, rows: IntArray, factors: FloatArray) -> None:
    """Multiply some rows of capitals, in place.

    Where a factor is not above 0 the candidate is refuted already. Capital that has sunk is given up, as numbers near 0
    are slow to reckon with, and capital is capped far above what refutes: both err on the safe side.
    """
    product = capital[rows] * np.maximum(factors, _TINY)
    product[product < 1 / _RISEN] = 0
    capital[rows] = np.minimum(product, _RISEN)
