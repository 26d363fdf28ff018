"""The report in a real browser: no error, plots drawn, filter and sort work, nothing wider than a phone."""

from __future__ import annotations

import json
import shutil
import subprocess
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from sloplan.loading import load
from sloplan.study.report.report import write_report
from tests.study.report.case import study_of_a_network, study_with_solutions

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed: the page is not seen by a browser"),
    pytest.mark.timeout(300),
]

# Stands first in the page: what goes wrong from then on is kept.
LISTEN = """<script>
const wrong = [];
addEventListener("error", (event) => wrong.push(String(event.message || event.target.src)), true);
addEventListener("unhandledrejection", (event) => wrong.push(String(event.reason)));
for (const level of ["error", "warn"]) console[level] = (...words) => wrong.push(words.join(" "));
</script>"""

# Stands last: uses the page as a reader does, and tells the page around it.
USE = """<script>
addEventListener("load", () => setTimeout(() => {
  const told = { width: innerWidth, scroll: document.documentElement.scrollWidth };
  told.plots = [...document.querySelectorAll(".plot")].map((plot) => ({
    lines: plot.querySelectorAll(".scatterlayer .trace").length,
    wide: plot.querySelector(".main-svg")?.getBoundingClientRect().right,
    title: plot.querySelector(".xtitle")?.textContent }));
  const paths = [...document.querySelectorAll(".plan .links path")];
  told.links = paths.filter((path) => path.getClientRects().length).length;
  const tiers = [...document.querySelectorAll(".tier")];
  told.tiers = tiers.map((tier) => tier.querySelector("h4").textContent);
  told.left = tiers.map((tier) => tier.getBoundingClientRect().left);
  const tools = document.querySelector(".filter");
  if (tools) {
    const table = tools.closest(".panel").querySelector("table");
    const rows = () => [...table.tBodies[0].rows].filter((row) => row.getClientRects().length);
    const column = (number) => rows().map((row) => row.cells[number].textContent);
    const heads = table.tHead.rows[table.tHead.rows.length - 1].cells;
    const press = (number) => heads[number].querySelector("button").click();
    const type = (text) => { tools.value = text; tools.dispatchEvent(new Event("input")); };
    told.before = column(0);
    press(1); told.up = column(1);
    press(1); told.down = column(1);
    type("two"); told.filtered = column(0);
    told.count = tools.parentElement.querySelector(".count").textContent;
    type("nothing like it"); told.none = rows().length;
    type(""); told.all = rows().length;
  }
  told.wrong = wrong;
  parent.postMessage(JSON.stringify(told), "*");
}, 500));
</script>"""

# A page of a given width around it: a headless window cannot be as narrow as a phone.
AROUND = """<!DOCTYPE html><body style="margin: 0"><pre id="told"></pre>
<script>addEventListener("message", (event) => { document.getElementById("told").textContent = event.data; });</script>
<iframe src="PAGE" style="border: 0; width: WIDTHpx; height: 2000px"></iframe>"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a study of two methods on two instances."""
    return write_report(study_with_solutions(tmp_path_factory.mktemp("solutions")), load).parent


def seen(page: Path, width: int, folder: Path) -> dict[str, Any]:
    """Show a page to a browser at a width in CSS pixels; return what it told."""
    text = page.read_text(encoding="utf-8")
    watched = page.with_name(f"watched-{page.name}")
    watched.write_text(text.replace("<head>", f"<head>{LISTEN}", 1).replace("</body>\n</html>", f"{USE}</body></html>"))
    around = folder / "around.html"
    around.write_text(AROUND.replace("PAGE", watched.as_uri()).replace("WIDTH", str(width)))
    command = [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
    command += [f"--user-data-dir={folder / 'profile'}", "--window-size=1400,2100", "--virtual-time-budget=20000"]
    done = subprocess.run([*command, "--dump-dom", around.as_uri()], capture_output=True, text=True, check=False)
    watched.unlink()
    assert '<pre id="told">{' in done.stdout, f"the page told nothing\n{done.stderr[-2000:]}"
    told = done.stdout.partition('<pre id="told">')[2].partition("</pre>")[0]
    return dict(json.loads(unescape(told)))


@pytest.mark.parametrize("width", [390, 1280])
def test_the_page(report: Path, tmp_path: Path, width: int) -> None:
    """Plots are drawn inside the page, tables sort up and down and filter, nothing is wider than the window."""
    told = seen(report / "index.html", width, tmp_path)
    assert told["wrong"] == []
    assert told["width"] == width
    assert told["scroll"] <= width
    assert len(told["plots"]) == 4
    assert all(plot["lines"] >= 1 and plot["wide"] <= width and plot["title"] for plot in told["plots"])
    assert told["before"] == ["one-pool.zip", "two-pool.zip"]
    assert (told["up"], told["down"]) == (["3", "6"], ["6", "3"])
    assert (told["filtered"], told["count"]) == (["two-pool.zip"], "1 of 2")
    assert (told["none"], told["all"]) == (0, 2)


@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_of_a_run(report: Path, tmp_path: Path, width: int) -> None:
    """A run's page has no error, and nothing in it is wider than the window."""
    page = next(file for file in sorted((report / "runs").iterdir()) if "Utilisation" in file.read_text())
    told = seen(page, width, tmp_path)
    assert told["wrong"] == []
    assert told["scroll"] <= width
    assert told["before"] == ["pool:gpus"]


@pytest.mark.parametrize(("width", "side_by_side"), [(390, False), (1280, True)])
def test_the_plan_on_a_network(tmp_path: Path, width: int, side_by_side: bool) -> None:
    """Links are drawn between tiers that stand side by side; on a phone tiers stand below each other, without them."""
    page = write_report(study_of_a_network(tmp_path), load).parent / "runs" / "greedy.html"
    told = seen(page, width, tmp_path)
    assert told["wrong"] == []
    assert told["scroll"] <= width
    assert (told["links"] > 0) == side_by_side
    assert ("device" in told["tiers"], len(set(told["left"])) > 1) == (True, side_by_side)


def test_an_error_would_be_seen(report: Path, tmp_path: Path) -> None:
    """The test's own eyes are open: a page with a broken script, too wide for a phone, is seen to be so."""
    broken = tmp_path / "broken.html"
    text = (report / "index.html").read_text(encoding="utf-8")
    broken.write_text(text.replace("<body>", '<body><div style="width: 900px">wide</div><script>missing()</script>', 1))
    told = seen(broken, 390, tmp_path)
    assert any("missing is not defined" in message for message in told["wrong"])
    assert told["scroll"] > 390
