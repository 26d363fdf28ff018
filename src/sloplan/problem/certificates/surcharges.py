"""Surcharges: what a copy pays, beside the prices of rows, for using much of one row at once.

Heavy uses do not fill a row as evenly as a linear program fills it. A surcharge is paid by copies of some groups whose
plan uses at least some amount of a row; all copies together pay at most what surcharges of uses that fit into the row
side by side come to, which is a knapsack for each row.

Sources: M. Guignard, S. Kim, Lagrangean decomposition: a model yielding stronger Lagrangean bounds, Mathematical
Programming 39, 1987; P. Avella, M. Boccia, I. Vasilyev, A computational study of exact knapsack separation for the
generalized assignment problem, Computational Optimization and Applications 45, 2010.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sloplan.problem.certificates.filling import most_paid
from sloplan.problem.certificates.format import Certificate, Leaf, Surcharge
from sloplan.problem.certificates.pricing import PRICED_LIMIT, PlanPricer, check_priced_size, is_integer
from sloplan.problem.compiled import Int, Sparse
from sloplan.problem.exact_sums import exact_totals
from sloplan.problem.most_supplied import most_supplied
from sloplan.problem.violation import Violation


@dataclass(frozen=True)
class RowSurcharges:
    """The surcharges of a leaf in indices, by group, row and amount.

    Parameters
    ----------
    group, row, amount, surcharge : (n,) int64
        A copy of the group pays, of the surcharges of a row, the largest whose amount its usage reaches; surcharges are
        numerators over the certificate's denominator.
    most : int
        Numerator of the most that all copies together can pay.
    """

    group: Int
    row: Int
    amount: Int
    surcharge: Int
    most: int

    @classmethod
    def of(cls, pricer: PlanPricer, leaf: Leaf) -> RowSurcharges:
        """Translate the surcharges of a leaf without `surcharge_violations`.

        Parameters
        ----------
        pricer : PlanPricer
        leaf : Leaf
        """
        row_index = {name: i for i, name in enumerate(pricer.rows.name)}
        size = np.array([len(stated.groups) for stated in leaf.surcharges], dtype=np.int64)
        named = [pricer.group_index[name] for stated in leaf.surcharges for name in stated.groups]
        group = np.array(named, dtype=np.int64)
        row = np.repeat(np.array([row_index[stated.row] for stated in leaf.surcharges], dtype=np.int64), size)
        amount = np.repeat(np.array([stated.amount for stated in leaf.surcharges], dtype=np.int64), size)
        surcharge = np.repeat(np.array([stated.surcharge for stated in leaf.surcharges], dtype=np.int64), size)
        order = np.lexsort((amount, row, group))
        capacity, copies, most = most_supplied(pricer.rows, pricer.supplies), pricer.group_count[group], 0
        for one in np.unique(row).tolist():
            kinds, kind = np.unique(np.stack([amount, surcharge])[:, row == one], axis=1, return_inverse=True)
            some = copies[row == one]
            number = exact_totals(kind.reshape(-1), some, np.ones_like(some), kinds.shape[1])
            fitting = np.maximum(capacity[one], 0) // kinds[0]  # no more can be used, however many copies there are
            most += most_paid(kinds[0], kinds[1], np.minimum(number, fitting).astype(np.int64), int(capacity[one]))
        return cls(group[order], row[order], amount[order], surcharge[order], most)

    @cached_property
    def groups(self) -> Int:
        """Groups that pay any, ascending."""
        return np.unique(self.group)

    def due(self, group: Int, usage: Sparse) -> Int:
        """Return what copies pay together with all rows, shape (n,).

        Parameters
        ----------
        group : (n,) int64
        usage : Sparse
            What one copy uses of each row, (n, rows).

        Raises
        ------
        GridTooFineError
            If what a copy pays passes `PRICED_LIMIT`.
        """
        total = np.zeros(len(usage), dtype=np.int64)
        if not len(self.group):
            return total
        pairs, pair = np.unique(self.group * self._width + self.row, return_inverse=True)
        amounts, rank = np.unique(self.amount, return_inverse=True)
        listed = pair.reshape(-1) * len(amounts) + rank.reshape(-1)  # ascending
        entry = np.flatnonzero(usage.column < self._width)
        of_entry = group[usage.row_of_entry[entry]] * self._width + usage.column[entry]
        place = np.minimum(np.searchsorted(pairs, of_entry), len(pairs) - 1)
        reached = np.searchsorted(amounts, usage.amount[entry], side="right") - 1
        pays = np.flatnonzero((pairs[place] == of_entry) & (reached >= 0))
        last = np.searchsorted(listed, place[pays] * len(amounts) + reached[pays], side="right") - 1
        held = (last >= 0) & (pair.reshape(-1)[last] == place[pays])
        # Of each pair of a group and a row the largest so far, found by ranks: they are small.
        figures, of_figure = np.unique(self.surcharge, return_inverse=True)
        running = np.maximum.accumulate(pair.reshape(-1) * len(figures) + of_figure.reshape(-1)) % len(figures)
        payer, paid = usage.row_of_entry[entry[pays[held]]], figures[running[last[held]]]
        approximate = np.bincount(payer, weights=paid.astype(np.float64), minlength=len(total))
        check_priced_size(approximate.astype(np.float64), "a plan with its surcharges")
        np.add.at(total, payer, paid)
        return total

    @cached_property
    def _width(self) -> int:
        return int(self.row.max(initial=0)) + 1


def surcharge_violations(pricer: PlanPricer, certificate: Certificate) -> list[Violation]:
    """Return what keeps the surcharges of a certificate from proving anything.

    Parameters
    ----------
    pricer : PlanPricer
    certificate : Certificate
    """
    leaves = [node for node in certificate.nodes if isinstance(node, Leaf) and node.surcharges]
    if leaves and len(certificate.nodes) > 1:
        message = "stand at a leaf of a tree; they are for certificates of one node"
        return [Violation("certificate_surcharge", "surcharges", message)]
    row_index = {name: i for i, name in enumerate(pricer.rows.name)}
    violations, seen = [], set[tuple[str, str, int]]()
    for number, stated in enumerate(leaves[0].surcharges if leaves else ()):
        subject = f"surcharge {number} of row {stated.row!r}"
        found = _violations(stated, row_index, pricer.group_index, subject)
        if not found:
            places = [(stated.row, name, stated.amount) for name in stated.groups]
            if len(set(places)) < len(places) or not seen.isdisjoint(places):
                message = f"is not the only one of a group at the amount {stated.amount}"
                found = [Violation("certificate_surcharge", subject, message)]
            seen.update(places)
        violations += found
    return violations


def _violations(
    stated: Surcharge, row_index: Mapping[str, int], group_index: Mapping[str, int], subject: str
) -> list[Violation]:
    if stated.row not in row_index:
        return [Violation("certificate_row", subject, "is of a row that the problem does not have")]
    unknown = [name for name in stated.groups if name not in group_index]
    if unknown:
        return [Violation("certificate_group", subject, f"names {unknown[0]!r}, which the problem does not have")]
    for what, figure, least in (("amount", stated.amount, 1), ("surcharge", stated.surcharge, 0)):
        if not is_integer(figure):
            return [Violation("certificate_price_integer", subject, f"has {what} {figure!r}, not a whole number")]
        if figure < least:
            return [Violation("certificate_price_sign", subject, f"has {what} {figure}, which is less than {least}")]
        if figure > PRICED_LIMIT:
            return [Violation("certificate_grid", subject, f"has {what} {figure}, which passes 2^62")]
    return []
