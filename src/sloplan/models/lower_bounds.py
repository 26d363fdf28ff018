"""Lower bounds on what a plan through one option, or one pair of transfer ends, must at least have.

Sums saturate at `SATURATED`, which stands for "impossible" and exceeds every real figure. Masks may have leading
axes: then each bound has them too, and says so much for each of these choices of masks.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sloplan.models.legs import END, Leg
from sloplan.problem.compiled import Bool, Int

SATURATED = 2**61
"""Stands for "impossible"; above every figure that compiling lets through, two of them fit int64."""


def saturated_sum(first: Int | int, second: Int) -> Int:
    """Return ``min(first + second, SATURATED)`` for figures of at most SATURATED."""
    return np.minimum(first + second, SATURATED)


def class_least(
    position: int, option_class: Int, classes: int, figure: Sequence[Int], added: Sequence[Int] | None = None
) -> Int:
    """Return the least figure (plus `added`) of each class's options, shape (..., classes).

    An end has one class of figure 0; no other class is without options. Figures of options that are out must be
    `SATURATED`.
    """
    if position == END:
        return np.zeros(1, dtype=np.int64)
    value = figure[position] if added is None else saturated_sum(figure[position], added[position])
    order = np.argsort(option_class, kind="stable")
    start = np.searchsorted(option_class[order], np.arange(classes))
    return np.asarray(np.minimum.reduceat(value[..., order], start, axis=-1))


def longest_paths(
    legs: Sequence[Leg], latency: Sequence[Int], masks: Sequence[Bool], pairs: Sequence[Bool]
) -> tuple[list[Int], list[Int]]:
    """Return bounds on the latency before and after every option.

    Parameters
    ----------
    legs : sequence of Leg
        Source legs first, then edges in an order in which producers come before consumers.
    latency : sequence of (options,) int64
        Per local operator position, us.
    masks : sequence of (..., options) bool
        Options still in.
    pairs : sequence of (producer classes, consumer classes) bool
        Pairs still in, per leg.

    Returns
    -------
    head : list of (..., options) int64
        At least so late does the operator finish, us, if the option is chosen.
    tail : list of (..., options) int64
        At least so much time follows, us, with the transfer to the sink.
    """
    arrival = [np.zeros(len(figure), dtype=np.int64) for figure in latency]
    tail = [np.where(mask, 0, SATURATED) for mask in masks]
    head: list[Int] = []
    into: list[list[int]] = [[] for _ in latency]
    for number, leg in enumerate(legs):
        if leg.consumer != END:
            into[leg.consumer].append(number)
    for position, mask in enumerate(masks):
        for number in into[position]:
            leg = legs[number]
            before = class_least(leg.producer, leg.producer_class, len(leg.from_site), head)
            crossing = np.where(pairs[number], leg.latency_us, SATURATED)
            reached = saturated_sum(before[..., None], crossing).min(axis=-2)
            arrival[position] = np.maximum(arrival[position], reached[..., leg.consumer_class])
        head.append(np.where(mask, saturated_sum(arrival[position], latency[position]), SATURATED))
    for position in reversed(range(len(masks))):
        for number, leg in enumerate(legs):
            if leg.producer == position:
                after = class_least(leg.consumer, leg.consumer_class, len(leg.to_site), tail, latency)
                crossing = np.where(pairs[number], leg.latency_us, SATURATED)
                left = saturated_sum(crossing, after[..., None, :]).min(axis=-1)
                tail[position] = np.maximum(tail[position], left[..., leg.producer_class])
    return head, tail


def least_cost(
    legs: Sequence[Leg], cost: Sequence[Int], masks: Sequence[Bool], pairs: Sequence[Bool]
) -> tuple[list[Int], list[Int]]:
    """Return bounds on the cost per request of a plan, per option and per pair of each leg.

    The bound adds, over all operators and legs, the least that each adds alone; the operator at
    hand and its own legs add the least that goes with the option (or the pair). nano-USD.
    """
    own = [np.where(mask, figure, SATURATED) for mask, figure in zip(masks, cost, strict=True)]
    leg_cost = [np.where(pair, leg.cost_nano, SATURATED) for leg, pair in zip(legs, pairs, strict=True)]
    leg_least = [int(figure.min(initial=SATURATED)) for figure in leg_cost]
    operator_least = [figure.min(axis=-1, keepdims=True) for figure in own]
    total: Int = np.array([min(sum(leg_least), SATURATED)], dtype=np.int64)
    for least in operator_least:
        total = saturated_sum(total, least)

    own_extra = [figure - least for figure, least in zip(own, operator_least, strict=True)]
    extra = list(own_extra)
    for leg, figure, least in zip(legs, leg_cost, leg_least, strict=True):
        if leg.producer != END:
            extra[leg.producer] = saturated_sum(extra[leg.producer], (figure.min(axis=1) - least)[leg.producer_class])
        if leg.consumer != END:
            extra[leg.consumer] = saturated_sum(extra[leg.consumer], (figure.min(axis=0) - least)[leg.consumer_class])
    option_bound = [saturated_sum(total, figure) for figure in extra]

    pair_bound = []
    for leg, figure, least in zip(legs, leg_cost, leg_least, strict=True):
        before = class_least(leg.producer, leg.producer_class, len(leg.from_site), own_extra)
        after = class_least(leg.consumer, leg.consumer_class, len(leg.to_site), own_extra)
        through = saturated_sum(saturated_sum(before[..., None], figure - least), after[..., None, :])
        pair_bound.append(saturated_sum(total[..., None], through))
    return option_bound, pair_bound
