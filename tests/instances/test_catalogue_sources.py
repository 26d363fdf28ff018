"""Every measured figure of the catalogue against the published tables, where those are at hand."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from sloplan.instances import catalogue
from tests.instances.published import (
    DATA,
    GALAXIES,
    OPERATORS,
    RTMPOSE_COLUMNS,
    of_applications,
    only,
    published_map,
    read,
)

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the published tables are not beside the checkout")

Row = Any
EDGE_DEVICES = {
    "jetson-orin-nano": ("Jetson Orin Nano Super 8GB", "TensorRT FP16"),
    "jetson-orin-nx": ("Jetson Orin NX 16GB", "TensorRT FP16"),
    "raspberry-pi-5": ("Raspberry Pi 5", "OpenVINO"),
}
DOCUMENT_MODELS = {
    ("doc-layout", "picodet-s-3cls"): "PicoDet-S_layout_3cls",
    ("doc-layout", "picodet-l-3cls"): "PicoDet-L_layout_3cls",
    ("doc-layout", "rt-detr-h-3cls"): "RT-DETR-H_layout_3cls",
    ("doc-detect", "pp-ocrv4-mobile"): "PP-OCRv4_mobile_det",
    ("doc-detect", "pp-ocrv4-server"): "PP-OCRv4_server_det",
}


def of_jellybean(row: Row) -> float:
    """Return the latency of a VQA operator on a worker."""
    rows = read("jellybean-vqa/execution_profile_p50.csv", ("operator", "worker", "variant", "ms"))
    worker = row.hardware.replace("jellybean-", "workflow-compute-")
    return only(rows, "ms", operator=OPERATORS[row.operator], worker=worker, variant=row.configuration)


def of_edge_device(row: Row) -> float:
    """Return the latency of YOLO11 on a board."""
    device, runtime = EDGE_DEVICES[row.hardware]
    rows = read("ultralytics-yolo/yolo11_edge_devices.csv")
    model = row.configuration.removesuffix("-640").replace("yolo", "YOLO")
    return only(rows, "ms_per_image", device=device, model=model, format=runtime, size_px="640")


def of_official_table(row: Row, column: str = "gpu_ms") -> float:
    """Return a figure of the models' own page; the graphics card is that of the row."""
    rows = read("ultralytics-yolo/yolo_official_tables.csv")
    configuration = getattr(row, "configuration", "") or row.configurations.split(";")[1]
    model = configuration.removesuffix("-640").replace("yolo", "YOLO")
    task = "pose" if model.endswith("-pose") else "detect"
    if column == "gpu_ms":
        published = [r["gpu"].split()[0].lower() for r in rows if r["model"] == model]
        assert published == [row.hardware]
    return only(rows, column, task=task, model=model)


def of_yolov5(row: Row) -> float:
    """Return the batch-1 latency of YOLOv5."""
    name, size = row.configuration.removeprefix("yolov5").split("-")
    return only(read("ultralytics-yolo/yolov5_v7_v100_b1_b32.csv"), "v100_b1_ms", model=f"YOLOv5{name}", size_px=size)


def of_paddlex(row: Row) -> float:
    """Return a latency of the PaddleX list."""
    models = {"xs": "PicoDet-XS", "s": "PicoDet-S", "m": "PicoDet-M", "l": "PicoDet-L"}
    if row.application == "document-qa":
        model = DOCUMENT_MODELS[row.operator, row.configuration]
    elif row.configuration.startswith("picodet"):
        model = models[row.configuration.split("-")[1]]
    else:
        model = "PP-LCNet_x1_0_vehicle_attribute"
    columns = {"t4": "latency_ms_T4_fp32", "xeon-gold-5117": "latency_ms_XeonGold5117_8threads_fp32"}
    return only(read("paddlex-model-list/models_t4_cpu.csv"), columns[row.hardware], model=model)


