"""What the families choose for each application: who asks for it, from where, and which machines serve it.

Figures of models, machines and networks are the catalogue's; what stands here are choices, in one place.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

NONE: Final = float("nan")
"""No SLO of this dimension."""


@dataclass(frozen=True)
class Setting:
    """An application as the families use it.

    Parameters
    ----------
    devices : tuple of (hardware, network)
        Machines of users and how they are connected; a network of the catalogue.
    edge, cloud : dict of hardware to float
        How the capacity for the application is split over the machines of a tier at first.
    rates_rps : tuple of float
    latency_ms, accuracy, cost_per_1k : dict of tightness to tuple of float
        SLO levels; NaN: the query states none.
    own : tuple of str
        Further machines that stand at every user site.
    reports_to_cloud : bool
        Results go to the cloud, if there is one, and else nowhere; otherwise back to the user.
    configurations : dict of operator to tuple of str
        What is taken of the catalogue where it holds more than plain enumeration likes.
    frame_rates : tuple of float, optional
    """

    devices: tuple[tuple[str, str], ...]
    edge: dict[str, float]
    cloud: dict[str, float]
    rates_rps: tuple[float, ...]
    latency_ms: dict[str, tuple[float, ...]]
    accuracy: dict[str, tuple[float, ...]]
    cost_per_1k: dict[str, tuple[float, ...]]
    own: tuple[str, ...] = ()
    reports_to_cloud: bool = False
    configurations: dict[str, tuple[str, ...]] = field(default_factory=dict)
    frame_rates: tuple[float, ...] | None = None


SETTINGS: Final[dict[str, Setting]] = {
    "vqa": Setting(
        devices=(
            ("jellybean-cpu-1", "wifi"),
            ("jellybean-cpu-2", "wired"),
            ("jellybean-cpu-2", "cellular"),
            ("jellybean-cpu-1", "wired"),
        ),
        edge={"jellybean-cpu-5": 0.6, "jellybean-cpu-3": 0.4},
        cloud={"jellybean-gpu-1": 0.8, "jellybean-cpu-6": 0.2},
        rates_rps=(2.0, 4.0, 6.0, 8.0),
        latency_ms={"loose": (400.0, 600.0, 1000.0), "tight": (200.0, 300.0, 500.0)},
        accuracy={"loose": (0.54, 0.555, 0.57), "tight": (0.55, 0.565, 0.58)},
        cost_per_1k={"loose": (NONE, 0.2), "tight": (NONE, 0.15, 0.1)},
    ),
    "traffic-video": Setting(
        devices=(
            ("jetson-orin-nano", "wired"),
            ("raspberry-pi-5", "wired"),
            ("core-i7-10750h", "wifi"),
            ("jetson-orin-nx", "wifi"),
        ),
        own=("camera",),
        edge={"t4": 0.6, "xeon-gold-5117": 0.4},
        cloud={"t4": 0.4, "v100": 0.35, "a100": 0.25},
        rates_rps=(1.0, 4.0, 8.0, 16.0),
        latency_ms={"loose": (200.0, 600.0, 1200.0), "tight": (100.0, 200.0, 600.0)},
        accuracy={"loose": (0.45, 0.6, 0.7), "tight": (0.55, 0.68, 0.78)},
        cost_per_1k={"loose": (NONE, 0.2), "tight": (NONE, 0.1)},
        reports_to_cloud=True,
        configurations={
            "video-stream": tuple(
                f"{quality}-{rate:g}fps"
                for quality in ("1920px-q20", "1920px-q30", "1280px-q20", "1280px-q30", "960px-q30")
                for rate in (10.0, 5.0)
            ),
            "video-detect": (
                "yolo11n-640",
                "yolo11m-640",
                "yolo11x-640",
                "yolov8m-640",
                "yolov5s-640",
                "yolov5x6-1280",
                "picodet-m-416",
                "picodet-l-640",
            ),
        },
        frame_rates=(10.0, 5.0),
    ),
    "ar-pose": Setting(
        devices=(
            ("snapdragon-865", "wifi"),
            ("galaxy-s24", "cellular"),
            ("snapdragon-865", "cellular"),
            ("galaxy-s24", "wifi"),
        ),
        edge={"gtx-1660-ti": 0.5, "core-i7-11700": 0.25, "t4": 0.25},
        cloud={"a100": 0.5, "t4": 0.5},
        rates_rps=(15.0, 30.0, 60.0, 120.0),
        latency_ms={"loose": (70.0, 100.0, 150.0), "tight": (35.0, 50.0, 80.0)},
        accuracy={"loose": (0.5, 0.64, 0.72), "tight": (0.58, 0.68, 0.74)},
        cost_per_1k={"loose": (NONE,), "tight": (NONE, 0.002)},
    ),
    "speech-assistant": Setting(
        devices=(
            ("galaxy-s25", "wifi"),
            ("snapdragon-8-elite-gen5", "cellular"),
            ("galaxy-s24", "cellular"),
            ("galaxy-s25", "cellular"),
        ),
        edge={"l4": 0.6, "core-i7-12700k": 0.4},
        cloud={"a100": 0.3, "v100": 0.4, "xeon-gold-6226r": 0.3},
        rates_rps=(0.1, 0.2, 0.5, 1.0),
        latency_ms={"loose": (2500.0, 4000.0, 6000.0), "tight": (1700.0, 2200.0, 3000.0)},
        accuracy={"loose": (0.7, 0.82, 0.88), "tight": (0.82, 0.88, 0.93)},
        cost_per_1k={"loose": (NONE, 0.7), "tight": (NONE, 0.5)},
    ),
    "document-qa": Setting(
        devices=(("galaxy-s25", "wifi"), ("galaxy-s24", "cellular"), ("galaxy-s25", "cellular")),
        edge={"t4": 1.0},
        cloud={"a100": 1.0},
        rates_rps=(0.1, 0.2, 0.5, 1.0),
        latency_ms={"loose": (2500.0, 4000.0, 7000.0), "tight": (1500.0, 2500.0, 4000.0)},
        accuracy={"loose": (0.4, 0.52, 0.65), "tight": (0.5, 0.62, 0.72)},
        cost_per_1k={"loose": (NONE, 1.0), "tight": (NONE, 0.6)},
        configurations={
            "doc-layout": ("picodet-s-3cls", "whole-page"),
            "doc-detect": ("pp-ocrv4-mobile", "easyocr"),
            "doc-recognise": ("pp-ocrv4-server", "easyocr"),
            "doc-embed": ("multi-qa-mpnet-base-cos", "nomic-embed-text"),
            "doc-rerank": ("ms-marco-tinybert-l2", "ms-marco-minilm-l6", "ms-marco-electra-base"),
        },
    ),
    "meeting-companion": Setting(
        devices=(("galaxy-s25", "wifi"), ("snapdragon-8-elite-gen5", "wifi"), ("oneplus-12", "wifi")),
        edge={"l4": 0.5, "rtx-3070-ti": 0.3, "core-i7-12700k": 0.2},
        cloud={"h100": 0.4, "v100": 0.3, "t4": 0.3},
        rates_rps=(0.004, 0.008, 0.016, 0.032),
        latency_ms={"loose": (20000.0, 30000.0, 60000.0), "tight": (10000.0, 20000.0, 30000.0)},
        accuracy={"loose": (0.6, 0.66, 0.7), "tight": (0.66, 0.69, 0.72)},
        cost_per_1k={"loose": (NONE, 20.0), "tight": (NONE, 17.5)},
    ),
}
"""A query stands for several users or cameras behind one device: people who ask, 1 to 16 cameras, 1 to 8 AR users at 15
frames/s, 1 to 8 meetings that send what was said every four minutes."""
