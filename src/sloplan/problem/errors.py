"""The errors that Sloplan raises on purpose; all are `ValueError`s with one clear message."""

from __future__ import annotations

from typing import Any


class SloplanError(ValueError):
    """Base of every error that Sloplan raises on purpose."""


class UnsupportedError(SloplanError):
    """What was asked for is part of the problem but not built for this method."""


class SizeLimitError(SloplanError):
    """A stated size limit (enumeration, expansion of counts, int64) would be passed."""


class InputError(SloplanError):
    """Unusable input, said so that its author can mend it.

    Parameters
    ----------
    problem : str
        What is wrong, in a few words.
    file : str, optional
        File or table that holds the value.
    row : int, optional
        Data row in that table, counted from 1 (the header is not counted).
    field : str, optional
        Column or JSON field.
    value : Any, optional
        The offending value as it was read.
    allowed : str, optional
        What would be accepted.
    advice : str, optional
        What to do next.

    Examples
    --------
    >>> str(InputError("negative rate", file="queries.csv", row=3, field="rate_rps", value=-1.0,
    ...                allowed="a number above 0", advice="correct the row"))
    'queries.csv, row 3, rate_rps = -1.0: negative rate; allowed: a number above 0; next: correct the row'
    """

    def __init__(
        self,
        problem: str,
        *,
        file: str | None = None,
        row: int | None = None,
        field: str | None = None,
        value: Any = None,
        allowed: str | None = None,
        advice: str | None = None,
    ) -> None:
        self.problem = problem
        self.file = file
        self.row = row
        self.field = field
        self.value = value
        self.allowed = allowed
        self.advice = advice
        super().__init__(self._message())

    def of_file(self, file: str) -> InputError:
        """Return the same error about another file."""
        return InputError(
            self.problem,
            file=file,
            row=self.row,
            field=self.field,
            value=self.value,
            allowed=self.allowed,
            advice=self.advice,
        )

    def _message(self) -> str:
        where = [] if self.file is None else [self.file]
        if self.row is not None:
            where.append(f"row {self.row}")
        if self.field is not None:
            shown = "" if self.value is None else f" = {_shortened(self.value)}"
            where.append(f"{self.field}{shown}")
        elif self.value is not None:
            where.append(_shortened(self.value))
        parts = [f"{', '.join(where)}: {self.problem}" if where else self.problem]
        if self.allowed is not None:
            parts.append(f"allowed: {self.allowed}")
        if self.advice is not None:
            parts.append(f"next: {self.advice}")
        return "; ".join(parts)


def _shortened(value: Any, limit: int = 80) -> str:
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 3] + "..."
