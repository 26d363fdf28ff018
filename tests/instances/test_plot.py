"""Tests of the figure of an instance: what it says, that no text overlaps, how it is written."""

from __future__ import annotations

import itertools
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path as MatplotlibPath
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from sloplan.instances import library
from sloplan.instances.families.spec import generate_spec
from sloplan.instances.plot import SUFFIXES, plot_instance, save_figure
from sloplan.instances.plot_boxes import shortened, span, text_width, wrapped
from sloplan.problem.errors import InputError
from sloplan.problem.instance import Instance
from tests.command_line import environment
from tests.conformance.cases import instance_from
from tests.conformance.random_instances import random_tables
from tests.instances.test_plot_sites import with_homes
from tests.one_pool import one_pool


def texts(figure: Figure) -> list[str]:
    """Return everything that the figure says."""
    return [text.get_text() for text in figure.findobj(Text) if text.get_visible() and text.get_text()]


def boxes(figure: Figure) -> list[tuple[str, Bbox]]:
    """Return where every text stands once it is drawn, and check that it stands on the sheet."""
    figure.draw_without_rendering()
    drawn = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text()]
    found = [(text.get_text(), text.get_window_extent()) for text in drawn]
    for text, box in found:
        assert Bbox.intersection(box, figure.bbox).bounds == pytest.approx(box.bounds), text
    return found


def overlaps(figure: Figure) -> list[tuple[str, str]]:
    """Return the pairs of texts that overlap."""
    return [
        (first, second)
        for (first, a), (second, b) in itertools.combinations(boxes(figure), 2)
        if Bbox.intersection(a, b) is not None
    ]


def long_names() -> Instance:
    """Return an instance whose every name is as long as names may be."""
    frames = with_homes(["p" * 150, "q" * 150], [1.0, 2.0]).to_frames()
    renamed = {
        "cloud": "c" * 150,
        "device": "t" * 150,
        "gpus": "g" * 150,
        "detect": "d" * 150,
        "video": "v" * 150,
        "gpu": "$h$" * 50,
    }
    return Instance.from_frames({name: frame.replace(renamed) for name, frame in frames.items()}, name="n" * 150)


def crowded() -> Instance:
    """Return an instance with a wide application: 12 operators that follow the first."""
    frames = one_pool().to_frames()
    more = [f"step{number}" for number in range(12)]
    for table, column in (("operators", "operator"), ("configurations", "operator"), ("profiles", "operator")):
        first = frames[table]
        copies = [first.assign(**{column: name}) for name in more]
        frames[table] = pd.concat([first, *copies], ignore_index=True)
    frames["operators"].loc[1:, "input_kb"] = float("nan")
    frames["edges"] = pd.DataFrame({"from_operator": ["detect"] * 12, "to_operator": more})
    return Instance.from_frames(frames)


def skipping() -> Instance:
    """Return `crowded` with an operator after the last step that the first feeds too, and one named as an end is."""
    frames = crowded().to_frames()
    for table in ("operators", "configurations", "profiles"):
        named = frames[table]["operator"].replace({"step0": "query source"})
        frames[table] = frames[table].assign(operator=named)
    edges = frames["edges"].replace({"step0": "query source"})
    skips = pd.DataFrame(
        {"from_operator": ["step1", "step2", "step3"], "to_operator": ["step2", "step3", "query source"]}
    )
    frames["edges"] = pd.concat([edges, skips], ignore_index=True)
    frames["queries"]["sink_site"] = "cloud"
    return Instance.from_frames(frames)


CASES = {
    "edge-cloud-xs": lambda: library.load("edge-cloud-xs-1.2-tight"),
    "edge-only-s": lambda: library.load("edge-only-s-1.2-tight"),
    "city-s": lambda: library.load("city-s-1.2-tight"),
    "many": lambda: generate_spec("edge-cloud:queries=500"),
    "one pool": one_pool,
    "long names": long_names,
    "crowded": crowded,
    "skipping": skipping,
}


@pytest.mark.parametrize("case", CASES)
def test_no_text_overlaps(case: str) -> None:
    """No text overlaps another or leaves the sheet, for every application."""
    instance = CASES[case]()
    for application in sorted(set(instance.table("operators")["application"])):
        assert overlaps(plot_instance(instance, application)) == []


@pytest.mark.parametrize("seed", range(12))
def test_random_instances(seed: int) -> None:
    """Whatever features an instance has, it can be drawn without overlaps."""
    assert overlaps(plot_instance(instance_from(random_tables(seed)))) == []


def test_what_the_figure_says() -> None:
    """Title, legend, sites with machines and links, operators with sizes, places and accuracy are there, with units."""
    said = texts(plot_instance(with_homes(["phone", "phone"], [10.0, 10.0])))
    for text in (
        "homes – 2 query copies, fluid hosting",
        "device tier",
        "cloud tier",
        "shared link",
        "each query copy's own link",
        "Infrastructure",
        "device: 2 sites",
        "2 sites: home000, home001",
        "1 × phone",
        "to cloud: 10 Mbit/s up, 20 Mbit/s down, delay 0–1 ms",
        "source of 2 query copies",
        "cloud: 1 site",
        "1 × gpu",
        "Application video: 2 of 2 query copies, 1 requests/s",
        "detect",
        "1 configuration",
        "input 10 kB per request, from the source",
        "output 1 kB per request",
        "cloud: gpu",
        "query source",
    ):
        assert text in said, text
    assert "query sink" not in said