def of_picodet(row: Row) -> float:
    """Return a latency of PicoDet at one input size."""
    _, name, size = row.configuration.split("-")
    rows = read("paddledetection-picodet/picodet_resolution.csv")
    return only(rows, "ms_i7-10750H_12threads", model=f"PicoDet-{name.upper()}", input=size)


def of_rtmpose(row: Row) -> float:
    """Return a latency of RTMPose alone."""
    name, size = row.configuration.removeprefix("rtmpose-").split("-")
    rows = read("mmpose-rtmpose/rtmpose_models.csv")
    return only(rows, RTMPOSE_COLUMNS[row.hardware], model=f"RTMPose-{name}", input=size)


def of_easyocr(row: Row) -> float:
    """Return the latency of EasyOCR's detector on a phone."""
    keys = {"component": "EasyOCRDetector", "precision": "float", "runtime": "tflite"}
    assert row.allocation == "npu-tflite-float"
    rows = read("qualcomm-ai-hub-models/perf.csv")
    return only(rows, "inference_time_ms", device=GALAXIES[row.hardware], **keys)


LATENCIES: dict[str, Callable[[Row], float]] = {
    "execution_profile_p50.csv": of_jellybean,
    "nvidia-jetson.md": of_edge_device,
    "raspberry-pi.md": of_edge_device,
    "yolo11.md": of_official_table,
    "yolov8.md": of_official_table,
    "yolov5@0026ac66cc197d74bbf556479556d1f4fd3a9318:README.md": of_yolov5,
    "models_list_en.md": of_paddlex,
    "picodet/README_en.md": of_picodet,
    "rtmpose/README.md": of_rtmpose,
    "easyocr/perf.yaml": of_easyocr,
}
MEASURED_LATENCIES = {"vqa": 72, "traffic-video": 42, "ar-pose": 22, "document-qa": 12}


def measured(name: str) -> list[Row]:
    """Return the measured rows of a catalogue table."""
    frame = of_applications(catalogue.table(name))
    return list(frame[frame["mark"] == "measured"].itertuples())


def test_latencies() -> None:
    """Every measured latency is the published one, rounded to 4 decimals."""
    rows = measured("profiles")
    for application, count in MEASURED_LATENCIES.items():
        assert [row.application for row in rows].count(application) == count, application
    for row in rows:
        (found,) = [look_up for end, look_up in LATENCIES.items() if row.source.endswith(end)]
        assert row.latency_ms == round(found(row), 4), row


def published_accuracy(row: Row) -> float:
    """Return the published accuracy of a measured row, as a fraction."""
    if row.factor == "vqa":
        pairs = json.loads((DATA / "jellybean-vqa/nodes_accuracy_profiles.json").read_text(encoding="utf-8"))
        found = {";".join(p["variants"]): p["accuracy"] for p in pairs["end_to_end"]["accuracy_pct"]}
        return found[row.configurations] / 100
    if row.factor == "stream":
        width, quantiser, rate = row.configurations.split("-")
        skip = {30: 0, 10: 2, 5: 5, 3: 9, 2: 14, 1: 29}[int(rate.removesuffix("fps"))]
        rows = read("awstream-profiles/offline.mot.csv")
        return only(rows, "accuracy", width=width.removesuffix("px"), quant=quantiser[1:], skip=str(skip))
    detector, pose = row.configurations.split(";")
    if detector == "one-stage":
        return of_official_table(row, "accuracy") / 100
    name, size = pose.removeprefix("rtmpose-").split("-")
    detector, detector_size = detector.rsplit("-", 1)
    detector = detector.replace("rtmdet", "RTMDet")
    inputs = f"{detector_size}x{detector_size};{size}"
    keys = {"det": detector, "pose": f"RTMPose-{name}", "input_det;pose": inputs}
    return only(read("mmpose-rtmpose/rtmpose_pipelines.csv"), "pipeline_AP", **keys) / 100


def test_accuracies() -> None:
    """Every measured accuracy is the published one; percentages are divided by 100."""
    rows = measured("accuracy")
    assert len(rows) == 98
    for row in rows:
        assert row.accuracy == round(published_accuracy(row), 4), row


