"""The certificate of stage two's prices: what they prove over all plans, those that no list holds included."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sloplan.heuristics.contention import Room
from sloplan.heuristics.matching_prices import Asked
from sloplan.problem.certificates.format import Certificate
from sloplan.problem.certificates.from_prices import certificate_of_prices
from sloplan.problem.compiled import CompiledInstance, Rows

Float = npt.NDArray[np.float64]


def certificate_of_asked(compiled: CompiledInstance, room: Room, asked: Asked, *, is_cost: bool) -> Certificate:
    """Return the certificate of the prices at which queries asked, on a grid that exact pricing can use.

    Parameters
    ----------
    compiled : CompiledInstance
    room : Room
    asked : Asked
    is_cost : bool
    """
    largest = max(_largest_charge(compiled, asked.price, is_cost=is_cost), _largest_value(compiled, asked))
    rows = Rows(compiled.rows.name, room.standing)
    return certificate_of_prices(rows, asked.price, largest, asked.value_price if is_cost else None)


def _largest_value(compiled: CompiledInstance, asked: Asked) -> float:
    return asked.value_price * float(compiled.queries.value_milli.max(initial=0))


def _largest_charge(compiled: CompiledInstance, price: Float, *, is_cost: bool) -> float:
    """Return what no plan of one copy is charged more than: every operator's dearest option, every link crossed."""
    options, queries, links = compiled.options, compiled.queries, compiled.links
    row = compiled.pools.row[options.pool]
    of_pool = np.append(price, 0.0)[row]  # one that has no row, -1, is not charged
    charged = options.busy_us * of_pool + is_cost * options.billed_cost_nano
    dearest = np.zeros(len(compiled.names.operators))
    np.maximum.at(dearest, options.operator, charged)
    size = np.zeros(len(dearest))
    np.maximum.at(size, compiled.configuration_operator, compiled.configuration_bytes)
    billed = [float(n) / float(d) + 1 for n, d in zip(links.price_num, links.price_den, strict=True)]
    per_byte = float(price[links.row[links.row >= 0]].sum()) + is_cost * float(sum(billed))
    most = 0.0
    for application in compiled.applications:
        of = application.operators
        sent = compiled.operator_input_bytes[of].sum()
        fan_out = np.bincount(application.edges[:, 0], minlength=len(of)) + 1  # and to the sink
        most = max(most, float(dearest[of].sum() + (sent + (size[of] * fan_out).sum()) * per_byte))
    return most * float(queries.rate_milli.max(initial=0))