def test_accuracy_and_calls() -> None:
    """Accuracy factors of one operator stand with it, joint ones below; calls and placement rules with the operator."""
    instance = library.load("edge-cloud-s-1.2-tight")
    vqa = texts(plot_instance(instance, "vqa"))
    assert "accuracy factor vqa: joint, see below" in vqa
    assert any(text.startswith("accuracy factor vqa, joint for vqa-image and vqa-speech: ") for text in vqa)
    video = texts(plot_instance(instance, "traffic-video"))
    figures = instance.table("accuracy").query("factor == 'detector'")["accuracy"]
    assert f"accuracy factor detector: {span(figures.tolist())}" in video
    assert "only at: source" in video
    assert "query sink" in video


def test_the_default_application_has_most_copies() -> None:
    """Without a name the application with most query copies is drawn."""
    instance = library.load("edge-cloud-s-1.2-tight")
    queries = instance.table("queries")
    for application in ("vqa", "ar-pose"):
        most = queries.assign(count=queries["count"].where(queries["application"] != application, 1000))
        said = texts(plot_instance(instance.replace(queries=most)))
        assert any(text.startswith(f"Application {application}: ") for text in said)


def test_edges_pass_boxes_by() -> None:
    """No arrow crosses a box: edges that pass layers by have a way of their own through them."""
    figure = plot_instance(skipping())
    (axes,) = figure.axes
    patches = [patch for patch in axes.patches if patch.get_window_extent().width > 0]
    drawn = [patch.get_window_extent().padded(-4) for patch in patches if isinstance(patch, FancyBboxPatch)]
    arrows = [_line(patch) for patch in patches if isinstance(patch, FancyArrowPatch)]
    assert len(arrows) == 12 + 3 + 1 + 9  # edges, chain, source, leaves
    assert [box for box in drawn for arrow in arrows if arrow.intersects_bbox(box, filled=False)] == []


def _line(arrow: FancyArrowPatch) -> MatplotlibPath:
    """Return the line of an arrow on the sheet, without its head."""
    path = arrow.get_path()
    _, *later = np.flatnonzero(path.codes == MatplotlibPath.MOVETO)
    return MatplotlibPath(path.vertices[: later[0]]).transformed(arrow.get_transform())


def test_an_operator_that_runs_nowhere() -> None:
    """An operator without an option left says so."""
    frames = one_pool().to_frames()
    frames["profiles"]["memory_gb"] = 100.0
    assert "runs nowhere: no option is left" in texts(plot_instance(Instance.from_frames(frames)))


def test_unknown_application() -> None:
    """An unknown application is refused, with what there is."""
    with pytest.raises(InputError, match=r"--application = 'vide': no such application.*allowed: video"):
        plot_instance(one_pool(), "vide")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_written(tmp_path: Path, suffix: str) -> None:
    """Each kind of file is what its name says, and equal figures give equal bytes."""
    for name in ("a", "b"):
        save_figure(plot_instance(one_pool()), tmp_path / f"{name}{suffix}")
    content = (tmp_path / f"a{suffix}").read_bytes()
    assert {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}[suffix] == content[: 5 if suffix == ".svg" else 4]
    assert content == (tmp_path / f"b{suffix}").read_bytes()


def test_unknown_suffix(tmp_path: Path) -> None:
    """Another ending is refused, and nothing is written."""
    for name in ("a.txt", "a"):
        with pytest.raises(
            InputError, match=r"unknown kind of figure; allowed: a name that ends in \.png, \.svg, \.pdf"
        ):
            save_figure(plot_instance(one_pool()), tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_nothing_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If drawing or writing fails, the file that was there stays, and nothing else."""
    path, figure = tmp_path / "a.png", plot_instance(one_pool())
    path.write_bytes(b"old")

    def fail(*_: object, **__: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(InputError, match="cannot be written"):
        save_figure(figure, path)
    monkeypatch.setattr(figure, "savefig", fail)
    with pytest.raises(OSError, match="disk full"):
        save_figure(figure, path)
    assert [(left.name, left.read_bytes()) for left in tmp_path.iterdir()] == [("a.png", b"old")]


def test_a_users_style_does_not_matter(tmp_path: Path) -> None:
    """Figures do not depend on what else is set in matplotlib, and set nothing there."""
    import matplotlib

    save_figure(plot_instance(one_pool()), tmp_path / "a.png")
    with matplotlib.rc_context({"font.size": 40, "axes.facecolor": "red", "text.color": "blue"}):
        before = dict(matplotlib.rcParams)
        save_figure(plot_instance(one_pool()), tmp_path / "b.png")
        assert dict(matplotlib.rcParams) == before
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_matplotlib_is_imported_only_to_draw() -> None:
    """The module and the command line are imported without matplotlib."""
    code = "import sys, sloplan.instances.plot, sloplan.show_commands; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env=environment(), check=False).returncode == 0


def test_text_is_measured_and_shortened() -> None:
    """Lines keep within a width; a word that is too long loses its middle."""
    lines = wrapped("some words of which several go on a line " + "x" * 100, 120)
    assert all(text_width(line) <= 120 for line in lines)
    assert "…" in lines[-1]
    assert shortened("short", 100) == "short"
    assert (span([5, 5.0]), span([1456.2, 0.99451], "kB"), span([0.5, 13])) == ("5", "0.9945–1,456 kB", "0.5–13")
