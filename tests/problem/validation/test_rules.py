"""A malformed instance per rule: each error names file, row, field, and says what is wrong."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import NamedTuple

import pytest

from sloplan.problem.errors import InputError
from sloplan.problem.instance import Instance
from tests.problem.tiny_files import TINY, changed, write


class Case(NamedTuple):
    """One change to the tiny instance and what its error must say."""

    name: str
    file: str
    old: str
    new: str
    row: int | None
    field: str
    says: tuple[str, ...]


CASES = [
    # names that must be unique
    Case("duplicate-site", "sites.csv", "cloud,cloud", "edge,cloud", 3, "site", ("stated twice: row 2",)),
    Case("duplicate-pool", "pools.csv", "cloud-gpu,", "phone-cpu,", 3, "pool", ("stated twice: row 1",)),
    Case("duplicate-link", "links.csv", "down,", "up,", 2, "link", ("stated twice",)),
    Case("duplicate-operator", "operators.csv", "track,", "image,", 5, "operator", ("stated twice: row 1",)),
    Case("duplicate-edge", "edges.csv", "speech,answer", "image,answer", 2, "from_operator, to_operator", ("twice",)),
    Case("duplicate-placement", "placement.csv", "site,edge", "tier,cloud", 3, "operator, allowed, value", ("row 2",)),
    Case("duplicate-configuration", "configurations.csv", "image,r50", "image,r18", 2, "operator, configuration",
         ("stated twice: row 1", "('image', 'r18')")),
    Case("duplicate-profile", "profiles.csv", "gpu,batch 8", "gpu,", 6,
         "operator, configuration, hardware, allocation", ("stated twice: row 5", "default")),
    Case("duplicate-query", "queries.csv", "q3,", "q1,", 3, "query", ("stated twice: row 1", "'q1'")),
    Case("pair-in-both-orientations", "compatible.csv", "image,r18,speech,large", "speech,small,image,r18", 4,
         "operator, configuration, other_operator, other_configuration", ("stated twice: row 3",)),
    Case("combination-in-another-order", "accuracy.csv", "large;r50", "large;r18", 3, "factor, configurations",
         ("stated twice: row 2", "r18;large")),
    # names that must be known
    Case("pool-site", "pools.csv", "edge-gpu,edge", "edge-gpu,edeg", 2, "site",
         ("unknown site", "did you mean edge", "sites of sites.csv: cloud, edge, phone", "add it to sites.csv")),
    Case("link-from", "links.csv", "metro,edge", "metro,moon", 3, "from_site", ("unknown site", "'moon'")),
    Case("link-to", "links.csv", "back,cloud,edge", "back,cloud,moon", 4, "to_site", ("unknown site",)),
    Case("route-from", "routes.csv", "cloud,edge,1", "moon,edge,1", 3, "from_site", ("unknown site",)),
    Case("route-to", "routes.csv", "cloud,edge,1", "cloud,moon,1", 3, "to_site", ("unknown site",)),
    Case("route-link", "routes.csv", "2,metro", "2,meto", 2, "link", ("unknown link", "did you mean metro")),
    Case("edge-from", "edges.csv", "image,answer", "imag,answer", 1, "from_operator", ("unknown operator", "image?")),
    Case("edge-to", "edges.csv", "detect,track", "detect,trck", 3, "to_operator", ("did you mean track",)),
    Case("placement-operator", "placement.csv", "speech,", "speach,", 1, "operator", ("did you mean speech",)),
    Case("placement-tier", "placement.csv", "tier,cloud", "tier,phone", 2, "value", ("unknown tier", "cloud, device")),
    Case("placement-site", "placement.csv", "site,edge", "site,device", 3, "value", ("unknown site",)),
    Case("placement-source", "placement.csv", "source,", "source,edge", 1, "value", ("beside 'source'",)),
    Case("configuration-operator", "configurations.csv", "track,fast", "trakc,fast", 8, "operator", ("track?",)),
    Case("compatible-operator", "compatible.csv", "detect,720p", "detec,720p", 1, "operator", ("unknown operator",)),
    Case("compatible-other", "compatible.csv", "720p,track", "720p,tracks", 1, "other_operator", ("track?",)),
    Case("compatible-configuration", "compatible.csv", "detect,720p", "detect,72p", 1, "configuration",
         ("unknown configuration", "configurations of operator detect: 1080p, 720p", "did you mean 720p")),
    Case("compatible-other-configuration", "compatible.csv", "speech,small", "speech,r18", 3, "other_configuration",
         ("configurations of operator speech",)),
    Case("profile-operator", "profiles.csv", "track,fast", "trek,fast", 9, "operator", ("unknown operator",)),
    Case("profile-configuration", "profiles.csv", "image,r50", "image,r05", 2, "configuration", ("mean r50",)),
    Case("accuracy-operator", "accuracy.csv", "speech;image", "speech;imago", 3, "operators", ("did you mean image",)),
    Case("accuracy-configuration", "accuracy.csv", "720p;fast", "720p;fats", 4, "configurations",
         ("unknown configuration of track", "did you mean fast")),
    Case("query-application", "queries.csv", "q3,video", "q3,vidoe", 3, "application",
         ("unknown application", "did you mean video", "applications of operators.csv: video, vqa")),
    Case("query-source", "queries.csv", "q3,video,edge", "q3,video,", 3, "source_site", ("empty field",)),
    Case("query-unknown-source", "queries.csv", "q3,video,edge", "q3,video,moon", 3, "source_site", ("moon",)),
    Case("query-sink", "queries.csv", "edge,cloud", "edge,clod", 3, "sink_site", ("did you mean cloud",)),
    # infrastructure
    Case("query-scope-reserved", "pools.csv", "usage,,query", "reserved,,query", 1, "billing", ("billed by usage",)),
    Case("self-link", "links.csv", "metro,edge,cloud", "metro,edge,edge", 3, "to_site", ("from a site to itself",)),
    Case("self-route", "routes.csv", "cloud,edge,1", "edge,edge,1", 3, "to_site", ("from a site to itself",)),
    Case("route-gap", "routes.csv", "cloud,2,metro", "cloud,3,metro", 2, "position",
         ("gap or repeat", "route from phone to cloud", "1, 2, 3 ...")),
    Case("route-from-zero", "routes.csv", "edge,1,back", "edge,0,back", 3, "position", ("at least 1",)),
    Case("route-position-twice", "routes.csv", "cloud,2,metro", "cloud,1,metro", 2, "from_site, to_site, position",
         ("stated twice: row 1",)),
    Case("route-start", "routes.csv", "cloud,1,up", "cloud,1,down", 1, "link", ("does not start where",)),
    Case("route-broken", "routes.csv", "cloud,2,metro", "cloud,2,back", 2, "link", ("does not start where",)),
    Case("route-end", "routes.csv", "phone,cloud,2,metro\n", "", 1, "link", ("route that ends elsewhere",)),
    Case("route-round", "routes.csv", "phone,cloud,2,metro",
         "phone,cloud,2,down\nphone,cloud,3,up\nphone,cloud,4,metro", 3, "link", ("link passed twice",)),
    # applications
    Case("self-edge", "edges.csv", "detect,track", "detect,detect", 3, "to_operator", ("paired with itself",)),
    Case("edge-across", "edges.csv", "detect,track", "detect,answer", 3, "to_operator",
         ("operators of two applications", "another operator of video")),
    Case("cycle", "edges.csv", "speech,answer", "speech,answer\nanswer,image", 3, "to_operator",
         ("cycle of operators", "image -> answer -> image")),
    Case("input-missing", "operators.csv", "speech,vqa,32.5", "speech,vqa,", 2, "input_kb",
         ("missing input", "(speech)")),
    Case("input-of-inner", "operators.csv", "answer,vqa,", "answer,vqa,3", 3, "input_kb",
         ("only operators without predecessors take input", "= 3.0")),
    Case("operator-without-configuration", "operators.csv", "track,video,", "track,video,\nlone,video,1", 6,
         "operator", ("operator without configuration", "'lone'")),
    Case("configuration-without-profile", "configurations.csv", "track,fast", "track,slow,1,10,\ntrack,fast", 8,
         "configuration", ("configuration without profile (operator track)", "'slow'")),
    Case("pair-within-operator", "compatible.csv", "track,best,detect,1080p", "track,best,track,fast", 2,
         "other_operator", ("paired with itself",)),
    Case("pair-across", "compatible.csv", "image,r50,speech,large", "image,r50,track,fast", 5, "other_operator",
         ("operators of two applications", "another operator of vqa")),
    # accuracy factors
    Case("factor-lacks-combination", "accuracy.csv", "joint,image;speech,r18;small,0.61\n", "", None, "factor",
         ("missing combination image=r18, speech=small", "'joint'", "compatible.csv permits")),
    Case("factor-across", "accuracy.csv", "joint,speech;image,large;r50", "joint,speech;track,large;fast", 3,
         "operators", ("operators of two applications", "operators of vqa")),
    Case("factor-repeats-operator", "accuracy.csv", "joint,speech;image", "joint,speech;speech", 3, "operators",
         ("operator named twice",)),
    Case("factor-changes-operators", "accuracy.csv", "joint,speech;image,large;r50", "joint,image,r50", 3,
         "operators", ("names other operators before", "image;speech")),
    Case("list-too-short", "accuracy.csv", "720p;fast", "720p", 4, "configurations",
         ("1 configurations for 2 operators",)),
    Case("list-with-gap", "accuracy.csv", "detect;track,720p", "detect;,720p", 4, "operators", ("unusable name",)),
    # figures
    Case("literal-nan", "profiles.csv", "4.2,4.2", "nan,4.2", 1, "latency_ms", ("not a number", "'nan'")),
    Case("literal-nan-optional", "queries.csv", "phone,,2,10", "phone,,2,NaN", 2, "value", ("not a number", "'NaN'")),
    Case("literal-inf-optional", "queries.csv", "40.5", "inf", 3, "slo_latency_ms", ("inf",)),
    Case("overflowing-decimal", "queries.csv", "40.5", "1e999", 3, "slo_latency_ms", ("infinite number",)),
    Case("negative", "links.csv", "16.1,2.1", "16.1,-2.1", 1, "delay_ms", ("negative number", "-2.1", "at least 0")),
    Case("zero-speed", "pools.csv", "1,0.5", "1,0", 1, "speed", ("too small", "above 0")),
    Case("zero-bandwidth", "links.csv", "16.1,2.1", "0,2.1", 1, "bandwidth_mbps", ("above 0",)),
    Case("zero-rate", "queries.csv", "phone,phone,0.5", "phone,phone,0", 1, "rate_rps", ("above 0",)),
    Case("zero-share", "profiles.csv", "6,6,0.5", "6,6,0", 7, "share", ("above 0 and at most 1",)),
    Case("zero-accuracy", "accuracy.csv", "0.61", "0", 1, "accuracy", ("above 0 and at most 1",)),
    Case("accuracy-above-one", "accuracy.csv", "0.61", "61", 1, "accuracy", ("number too large", "at most 1")),
    Case("slo-accuracy-above-one", "queries.csv", "150,0.6", "150,60", 1, "slo_accuracy", ("at most 1", "or empty")),
    Case("text-in-number", "queries.csv", "40.5", "40 ms", 3, "slo_latency_ms", ("not a number", "'40 ms'")),
    Case("underscored-number", "queries.csv", "40.5", "4_0", 3, "slo_latency_ms", ("not a number",)),
    Case("decimal-comma", "queries.csv", "40.5", '"40,5"', 3, "slo_latency_ms", ("not a number", "'40,5'")),
    Case("empty-number", "queries.csv", "phone,phone,0.5", "phone,phone,", 1, "rate_rps", ("empty field",)),
    Case("fraction-of-a-unit", "pools.csv", "cpu,1,", "cpu,1.5,", 1, "units", ("not a whole number", "1.5")),
    Case("integer-too-large", "queries.csv", "10,3,", "10,9007199254740993,", 2, "count", ("too large to be exact",)),
    Case("zero-count", "queries.csv", "10,3,", "10,0,", 2, "count", ("at least 1",)),
    Case("unknown-choice", "pools.csv", "reserved", "reserve", 3, "billing", ("did you mean reserved", "usage or")),
    # names that cannot be used
    Case("name-with-slash", "queries.csv", "q3,", "q/3,", 3, "query", ("unusable name", "without ';', '/'")),
    Case("name-with-semicolon", "configurations.csv", "image,r50", "image,r;50", 2, "configuration", ("r;50",)),
    Case("name-with-blank-end", "queries.csv", "q3,", "q3 ,", 3, "query", ("'q3 '", "blanks")),
    Case("name-too-long", "queries.csv", "q3,", "q" * 201 + ",", 3, "query", ("1 to 200 characters",)),
    Case("name-with-newline", "queries.csv", "q3,", '"q\n3",', 3, "query", ("unusable name",)),
    Case("name-empty", "queries.csv", "q3,", ",", 3, "query", ("empty field",)),
    Case("origin-of-two-lines", "configurations.csv", "large,0.5,1,", 'large,0.5,1,"a\nb"', 4, "origin",
         ("text of several lines", "one line")),
    # tables and columns
    Case("missing-column", "queries.csv", "rate_rps", "rate_rp", None, "rate_rps",
         ("missing column", "did you mean rate_rp", "requests per second")),
    Case("column-twice", "queries.csv", "value,count", "value,value", None, "value", ("column given twice",)),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
@pytest.mark.filterwarnings("ignore:.*unknown columns ignored")
def test_one_error_per_rule(case: Case, tmp_path: Path) -> None:
    """The changed instance raises one InputError that names file, row, field and the fault."""
    folder = write(tmp_path / "instance", changed(case.file, case.old, case.new))
    with pytest.raises(InputError) as caught:
        Instance.load(folder)
    error = caught.value
    assert (error.file, error.row, error.field) == (case.file, case.row, case.field)
    for fragment in case.says:
        assert fragment in str(error)
    assert error.allowed is not None or error.advice is not None


def test_case_names_are_unique() -> None:
    """Two cases of one name would hide each other in reports."""
    assert len({case.name for case in CASES}) == len(CASES)


def test_the_tiny_instance_is_valid(tmp_path: Path) -> None:
    """Without a change there is neither error nor warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        instance = Instance.load(write(tmp_path / "instance"))
    assert instance.name == "tiny"


