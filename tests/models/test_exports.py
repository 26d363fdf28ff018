"""Exported models: read back by engines they have the problem's optimum, and the names tell what is what."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

import sloplan as sp
from sloplan.models.exports import export_cp, export_milp, names_path
from sloplan.problem.errors import InputError, SizeLimitError
from sloplan.problem.instance import Instance
from sloplan.problem.selections.selection import PlanSelection
from tests.engines import cp_optimum, highs_optimum, read_by_highs
from tests.models.tiny_instances import ONE_RULE, latency_where_many_paths_meet
from tests.problem.selections.random_selections import brute_forced_optimum, random_selection


def names_beside(path: Path) -> list[dict[str, str]]:
    """Return the rows of the names that were written beside a model."""
    with names_path(path).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def instance() -> Instance:
    """A few queries of three kinds, with joint accuracies, transfers and compatibilities."""
    return sp.load("edge-cloud:queries=8,seed=2,applications=vqa+traffic-video+ar-pose")


@pytest.mark.parametrize("file_format", ["mps", "lp"])
def test_an_instance_read_back(file_format: str, instance: Instance, tmp_path: Path) -> None:
    """The file's optimum is that of the method `milp`, and its chosen symbols name plans of that value."""
    path = tmp_path / f"model.{file_format}"
    export_milp(instance, path, file_format)
    engine = read_by_highs(path)
    result = sp.solve(instance, method="milp", display=False, in_process=True)
    scale = sp.models.compact_milp(instance).objective_scale
    assert round(engine.getInfo().objective_function_value * scale) == result.exact.objective

    chosen = {
        name
        for name, value in zip(engine.getLp().col_names_, engine.getSolution().col_value, strict=True)
        if value > 0.5
    }
    served = set()
    operators = Counter()
    for row in names_beside(path):
        if row["symbol"] in chosen and row["component"].startswith(("served", "choose")):
            query, said = re.fullmatch(r"query (\S+), copy 1: (.+)", row["stands_for"]).groups()
            operators[query] += said != "is served"
            served |= {query} if said == "is served" else set()
    queries = instance.table("queries").set_index("query")
    value = queries["value"].fillna(queries["rate_rps"])
    assert round(1000 * value[sorted(served)].sum()) == result.exact.objective
    of_application = instance.table("operators").groupby("application").size()
    expected = {query: int(of_application[queries.loc[query, "application"]]) for query in served}
    assert {query: count for query, count in operators.items() if count} == expected


@pytest.mark.parametrize("make", ONE_RULE)
def test_tiny_instances_read_back(make: Callable[[], Instance], tmp_path: Path) -> None:
    """Every rule of the compact model survives both formats."""
    instance = make()
    value = sp.solve(instance, method="milp", display=False, in_process=True).exact.objective
    scale = sp.models.compact_milp(instance).objective_scale
    for file_format in ("mps", "lp"):
        path = tmp_path / f"model.{file_format}"
        export_milp(instance, path, file_format)
        assert round(highs_optimum(path) * scale) == value


@pytest.mark.parametrize("objective", ["goodput", "cost"])
def test_plan_selections_read_back(objective: str, tmp_path: Path) -> None:
    """MPS, LP and both forms of the CP-SAT model have the brute-forced optimum."""
    from ortools.sat.python import cp_model

    for seed in range(100, 106):
        selection = random_selection(seed, objective=objective)
        expected = brute_forced_optimum(selection)
        scale = sp.models.selection_milp(selection).objective_scale
        for file_format in ("mps", "lp"):
            path = tmp_path / f"model.{file_format}"
            export_milp(selection, path, file_format)
            found = highs_optimum(path)
            assert (None if found is None else round(found * scale)) == expected
        for ending in ("pb", "pbtxt"):
            export_cp(selection, tmp_path / f"model.{ending}")
            model = cp_model.CpModel()
            if ending == "pb":
                assert model.proto.parse_text_format(_as_text(tmp_path / "model.pb"))
            else:
                assert model.proto.parse_text_format((tmp_path / "model.pbtxt").read_text())
            assert cp_optimum(model) == expected


