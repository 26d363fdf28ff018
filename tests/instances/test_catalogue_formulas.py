"""Derived figures follow from the measured ones that their formulas name."""

from __future__ import annotations

from fractions import Fraction

import pytest

from sloplan.instances import catalogue
from sloplan.instances.catalogue_formulas import (
    RULE_PREFIX,
    TOLERANCE,
    evaluate,
    exact,
    formula_figures,
    named_values,
    names_in,
    parse_formula,
)
from sloplan.problem.errors import InputError

# Figures that say what a row is, not what was found out about it.
DESCRIPTIONS = {"calls", "frames_per_s", "width_px", "batch", "share"}
# Measurements that no formula needs: what arrives, and how long prompts and answers are.
STATISTICS = ("arrivals", "tokens")


@pytest.mark.parametrize("name", catalogue.TABLES)
def test_derived_figures_follow_from_measured_ones(name: str) -> None:
    """Every formula comes to the figure that its row states, to four decimals."""
    for row in formula_figures(name).itertuples():
        where = (name, row.row, row.figure, float(row.stated), float(row.derived))
        assert abs(row.stated - row.derived) <= TOLERANCE, where
        assert (row.stated * 10**4).denominator == 1, where


@pytest.mark.parametrize("name", catalogue.TABLES)
def test_which_rows_have_formulas(name: str) -> None:
    """Derived rows derive every figure of theirs that is not a description; measured rows have no formula."""
    frame = catalogue.table(name)
    figures = [column for column in frame if frame[column].dtype == float and column not in DESCRIPTIONS]
    for row in frame.to_dict("records"):
        formula = parse_formula(row["formula"])
        if row["mark"] == "measured":
            assert not formula, row
        if row["mark"] == "derived":
            stated = {figure for figure in figures if row[figure] == row[figure]}
            assert stated, row
            assert stated <= set(formula), row


def test_names_are_known_and_used() -> None:
    """Every name in brackets is a measurement or a rule; every measurement is named, or is a statistic."""
    used = {
        name
        for table in catalogue.TABLES
        for formula in catalogue.table(table)["formula"]
        for name in names_in(formula)
    }
    assert used <= set(named_values())
    unused = set(catalogue.table("measurements")["measurement"]) - used
    assert {name for name in unused if not any(word in name for word in STATISTICS)} == set()


def test_measurements_are_published_figures() -> None:
    """Names are unique and brackets may hold them; what is measured names no rule."""
    measurements = catalogue.table("measurements")
    assert measurements["measurement"].is_unique
    assert catalogue.table("rules")["rule"].is_unique
    assert not measurements["measurement"].str.contains(r"[\[\];\s]", regex=True).any()
    assert not measurements["measurement"].str.startswith(RULE_PREFIX).any()
    assert measurements["value"].notna().all()


def test_expressions() -> None:
    """Arithmetic is exact, with the usual precedence and the three functions."""
    values = {"a.b-c": exact(0.1), "rule:n": Fraction(3)}
    assert evaluate("[a.b-c] * [rule:n]", values) == Fraction(3, 10)
    assert evaluate("-(1 + 2 * [rule:n]) / 4", values) == Fraction(-7, 4)
    assert evaluate("mean([rule:n], 4, 8) - max(1, [a.b-c]) + min([rule:n], 0.5)", values) == Fraction(9, 2)


@pytest.mark.parametrize(
    "expression",
    [
        "[a] ** 2",
        "__import__('os')",
        "a",
        "mean()",
        "mean(*[a])",
        "max([a], key=1)",
        "True",
        "'1'",
        "[a] +",
        "1 / 0",
        "[a].real",
    ],
)
def test_nothing_else_is_evaluated(expression: str) -> None:
    """What a formula may not hold is refused, and never run."""
    with pytest.raises(InputError, match="not an expression"):
        evaluate(expression, {"a": Fraction(1)})


def test_unknown_names_are_refused() -> None:
    """The message says which name the catalogue does not hold."""
    with pytest.raises(InputError, match=r"'rule:b': a formula names what the catalogue does not hold"):
        evaluate("[a] + [rule:b]", {"a": Fraction(1)})


def test_formulas_of_several_figures() -> None:
    """Figures are joined by ';'; each is stated once and has an expression."""
    assert parse_formula("latency_ms = 8 * [a]; busy_ms = [a]") == {"latency_ms": "8 * [a]", "busy_ms": "[a]"}
    assert parse_formula("") == {}
    for formula in ("latency_ms", "latency_ms =", "x = 1; x = 2", "latency ms = 1"):
        with pytest.raises(InputError, match="not a formula"):
            parse_formula(formula)
