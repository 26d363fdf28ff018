"""One broken rule, as the checker reports it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Violation:
    """A rule that a solution or a certificate breaks.

    Parameters
    ----------
    rule : str
        Short name of the rule, for example "latency" or "capacity".
    subject : str
        What breaks it: a plan, a row, a supply, the file.
    message : str
        What is wrong, with the unit where there is one.
    amount, limit : int, optional
        The figure and what would be allowed, in compiled units.
    """

    rule: str
    subject: str
    message: str
    amount: int | None = None
    limit: int | None = None

    def __str__(self) -> str:
        figures = "" if self.amount is None else f": {self.amount:,}"
        if self.limit is not None:
            figures += f" (limit {self.limit:,})"
        return f"[{self.rule}] {self.subject} {self.message}{figures}"
