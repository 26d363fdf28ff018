"""What a certificate says of rounded inequalities: weights of rows that are added up, and prices.

Reading checks the shape of the JSON only, as for all of a certificate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sloplan.problem.certificates.json_shape import json_list, json_object

_MOST_DIGITS = 18

_OF_INEQUALITY = ("rows", "goodput", "inequalities", "groups", "supplies", "price")


@dataclass(frozen=True)
class Inequality:
    """Rows added up and rounded; whatever is left out has weight 0.

    Parameters
    ----------
    rows : mapping of str to int
        Weight numerators of coupling rows, over the divisor.
    goodput : int
        Of the goodput floor, as a row: goodput, negated, within the floor, negated.
    inequalities : mapping of int to int
        Of earlier inequalities, by their numbers.
    groups, supplies : mapping of str to int
        Of the rows that say how many copies a query (or group) and how many units a supply has at most; over
        `inequalities.UNIT`.
    price : int
        Numerator over the certificate's denominator: what a unit of the inequality counts.
    """

    rows: Mapping[str, int]
    goodput: int
    inequalities: Mapping[int, int]
    groups: Mapping[str, int]
    supplies: Mapping[str, int]
    price: int

    @classmethod
    def from_json(cls, document: Any, field: str) -> Inequality:
        """Read an inequality from its JSON object."""
        fields = json_object(document, field, required=(), optional=_OF_INEQUALITY)
        of: dict[str, dict[Any, Any]] = {
            name: json_object(fields.get(name, {}), f"{field}.{name}", required=None)
            for name in ("rows", "inequalities", "groups", "supplies")
        }
        of["inequalities"] = {_number(key): weight for key, weight in of["inequalities"].items()}
        return cls(goodput=fields.get("goodput", 0), price=fields.get("price", 0), **of)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object that `from_json` reads; what is nothing is left out."""
        earlier = {str(number): weight for number, weight in self.inequalities.items()}
        of = {"rows": dict(self.rows), "goodput": self.goodput, "inequalities": earlier}
        of |= {"groups": dict(self.groups), "supplies": dict(self.supplies), "price": self.price}
        return {name: stated for name, stated in of.items() if stated}


@dataclass(frozen=True)
class Rounding:
    """Inequalities that hold for all whole solutions that lose little, and prices for rows and inequalities.

    Parameters
    ----------
    most_lost : int
        Numerator over the certificate's denominator: what solutions may lose at the prices of the leaf.
    prices, goodput_price
        Numerators of rows and of the goodput floor, as at a leaf.
    divisor : int
        2^k, what rows are divided by before they are rounded.
    inequalities : tuple of Inequality
    """

    most_lost: int
    prices: Mapping[str, int]
    goodput_price: int
    divisor: int
    inequalities: tuple[Inequality, ...]

    @classmethod
    def from_json(cls, document: Any, field: str) -> Rounding:
        """Read it from its JSON object."""
        required = ("most_lost", "prices", "divisor", "inequalities")
        fields = json_object(document, field, required=required, optional=("goodput_price",))
        stated = json_list(fields["inequalities"], f"{field}.inequalities")
        return cls(
            most_lost=fields["most_lost"],
            prices=json_object(fields["prices"], f"{field}.prices", required=None),
            goodput_price=fields.get("goodput_price", 0),
            divisor=fields["divisor"],
            inequalities=tuple(Inequality.from_json(one, f"{field}.inequalities[{i}]") for i, one in enumerate(stated)),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object that `from_json` reads."""
        written: dict[str, Any] = {"most_lost": self.most_lost, "prices": dict(self.prices)}
        if self.goodput_price:
            written["goodput_price"] = self.goodput_price
        inequalities = [inequality.to_json() for inequality in self.inequalities]
        return written | {"divisor": self.divisor, "inequalities": inequalities}


def _number(key: Any) -> Any:
    """Return the number that a key is; one that is none stays as it is, and names no inequality."""
    return int(key) if isinstance(key, str) and key.isdecimal() and len(key) <= _MOST_DIGITS else key
