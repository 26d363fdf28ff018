"""Every measurement of the catalogue against the published tables, where those are at hand."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

import pandas as pd
import pytest

from sloplan.instances import catalogue
from sloplan.instances.catalogue_formulas import names_in
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

# Figures of pages that are not among the published tables: compared by hand.
READ_ON_THE_PAGE: Final = {
    "llama-30b.parameters": 32.5,
    "llama-3.2-1b.parameters": 1.23,
    "llama-3.2-3b.parameters": 3.21,
    "llama-3.1-8b.parameters": 8.0,
    "llama-2-7b.squad_exact_match": 72.2,
}
SKIPPED_FRAMES: Final = {"30": "0", "10": "2", "5": "5", "3": "9", "2": "14", "1": "29"}
PHONE_NETWORKS: Final = {
    "easyocr-recogniser": ("EasyOCRRecognizer", "qnn_dlc"),
    "trocr-encoder": ("TrOCREncoder", "tflite"),
    "trocr-decoder": ("TrOCRDecoder", "tflite"),
    "nomic-embed-text": ("Nomic-Embed-Text", "tflite"),
    "distilbert-base": ("Distil-Bert-Base-Uncased-Hf", "qnn_dlc"),
    "electra-base": ("Electra-Bert-Base-Discrim-Google", "qnn_dlc"),
}
PHONE_LLMS: Final = {
    "llama-3.2-1b": "llama_v3_2_1b_instruct",
    "llama-3.2-3b": "llama_v3_2_3b_instruct",
    "llama-2-7b": "llama_v2_7b_chat",
}
LLM_DEVICES: Final = {"snapdragon-8-elite": "Snapdragon 8 Elite QRD", "galaxy-s24": "Samsung Galaxy S24"}
EMBEDDERS: Final = {
    "multi-qa-minilm-l6-cos": "multi-qa-MiniLM-L6-cos-v1",
    "multi-qa-distilbert-cos": "multi-qa-distilbert-cos-v1",
    "multi-qa-mpnet-base-cos": "multi-qa-mpnet-base-cos-v1",
}
RERANKERS: Final = {
    "ms-marco-tinybert-l2": "cross-encoder/ms-marco-TinyBERT-L2-v2",
    "ms-marco-minilm-l4": "cross-encoder/ms-marco-MiniLM-L4-v2",
    "ms-marco-minilm-l6": "cross-encoder/ms-marco-MiniLM-L6-v2",
    "ms-marco-electra-base": "cross-encoder/ms-marco-electra-base",
}
PADDLEX_COLUMNS: Final = {"t4.ms": "latency_ms_T4_fp32", "xeon-gold-5117.ms": "latency_ms_XeonGold5117_8threads_fp32"}


def of_message(name: str) -> float:
    """Return the size of a VQA message, KiB."""
    sizes = read("jellybean-vqa/message_sizes.csv", ("from", "to", "variant", "to_variant", "kib"))
    readers = {"read-image": "ReadImage", "read-speech": "ReadSpeech"}
    if name in readers:
        return only(sizes, "kib", **{"from": readers[name]})
    operator, variant = ("vqa-speech", "default") if name.startswith("wav2vec2") else ("vqa-image", name)
    return only(sizes, "kib", **{"from": OPERATORS[operator], "variant": variant})


def of_stream(width: str, quantiser: str, rate: str) -> float:
    """Return the bit rate of a video stream, Mbit/s."""
    rows = read("awstream-profiles/offline.mot.csv")
    return only(rows, "bandwidth", width=width, quant=quantiser, skip=SKIPPED_FRAMES[rate])


def of_yolov5_batch(name: str, size: str) -> float:
    """Return the time of one image in a batch of 32, ms."""
    rows = read("ultralytics-yolo/yolov5_v7_v100_b1_b32.csv")
    return only(rows, "v100_b32_ms_per_image", model=f"YOLOv5{name}", size_px=size)


def of_pipeline(pose: str, detector: str, machine: str) -> float:
    """Return the time of a detector and a pose model, ms."""
    rows = read("mmpose-rtmpose/rtmpose_pipelines.csv")
    name = detector.rsplit("-", 1)[0].replace("rtmdet", "RTMDet")
    return only(rows, RTMPOSE_COLUMNS[machine], det=name, pose=f"RTMPose-{pose}")


def of_pose_alone(pose: str, size: str, machine: str) -> float:
    """Return the time of a pose model, ms."""
    rows = read("mmpose-rtmpose/rtmpose_models.csv")
    return only(rows, RTMPOSE_COLUMNS[machine], model=f"RTMPose-{pose}", input=size)


def of_instance_price(kind: str) -> float:
    """Return the price of an AWS instance, USD per hour."""
    rows = read("aws-prices-karpenter/on_demand_us_east_1.csv", ("instance", "price", "region", "time"))
    return only(rows, "price", instance=kind)


def of_round_trip(access: str, wired: str | None) -> float:
    """Return the median round trip in Europe, ms; or that of the wired probe near by."""
    rows = read("network-summaries/ripe_atlas_access_tech_eu_na.csv")
    return only(rows, "matched_wired_p50" if wired else "rtt_ms_p50", access=access, continent="EU")


def of_download() -> float:
    """Return the median download rate of the static 5G sessions, kbit/s."""
    rows = read("network-summaries/ucc_5g_trace_summary.csv")
    return only(rows, "dl_kbps_p50", application="file download", mobility="static", radio="5G")


def of_traffic_price() -> float:
    """Return the price between JellyBean's edge and cloud workers, before its scaling."""
    links = read("jellybean-vqa/workers_workers_link.csv", ("from", "to", "price"))
    return only(links, "price", **{"from": "workflow-compute-cpu-5", "to": "workflow-compute-gpu-1"})


