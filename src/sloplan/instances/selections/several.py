"""Which of several problems in one file is meant."""

from __future__ import annotations

from sloplan.problem.errors import InputError


def one_of_several(count: int, number: int | None, file: str) -> int:
    """Return the place from 0 of the problem that `number` names, from 1.

    Raises
    ------
    InputError
        If no number is given and there are several, or there is no such problem.
    """
    if number is None and count == 1:
        return 0
    if number is None or not 1 <= number <= count:
        problem = "several problems in the file" if number is None else "no such problem in the file"
        raise InputError(
            problem, file=file, field="number", value=number, allowed=f"1 to {count}", advice="state the number"
        )
    return number - 1
