"""The instance of the moment: an instance as events have changed it, with the same names and options throughout."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from sloplan.problem.compiled import CompiledInstance, Int, Text
from sloplan.problem.compiling.decimals import scaled
from sloplan.problem.errors import InputError
from sloplan.problem.instance import Instance
from sloplan.runtime.arrivals import BANDWIDTH, PROFILE, SPEED, UNITS, Float

_DIGITS: Final = 9  # of a figure times a factor: decimals, not the noise of floats

_TABLE_OF: Final = {UNITS: ("pools", "pool"), SPEED: ("pools", "pool"), BANDWIDTH: ("links", "link")}


class World:
    """What queries run on, and at which rates, at the moment.

    Queries of the instance that are not there stay in its tables; whoever plans leaves them out.

    Parameters
    ----------
    instance : Instance
        Hosting `fluid`.

    Attributes
    ----------
    query_names : (queries,) str
    rate_milli, value_milli : (queries,) int64
        At the moment.
    version : int
        Counts the changes of what queries run on.

    Raises
    ------
    InputError
        If the hosting is another.
    """

    def __init__(self, instance: Instance) -> None:
        refuse_hosting(instance)
        self._base, self._instance = instance, instance
        self._factors: dict[tuple[int, str], float] = {}
        queries = instance.table("queries")
        self._rate = queries["rate_rps"].to_numpy(copy=True)
        self._worth_rate = queries["value"].isna().to_numpy()
        self.rate_milli = instance.compiled.queries.rate_milli.copy()
        self.value_milli = instance.compiled.queries.value_milli.copy()
        self.version = 0
        tables = (*_TABLE_OF.values(), ("operators", "operator"))
        self._names = {table: pd.Index(instance.table(table)[key]) for table, key in tables}
        self.query_names = instance.compiled.names.queries
        self._query_index = pd.Index(self.query_names)
        self._is_current = True

    @property
    def instance(self) -> Instance:
        """The instance of the moment."""
        if not self._is_current:
            self._instance = self._changed()
            self._is_current = True
        return self._instance

    @property
    def compiled(self) -> CompiledInstance:
        """Its integers; rows and options are the same ones throughout."""
        return self.instance.compiled

    def find(self, queries: Text | list[str]) -> Int:
        """Return the indices of queries by their names, -1 for those that the instance does not have; shape (n,)."""
        return self._query_index.get_indexer(pd.Index(queries, dtype=object)).astype(np.int64)

    def knows(self, kind: int, subject: str) -> bool:
        """Whether there is such a pool, link or operator."""
        return subject in self._names["operators" if kind == PROFILE else _TABLE_OF[kind][0]]

    def change(self, kind: int, subject: str, factor: float) -> None:
        """Change a pool, link or operator that there is, by a factor on the instance's own figures."""
        self._factors[kind, subject] = factor
        self._is_current = False
        self.version += 1

    def at_rates(self, query: Int, rate_rps: Float) -> tuple[Int, Int]:
        """Return rates and values of queries at given rates, milli; those that state no value are worth their rate.

        Parameters
        ----------
        query : (n,) int64
            The same one may be there at several rates.
        rate_rps : (n,) float64
        """
        rate = np.maximum(scaled(rate_rps, 1000, "nearest", lambda i: f"event, rate_rps = {rate_rps[i]}"), 1)
        return rate, np.where(self._worth_rate[query], rate, self.value_milli[query])

    def change_rates(self, query: Int, rate_rps: Float) -> None:
        """Change the rates of queries; of several changes of one, the last is what stays."""
        last = len(query) - 1 - np.unique(query[::-1], return_index=True)[1]
        query, rate_rps = query[last], rate_rps[last]
        self._rate[query] = rate_rps
        self.rate_milli[query], self.value_milli[query] = self.at_rates(query, rate_rps)
        self._is_current = False

    def _changed(self) -> Instance:
        base = self._base
        pools, links, profiles = (base.table(table) for table in ("pools", "links", "profiles"))
        units = self._column(pools["pool"], UNITS)
        speed, bandwidth = self._column(pools["pool"], SPEED), self._column(links["link"], BANDWIDTH)
        wrong = self._column(profiles["operator"], PROFILE)
        whole_units = np.floor(pools["units"] * units + 10.0**-_DIGITS).astype(np.int64)
        return base.replace(
            pools=pools.assign(units=whole_units, speed=_times(pools["speed"], speed)),
            links=links.assign(bandwidth_mbps=_times(links["bandwidth_mbps"], bandwidth)),
            profiles=profiles.assign(
                latency_ms=_times(profiles["latency_ms"], wrong), busy_ms=_times(profiles["busy_ms"], wrong)
            ),
            queries=base.table("queries").assign(rate_rps=self._rate),
        )

    def _column(self, names: pd.Series, kind: int) -> npt.NDArray[np.floating]:
        """Return the factor of every row, shape (rows,)."""
        given = {subject: factor for (of, subject), factor in self._factors.items() if of == kind}
        return names.map(given).fillna(1.0).to_numpy(dtype=float)


def _times(figures: pd.Series, factor: npt.NDArray[np.floating]) -> pd.Series:
    """Multiply decimals; figures that nothing changes stay as they are."""
    return figures.where(factor == 1.0, np.maximum((figures * factor).round(_DIGITS), 10.0**-_DIGITS * (figures > 0)))


def refuse_hosting(instance: Instance) -> None:
    """Refuse hostings that online planning does not have.

    Parameters
    ----------
    instance : Instance

    Raises
    ------
    InputError
        If the hosting is not `fluid`.
    """
    if instance.hosting != "fluid":
        wrong = instance.hosting
        raise InputError("online planning has no such hosting", field="hosting", value=wrong, allowed="fluid")
