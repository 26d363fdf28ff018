"""What a certificate says: a tree of decisions whose leaves hold integer row prices, or prices of groups alone.

Reading checks the shape of the JSON only. Whether a certificate holds for a problem, down to the type of
each price, is what `sloplan.problem.certificates.verification.verify_certificate` answers with a list of violations.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

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
class Surcharge:
    """What copies of some groups pay, beside the row's price, if their plan uses much of a row.

    Parameters
    ----------
    row : str
    amount : int
        Least usage of one copy that pays it; of several of its group and row, a copy pays the largest.
    surcharge : int
        Numerator over the certificate's denominator.
    groups : tuple of str
        Queries of an instance, groups of a plan selection.
    """

    row: str
    amount: int
    surcharge: int
    groups: tuple[str, ...]


@dataclass(frozen=True)
class Leaf:
    """A leaf of a certificate.

    Parameters
    ----------
    prices : mapping of str to int
        Price numerators per row name; rows that are not named have price 0.
    goodput_price : int
        Price numerator of the goodput floor, of certificates of "cost" alone.
    surcharges : tuple of Surcharge
        Of the only node of a certificate.
    """

    prices: Mapping[str, int]
    goodput_price: int = 0
    surcharges: tuple[Surcharge, ...] = ()


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
        fields = _object(document, "certificate", required=("objective", "denominator", "nodes"))
        nodes = _list(fields["nodes"], "certificate.nodes")
        return cls(
            objective=_text(fields["objective"], "certificate.objective"),
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
        if node.surcharges:
            of_leaf["surcharges"] = [asdict(stated) | {"groups": list(stated.groups)} for stated in node.surcharges]
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
        fields = _object(node, field, required=("decision",), optional=("yes", "no"))
        decision = _read_decision(fields["decision"], f"{field}.decision")
        return Branch(decision, fields.get("yes"), fields.get("no"))
    if isinstance(node, dict) and "group_prices" in node:
        fields = _object(node, field, required=("group_prices",))
        return GroupLeaf(_object(fields["group_prices"], f"{field}.group_prices", required=None))
    fields = _object(node, field, required=("prices",), optional=("goodput_price", "surcharges"))
    surcharges = _list(fields.get("surcharges", []), f"{field}.surcharges")
    return Leaf(
        _object(fields["prices"], f"{field}.prices", required=None),
        fields.get("goodput_price", 0),
        tuple(_read_surcharge(stated, f"{field}.surcharges[{i}]") for i, stated in enumerate(surcharges)),
    )


def _read_surcharge(stated: Any, field: str) -> Surcharge:
    fields = _object(stated, field, required=("row", "amount", "surcharge", "groups"))
    groups = tuple(_text(name, f"{field}.groups") for name in _list(fields["groups"], f"{field}.groups"))
    return Surcharge(_text(fields["row"], f"{field}.row"), fields["amount"], fields["surcharge"], groups)


def _read_decision(decision: Any, field: str) -> Decision:
    if isinstance(decision, dict) and "supply" in decision:
        fields = _object(decision, field, required=("supply", "at_most"))
        return SupplyDecision(_text(fields["supply"], f"{field}.supply"), fields["at_most"])
    if isinstance(decision, dict) and "query" in decision:
        fields = _object(decision, field, required=("query", "copy", "operator", "options"))
        return OptionDecision(
            query=_text(fields["query"], f"{field}.query"),
            copy=fields["copy"],
            operator=_text(fields["operator"], f"{field}.operator"),
            options=tuple(_read_option(option, field) for option in _list(fields["options"], f"{field}.options")),
        )
    fields = _object(decision, field, required=("group", "copy", "plans"))
    return PlanDecision(
        group=_text(fields["group"], f"{field}.group"),
        copy=fields["copy"],
        plans=tuple(_text(plan, f"{field}.plans") for plan in _list(fields["plans"], f"{field}.plans")),
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


def _text(value: Any, field: str) -> str:
    if not isinstance(value, str):
        raise InputError("not text", field=field, value=value, allowed="a string")
    return value


def _object(
    value: Any, field: str, *, required: tuple[str, ...] | None, optional: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Return `value` if it is a JSON object with those fields (`required` None: any fields)."""
    if not isinstance(value, dict):
        raise InputError("not a JSON object", field=field, value=value, allowed="an object {...}")
    if required is not None:
        missing = [name for name in required if name not in value]
        unknown = [name for name in value if name not in required + optional]
        if missing or unknown:
            raise InputError(
                "; ".join(
                    [f"field {name!r} is missing" for name in missing]
                    + [f"field {name!r} is not known" for name in unknown]
                ),
                field=field,
                value=value,
                allowed=f"an object with {', '.join(required + optional)}",
            )
    return value


def _list(value: Any, field: str) -> list[Any]:
    if not isinstance(value, list):
        raise InputError("not a JSON list", field=field, value=value, allowed="a list [...]")
    return value