def _as_text(path: Path) -> str:
    """Return the text form of a binary CP-SAT model."""
    from google.protobuf import text_format
    from ortools.sat import cp_model_pb2

    return text_format.MessageToString(cp_model_pb2.CpModelProto.FromString(path.read_bytes()))


def test_every_symbol_has_a_name(instance: Instance, tmp_path: Path) -> None:
    """Columns and rows of the file are exactly the variables and constraints that the names list."""
    replicas = instance.replace(hosting="replicas")
    for problem in (instance, replicas, latency_where_many_paths_meet(), random_selection(7, objective="cost")):
        for file_format in ("mps", "lp"):
            path = tmp_path / f"model.{file_format}"
            export_milp(problem, path, file_format)
            names = names_beside(path)
            lp = read_by_highs(path).getLp()
            assert {row["symbol"] for row in names if row["kind"] == "variable"} == set(lp.col_names_)
            assert {row["symbol"] for row in names if row["kind"] == "constraint"} == set(lp.row_names_)
            assert [row["component"] for row in names if row["kind"] == "objective"] in (["goodput"], ["cost"])
            assert all(row["stands_for"] for row in names)


def test_words_of_an_instance(instance: Instance, tmp_path: Path) -> None:
    """Options, transfers, factors and rows are named as the instance names them."""
    export_milp(instance, tmp_path / "model.lp", "lp")
    said = {row["component"]: row["stands_for"] for row in names_beside(tmp_path / "model.lp")}
    kinds = {component.partition("[")[0] for component in said}
    assert {"goodput", "served", "choose", "flow", "leaves", "enters", "combination", "combines", "accuracy"} <= kinds
    assert {"one_option", "latency", "capacity", "together"} <= kinds
    pools, operators = set(instance.table("pools")["pool"]), set(instance.table("operators")["operator"])
    for component, words in said.items():
        if component.startswith("choose"):
            pool, operator, *_ = words.partition(": ")[2].split("/")
            assert pool in pools
            assert operator in operators
    assert said["served[0]"] == f"query {instance.table('queries')['query'].iloc[0]}, copy 1: is served"


def test_equal_models_give_equal_bytes(instance: Instance, tmp_path: Path) -> None:
    """Two exports of one problem are the same, byte by byte."""
    for name in ("a.mps", "b.mps"):
        export_milp(instance, tmp_path / name, "mps")
    assert (tmp_path / "a.mps").read_bytes() == (tmp_path / "b.mps").read_bytes()
    assert names_path(tmp_path / "a.mps").read_bytes() == names_path(tmp_path / "b.mps").read_bytes()


def test_an_odd_name_does_not_break_the_file(tmp_path: Path) -> None:
    """A name with blanks and an LP comment's end in it is not written as it is."""
    selection = PlanSelection.from_numbers(group=[0], value=[3], usage=[[1]], capacity=[1], name="a *\\ b\\* end 'x")
    for file_format in ("mps", "lp"):
        export_milp(selection, tmp_path / "model", file_format)
        (tmp_path / "model").rename(tmp_path / f"model.{file_format}")
        assert highs_optimum(tmp_path / f"model.{file_format}") == 1  # in units of 3


def test_refusals_leave_nothing_behind(instance: Instance, tmp_path: Path) -> None:
    """Unknown formats and endings, too many copies, a folder that is not there."""
    many = instance.replace(queries=instance.table("queries").assign(count=1000))
    selection = random_selection(0)
    for error, attempt in (
        (InputError, lambda: export_milp(instance, tmp_path / "x", "cplex")),
        (SizeLimitError, lambda: export_milp(many, tmp_path / "x.lp", "lp")),
        (InputError, lambda: export_milp(instance, tmp_path / "missing" / "x.lp", "lp")),
        (InputError, lambda: export_cp(selection, tmp_path / "x.txt")),
        (InputError, lambda: export_cp(selection, tmp_path / "missing" / "x.pb")),
    ):
        with pytest.raises(error):
            attempt()
    assert list(tmp_path.iterdir()) == []