def test_prices() -> None:
    """Every measured price is the published one."""
    workers = read("jellybean-vqa/workers_specs.csv", ("worker", "price"))
    machines = read("aws-prices-karpenter/on_demand_us_east_1.csv", ("instance", "price", "region", "time"))
    types = {"t4": "g4dn.xlarge", "v100": "p3.2xlarge", "l4": "g6.xlarge", "h100": "p5.4xlarge"}
    rows = measured("prices")
    assert len(rows) == 13
    for row in rows:
        if row.hardware in types:
            price = only(machines, "price", instance=types[row.hardware])
        else:
            price = only(workers, "price", worker=row.hardware.replace("jellybean-", "workflow-compute-"))
        assert row.price_per_unit_hour == price, row


def test_structure_and_memory() -> None:
    """Measured edges are the sources' own; measured memories stand in the boards' names."""
    graph = {tuple(row.values()) for row in read("jellybean-vqa/logical_graph.csv", ("from", "to"))}
    pipelines = read("mmpose-rtmpose/rtmpose_pipelines.csv")
    for row in measured("edges"):
        if row.application == "vqa":
            assert (OPERATORS[row.from_operator], OPERATORS[row.to_operator]) in graph
        else:
            assert {"det", "pose"} <= set(pipelines[0])
    boards = [row for row in measured("hardware") if row.hardware in EDGE_DEVICES]
    assert len(boards) == 2
    for row in boards:
        device, _ = EDGE_DEVICES[row.hardware]
        assert device.endswith(f"{row.memory_gb:g}GB")


def derived(name: str, *applications: str) -> list[Row]:
    """Return the derived rows of a catalogue table, or those of some applications."""
    frame = catalogue.table(name)
    if applications:
        frame = frame[frame["application"].isin(list(applications))]
    return list(frame[frame["mark"] == "derived"].itertuples())


def test_derived_stream_outputs() -> None:
    """A stream's output is its published bit rate."""
    stream = {tuple(r.values())[1:4]: float(r["bandwidth"]) for r in read("awstream-profiles/offline.mot.csv")}
    skip = {30.0: "0", 10.0: "2", 5.0: "5", 3.0: "9", 2.0: "14", 1.0: "29"}
    configurations = catalogue.table("configurations")
    for row in configurations[configurations["operator"] == "video-stream"].itertuples():
        quantiser = row.configuration.split("-")[1][1:]
        mbps = stream[f"{row.width_px:g}", skip[row.frames_per_s], quantiser]
        assert row.output_kb == round(mbps * 125, 4), row


def test_derived_message_sizes() -> None:
    """Inputs and outputs of VQA are the published ones, in units of 1,000 bytes."""
    sizes = read("jellybean-vqa/message_sizes.csv", ("from", "to", "variant", "to_variant", "kib"))
    readers = {"vqa-image": "ReadImage", "vqa-speech": "ReadSpeech"}
    inputs = derived("operators", "vqa")
    assert len(inputs) == 2
    for row in inputs:
        assert row.input_kb == round(only(sizes, "kib", **{"from": readers[row.operator]}) * 1.024, 4), row
    outputs = derived("configurations", "vqa")
    assert len(outputs) == 7
    for row in outputs:
        variant = row.configuration if row.operator == "vqa-image" else "default"
        kib = only(sizes, "kib", **{"from": OPERATORS[row.operator], "variant": variant})
        assert row.output_kb == round(kib * 1.024, 4), row


