"""Routes between sites: given ones, or the one of least delay that the query owns."""

from __future__ import annotations

import heapq
from typing import NamedTuple

from sloplan.problem.compiled import CompiledInstance


class _Path(NamedTuple):
    """A path; paths compare by delay, then number of links, then link ids."""

    delay: int
    num_links: int
    links: tuple[int, ...]

    def then(self, other: _Path) -> _Path:
        return _Path(self.delay + other.delay, self.num_links + other.num_links, self.links + other.links)


class Routes:
    """Routes per query source, found when asked for.

    A query owns the shared links and those query-scope links that touch its source. A route that
    uses an owned query-scope link passes through the source, so it is a best shared path to the
    source and one from it, with an own link at the source's side: one search over the shared
    links per site serves every source.

    Parameters
    ----------
    compiled : CompiledInstance
    """

    def __init__(self, compiled: CompiledInstance) -> None:
        self._given = compiled.given_routes
        ends = zip(compiled.links.from_site.tolist(), compiled.links.to_site.tolist(), strict=True)
        self._ends: list[tuple[int, int]] = list(ends)
        self._query_scope: list[bool] = compiled.links.query_scope.tolist()
        self._shared_out: dict[int, list[tuple[int, _Path]]] = {}
        self._own_out: dict[int, list[tuple[int, _Path]]] = {}
        self._own_in: dict[int, list[tuple[int, _Path]]] = {}
        for link, (start, end) in enumerate(self._ends):
            step = _Path(int(compiled.link_delay_rank[link]), 1, (link,))
            if self._query_scope[link]:
                self._own_out.setdefault(start, []).append((end, step))
                self._own_in.setdefault(end, []).append((start, step))
            else:
                self._shared_out.setdefault(start, []).append((end, step))
        self._shared_paths: dict[int, dict[int, _Path]] = {}
        self._found: dict[tuple[int, int, int], tuple[int, ...] | None] = {}

    def owns_links(self, source: int) -> bool:
        """Say whether a query with this source owns query-scope links; without them all routes are shared."""
        return source in self._own_out or source in self._own_in

    def links(self, source: int, from_site: int, to_site: int) -> tuple[int, ...] | None:
        """Return the links of a route, in order.

        Parameters
        ----------
        source : int
            Source site of the query.
        from_site, to_site : int

        Returns
        -------
        tuple of int, or None
            Empty from a site to itself; None where the query has no route.
        """
        key = (source if self.owns_links(source) else -1, from_site, to_site)
        if key not in self._found:
            self._found[key] = self._find(source, from_site, to_site)
        return self._found[key]

    def _find(self, source: int, from_site: int, to_site: int) -> tuple[int, ...] | None:
        if from_site == to_site:
            return ()
        given = self._given.get((from_site, to_site))
        if given is not None:
            owned = all(not self._query_scope[link] or source in self._ends[link] for link in given)
            return given if owned else None
        candidates = [self._shared(from_site, to_site)]
        if self.owns_links(source):
            to_source, from_source = self._to_source(source, from_site), self._from_source(source, to_site)
            if to_source is not None and from_source is not None:
                candidates.append(to_source.then(from_source))
        best = min((path for path in candidates if path is not None), default=None)
        return None if best is None else best.links

    def _to_source(self, source: int, from_site: int) -> _Path | None:
        """Best path to the source over shared links, the last link possibly an own one."""
        paths = [self._shared(from_site, source)]
        for start, step in self._own_in.get(source, ()):
            before = self._shared(from_site, start)
            paths.append(None if before is None else before.then(step))
        return min((path for path in paths if path is not None), default=None)

    def _from_source(self, source: int, to_site: int) -> _Path | None:
        """Best path from the source over shared links, the first link possibly an own one."""
        paths = [self._shared(source, to_site)]
        for end, step in self._own_out.get(source, ()):
            after = self._shared(end, to_site)
            paths.append(None if after is None else step.then(after))
        return min((path for path in paths if path is not None), default=None)

    def _shared(self, from_site: int, to_site: int) -> _Path | None:
        if from_site not in self._shared_paths:
            self._shared_paths[from_site] = self._search(from_site)
        return self._shared_paths[from_site].get(to_site)

    def _search(self, from_site: int) -> dict[int, _Path]:
        """Dijkstra over shared links; equal extensions keep the order of paths, so ties are exact."""
        final: dict[int, _Path] = {}
        queue: list[tuple[_Path, int]] = [(_Path(0, 0, ()), from_site)]
        while queue:
            path, site = heapq.heappop(queue)
            if site in final:
                continue
            final[site] = path
            for end, step in self._shared_out.get(site, ()):
                if end not in final:
                    heapq.heappush(queue, (path.then(step), end))
        return final