@pytest.mark.parametrize("name", sorted(set(TINY) - {"instance.json"}))
def test_table_without_rows(name: str, tmp_path: Path) -> None:
    """A table that must have rows is refused when it has none, and a missing one likewise."""
    header = TINY[name].splitlines()[0] + "\n"
    optional = {"links.csv", "routes.csv", "edges.csv", "placement.csv", "compatible.csv", "accuracy.csv"}
    dropped = {"links.csv": ("routes.csv",), "edges.csv": ("operators.csv",)}  # what else would break
    files = {**TINY, name: header}
    for other in dropped.get(name, ()):
        files[other] = files[other].replace(",\n", ",1\n") if other == "operators.csv" else files[other].split("\n")[0]
    if name == "compatible.csv":
        files["accuracy.csv"] = "factor,operators,configurations,accuracy\n"
    absent = {file: text for file, text in files.items() if file != name}
    if name in optional:
        with_header, without = Instance.load(write(tmp_path / "a", files)), Instance.load(write(tmp_path / "b", absent))
        assert with_header.table(name[:-4]).empty
        assert with_header.sha256 == without.sha256
    else:
        with pytest.raises(InputError, match=rf"{name}: empty table; allowed: at least one row"):
            Instance.load(write(tmp_path / "a", files))
        with pytest.raises(InputError, match=rf"{name}: missing table"):
            Instance.load(write(tmp_path / "b", absent))


