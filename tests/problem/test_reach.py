"""Which sites a query's data can reach."""

from __future__ import annotations

from sloplan.problem.reach import Reach
from tests.problem.networks import Link, network

SITES = ["a", "b", "c", "d", "phone"]
LINKS = [
    Link("ab", "a", "b", 1.0),
    Link("ba", "b", "a", 1.0),
    Link("bc", "b", "c", 1.0),
    Link("up", "phone", "a", 1.0, "query"),
    Link("down", "d", "phone", 1.0, "query"),
]


def reached(source: str, links: list[Link] = LINKS) -> list[str]:
    """Names of the sites that a source reaches, in order."""
    compiled = network(SITES, links)
    ends = compiled.links
    reach = Reach(len(SITES), ends.from_site, ends.to_site, ends.query_scope)
    return list(compiled.names.sites[reach.sites(SITES.index(source))])


def test_along_shared_links() -> None:
    """Links lead one way; sites that reach each other reach the same."""
    assert reached("a") == ["a", "b", "c"]
    assert reached("b") == ["a", "b", "c"]
    assert reached("c") == ["c"]


def test_own_links_are_first_steps() -> None:
    """A source goes out over the query-scope links that leave it, and nobody over another source's."""
    assert reached("phone") == ["a", "b", "c", "phone"]
    assert reached("d") == ["d", "phone"]  # not on over the phone's link
    assert reached("c", [*LINKS, Link("cd", "c", "d", 1.0)]) == ["c", "d"]


def test_own_links_at_both_ends_of_the_source() -> None:
    """An own link into another site where the source's shared links do not lead."""
    assert reached("a", [*LINKS, Link("ad", "a", "d", 1.0, "query")]) == ["a", "b", "c", "d"]
    assert reached("b", [*LINKS, Link("ad", "a", "d", 1.0, "query")]) == ["a", "b", "c"]


def test_without_links() -> None:
    """A site reaches itself."""
    assert reached("d", []) == ["d"]
