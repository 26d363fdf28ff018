"""Formulas of derived figures: how they are written, and what they come to.

A formula is ``figure = expression``, several joined by "; ". An expression has numbers (changes of
unit and counts), ``+ - * /``, parentheses, ``mean() max() min()`` and names in brackets: measurements
of the catalogue, or its rules as ``[rule:name]``. It is worked out in exact rational arithmetic; the
table states the result rounded to four decimals (an exact half either way).
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Final

import pandas as pd

from sloplan.instances.catalogue import table
from sloplan.problem.errors import InputError

TOLERANCE: Final = Fraction(1, 2 * 10**4)
"""Half a unit of the fourth decimal: how far a stated figure may be from its formula's."""
RULE_PREFIX: Final = "rule:"

_BRACKETS: Final = re.compile(r"\[([^\[\]]+)\]")
_OPERATORS: Final[dict[type, Callable[[Fraction, Fraction], Fraction]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_ALLOWED: Final = "numbers, + - * / ( ), mean() max() min() and names in [brackets]"


def parse_formula(formula: str) -> dict[str, str]:
    """Return the expression of each figure of a formula.

    Parameters
    ----------
    formula : str
        E.g. ``"latency_ms = 32 * [a]; busy_ms = [a]"``; empty: no figures.

    Returns
    -------
    dict of str to str
        In the order of the formula.

    Raises
    ------
    InputError
        A part is not ``figure = expression``, or states a figure again.
    """
    figures: dict[str, str] = {}
    for part in formula.split(";") if formula else ():
        figure, equals, expression = (text.strip() for text in part.partition("="))
        if not (figure.isidentifier() and equals and expression) or figure in figures:
            raise InputError(
                "not a formula", value=formula, allowed="figure = expression, each figure once", advice="correct it"
            )
        figures[figure] = expression
    return figures


def names_in(formula: str) -> set[str]:
    """Return the names in brackets of a formula or an expression, rules with their prefix."""
    return set(_BRACKETS.findall(formula))


def evaluate(expression: str, values: Mapping[str, Fraction]) -> Fraction:
    """Return what an expression comes to, exactly.

    Parameters
    ----------
    expression : str
        E.g. ``"mean([a], [b]) * 1000"``.
    values : mapping of str to Fraction
        The value of each name in brackets.

    Returns
    -------
    Fraction

    Raises
    ------
    InputError
        A name has no value, the expression holds something else than a formula may, or it divides by 0.
    """
    names: list[str] = []

    def placeholder(bracket: re.Match[str]) -> str:
        names.append(bracket[1])
        return f" name_{len(names) - 1} "

    text = _BRACKETS.sub(placeholder, expression)
    unknown = [name for name in names if name not in values]
    if unknown:
        raise InputError(
            "a formula names what the catalogue does not hold",
            value=unknown[0],
            allowed="measurements, and rules as rule:name",
            advice="add the measurement or correct the name",
        )
    try:
        tree = ast.parse(text.strip(), mode="eval").body
        return _value(tree, {f"name_{i}": values[name] for i, name in enumerate(names)})
    except (SyntaxError, ZeroDivisionError) as error:
        raise InputError(
            f"not an expression ({error})", value=expression, allowed=_ALLOWED, advice="correct it"
        ) from None


def _value(node: ast.expr, values: Mapping[str, Fraction]) -> Fraction:
    """Work out a node of the syntax tree; nothing but what `_ALLOWED` says is let through."""
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return Fraction(repr(number))
        case ast.Name(id=name) if name in values:
            return values[name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand, values)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return _OPERATORS[type(op)](_value(left, values), _value(right, values))
        case ast.Call(func=ast.Name(id="mean" | "max" | "min" as function), args=[_, *_] as nodes, keywords=[]):
            arguments = [_value(argument, values) for argument in nodes]
            if function == "mean":
                return sum(arguments, Fraction(0)) / len(arguments)
            return max(arguments) if function == "max" else min(arguments)
    raise SyntaxError(f"{ast.unparse(node)} has no place in a formula")


def named_values() -> dict[str, Fraction]:
    """Return what formulas may name: every measurement, and every rule as ``rule:name``, as exact decimals."""
    measurements, rules = table("measurements"), table("rules")
    names = [*measurements["measurement"], *(RULE_PREFIX + rules["rule"])]
    return {name: exact(value) for name, value in zip(names, [*measurements["value"], *rules["value"]], strict=True)}


def exact(figure: float) -> Fraction:
    """Return a figure of a table as the decimal it is written as."""
    return Fraction(repr(float(figure)))


def formula_figures(name: str) -> pd.DataFrame:
    """Work out every formula of a table.

    Parameters
    ----------
    name : str
        One of `sloplan.instances.catalogue.TABLES`.

    Returns
    -------
    DataFrame
        One row per figure of a formula: `row` (index of the table), `figure`, `stated` (what the table
        says) and `derived` (what the formula comes to, not rounded); both exact fractions, and no
        further apart than `TOLERANCE` where table and formula agree.

    Raises
    ------
    InputError
        A formula is not one, names what is not there, or states a figure that the table does not have.
    """
    frame, values = table(name), named_values()
    rows = []
    for index, record in enumerate(frame.to_dict("records")):
        for figure, expression in parse_formula(record["formula"]).items():
            stated = record.get(figure)
            if not isinstance(stated, float):
                raise InputError(
                    "a formula of what is no figure of its table",
                    file=f"{name}.csv",
                    row=index + 1,
                    value=figure,
                    advice="correct the formula",
                )
            rows.append((index, figure, exact(stated), evaluate(expression, values)))
    return pd.DataFrame(rows, columns=["row", "figure", "stated", "derived"])
