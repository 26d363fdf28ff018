"""The instance object: stored form, copies, replacement, labels."""

from __future__ import annotations

import decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sloplan.problem.errors import InputError
from sloplan.problem.instance import Instance
from sloplan.problem.schema import TABLES, Kind
from tests.problem.tiny_files import write


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Instance:
    """The tiny instance, loaded."""
    return Instance.load(write(tmp_path_factory.mktemp("tiny") / "instance"))


def test_stored_form_has_every_column_in_its_type(tiny: Instance) -> None:
    """Numbers are float64, whole numbers int64, the rest objects of exactly str."""
    types = {Kind.NUMBER: np.dtype(np.float64), Kind.INTEGER: np.dtype(np.int64)}
    for table in TABLES:
        frame = tiny.table(table.name)
        assert list(frame.columns) == [column.name for column in table.columns]
        assert frame.index.equals(pd.RangeIndex(len(frame)))
        for column in table.columns:
            assert frame[column.name].dtype == types.get(column.kind, np.dtype(object))
            if column.kind not in types:
                assert {type(value) for value in frame[column.name]} <= {str}


def test_defaults_are_filled(tiny: Instance) -> None:
    """An empty optional field takes its default; without one it stays missing."""
    pools = tiny.table("pools").set_index("pool")
    assert list(pools["max_units"]) == [4, 3, 1]  # cloud-gpu takes its units
    assert set(tiny.table("links")["max_utilization"]) == {1.0}
    assert "default" in set(tiny.table("profiles")["allocation"])
    queries = tiny.table("queries").set_index("query")
    assert np.isnan(queries.loc["q1", "value"])
    assert np.isnan(queries.loc["q2", "slo_latency_ms"])
    assert queries.loc["q2", "sink_site"] == ""


def test_rows_are_in_canonical_order(tiny: Instance) -> None:
    """Rows are sorted by key; pairs and factors name the operator that sorts first first."""
    for table in TABLES:
        keys = list(tiny.table(table.name)[list(table.key)].itertuples(index=False, name=None))
        assert keys == sorted(keys)
    assert (tiny.table("compatible")["operator"] < tiny.table("compatible")["other_operator"]).all()
    assert list(tiny.table("accuracy")["operators"].unique()) == ["image;speech", "detect;track"]
    assert "r50;large" in set(tiny.table("accuracy")["configurations"])


def test_tables_are_copies(tiny: Instance) -> None:
    """Writing to a returned table or frame leaves the instance as it was."""
    before = tiny.sha256
    queries, sites = tiny.table("queries"), tiny.to_frames()["sites"]
    queries.loc[:, "rate_rps"] = 9.0
    sites.loc[0, "site"] = "elsewhere"
    rebuilt = Instance.from_frames(tiny.to_frames(), name=tiny.name)
    assert rebuilt.sha256 == before
    assert "elsewhere" not in set(tiny.table("sites")["site"])


def test_given_frames_are_copied_and_left_alone(tiny: Instance) -> None:
    """Writing to a frame after `from_frames` does not reach the instance, nor is the frame changed."""
    frames = tiny.to_frames()
    frames["queries"] = frames["queries"].iloc[::-1]
    given = frames["queries"].copy()
    instance = Instance.from_frames(frames, name=tiny.name)
    pd.testing.assert_frame_equal(frames["queries"], given)
    frames["sites"].loc[:, "tier"] = "changed"
    frames["queries"].loc[:, "rate_rps"] = 5.0
    assert Instance.from_frames(instance.to_frames(), name=tiny.name).sha256 == tiny.sha256


def test_attributes_cannot_be_set(tiny: Instance) -> None:
    """The instance is frozen."""
    with pytest.raises(AttributeError):
        tiny.name = "other"  # type: ignore[misc]


def test_replace_changes_only_what_is_named(tiny: Instance) -> None:
    """`replace` takes labels and whole tables and checks the outcome."""
    queries = tiny.table("queries")
    queries["rate_rps"] *= 2
    faster = tiny.replace(queries=queries, hosting="replicas")
    assert (faster.name, faster.hosting, faster.description) == (tiny.name, "replicas", tiny.description)
    assert list(faster.table("queries")["rate_rps"]) == list(queries["rate_rps"])
    pd.testing.assert_frame_equal(faster.table("pools"), tiny.table("pools"))
    with pytest.raises(InputError, match=r"sites\.csv.*empty table"):
        tiny.replace(sites=tiny.table("sites").iloc[:0])


def test_unknown_tables_are_refused(tiny: Instance) -> None:
    """A misspelt table is an error with the near name, in `from_frames` and in `table`."""
    with pytest.raises(InputError, match=r"'query': unknown table \(did you mean queries"):
        tiny.replace(query=tiny.table("queries"))
    with pytest.raises(InputError, match="did you mean pools"):
        tiny.table("pool")