def test_derived_latencies() -> None:
    """A person detector's time is the pipeline's less the pose model's; a batch's is that of its images."""
    pipelines = read("mmpose-rtmpose/rtmpose_pipelines.csv")
    models = {r["model"]: r for r in read("mmpose-rtmpose/rtmpose_models.csv") if r["input"] == "256x192"}
    batches = read("ultralytics-yolo/yolov5_v7_v100_b1_b32.csv")
    rows = derived("profiles", "traffic-video", "ar-pose")
    assert [row.operator for row in rows].count("video-detect") == 6
    assert [row.operator for row in rows].count("pose-person") == 3
    for row in rows:
        name, size = row.configuration.rsplit("-", 1)
        if row.operator == "video-detect":
            model = name.replace("yolov5", "YOLOv5")
            assert row.busy_ms == only(batches, "v100_b32_ms_per_image", model=model, size_px=size), row
            assert row.latency_ms == pytest.approx(row.batch * row.busy_ms, abs=1e-4), row
        else:
            column, detector = RTMPOSE_COLUMNS[row.hardware], name.replace("rtmdet", "RTMDet")
            rest = [float(r[column]) - float(models[r["pose"]][column]) for r in pipelines if r["det"] == detector]
            assert row.latency_ms == pytest.approx(sum(rest) / len(rest), abs=1e-4), row


def test_derived_accuracies() -> None:
    """A detector's accuracy is its COCO mAP over that of the best."""
    rows = derived("accuracy", "traffic-video")
    assert len(rows) == 20
    for row in rows:
        assert row.accuracy == round(published_map(row.configurations) / published_map("yolov5x6-1280"), 4), row


def test_derived_prices_and_networks() -> None:
    """The A100 is an eighth of its machine; delays are half of a round trip's part; the rest as published."""
    machines = read("aws-prices-karpenter/on_demand_us_east_1.csv", ("instance", "price", "region", "time"))
    (a100,) = derived("prices")
    assert a100.price_per_unit_hour == round(only(machines, "price", instance="p4d.24xlarge") / 8, 4)
    trips = {
        r["access"]: r for r in read("network-summaries/ripe_atlas_access_tech_eu_na.csv") if r["continent"] == "EU"
    }
    own, wired = (
        {name: float(r[column]) for name, r in trips.items()} for column in ("rtt_ms_p50", "matched_wired_p50")
    )
    sessions = read("network-summaries/ucc_5g_trace_summary.csv")
    kbps = only(sessions, "dl_kbps_p50", application="file download", mobility="static", radio="5G")
    links = read("jellybean-vqa/workers_workers_link.csv", ("from", "to", "price"))
    price = only(links, "price", **{"from": "workflow-compute-cpu-5", "to": "workflow-compute-gpu-1"})
    configuration = (DATA / "jellybean-vqa/config.yaml").read_text(encoding="utf-8")
    scale = float(re.findall(r"COMM_COST_SCALING_FACTOR: (\S+)", configuration)[0])
    expected = {
        ("cellular", "delay_ms"): (own["cellular"] - wired["cellular"]) / 2,
        ("wifi", "delay_ms"): (own["wifi"] - wired["wifi"]) / 2,
        ("edge-cloud", "delay_ms"): wired["wifi"] / 2,
        ("cellular", "downlink_mbps"): kbps / 1000,
        ("edge-cloud", "price_per_gb"): price * scale,
    }
    found = {(row.network, row.quantity): row.value for row in derived("networks")}
    assert found == pytest.approx(expected, abs=1e-9)


def test_assumed_phone_figures() -> None:
    """The figures of both phones that stand in for unpublished ones are published, and of one runtime."""
    rows = read("qualcomm-ai-hub-models/perf.csv")
    models = {"rtmdet-m-640": "rtmdet", "rtmpose-m-256x192": "rtmpose_body2d"}
    frame = catalogue.table("profiles")
    frame = frame[frame["hardware"].isin(list(GALAXIES)) & frame["configuration"].isin(list(models))]
    assert len(frame) == 4
    for row in frame.itertuples():
        keys = {
            "model": models[row.configuration],
            "device": GALAXIES[row.hardware],
            "runtime": "onnx",
            "precision": "float",
        }
        assert row.latency_ms == only(rows, "inference_time_ms", **keys), row
        assert row.allocation == "npu-onnx-float"