def of_price_scale() -> float:
    """Return JellyBean's scaling of traffic prices."""
    text = (DATA / "jellybean-vqa/config.yaml").read_text(encoding="utf-8")
    return float(re.findall(r"COMM_COST_SCALING_FACTOR: (\S+)", text)[0])


def of_paddlex(model: str, figure: str) -> float:
    """Return a latency (ms) or an accuracy (%) of the PaddleX list."""
    rows = [row | {"model": row["model"].lower()} for row in read("paddlex-model-list/models_t4_cpu.csv")]
    return only(rows, PADDLEX_COLUMNS.get(figure, "accuracy"), model=model)


def of_phone(network: str, phone: str) -> float:
    """Return the latency of one network on a phone, ms."""
    component, runtime = PHONE_NETWORKS[network]
    keys = {"component": component, "runtime": runtime, "precision": "float", "device": GALAXIES[phone]}
    return only(read("qualcomm-ai-hub-models/perf.csv"), "inference_time_ms", **keys)


def of_phone_llm(model: str, device: str, context: str | None) -> float:
    """Return the time to the first token after a full context, ms; or the tokens per second."""
    keys = {"model": PHONE_LLMS[model], "device": LLM_DEVICES[device], "precision": "w4a16"}
    keys |= {"context_length": context} if context else {}
    return only(read("qualcomm-ai-hub-models/llm_perf.csv"), "ttft_ms_max" if context else "tokens_per_second", **keys)


def of_embedder(model: str, figure: str) -> float:
    """Return queries per second, or the accuracy over six data sets, %."""
    columns = {"v100.queries_per_s": "queries_per_s_GPU", "unnamed-cpu.queries_per_s": "queries_per_s_CPU"}
    rows = read("sentence-transformers/semantic_search_gpu_cpu.csv")
    return only(rows, columns.get(figure, "perf_semantic_search_6ds"), model=EMBEDDERS[model])


def of_reranker(model: str, figure: str) -> float:
    """Return documents per second, or MRR@10, %."""
    column = "mrr10_msmarco_dev" if figure == "mrr10" else "docs_per_s_V100"
    return only(read("sentence-transformers/cross_encoders.csv"), column, model=RERANKERS[model])


def of_layer(model: str, machine: str, phase: str, tokens: str) -> float:
    """Return the time of one layer of an LLM, ms."""
    file = f"helix-llm-profiles/{model.replace('llama', 'llama1').replace('-', '_')}_{machine}_{phase}_bs2time.csv"
    return only(read(file, ("tokens", "ms")), "ms", tokens=tokens)


