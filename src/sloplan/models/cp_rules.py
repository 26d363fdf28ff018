"""What each copy must keep to by itself in the CP-SAT model: SLOs, compatibility, and what it owns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from sloplan.models.cp_choices import CpCopy, CpTransfer
from sloplan.models.cp_literals import Literals, Sum, limit_if_served, table, weighted_sum
from sloplan.models.legs import END
from sloplan.problem.compiled import NO_LIMIT, Bool, CompiledInstance, Int
from sloplan.problem.evaluation import own_capacity


def add_rules(model: Any, compiled: CompiledInstance, copy: CpCopy) -> None:
    """Add all rules of one copy that do not always hold.

    Parameters
    ----------
    model : CpModel
        Gets entries in its dicts `combination[copy, factor, row]` and `finish[copy, operator]`.
    compiled : CompiledInstance
    copy : CpCopy
    """
    queries, query = compiled.queries, copy.menu.query
    _add_compatibility(model, copy)
    if queries.slo_accuracy[query] != NO_LIMIT:
        parts = [_accuracy(model, copy, number) for number in range(len(copy.menu.factors))]
        limit_if_served(model, parts, int(queries.slo_accuracy[query]), copy.served, f"accuracy/{copy.copy}")
    if queries.slo_latency_us[query] != NO_LIMIT:
        _add_latency(model, compiled, copy, int(queries.slo_latency_us[query]))
    if queries.slo_cost_nano[query] != NO_LIMIT:
        parts = copy.of_options(compiled.options.cost_nano) + [transfer.cost for transfer in copy.transfers]
        limit_if_served(model, parts, int(queries.slo_cost_nano[query]), copy.served, f"cost/{copy.copy}")
    _add_own_capacity(model, compiled, copy)


def _add_compatibility(model: Any, copy: CpCopy) -> None:
    """A configuration needs one of its partners to be chosen: said for both operators of each pair."""
    for number, pair in enumerate(copy.menu.application.compatibilities):
        ends = [copy.configurations[position] for position in (pair.first, pair.second)]
        values = [np.array(list(end), dtype=np.int64) for end in ends]
        allowed = _allowed(values[0], values[1], pair.allowed)
        for side, partners in enumerate((allowed, allowed.T)):
            others = list(ends[1 - side].values())
            for literal, kept in zip(ends[side].values(), partners, strict=True):
                if not kept.all():
                    clause = [literal.negated(), *(others[place] for place in np.flatnonzero(kept).tolist())]
                    model.add_bool_or(clause).with_name(f"compatible/{copy.copy}/{number}")


def _allowed(first: Int, second: Int, listed: Int) -> Bool:
    """Which pairs of two lists of configurations are listed."""
    code = int(listed.max(initial=0)) + 1 + int(max(first.max(), second.max()))
    return np.isin(first[:, None] * code + second, listed[:, 0] * code + listed[:, 1])


def _accuracy(model: Any, copy: CpCopy, number: int) -> Literals:
    """Nano-nats of one factor: of the configurations of the operator that varies, or of the rows of a joint table."""
    menu = copy.menu.factors[number]
    rows, nano_nats = menu.factor.configurations[menu.kept], menu.factor.nano_nats[menu.kept]
    columns = [copy.configurations[position] for position in menu.factor.positions.tolist()]
    varying = [place for place, column in enumerate(columns) if len(column) > 1]
    if not varying:
        return Literals([copy.served], nano_nats)
    if len(varying) == 1:
        literals = columns[varying[0]]
        return Literals([literals[value] for value in rows[:, varying[0]].tolist()], nano_nats)
    keys = [(copy.copy, number, row) for row in menu.kept.tolist()]
    names = ["combination/" + "/".join(map(str, key)) for key in keys]
    literals_of_rows = table(model, columns, rows, names)
    model.combination.update(zip(keys, literals_of_rows, strict=True))
    return Literals(literals_of_rows, nano_nats)


@dataclass(frozen=True)
class _Path:
    """Parts one after the other, from the start of the request or from when `since` tells."""

    parts: tuple[Literals, ...] = ()
    since: Any = None

    def then(self, *parts: Literals) -> _Path:
        return _Path((*self.parts, *parts), self.since)


def _add_latency(model: Any, compiled: CompiledInstance, copy: CpCopy, slo: int) -> None:
    """Limit the longest path: where several inputs meet, an integer tells when the operator finishes."""
    into: dict[int, list[CpTransfer]] = {}
    to_sink: dict[int, CpTransfer] = {}
    for transfer in copy.transfers:
        leg = transfer.menu.leg
        if leg.consumer == END:
            to_sink[leg.producer] = transfer
        else:
            into.setdefault(leg.consumer, []).append(transfer)
    paths = {END: _Path()}
    own = copy.of_options(compiled.options.latency_us)
    for position, operator in enumerate(copy.menu.application.operators.tolist()):
        arriving = [
            paths[transfer.menu.leg.producer].then(transfer.latency, own[position]) for transfer in into[position]
        ]
        if len(arriving) == 1:
            paths[position] = arriving[0]
            continue
        finish = model.new_int_var(0, slo, f"finish/{copy.copy}/{operator}")
        model.finish[copy.copy, operator] = finish
        for path in arriving:
            _add_finish(model, path, copy.served, finish)
        paths[position] = _Path((), finish)
    for leaf in copy.menu.application.leaves.tolist():
        path = paths[leaf].then(to_sink[leaf].latency) if leaf in to_sink else paths[leaf]
        if path.since is None:
            limit_if_served(model, path.parts, slo, copy.served, f"latency/{copy.copy}")
        elif path.parts:
            _add_finish(model, path, copy.served, slo)


def _add_finish(model: Any, path: _Path, served: Any, end: Any) -> None:
    total = Sum.of(path.parts)
    length = weighted_sum([*total.literals, served], [*total.coefficients, total.least])
    model.add((length if path.since is None else path.since + length) <= end)


def _add_own_capacity(model: Any, compiled: CompiledInstance, copy: CpCopy) -> None:
    """Load per request on the pools and links of the copy's own."""
    rate = int(compiled.queries.rate_milli[copy.menu.query])
    capacity, pools = own_capacity(compiled), len(compiled.names.pools)
    own: dict[int, list[Literals]] = {}
    for pool, part in pool_loads(compiled, copy):
        if compiled.pools.query_scope[pool]:
            own.setdefault(pool, []).append(part)
    for transfer in copy.transfers:
        for link, part in transfer.link_loads(compiled):
            if compiled.links.query_scope[link]:
                own.setdefault(pools + link, []).append(part)
    for resource, parts in own.items():
        limit_if_served(model, parts, int(capacity[resource]) // rate, copy.served, f"own/{copy.copy}/{resource}")


def pool_loads(compiled: CompiledInstance, copy: CpCopy) -> Iterator[tuple[int, Literals]]:
    """Yield every pool that an operator may load, with its busy time per request there."""
    options = compiled.options
    for literals, part in zip(copy.choose, copy.menu.options, strict=True):
        pool, busy = options.pool[part], options.busy_us[part]
        for used in np.unique(pool[busy > 0]).tolist():
            yield used, Literals(literals, np.where(pool == used, busy, 0))