@pytest.mark.parametrize(
    ("labels", "says"),
    [
        ({"hosting": "fluids"}, "hosting = 'fluids'"),
        ({"name": ""}, "name = ''"),
        ({"name": "two\nlines"}, "control characters"),
        ({"name": 3}, "name = 3"),
        ({"latency_percentile": 50}, "latency_percentile = 50"),
        ({"latency_percentile": " p50"}, "blanks at an end"),
        ({"description": "half \ud800"}, "lone surrogate"),
    ],
)
def test_labels_are_checked(tiny: Instance, labels: dict[str, str], says: str) -> None:
    """A bad label is refused by name."""
    with pytest.raises(InputError, match=says):
        tiny.replace(**labels)


def test_errors_name_the_row_that_was_given(tiny: Instance) -> None:
    """Row numbers count the caller's rows, not the sorted ones, whatever the index says."""
    queries = tiny.table("queries").iloc[::-1].set_axis([7, 8, 9])
    queries.loc[7, "rate_rps"] = -1.0  # q3, given first
    with pytest.raises(InputError) as caught:
        tiny.replace(queries=queries)
    assert (caught.value.row, caught.value.field, caught.value.value) == (1, "rate_rps", -1.0)


@pytest.mark.parametrize(
    "values",
    [
        pd.Series(["1", "2", "0.5"], dtype="string"),
        pd.Series(["1", "2", "0.5"], dtype=object),
        pd.Series([1, 2, 0.5], dtype="Float64"),
        pd.Series([1, 2, 0.5], dtype="category"),
        pd.Series([decimal.Decimal(1), decimal.Decimal(2), decimal.Decimal("0.5")], dtype=object),
        pd.Series([1, 2.0, np.float32(0.5)], dtype=object),
        pd.Series([1, 2, Fraction(1, 2)], dtype=object),
    ],
    ids=["string", "text", "Float64", "category", "decimal", "mixed", "fraction"],
)
def test_numbers_of_any_column_type(tiny: Instance, values: pd.Series) -> None:
    """Every pandas way to hold the same numbers gives the same instance."""
    queries = tiny.table("queries")
    plain = tiny.replace(queries=queries.assign(rate_rps=[1.0, 2.0, 0.5]))
    assert tiny.replace(queries=queries.assign(rate_rps=values)).sha256 == plain.sha256


@pytest.mark.parametrize("kind", ["float32", "float16", "Float32"])
def test_short_floats_stand_for_their_own_shortest_decimals(tiny: Instance, kind: str) -> None:
    """A float32 2.1 is 2.1, a missing one is missing."""
    queries = tiny.table("queries").assign(value=pd.Series([2.1, None, 0.3], dtype=kind))
    np.testing.assert_array_equal(tiny.replace(queries=queries).table("queries")["value"], [2.1, np.nan, 0.3])


@pytest.mark.parametrize(
    ("values", "row"),
    [
        (pd.Series([1, 2**53, 2**53 + 1]), 3),
        (pd.Series([2**60, 1, None], dtype="Int64"), 1),
        (pd.Series([1, 2**53 + 1, 2.5], dtype=object), 2),
        (pd.Series([1, decimal.Decimal("0.1234567890123456789"), 2], dtype=object), 2),
        (pd.Series([1, 2, Fraction(1, 3)], dtype=object), 3),
    ],
    ids=["int64", "Int64", "int", "decimal", "fraction"],
)
def test_numbers_that_a_float_cannot_hold_are_refused(tiny: Instance, values: pd.Series, row: int) -> None:
    """No digit is lost in silence: what the stored float stands for is what was given."""
    with pytest.raises(InputError, match="more digits than a 64-bit float holds") as caught:
        tiny.replace(queries=tiny.table("queries").assign(value=values))
    assert (caught.value.row, caught.value.field) == (row, "value")


def test_large_numbers_that_survive_are_kept(tiny: Instance) -> None:
    """10^17 and 2^53 are their own shortest decimals."""
    queries = tiny.table("queries").assign(value=[10**17, 2**53, 1])
    assert tiny.replace(queries=queries).table("queries")["value"].tolist() == [1e17, 2.0**53, 1]


