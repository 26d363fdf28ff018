"""What one template's search has found, for the templates that are like it.

Templates of one application differ in the source of their queries. Templates whose sources are devices of one class,
on which the same configurations run at the same speed, differ only in what is near. A plan of one template has a
*counterpart* in another: every operator runs the same configuration in the same place, seen from the source (on the
source itself, or on the nearest site of that hardware, the second nearest, and so on).
"""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np

from sloplan.problem.compiled import CompiledInstance, Int
from sloplan.problem.transfers import transfers_of

_PROBE_BYTES: Final = 100_000
"""Size of the transfer by whose latency sites are near or far: that of a small picture."""

_UNREACHABLE_US: Final = 2**62


NEAREST_KIN: Final = 2
"""Kinship of templates of one application and one class of devices."""


class GroupFrontiers:
    """The plans that were found of the templates searched so far.

    Parameters
    ----------
    compiled : CompiledInstance
    """

    def __init__(self, compiled: CompiledInstance) -> None:
        self._compiled = compiled
        self._first_of: dict[tuple[int, ...], int] = {}
        self._found: dict[int, Int] = {}
        self._groups, self._places = cache(self._groups_of), cache(self._places_of)

    def add(self, template: int, plans: Int) -> None:
        """Take what was found of a template.

        Parameters
        ----------
        template : int
        plans : (n, operators) int64
            Global options.
        """
        if not len(plans):
            return
        for group in self._groups(template):
            if group not in self._first_of:
                self._first_of[group] = template
                self._found[template] = plans

    def of(self, template: int) -> tuple[int, Int]:
        """Return how near the nearest template searched before is, and the counterparts of its plans.

        Parameters
        ----------
        template : int

        Returns
        -------
        kinship : int
            `NEAREST_KIN`: of the same application and class of devices; 1: of the same application; 0: there is none.
        plans : (n, operators) int64
            Distinct; plans without a counterpart are left out.
        """
        groups = self._groups(template)
        for kinship, group in zip((NEAREST_KIN, 1), groups, strict=True):
            if group in self._first_of:
                known = self._first_of[group]
                return kinship, self._counterparts(known, template, self._found[known])
        return 0, np.zeros((0, len(self._compiled.template_options(template))), dtype=np.int64)

    def _groups_of(self, template: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return the groups of a template: application and what runs on its source how fast; application."""
        compiled, application = self._compiled, int(self._compiled.templates.application[template])
        options = np.concatenate(compiled.template_options(template))
        at_source = options[compiled.options.site[options] == compiled.templates.source[template]]
        return (application, *np.unique(compiled.options.profile[at_source]).tolist()), (application,)

    def _counterparts(self, known: int, template: int, plans: Int) -> Int:
        """Return the counterparts of one template's plans in another."""
        place, option = self._places(known)
        places, options = self._places(template)
        at = np.minimum(np.searchsorted(places, place), len(places) - 1)
        counterpart = np.full(len(self._compiled.options.site), -1, dtype=np.int64)
        counterpart[option] = np.where(places[at] == place, options[at], -1)
        moved = counterpart[plans]
        return np.unique(moved[(moved >= 0).all(axis=1)], axis=0)

    def _places_of(self, template: int) -> tuple[Int, Int]:
        """Return codes of the places, seen from the source, of a template's options, ascending; the options."""
        compiled, options = self._compiled, self._compiled.options
        option = np.concatenate(compiled.template_options(template))
        source, site = int(compiled.templates.source[template]), options.site[option]
        sites, of_site = np.unique(site, return_inverse=True)
        sent = np.full(len(sites), _PROBE_BYTES, dtype=np.int64)
        way = transfers_of(compiled).of(source, sent, np.full(len(sites), source, dtype=np.int64), sites)
        distance = np.where(way.possible, way.latency_us, _UNREACHABLE_US)[of_site]
        # On the source any hardware does; what is quicker stands in for what is quicker.
        kind = np.where(site == source, 0, options.profile[option] + 1)
        nearness = np.where(site == source, options.latency_us[option], distance)
        order = np.lexsort((options.pool[option], nearness, kind, options.configuration[option]))
        code = options.configuration[option][order] * (len(compiled.profile_item_us) + 1) + kind[order]
        rank = np.arange(len(code)) - np.searchsorted(code, code)
        return code * len(options.site) + rank, option[order]