def of_mlperf(name: str, network: str) -> float:
    """Return the single-stream latency of the submission that the measurement's source names, ms."""
    sources = catalogue.table("measurements").set_index("measurement")["source"]
    submission = sources[name].rsplit("#", 1)[1]
    keys = {"uid": submission, "model_used": network, "scenario": "SingleStream", "result_units": "Latency (ms)"}
    return only(read("mlperf-inference/closed_single_accelerator.csv"), "result", **keys)


def of_squad(model: str) -> float:
    """Return SQuAD's exact match of a base model, %."""
    text = (DATA / "README.md").read_text(encoding="utf-8")
    (figures,) = re.findall(r"base-model SQuAD EM 1B/3B/8B ([\d./]+)", text)
    return float(figures.split("/")[["llama-3.2-1b", "llama-3.2-3b", "llama-3.1-8b"].index(model)])


def of_mmlu(model: str, form: str) -> float:
    """Return MMLU of an instruction-tuned model in one form, %."""
    forms = {"bf16": "bf16", "spinquant": "SpinQuant"}
    name = model.replace("llama", "Llama").replace("b", "B")
    return only(read("llm-quality-and-edge/llama32_quant_quality.csv"), "MMLU_5shot", model=f"{name} {forms[form]}")


LOOK_UPS: Final[dict[str, Callable[..., float]]] = {
    r"jellybean-(.+)\.output_kib": of_message,
    r"awstream-mot-(\d+)px-q(\d+)-(\d+)fps\.bandwidth_mbps": of_stream,
    r"(.+)\.coco_map": published_map,
    r"yolov5(\w+)-(\d+)\.v100\.batch_32_ms_per_image": of_yolov5_batch,
    r"rtmpose-(\w)-after-(.+)\.(.+)\.pipeline_ms": of_pipeline,
    r"rtmpose-(\w)-(\d+x\d+)\.(.+)\.alone_ms": of_pose_alone,
    r"aws-(.+)\.usd_per_hour": of_instance_price,
    r"ripe-atlas-eu-(\w+)\.(wired_near_by_)?rtt_ms_p50": of_round_trip,
    r"ucc-5g-static\.download_kbps_p50": of_download,
    r"jellybean-edge-cloud\.price_per_gb": of_traffic_price,
    r"jellybean\.price_scale": of_price_scale,
    r"(picodet-\w_layout\w+|rt-detr-\w+|pp-ocrv4\w+)\.(.+)": of_paddlex,
    rf"({'|'.join(PHONE_NETWORKS)})\.(galaxy-s\d+)\.ms(?:_per_token)?": of_phone,
    r"aihub-(llama-.+)\.([\w-]+)\.(?:tokens_per_s|ttft_ms_(\d+))": of_phone_llm,
    r"(multi-qa-[\w-]+)\.(.+)": of_embedder,
    r"(ms-marco-[\w-]+)\.(.+)": of_reranker,
    r"helix-(llama-30b)\.(\w+)\.(\w+)_(\d+)_ms_per_layer": of_layer,
    r"(mlperf-(\w+)\.\w+\.single_stream_ms)": of_mlperf,
    r"(llama-[\d.]+-[138]b)\.squad_exact_match": of_squad,
    r"(llama-[\d.]+-\db)-(\w+)\.mmlu": of_mmlu,
}


def named_measurements() -> pd.DataFrame:
    """Return the measurements that formulas name: those of `APPLICATIONS`, and of tables without applications."""
    named: set[str] = set()
    for name in catalogue.TABLES:
        rows = of_applications(catalogue.table(name))
        named = named.union(*map(names_in, rows["formula"]))
    frame = catalogue.table("measurements")
    return frame[frame["measurement"].isin(list(named))]


def test_measurements() -> None:
    """Every measurement is the published figure, rounded to 4 decimals or finer."""
    frame = named_measurements()
    assert len(frame) == 209
    for row in frame.itertuples():
        if row.measurement in READ_ON_THE_PAGE:
            assert row.value == READ_ON_THE_PAGE[row.measurement]
            continue
        found = [(m, look_up) for name, look_up in LOOK_UPS.items() if (m := re.fullmatch(name, row.measurement))]
        assert len(found) == 1, (row.measurement, found)
        ((match, look_up),) = found
        assert row.value == pytest.approx(look_up(*match.groups()), abs=5e-5), row
