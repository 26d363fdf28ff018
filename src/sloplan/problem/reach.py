"""Which sites a query's data can reach: what cannot be reached is in no plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

import networkx as nx
import numpy as np

from sloplan.problem.compiling.read_only import make_read_only

if TYPE_CHECKING:
    from sloplan.problem.compiled import Bool, Int


class Reach:
    """Sites that a source reaches over shared links and those query-scope links that touch it.

    Every transfer of a plan runs over links that its query owns, and through its ancestors every
    operator gets its input from the source. So a plan stands at sites reached from there only,
    whether routes are found or given.

    Sites that reach each other reach the same ones: they are kept once for all of them.

    Parameters
    ----------
    num_sites : int
    from_site, to_site : (links,) int64
    query_scope : (links,) bool
    """

    def __init__(self, num_sites: int, from_site: Int, to_site: Int, query_scope: Bool) -> None:
        shared: nx.DiGraph[int] = nx.DiGraph()
        shared.add_nodes_from(range(num_sites))
        shared.add_edges_from(zip(from_site[~query_scope].tolist(), to_site[~query_scope].tolist(), strict=True))
        self._condensed = nx.condensation(shared)
        self._component: dict[int, int] = self._condensed.graph["mapping"]
        self._of_component: dict[int, Int] = {}
        self._own_ends: dict[int, list[int]] = {}
        for start, end in zip(from_site[query_scope].tolist(), to_site[query_scope].tolist(), strict=True):
            self._own_ends.setdefault(start, []).append(end)

    def sites(self, source: int) -> Int:
        """Return the sites that a query's data can reach, ascending, the source among them.

        Parameters
        ----------
        source : int
            Source site of the query.
        """
        # A way that comes back to the source over one of its links gains nothing: they are first steps.
        starts = {self._component[site] for site in (source, *self._own_ends.get(source, ()))}
        parts = [self._reached(component) for component in starts]
        return parts[0] if len(parts) == 1 else np.unique(np.concatenate(parts))

    def _reached(self, component: int) -> Int:
        if component not in self._of_component:
            onwards = {component, *nx.descendants(self._condensed, component)}
            members = [site for one in onwards for site in self._condensed.nodes[one]["members"]]
            self._of_component[component] = make_read_only(np.sort(np.array(members, dtype=np.int64)))
        return self._of_component[component]
