"""Rules of accuracy factors: whole tables over the configurations of one or several operators."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from sloplan.problem.canonical import canonical_rows
from sloplan.problem.errors import InputError
from sloplan.problem.schema import LIST_SEPARATOR, table
from sloplan.problem.tables import Columns, Tables
from sloplan.problem.validation.naming import near_names, some_names

Configurations = Mapping[str, Sequence[str]]
Key = TypeVar("Key")
Value = TypeVar("Value")
Pairs = Mapping[tuple[str, str], frozenset[tuple[str, str]]]


def check_factors(tables: Tables) -> None:
    """Check the operators and configurations of every row.

    Raises
    ------
    InputError
        Names the first breach.
    """
    accuracy = tables["accuracy"]
    configurations = _grouped(tables["configurations"]["operator"], tables["configurations"]["configuration"])
    application = dict(zip(tables["operators"]["operator"], tables["operators"]["application"], strict=True))
    operators_of: dict[str, list[str]] = {}
    for row, (factor, names, values) in enumerate(
        zip(accuracy["factor"], accuracy["operators"], accuracy["configurations"], strict=True), start=1
    ):
        operators, choices = names.split(LIST_SEPARATOR), values.split(LIST_SEPARATOR)
        _check_operators(row, operators, application)
        _check_choices(row, operators, choices, configurations)
        first = operators_of.setdefault(factor, sorted(operators))
        if first != sorted(operators):
            allowed = f"{LIST_SEPARATOR.join(first)}, as in the rows before"
            raise _error(row, "operators", names, f"factor {factor} names other operators before", allowed)


def check_coverage(tables: Tables) -> None:
    """Check that each factor covers every combination that `compatible` permits.

    Parameters
    ----------
    tables : mapping of table name to mapping of column name to array
        Their factors passed `check_factors`.

    Raises
    ------
    InputError
        Names the factor and the missing combination.
    """
    configurations = _grouped(tables["configurations"]["operator"], tables["configurations"]["configuration"])
    pairs = _allowed_pairs(tables["compatible"])
    accuracy = canonical_rows(table("accuracy"), tables["accuracy"])
    combinations = _grouped(zip(accuracy["factor"], accuracy["operators"], strict=True), accuracy["configurations"])
    for (factor, names), values in combinations.items():
        operators = names.split(LIST_SEPARATOR)
        listed = {tuple(value.split(LIST_SEPARATOR)) for value in values}
        missing = next((c for c in permitted(operators, configurations, pairs) if c not in listed), None)
        if missing is not None:
            what = ", ".join(f"{operator}={value}" for operator, value in zip(operators, missing, strict=True))
            raise InputError(
                f"missing combination {what}",
                file="accuracy.csv",
                field="factor",
                value=factor,
                allowed="a row for every combination that compatible.csv permits",
                advice="add the row, or forbid the combination in compatible.csv",
            )


def permitted(operators: Sequence[str], configurations: Configurations, pairs: Pairs) -> Iterator[tuple[str, ...]]:
    """Yield the combinations of the operators' configurations that `pairs` permits, depth first.

    Parameters
    ----------
    operators : sequence of str
        In sorted order.
    configurations : mapping of operator to names
    pairs : mapping of (operator, later operator) to allowed pairs
        A pair of operators without entry allows everything.
    """
    limits = [
        [(k, pairs[operators[k], later]) for k in range(position) if (operators[k], later) in pairs]
        for position, later in enumerate(operators)
    ]

    def extend(chosen: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        if len(chosen) == len(operators):
            yield chosen
            return
        for name in configurations[operators[len(chosen)]]:
            if all((chosen[k], name) in allowed for k, allowed in limits[len(chosen)]):
                yield from extend((*chosen, name))

    return extend(())


def _allowed_pairs(compatible: Columns) -> Pairs:
    ordered = canonical_rows(table("compatible"), compatible)
    operators = zip(ordered["operator"], ordered["other_operator"], strict=True)
    choices = zip(ordered["configuration"], ordered["other_configuration"], strict=True)
    pairs = _grouped(operators, choices)
    return {pair: frozenset(allowed) for pair, allowed in pairs.items()}


def _grouped(keys: Iterable[Key], values: Iterable[Value]) -> dict[Key, list[Value]]:
    groups: dict[Key, list[Value]] = {}
    for key, value in zip(keys, values, strict=True):
        groups.setdefault(key, []).append(value)
    return groups


def _check_operators(row: int, operators: list[str], application: Mapping[str, str]) -> None:
    for operator in operators:
        if operator not in application:
            near = near_names(operator, list(application))
            raise _error(row, "operators", operator, f"unknown operator{near}", some_names(application))
        if operators.count(operator) > 1:
            raise _error(row, "operators", operator, "operator named twice", "each operator once")
        if application[operator] != application[operators[0]]:
            allowed = f"operators of {application[operators[0]]}, the application of {operators[0]}"
            raise _error(row, "operators", operator, "operators of two applications", allowed)


def _check_choices(row: int, operators: list[str], choices: list[str], configurations: Configurations) -> None:
    if len(choices) != len(operators):
        problem = f"{len(choices)} configurations for {len(operators)} operators"
        raise _error(row, "configurations", LIST_SEPARATOR.join(choices), problem, "one per operator, in its order")
    for operator, choice in zip(operators, choices, strict=True):
        if choice not in configurations[operator]:
            near = near_names(choice, configurations[operator])
            allowed = f"configurations of {operator}: {some_names(configurations[operator])}"
            raise _error(row, "configurations", choice, f"unknown configuration of {operator}{near}", allowed)


def _error(row: int, field: str, value: str, problem: str, allowed: str) -> InputError:
    return InputError(
        problem, file="accuracy.csv", row=row, field=field, value=value, allowed=allowed, advice="correct the row"
    )
