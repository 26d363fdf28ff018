"""The options open to a template, found without a look at those that are not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sloplan.problem.reach import Reach
from sloplan.problem.spans import spans

if TYPE_CHECKING:
    from sloplan.problem.compiled import CompiledInstance, Int


class OpenOptions:
    """Options by operator and site; see `CompiledInstance.template_options`.

    Parameters
    ----------
    compiled : CompiledInstance
    """

    def __init__(self, compiled: CompiledInstance) -> None:
        options, links = compiled.options, compiled.links
        self._num_sites = len(compiled.names.sites)
        self._reach = Reach(self._num_sites, links.from_site, links.to_site, links.query_scope)
        self._shared = _BySite(options.operator, options.site, np.flatnonzero(~compiled.source_bound), self._num_sites)
        self._bound = _BySite(options.operator, options.site, np.flatnonzero(compiled.source_bound), self._num_sites)

    def at(self, source: int, operators: Int) -> tuple[Int, ...]:
        """Return the options of some operators that are open to a source, ascending.

        Parameters
        ----------
        source : int
            Site where the requests start.
        operators : (n,) int64

        Returns
        -------
        tuple of n int64 arrays
        """
        reached, own = self._reach.sites(source), np.array([source], dtype=np.int64)
        return tuple(
            np.sort(np.concatenate([self._shared.of(operator, reached), self._bound.of(operator, own)]))
            for operator in operators.tolist()
        )


class _BySite:
    """Some options, sorted by operator and site."""

    def __init__(self, operator: Int, site: Int, option: Int, num_sites: int) -> None:
        code = operator[option] * num_sites + site[option]
        order = np.argsort(code, kind="stable")
        self._option, self._code = option[order], code[order]
        self._num_sites = num_sites

    def of(self, operator: int, sites: Int) -> Int:
        """Return the options of an operator at some sites."""
        wanted = operator * self._num_sites + sites
        first, end = np.searchsorted(self._code, wanted), np.searchsorted(self._code, wanted + 1)
        return self._option[spans(first, end - first)]
