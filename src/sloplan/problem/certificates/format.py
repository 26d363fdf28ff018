"""What a certificate says: a tree of decisions whose leaves hold integer row prices, or prices of groups alone.

Reading checks the shape of the JSON only. Whether a certificate holds for a problem, down to the type of
each price, is what `sloplan.problem.certificates.verification.verify_certificate` answers with a list of violations.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sloplan.problem.certificates.inequality_format import Rounding
from sloplan.problem.certificates.json_shape import json_list, json_object, json_text
from sloplan.problem.errors import InputError


@dataclass(frozen=True)
class SupplyDecision:
    """Yes: the supply is at most `at_most`. No: it is at least `at_most` + 1."""

    supply: str
    at_most: int


@dataclass(frozen=True)
class OptionDecision:
    """Yes: copy `copy` of the query is served with one of `options` for the operator. No: it is not.

    Parameters
    ----------
    query : str
    copy : int
        From 1 to the query's count.
    operator : str
    options : tuple of (configuration, pool, allocation)
    """

    query: str
    copy: int
    operator: str
    options: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class PlanDecision:
    """Yes: copy `copy` (from 1) of the group takes one of `plans`. No: another plan, or none."""

    group: str
    copy: int
    plans: tuple[str, ...]


Decision = SupplyDecision | OptionDecision | PlanDecision


@dataclass(frozen=True)
class Leaf:
    """A leaf of a certificate.

    Parameters
    ----------
    prices : mapping of str to int
        Price numerators per row name; rows that are not named have price 0.
    goodput_price : int
        Price numerator of the goodput floor, of certificates of "cost" alone.
    rounding : Rounding, optional
        Of the only node of a certificate.
    """

    prices: Mapping[str, int]
    goodput_price: int = 0
    rounding: Rounding | None = None


@dataclass(frozen=True)
class GroupLeaf:
    """Prices of groups in place of rows: a certificate by itself, where every plan uses one row.

    Parameters
    ----------
    group_prices : mapping of str to int
        Price numerators per group name; groups that are not named have price 0.
    """

    group_prices: Mapping[str, int]


@dataclass(frozen=True)
class Branch:
    """An inner node: a decision, and the node that follows each answer (None: left out)."""

    decision: Decision
    yes: int | None
    no: int | None


Node = Leaf | GroupLeaf | Branch


@dataclass(frozen=True)
class Certificate:
    """A proof of a bound; node 0 is the root.

    Parameters
    ----------
    objective : str
        "goodput" or "cost"; one for "cost" also serves the second stage of "goodput-then-cost".
    denominator : int
        2^k, under every price.
    nodes : tuple of Leaf, GroupLeaf or Branch
        A GroupLeaf is the only node.
    """

    objective: str
    denominator: int
    nodes: tuple[Node, ...]

    @classmethod
    def root(cls, denominator: int, prices: Mapping[str, int], goodput_price: int | None = None) -> Certificate:
        """Return the certificate of one leaf: the Lagrangian bound of `prices` over `denominator`.

        With a `goodput_price`, over the same denominator, it is one of the objective "cost".
        """
        if goodput_price is None:
            return cls("goodput", denominator, (Leaf(prices),))
        return cls("cost", denominator, (Leaf(prices, goodput_price),))

    @classmethod
    def from_json(cls, document: Any) -> Certificate:
        """Read a certificate from its JSON object.

        Raises
        ------
        InputError
            If the object has not the shape of a certificate.
        """
        fields = json_object(document, "certificate", required=("objective", "denominator", "nodes"))
        nodes = json_list(fields["nodes"], "certificate.nodes")
        return cls(
            objective=json_text(fields["objective"], "certificate.objective"),
            denominator=fields["denominator"],
            nodes=tuple(_read_node(node, f"certificate.nodes[{i}]") for i, node in enumerate(nodes)),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object that `from_json` reads."""
        return {
            "objective": self.objective,
            "denominator": self.denominator,
            "nodes": [_written_node(node) for node in self.nodes],
        }


def _written_node(node: Node) -> dict[str, Any]:
    if isinstance(node, Leaf):
        of_leaf: dict[str, Any] = {"prices": dict(node.prices)}
        if node.goodput_price:
            of_leaf["goodput_price"] = node.goodput_price
        if node.rounding:
            of_leaf["rounding"] = node.rounding.to_json()
        return of_leaf
    if isinstance(node, GroupLeaf):
        return {"group_prices": dict(node.group_prices)}
    written: dict[str, Any] = {"decision": _written_decision(node.decision)}
    children = {"yes": node.yes, "no": node.no}
    return written | {answer: child for answer, child in children.items() if child is not None}


def _written_decision(decision: Decision) -> dict[str, Any]:
    match decision:
        case SupplyDecision():
            return {"supply": decision.supply, "at_most": decision.at_most}
        case OptionDecision():
            return {
                "query": decision.query,
                "copy": decision.copy,
                "operator": decision.operator,
                "options": [list(option) for option in decision.options],
            }
        case PlanDecision():
            return {"group": decision.group, "copy": decision.copy, "plans": list(decision.plans)}


def _read_node(node: Any, field: str) -> Node:
    if isinstance(node, dict) and "decision" in node:
        fields = json_object(node, field, required=("decision",), optional=("yes", "no"))
        decision = _read_decision(fields["decision"], f"{field}.decision")
        return Branch(decision, fields.get("yes"), fields.get("no"))
    if isinstance(node, dict) and "group_prices" in node:
        fields = json_object(node, field, required=("group_prices",))
        return GroupLeaf(json_object(fields["group_prices"], f"{field}.group_prices", required=None))
    fields = json_object(node, field, required=("prices",), optional=("goodput_price", "rounding"))
    rounding = fields.get("rounding")
    return Leaf(
        json_object(fields["prices"], f"{field}.prices", required=None),
        fields.get("goodput_price", 0),
        None if rounding is None else Rounding.from_json(rounding, f"{field}.rounding"),
    )


def _read_decision(decision: Any, field: str) -> Decision:
    if isinstance(decision, dict) and "supply" in decision:
        fields = json_object(decision, field, required=("supply", "at_most"))
        return SupplyDecision(json_text(fields["supply"], f"{field}.supply"), fields["at_most"])
    if isinstance(decision, dict) and "query" in decision:
        fields = json_object(decision, field, required=("query", "copy", "operator", "options"))
        return OptionDecision(
            query=json_text(fields["query"], f"{field}.query"),
            copy=fields["copy"],
            operator=json_text(fields["operator"], f"{field}.operator"),
            options=tuple(_read_option(option, field) for option in json_list(fields["options"], f"{field}.options")),
        )
    fields = json_object(decision, field, required=("group", "copy", "plans"))
    return PlanDecision(
        group=json_text(fields["group"], f"{field}.group"),
        copy=fields["copy"],
        plans=tuple(json_text(plan, f"{field}.plans") for plan in json_list(fields["plans"], f"{field}.plans")),
    )


def _read_option(option: Any, field: str) -> tuple[str, str, str]:
    match option:
        case [str() as configuration, str() as pool, str() as allocation]:
            return configuration, pool, allocation
    raise InputError(
        "not an option",
        field=f"{field}.options",
        value=option,
        allowed="a list of three names: configuration, pool, allocation",
    )
