"""Applications of the catalogue as instance tables."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from sloplan.instances.applications import application_frames
from sloplan.instances.catalogue import applications, rule, unit_memory_gb, unit_price
from sloplan.problem.errors import InputError
from sloplan.problem.instance import Instance
from sloplan.problem.servable import servable_queries


def test_vqa_keeps_the_joint_accuracy() -> None:
    """All ten measured pairs of image and speech model are there, so nothing limits the pairs."""
    frames = application_frames("vqa")
    assert len(frames["accuracy"]) == 10
    assert set(frames["accuracy"]["operators"]) == {"vqa-image;vqa-speech"}
    assert frames["compatible"].empty


def test_pose_allows_measured_pairs_only() -> None:
    """Detectors go with the pose models that were measured with them."""
    frames = application_frames("ar-pose")
    pairs = set(zip(frames["compatible"]["configuration"], frames["compatible"]["other_configuration"], strict=True))
    assert pairs == {tuple(pair.split(";")) for pair in frames["accuracy"]["configurations"]}
    assert ("rtmdet-m-640", "rtmpose-t-256x192") not in pairs


def test_video_ties_calls_to_the_stream() -> None:
    """Detector and tracker run once per frame of the stream; a wide input needs a wide stream."""
    frames = application_frames("traffic-video", frame_rates=(10, 2))
    configurations = frames["configurations"].set_index("configuration")
    assert configurations.loc["yolo11n-640@10fps", "calls"] == 10
    assert configurations.loc["bytetrack@2fps", "calls"] == 2
    pairs = set(zip(frames["compatible"]["configuration"], frames["compatible"]["other_configuration"], strict=True))
    assert ("1920px-q20-10fps", "yolov5x6-1280@10fps") in pairs
    assert ("960px-q30-10fps", "yolov5x6-1280@10fps") not in pairs
    assert ("1920px-q20-10fps", "yolo11n-640@2fps") not in pairs
    assert ("yolo11n-640@2fps", "bytetrack@2fps") in pairs
    assert not any(name.endswith(("-5fps", "@5fps")) for name in configurations.index)


def test_batch_waits_and_needs_a_rate() -> None:
    """A batch of 32 at 10 frames/s fills in 0.4 s at 8 streams/s, and its latency holds wait and work."""
    profiles = application_frames("traffic-video", frame_rates=(10,))["profiles"]
    row = profiles[(profiles["configuration"] == "yolov5s-640@10fps") & (profiles["allocation"] == "batch-32")].iloc[0]
    assert (row["min_rate_rps"], row["busy_ms"], row["latency_ms"]) == (8.0, 0.9, 428.8)


def test_selection_drops_what_nothing_runs() -> None:
    """Configurations without a profile on the chosen machines go, with their accuracy."""
    frames = application_frames("ar-pose", hardware={"galaxy-s24"})
    assert set(frames["configurations"]["configuration"]) == {"rtmdet-m-640", "rtmpose-m-256x192", "one-stage"}
    assert list(frames["accuracy"]["configurations"]) == ["rtmdet-m-640;rtmpose-m-256x192"]


def test_every_profile_states_memory_and_origin() -> None:
    """No profile lacks its memory or where it comes from."""
    for application in applications():
        profiles = application_frames(application)["profiles"]
        assert profiles["memory_gb"].notna().all()
        assert profiles["origin"].str.match(r"(measured|derived|assumed): \S").all()


def test_unknown_application() -> None:
    """The message names the applications."""
    with pytest.raises(InputError, match="allowed: vqa, traffic-video, ar-pose"):
        application_frames("speech")


@pytest.mark.parametrize(
    ("selection", "message"),
    [
        ({"frame_rates": (7,)}, "7: no such frame rate; allowed: 30.0, 10.0, 5.0"),
        ({"hardware": {"t5"}}, "'t5': no such hardware; allowed: jellybean-cpu-1, "),
        ({"configurations": {"video-detekt": ["yolo11n-640"]}}, "'video-detekt': no such operator; allowed: vqa-image"),
        (
            {"configurations": {"video-detect": ["yolo"]}},
            "'yolo': no such configuration of video-detect; allowed: yolo",
        ),
    ],
)
def test_unknown_selection(selection: dict[str, Any], message: str) -> None:
    """A name that the catalogue does not have is refused, not passed over."""
    with pytest.raises(InputError, match=message):
        application_frames("traffic-video", **selection)


def little_instance(application: str, device: str, edge: str, cloud: str, tier: str | None = None) -> Instance:
    """Return one query of an application on one machine at each tier; with `tier`, everything runs there."""
    frames: dict[str, Any] = application_frames(application, hardware={device, edge, cloud})
    tiers = {"device": device, "edge": edge, "cloud": cloud}
    if tier:
        operators = frames["operators"]["operator"]
        frames["placement"] = pd.DataFrame({"operator": operators, "allowed": "tier", "value": tier})
    links = [("device", "edge"), ("edge", "cloud"), ("cloud", "edge"), ("edge", "device")]
    return Instance.from_frames(
        frames
        | {
            "sites": pd.DataFrame({"site": list(tiers), "tier": list(tiers)}),
            "pools": pd.DataFrame(
                [
                    {"pool": site, "site": site, "hardware": kind, "units": 4, "memory_gb": unit_memory_gb(kind)}
                    | {
                        "price_per_unit_hour": unit_price(kind, site),
                        "scope": "query" if site == "device" else "shared",
                    }
                    for site, kind in tiers.items()
                ]
            ),
            "links": pd.DataFrame(
                [
                    {"link": f"{start}-{end}", "from_site": start, "to_site": end, "bandwidth_mbps": 50, "delay_ms": 5}
                    for start, end in links
                ]
            ),
            "queries": pd.DataFrame(
                [{"query": "q", "application": application, "source_site": "device", "rate_rps": 0.1}]
            ),
        }
    )


@pytest.mark.parametrize("tier", ["device", "edge", "cloud", None])
def test_document_questions_have_plans(tier: str | None) -> None:
    """A page can be read and answered on a phone alone, at the edge alone, in the cloud alone, and in any mix."""
    compiled = little_instance("document-qa", "galaxy-s25", "t4", "a100", tier).compiled
    assert servable_queries(compiled).all()


def test_document_questions_mix_tiers() -> None:
    """Where each operator must stand at another tier than its neighbour, there still is a plan."""
    instance = little_instance("document-qa", "galaxy-s24", "t4", "a100")
    tiers = ["device", "edge", "device", "cloud", "edge", "cloud"]
    frames = instance.to_frames()
    operators = ["doc-layout", "doc-detect", "doc-recognise", "doc-embed", "doc-rerank", "doc-answer"]
    frames["placement"] = pd.DataFrame({"operator": operators, "allowed": "tier", "value": tiers})
    assert servable_queries(Instance.from_frames(frames).compiled).all()


def test_answers_in_batches_need_a_rate() -> None:
    """Eight questions at a time fill in 0.4 s at 20 a second; passages of one request are a batch without a wait."""
    profiles = application_frames("document-qa", hardware={"a100"})["profiles"].set_index(
        ["configuration", "allocation"]
    )
    assert profiles.loc[("llama-3.1-8b-fp16", "fp16-batch-8"), "min_rate_rps"] == 20
    reranked = profiles.loc[("ms-marco-minilm-l6", "batch-32")]
    assert reranked["min_rate_rps"] != reranked["min_rate_rps"]
    assert reranked["latency_ms"] == pytest.approx(32 * reranked["busy_ms"], abs=1e-2)


def test_calls_are_the_rules() -> None:
    """Lines, passages and documents of one page are called as often as the rules say."""
    calls = application_frames("document-qa")["configurations"].groupby("operator")["calls"].agg(["min", "max"])
    rules = {"doc-recognise": "lines_per_page", "doc-embed": "passages_per_page", "doc-rerank": "documents_reranked"}
    for operator in calls.index:
        expected = rule(rules[operator]) if operator in rules else 1
        assert (calls.loc[operator] == expected).all(), operator