@pytest.mark.parametrize(
    "values",
    [pd.Series(["q1", "q2", "q3"], dtype=dtype) for dtype in ("object", "string", "category")]
    + [pd.Series(np.array(["q1", "q2", "q3"]))],
    ids=["object", "string", "category", "numpy"],
)
def test_text_of_any_column_type(tiny: Instance, values: pd.Series) -> None:
    """Every pandas way to hold the same text gives the same instance."""
    assert tiny.replace(queries=tiny.table("queries").assign(query=values)).sha256 == tiny.sha256


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA, ""], ids=["None", "nan", "NA", "empty"])
def test_missing_in_any_spelling(tiny: Instance, missing: object) -> None:
    """None, NaN, NA and empty text are a missing field in number and text columns."""
    queries = tiny.table("queries")
    for name in ("slo_latency_ms", "sink_site"):
        queries[name] = pd.Series([missing] * 3, dtype=object)
    changed = tiny.replace(queries=queries).table("queries")
    assert changed["slo_latency_ms"].isna().all()
    assert list(changed["sink_site"]) == ["", "", ""]


def test_whole_numbers_may_name_things(tiny: Instance) -> None:
    """Ids counted by a program become text; fractions and other objects do not."""
    queries = tiny.table("queries")
    assert list(tiny.replace(queries=queries.assign(query=range(3))).table("queries")["query"]) == ["0", "1", "2"]
    for values in ([0.5, 1.5, 2.5], [("a",), ("b",), ("c",)]):
        with pytest.raises(InputError, match=r"row 1, query = .*not text but"):
            tiny.replace(queries=queries.assign(query=values))


@pytest.mark.parametrize(
    ("values", "row"),
    [
        ([True, True, True], 1),
        ([1.0, True, 2.0], 2),
        ([1.0, 2.0, "fast"], 3),
        ([1.0, 2.0, "nan"], 3),
        ([1.0, 2.0, [3.0]], 3),
        (pd.Series([1, 2, 10**400], dtype=object), 3),
        ([1.0, np.inf, 2.0], 2),
        ([1j, 2j, 3j], 1),
        (pd.to_datetime(["2024-01-01"] * 3), 1),
    ],
    ids=["bool", "bool-among", "text", "text-nan", "list", "huge", "infinite", "complex", "date"],
)
def test_what_is_no_number(tiny: Instance, values: list[object], row: int) -> None:
    """Anything but a finite number in a number column is refused with its row."""
    queries = tiny.table("queries").assign(rate_rps=values)
    with pytest.raises(InputError) as caught:
        tiny.replace(queries=queries)
    assert (caught.value.file, caught.value.row, caught.value.field) == ("queries.csv", row, "rate_rps")


def test_what_is_no_table(tiny: Instance) -> None:
    """A list in place of a frame and a doubled column are refused."""
    with pytest.raises(InputError, match="a pandas DataFrame"):
        tiny.replace(queries=[1, 2])  # type: ignore[arg-type]
    queries = tiny.table("queries")
    with pytest.raises(InputError, match="column given twice"):
        tiny.replace(queries=pd.concat([queries, queries[["value"]]], axis=1))


def test_equal_texts_are_kept_once(tiny: Instance) -> None:
    """Columns that pandas keeps in a way of its own may hold a text per row; the instance holds one of each."""
    frames = tiny.to_frames()
    application = frames["queries"]["application"]
    copies = ["".join(list(name)) for name in application]
    frames["queries"]["application"] = pd.Series(pd.array(copies, dtype="string"))
    kept = Instance.from_frames(frames, name=tiny.name)._tables["queries"]["application"]
    assert kept.tolist() == application.tolist()
    assert len(set(map(id, kept))) == application.nunique() < len(kept)


def test_unknown_columns_warn_and_are_dropped(tiny: Instance) -> None:
    """An unknown column is named in a warning and is not part of the content."""
    with pytest.warns(UserWarning, match=r"queries\.csv: unknown columns ignored: slo_latency \(did you mean"):
        changed = tiny.replace(queries=tiny.table("queries").assign(slo_latency=1.0))
    assert changed.sha256 == tiny.sha256


def test_unicode_names_are_kept(tiny: Instance, tmp_path: Path) -> None:
    """Names may hold any printable character, spaces, commas and quotes within."""
    names = ['möglich, "quoted"', "日本 語", "=1+1"]
    changed = tiny.replace(queries=tiny.table("queries").assign(query=names))
    changed.save(tmp_path / "saved")
    loaded = Instance.load(tmp_path / "saved")
    assert set(loaded.table("queries")["query"]) == set(names)
    assert loaded.sha256 == changed.sha256


def test_words_like_missing_values_are_names(tiny: Instance, tmp_path: Path) -> None:
    """Only an empty field is missing: NA, null, nan and true name queries like any other word."""
    changed = tiny.replace(queries=tiny.table("queries").assign(query=["NA", "nan", "true"]))
    changed.save(tmp_path / "saved")
    assert list(Instance.load(tmp_path / "saved").table("queries")["query"]) == ["NA", "nan", "true"]
