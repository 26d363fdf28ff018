"""Accuracy factors measured jointly over three operators or more, as tables over classes of configurations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sloplan.problem.compiled import Application, CompiledInstance, Int
from sloplan.problem.evaluation import factor_nano_nats


@dataclass(frozen=True)
class JointFactors:
    """All such factors of a template; factor j has the members ``start[j]:start[j + 1]``.

    Parameters
    ----------
    start : (factors + 1,) int64
    operator, stride : (members,) int64
        Local operator positions, ascending within a factor; step of each in the factor's table.
    table : (factors,) int64
        Where each factor's table begins in `nano_nats`.
    option_class : (factors, options) int64
        Place of each option's configuration along its operator's axis.
    nano_nats : (cells,) int64
    least : (options,) int64
        Least nano-nats, over all factors whose last operator the option belongs to, with its configuration.
    """

    start: Int
    operator: Int
    stride: Int
    table: Int
    option_class: Int
    nano_nats: Int
    least: Int

    @classmethod
    def of(cls, compiled: CompiledInstance, application: Application, options: tuple[Int, ...]) -> JointFactors:
        """Tabulate the joint factors of a template.

        Parameters
        ----------
        compiled : CompiledInstance
        application : Application
        options : tuple of int64 arrays
            Open options per local operator position.
        """
        factors = [factor for factor in application.factors if len(factor.positions) > 2]
        first_option = np.cumsum([0, *map(len, options)])
        option_class = np.zeros((len(factors), first_option[-1]), dtype=np.int64)
        least = np.zeros(first_option[-1], dtype=np.int64)
        operator, stride, table, cells = [], [], [], [np.zeros(0, dtype=np.int64)]
        for number, factor in enumerate(factors):
            members = np.sort(factor.positions)
            listed = []
            for position in members:
                values, code = np.unique(compiled.options.configuration[options[position]], return_inverse=True)
                listed.append(values)
                option_class[number, first_option[position] : first_option[position + 1]] = code.reshape(-1)
            shape = tuple(map(len, listed))
            grid = np.stack([axis.reshape(-1) for axis in np.meshgrid(*listed, indexing="ij")], axis=1)
            column = np.searchsorted(members, factor.positions)
            nano_nats = factor_nano_nats(factor, grid[:, column])
            operator += members.tolist()
            stride += [int(np.prod(shape[axis + 1 :])) for axis in range(len(shape))]
            table.append(sum(map(len, cells)))
            cells.append(nano_nats)
            last = slice(first_option[members[-1]], first_option[members[-1] + 1])
            of_last = np.full(shape[-1], np.iinfo(np.int64).max)
            np.minimum.at(of_last, np.arange(len(nano_nats)) % max(shape[-1], 1), nano_nats)
            least[last] += of_last[option_class[number, last]]
        return cls(
            start=np.cumsum([0, *(len(factor.positions) for factor in factors)]).astype(np.int64),
            operator=np.array(operator, dtype=np.int64),
            stride=np.array(stride, dtype=np.int64),
            table=np.array(table, dtype=np.int64),
            option_class=option_class,
            nano_nats=np.concatenate(cells),
            least=least,
        )

    def most(self) -> int:
        """Return an upper bound on the nano-nats of all factors together."""
        ends = [*self.table[1:].tolist(), len(self.nano_nats)]
        parts = zip(self.table.tolist(), ends, strict=True) if len(self.table) else ()
        return sum(int(self.nano_nats[first:end].max(initial=0)) for first, end in parts)
