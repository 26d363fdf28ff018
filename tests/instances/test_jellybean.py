"""JellyBean's example: its spec, its figures against their source, and its planner's documented answer."""

from __future__ import annotations

import json
import re

import pytest

import sloplan as sp
from sloplan.instances.jellybean import RATE_RPS
from sloplan.instances.specs import full_spec, instance_spec_names, is_instance_spec
from sloplan.problem.errors import InputError
from tests.instances.jellybean_planner import (
    ANSWER,
    IMAGE,
    OWN_ACCURACY,
    OWN_COST,
    SPEECH,
    Answer,
    Problem,
    plan,
    problem_of,
)
from tests.instances.published import DATA, OPERATORS, only, read

PINNED = "2c91e9a4e6f2d31b1ce83be6253bf7ab97c99e14cbb3295ed131bd351238dd6c"
THRESHOLDS = (54.02, 54.37, 55.42, 55.76, 55.91, 56.0, 56.59, 56.85, 57.94, 58.19, 58.33)
needs_source = pytest.mark.skipif(
    not (DATA / "jellybean-vqa").exists(), reason="the published inputs are not beside the checkout: ../shared/data"
)


@pytest.fixture(scope="module")
def instance() -> sp.Instance:
    """The example as it is shipped."""
    loaded = sp.load("jellybean-vqa")
    assert isinstance(loaded, sp.Instance)
    return loaded


def test_the_example(instance: sp.Instance) -> None:
    """One query in 400 copies, nine workers to rent, replicas that fill a unit; its content is pinned."""
    assert (instance.name, instance.hosting) == ("jellybean-vqa:accuracy=0.56,streams=400", "replicas")
    assert instance.latency_percentile == "p75"
    (query,) = instance.table("queries").itertuples()
    assert (query.count, query.rate_rps, query.slo_accuracy) == (400, 0.1, 0.56)
    pools = instance.table("pools")
    assert len(pools) == 9
    assert (pools["units"] == 1).all()
    assert (pools["billing"] == "reserved").all()
    profiles = instance.table("profiles")
    assert len(profiles) == 72
    assert (profiles["share"] == 1).all()
    assert (profiles["busy_ms"] == profiles["latency_ms"]).all()
    assert profiles["origin"].str.match(r"measured: libertyeagle/JellyBean@[0-9a-f]{40}:").all()
    assert instance.sha256 == PINNED


def test_parameters() -> None:
    """Accuracy and streams are stated; the rate stays 40 requests/s; the full spec is the name."""
    loaded = sp.load("jellybean-vqa:streams=40,accuracy=0.5833")
    assert isinstance(loaded, sp.Instance)
    assert loaded.name == full_spec("jellybean-vqa: accuracy = 0.5833, streams=40") == full_spec(loaded.name)
    (query,) = loaded.table("queries").itertuples()
    assert (query.count, query.rate_rps, query.slo_accuracy) == (40, 1.0, 0.5833)
    assert "jellybean-vqa" in instance_spec_names()
    assert is_instance_spec("jellybean-vqa:whatever")
    assert not is_instance_spec("jellybean")


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("jellybean-vqa:accuracy=0", "accuracy"),
        ("jellybean-vqa:accuracy=1.2", "accuracy"),
        ("jellybean-vqa:accuracy=high", "not a number"),
        ("jellybean-vqa:streams=0", "streams"),
        ("jellybean-vqa:streams=7", "whole thousandths"),
        ("jellybean-vqa:streams=2.5", "not a whole number"),
        ("jellybean-vqa:stream=40", "unknown parameter of jellybean-vqa"),
        ("jellybean-vqa:streams", "parameter without a value"),
        ("jellybean-vqa:streams=40,streams=40", "parameter given twice"),
    ],
)
def test_what_is_refused(spec: str, message: str) -> None:
    """A bad spec names the parameter."""
    with pytest.raises(InputError, match=message):
        sp.load(spec)


def test_the_documented_answer(instance: sp.Instance) -> None:
    """The restated planner returns at 56 per cent what JellyBean's README shows: variants, workers and cost."""
    _is_documented(plan(problem_of(instance), 56.0), tolerance=1e-5)


@pytest.mark.parametrize("threshold", THRESHOLDS)
def test_the_search_order_does_not_matter(instance: sp.Instance, threshold: float) -> None:
    """The original leaves the order of image and speech model to chance; here both find the same."""
    problem = problem_of(instance)
    assert plan(problem, threshold, first=IMAGE) == plan(problem, threshold, first=SPEECH) is not None


