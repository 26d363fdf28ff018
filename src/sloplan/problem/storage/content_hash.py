"""The content hash of an instance: equal content has equal hash on every platform.

sha256 over name, hosting, latency percentile and every column of every table in canonical form.
The free-text description is left out. Numbers enter as little-endian 8-byte values, text as
UTF-8 joined by a character that no field may hold; every part is preceded by its length, so two
different contents never give the same bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from sloplan.problem.schema import TABLES, Kind
from sloplan.problem.tables import Columns, Tables

_DOMAIN = "sloplan instance content 1"


class ContentHash:
    """The content hash of an instance, worked out when it is first asked for.

    Pickled, it is the hash alone.

    Parameters
    ----------
    labels, tables
        As in `content_hash`; nobody writes to them.
    """

    def __init__(self, labels: tuple[str, ...], tables: Tables) -> None:
        self._labels, self._tables = labels, tables

    @cached_property
    def sha256(self) -> str:
        """64 hexadecimal digits."""
        return content_hash(self._labels, self._tables)

    def __getstate__(self) -> dict[str, str]:
        """Return what is pickled."""
        return {"sha256": self.sha256}


def content_hash(labels: tuple[str, ...], tables: Mapping[str, Columns | pd.DataFrame]) -> str:
    """Return the sha256 of canonical tables as 64 hexadecimal digits.

    Parameters
    ----------
    labels : tuple of str
        Name, hosting and latency percentile, in this order.
    tables : mapping of table name to mapping of column name to array, or DataFrame
        Every table in stored form and canonical order.
    """
    digest = hashlib.sha256()

    def add(part: bytes) -> None:
        digest.update(len(part).to_bytes(8, "little"))
        digest.update(part)

    for label in (_DOMAIN, *labels):
        add(label.encode())
    for table in TABLES:
        columns = tables[table.name]
        add(table.name.encode())
        add(len(columns[table.key[0]]).to_bytes(8, "little"))
        for column in table.columns:
            add(column.name.encode())
            add(_column_bytes(column.kind, np.asarray(columns[column.name])))
    return digest.hexdigest()


def _column_bytes(kind: Kind, values: npt.NDArray[Any]) -> bytes:
    if kind is Kind.NUMBER:
        one_zero = values + 0.0  # -0.0 equals 0.0
        one_nan = np.where(np.isnan(one_zero), np.nan, one_zero)  # NaNs differ in sign and payload
        return one_nan.astype("<f8").tobytes()
    if kind is Kind.INTEGER:
        return values.astype("<i8").tobytes()
    return "\x00".join(values.tolist()).encode()
