"""How long a route can be: a bound from the shape of the network that every route keeps to.

A found route crosses no site twice, so it runs along one path of the network's tree of blocks (parts that stay
connected without any one site): in a star it crosses two links, in a hierarchy those on the way up and down.
"""

from __future__ import annotations

from collections.abc import Sequence

import networkx as nx

from sloplan.problem.compiled import CompiledInstance


class LongestRoute:
    """Bounds what links add up to along any route of an instance, found or given.

    Parameters
    ----------
    compiled : CompiledInstance
    """

    def __init__(self, compiled: CompiledInstance) -> None:
        self._given = list(compiled.given_routes.values())
        ends = list(zip(compiled.links.from_site.tolist(), compiled.links.to_site.tolist(), strict=True))
        # Links of both directions and of any query: more can be reached, so the bound only grows.
        network: nx.Graph[int] = nx.Graph(ends)
        blocks = list(nx.biconnected_component_edges(network))
        block_of = {frozenset(edge): block for block, edges in enumerate(blocks) for edge in edges}
        self._block_of_link = [block_of[frozenset(edge)] for edge in ends]
        # The tree joins blocks (their numbers) and sites (-1, -2, ...) where they meet.
        tree: nx.Graph[int] = nx.Graph()
        self._most_links: list[int] = []
        for block, edges in enumerate(blocks):
            sites = {site for edge in edges for site in edge}
            self._most_links.append(len(sites) - 1)
            tree.add_edges_from((block, -1 - site) for site in sites)
        self._children_first = list(nx.dfs_postorder_nodes(tree))
        self._parent = nx.dfs_predecessors(tree)

    def bound(self, of_link: Sequence[int]) -> int:
        """Return a bound on the sum of figures along any route.

        Parameters
        ----------
        of_link : (links,) int
            Figure of each link, not negative; Python integers of any size.

        Returns
        -------
        int
        """
        dearest = [0] * len(self._most_links)
        for block, figure in zip(self._block_of_link, of_link, strict=True):
            dearest[block] = max(dearest[block], figure)
        longest = max((sum(of_link[link] for link in route) for route in self._given), default=0)
        two_longest: dict[int, tuple[int, int]] = {}  # ways down from a node, through two of its children
        for node in self._children_first:
            first, second = two_longest.pop(node, (0, 0))
            here = self._most_links[node] * dearest[node] if node >= 0 else 0
            longest = max(longest, first + here + second)
            if node in self._parent:
                parent = self._parent[node]
                _, less, most = sorted((*two_longest.get(parent, (0, 0)), first + here))
                two_longest[parent] = (most, less)
        return longest