def _is_documented(answer: Answer | None, tolerance: float) -> None:
    assert answer is not None
    assert answer.variants == {IMAGE: "resnet18", SPEECH: "wav2vec2-large-960h-lv60-self", ANSWER: "default"}
    assert answer.workers == {IMAGE: ["cpu-1", "cpu-2", "cpu-5"], SPEECH: ["gpu-1", "cpu-3"], ANSWER: ["cpu-6"]}
    assert answer.compute == pytest.approx(6.242, abs=1e-12)
    assert answer.communication == pytest.approx(1.2667783071018048, abs=tolerance)
    assert answer.accuracy == pytest.approx(56.59)


def _worker(name: str) -> str:
    return name.removeprefix("workflow-compute-")


@needs_source
def test_latencies_are_the_published_ones(instance: sp.Instance) -> None:
    """Every latency, to four decimals, is that of the file that JellyBean's planner reads."""
    header = ("operator", "worker", "variant", "ms")
    names = {published: ours for ours, published in OPERATORS.items()}
    published = {
        (names[row["operator"]], row["variant"], _worker(row["worker"])): round(float(row["ms"]), 4)
        for row in read("jellybean-vqa/execution_profile.csv", header)
    }
    assert problem_of(instance).latency_ms == published


@needs_source
def test_workers_and_links_are_the_published_ones(instance: sp.Instance) -> None:
    """Prices, tiers, prices of traffic in both directions, and the rate."""
    problem = problem_of(instance)
    specs = read("jellybean-vqa/workers_specs.csv", ("worker", "price"))
    assert problem.price == {_worker(row["worker"]): float(row["price"]) for row in specs}
    tiers = json.loads((DATA / "jellybean-vqa/workers_partition.json").read_text())
    assert problem.tier == {_worker(name): tier for tier, names in enumerate(tiers) for name in names}
    scale = float(re.findall(r"SCALING_FACTOR: (\S+)", (DATA / "jellybean-vqa/config.yaml").read_text())[0])
    links = read("jellybean-vqa/workers_workers_link.csv", ("from", "to", "price"))
    stated = {
        (problem.tier[_worker(row["from"])], problem.tier[_worker(row["to"])], float(row["price"])) for row in links
    }
    assert len(links) == 2 * 5 * 4
    ((_, _, forward), (_, _, backward)) = sorted(stated)
    priced = instance.table("links").set_index("link")["price_per_gb"] * 2**30 / 10**9
    assert priced.to_dict() == pytest.approx({"forward": forward * scale, "backward": backward * scale})
    sources = read("jellybean-vqa/sources_workers_link.csv", ("from", "to", "price"))
    assert {(problem.tier[_worker(row["to"])], float(row["price"])) for row in sources} == {(1, forward)}
    rates = read("jellybean-vqa/input_injection_rates.csv", ("source", "rate"))
    assert {float(row["rate"]) for row in rates} == {RATE_RPS}


@needs_source
def test_the_documented_answer_from_the_published_inputs(instance: sp.Instance) -> None:
    """From the unrounded inputs the restated planner gives the documented cost to the last digits."""
    header = ("operator", "worker", "variant", "ms")
    names = {published: ours for ours, published in OPERATORS.items()}
    sizes = read("jellybean-vqa/message_sizes.csv", ("from", "to", "variant", "to_variant", "kib"))
    profiles = json.loads((DATA / "jellybean-vqa/nodes_accuracy_profiles.json").read_text())
    ours = problem_of(instance)
    speech = only(sizes, "kib", **{"from": "SpeechRecognition"})
    image = {row["variant"]: float(row["kib"]) for row in sizes if row["from"] == "ExtractImageFeature"}
    problem = Problem(
        latency_ms={
            (names[row["operator"]], row["variant"], _worker(row["worker"])): float(row["ms"])
            for row in read("jellybean-vqa/execution_profile.csv", header)
        },
        price=ours.price,
        tier=ours.tier,
        forward_price=0.1,
        input_kib={
            IMAGE: only(sizes, "kib", **{"from": "ReadImage"}),
            SPEECH: only(sizes, "kib", **{"from": "ReadSpeech"}),
        },
        output_kib={(IMAGE, variant): kib for variant, kib in image.items()}
        | {(SPEECH, variant): speech for variant in OWN_COST[SPEECH]},
        accuracy={tuple(row["variants"]): row["accuracy"] for row in profiles["end_to_end"]["accuracy_pct"]},
        rate=40.0,
    )
    _is_documented(plan(problem, 56.0), tolerance=1e-14)
    for profile in profiles["per_operator"][1:]:
        operator = names[profile["op"]]
        assert OWN_COST[operator] == profile["cost_profile_ms"]
        assert OWN_ACCURACY[operator] == {
            variant: sample["output_acc"] for variant, (sample,) in profile["acc_profile"].items()
        }