def test_factor_covers_only_what_pairs_permit(tmp_path: Path) -> None:
    """A combination that `compatible` forbids needs no accuracy row; permitting it asks for one."""
    permitted = changed("compatible.csv", "image,r50,speech,large", "image,r50,speech,large\nimage,r50,speech,small")
    with pytest.raises(InputError, match=r"missing combination image=r50, speech=small"):
        Instance.load(write(tmp_path / "instance", permitted))


def test_equal_names_under_respelled_operators_are_no_duplicates(tmp_path: Path) -> None:
    """'a;b' for image;speech and 'a;b' for speech;image are two combinations."""
    rename = {"r18": "a", "r50": "b", "small": "a", "large": "b"}
    files = dict(TINY)
    for file in ("configurations.csv", "compatible.csv", "profiles.csv", "accuracy.csv"):
        for old, new in rename.items():
            files[file] = files[file].replace(f",{old}", f",{new}").replace(f";{old}", f";{new}")
    files["compatible.csv"] = files["compatible.csv"].replace("image,a,speech,b", "image,b,speech,a")
    files["accuracy.csv"] = files["accuracy.csv"].replace("image;speech,a;b", "speech;image,a;b")
    table = Instance.load(write(tmp_path / "instance", files)).table("accuracy")
    assert sorted(table.loc[table["factor"] == "joint", "configurations"]) == ["a;a", "b;a", "b;b"]
