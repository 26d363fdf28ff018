"""Speech assistant and meeting companion: formulas, published figures, plans at every tier."""

from __future__ import annotations

import csv
import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sloplan.instances import catalogue
from sloplan.instances.applications import application_frames
from sloplan.problem.instance import Instance
from sloplan.problem.plan_table import enumerate_plans

DATA = Path(__file__).parents[3] / "shared" / "data"
published = pytest.mark.skipif(not DATA.is_dir(), reason="the published tables are not beside the checkout")

SPEECH, MEETING = "speech-assistant", "meeting-companion"
OPERATORS = {
    SPEECH: ("speech-asr", "speech-llm", "speech-tts"),
    MEETING: ("meeting-diarise", "meeting-asr", "meeting-summarise"),
}
DEVICES = ("galaxy-s24", "galaxy-s25", "snapdragon-8-elite-gen5", "oneplus-12", "raspberry-pi-4", "jetson-orin-nx")
EDGE = ("core-i7-12700k", "rtx-3070-ti", "t4", "l4", "jetson-agx-orin", "jellybean-cpu-5")
CLOUD = ("xeon-gold-6226r", "t4", "l4", "v100", "a100", "h100", "jellybean-gpu-1")
D, E, C = "device", "edge", "cloud"


def instance(application: str, device: str, tiers: tuple[str, ...], slo_ms: float) -> Instance:
    """Return one query of a user with a device, an edge site and the cloud; each operator held to a tier."""
    frames: dict[str, Any] = dict(application_frames(application, hardware={device, *EDGE, *CLOUD}))
    machines = [(D, device), *((E, name) for name in EDGE), *((C, name) for name in CLOUD)]
    frames["placement"] = pd.DataFrame(
        {"operator": OPERATORS[application], "allowed": ["tier"] * 3, "value": list(tiers)}
    )
    frames["sites"] = pd.DataFrame({"site": [D, E, C], "tier": [D, E, C]})
    frames["pools"] = pd.DataFrame(
        {
            "pool": [f"{tier}-{hardware}" for tier, hardware in machines],
            "site": [tier for tier, _ in machines],
            "hardware": [hardware for _, hardware in machines],
            "units": 4,
            "memory_gb": [catalogue.unit_memory_gb(hardware) for _, hardware in machines],
            "price_per_unit_hour": [catalogue.unit_price(hardware, tier) for tier, hardware in machines],
        }
    )
    ends = [(D, E, 50.0, 1.0), (E, D, 200.0, 1.0), (E, C, 1000.0, 10.0), (C, E, 1000.0, 10.0)]
    frames["links"] = pd.DataFrame(
        [
            {"link": f"{a}-{b}", "from_site": a, "to_site": b, "bandwidth_mbps": mbps, "delay_ms": ms}
            for a, b, mbps, ms in ends
        ]
    )
    query = {"query": "q0", "application": application, "source_site": D, "sink_site": D, "rate_rps": 0.01}
    frames["queries"] = pd.DataFrame([query | {"slo_latency_ms": slo_ms, "slo_accuracy": 0.5}])
    return Instance.from_frames(frames)


@pytest.mark.parametrize(
    ("application", "device", "tiers", "slo_ms"),
    [
        (SPEECH, "galaxy-s25", (D, D, D), 3000.0),
        (SPEECH, "snapdragon-8-elite-gen5", (D, D, D), 3000.0),
        (SPEECH, "galaxy-s24", (D, D, D), 7000.0),
        (SPEECH, "galaxy-s24", (E, E, E), 3000.0),
        (SPEECH, "galaxy-s24", (C, C, C), 3000.0),
        (SPEECH, "galaxy-s24", (D, E, D), 3000.0),
        (SPEECH, "galaxy-s24", (D, C, E), 3000.0),
        (SPEECH, "jetson-orin-nx", (D, C, E), 3000.0),
        (SPEECH, "raspberry-pi-4", (E, C, D), 7000.0),
        (SPEECH, "oneplus-12", (E, D, E), 7000.0),
        (MEETING, "galaxy-s25", (D, D, D), 240_000.0),
        (MEETING, "galaxy-s24", (E, E, E), 60_000.0),
        (MEETING, "galaxy-s24", (C, C, C), 30_000.0),
        (MEETING, "galaxy-s24", (E, D, C), 60_000.0),
        (MEETING, "snapdragon-8-elite-gen5", (C, D, D), 30_000.0),
    ],
)
def test_plans_exist(application: str, device: str, tiers: tuple[str, ...], slo_ms: float) -> None:
    """A query within a usual SLO has a plan with its operators at these tiers."""
    compiled = instance(application, device, tiers, slo_ms).compiled
    assert enumerate_plans(compiled, 0).feasible(compiled, 0).any()


@pytest.mark.parametrize("application", OPERATORS)
def test_tables_are_complete(application: str) -> None:
    """Every configuration has memory, accuracy and a machine; sizes stay what enumeration likes."""
    frames = application_frames(application)
    own = catalogue.table("configurations")
    assert len(frames["configurations"]) == (own["application"] == application).sum() <= 25
    assert frames["profiles"]["memory_gb"].notna().all()
    assert frames["profiles"]["min_rate_rps"].isna().all()
    assert set(frames["accuracy"]["configurations"]) == set(frames["configurations"]["configuration"])
    assert frames["compatible"].empty


def arithmetic(text: str, known: dict[str, float]) -> float:
    """Return the value of a formula's right-hand side, names looked up."""
    filled = re.sub(r"\[([^\]]+)\]", lambda found: repr(known[found.group(1)]), text)
    assert re.fullmatch(r"(?:[\d.e+*/(), -]|mean|max|min)+", filled), text
    functions = {"max": max, "min": min, "mean": lambda *values: sum(values) / len(values), "__builtins__": {}}
    return round(eval(filled, functions), 4)


def test_formulas() -> None:
    """Every derived row of both applications has a formula, and every formula gives the row's figure."""
    known = dict(catalogue.table("measurements")[["measurement", "value"]].to_numpy().tolist())
    rules = catalogue.table("rules")
    known |= {f"rule:{name}": value for name, value in rules[["rule", "value"]].to_numpy().tolist()}
    count = 0
    for name in ("operators", "configurations", "accuracy", "profiles", "memory"):
        frame = catalogue.table(name)
        for row in frame[frame["application"].isin([*OPERATORS])].to_dict("records"):
            assert row["formula"] or row["mark"] != "derived", row
            for part in filter(None, row["formula"].split("; ")):
                figure, expression = part.split(" = ")
                assert row[figure] == arithmetic(expression, known), row
                count += 1
    assert count > 150


@cache
def read(path: str, key: str, header: tuple[str, ...] = ()) -> dict[str, dict[str, str]]:
    """Read a published table by the column that names its rows, several joined by "|"."""
    with (DATA / path).open(encoding="utf-8") as file:
        rows = list(csv.reader(file))
    names = header or tuple(rows[0])
    records = [dict(zip(names, map(str.strip, row), strict=False)) for row in (rows if header else rows[1:])]
    return {"|".join(record[column] for column in key.split("|")): record for record in records}


PHONES = {
    "galaxy-s24": "Samsung Galaxy S24",
    "galaxy-s25": "Samsung Galaxy S25",
    "snapdragon-8-elite": "Snapdragon 8 Elite QRD",
    "snapdragon-8-elite-gen5": "Snapdragon 8 Elite Gen 5 QRD",
}
LLAMAS = {
    "llama-3.2-1b": "llama_v3_2_1b_instruct",
    "llama-3.2-3b": "llama_v3_2_3b_instruct",
    "llama-3.1-8b": "llama_v3_1_8b_instruct",
}


def of_ai_hub(model: str, rest: str) -> float:
    """Return a figure of a Qualcomm table."""
    device, quantity = re.fullmatch(r"(.+?)-(encoder-ms|token-ms|first-token-128-ms|tokens-per-s|ms)", rest).groups()  # type: ignore[union-attr]
    if model.startswith("llama"):
        rows = read("qualcomm-ai-hub-models/llm_perf.csv", "model|precision|device")
        row = rows[f"{LLAMAS[model.removesuffix('-w4a16')]}|w4a16|{PHONES[device]}"]
        return float(row["tokens_per_second" if quantity == "tokens-per-s" else "ttft_ms_min"])
    rows = read("qualcomm-ai-hub-models/perf.csv", "model|component|precision|device|runtime")
    if model.startswith("resnet50"):
        return float(rows[f"resnet50|ResNet50|w8a8|{PHONES[device]}|tflite"]["inference_time_ms"])
    part = "Encoder" if quantity == "encoder-ms" else "Decoder"
    if model == "whisper-small-w8a16":
        key = f"whisper_small_quantized|WhisperSmall{part}Quantizable|w8a16|{PHONES[device]}|precompiled_qnn_onnx"
    else:
        key = f"{model.replace('-', '_')}|HfWhisper{part}|float|{PHONES[device]}|qnn_context_binary"
    return float(rows[key]["inference_time_ms"])


def of_faster_whisper(model: str, rest: str) -> float:
    """Return seconds for 13 minutes of audio, or MB."""
    machine, batch, quantity = re.fullmatch(r"(.+)-batch-(\d)-(s|mb)", rest).groups()  # type: ignore[union-attr]
    name, precision = model.removeprefix("whisper-").rsplit("-", 1)
    hardware = {"core-i7-12700k": "i7-12700K 8 threads", "rtx-3070-ti": "RTX 3070 Ti 8GB"}[machine]
    rows = read("faster-whisper/faster_whisper_benchmark.csv", "model|hardware|implementation|precision|batch")
    row = rows[f"{name}|{hardware}|faster-whisper|{precision}|{batch}"]
    return float(row["memory_MB" if quantity == "mb" else "seconds_for_13min_audio"])


def of_asr_leaderboard(model: str, rest: str) -> float:
    """Return a word error rate, %, or a size, 10^9 parameters."""
    english_only = model in ("whisper-tiny", "whisper-base", "whisper-small")
    published_name = f"openai/{model}.en" if english_only else f"openai/{model}"
    if model == "wav2vec2-large":
        published_name = "facebook/wav2vec2-large-960h-lv60-self"
    column = {"librispeech-clean-wer": "LS Clean WER", "ami-wer": "AMI WER", "parameters-b": "Model size (B)"}[rest]
    return float(read("open-asr-leaderboard/en_shortform.csv", "model")[published_name][column])


def of_model_card(model: str, rest: str) -> float:
    """Return a speed on the OnePlus 12 or a score."""
    name = {"bf16": "bf16", "spinquant": "SpinQuant", "qlora": "QLoRA"}
    family, size, precision = re.fullmatch(r"(llama-3\.[12])-(\db)-(\w+)", model).groups()  # type: ignore[union-attr]
    if rest.startswith("oneplus"):
        row = read("llm-quality-and-edge/llama32_oneplus12_cpu.csv", "model")
        key = f"{size.upper()} {name[precision].replace('bf16', 'BF16')}"
        return float(row[key]["prefill_tok_s" if "prompt" in rest else "decode_tok_s"])
    key = "Llama-3.1-8B" if family == "llama-3.1" else f"Llama-3.2-{size.upper()} {name[precision]}"
    score = read("llm-quality-and-edge/llama32_quant_quality.csv", "model")[key]
    return float(score["MMLU_5shot" if rest == "mmlu" else "TLDR9_rougeL"])


def of_llama_cpp(model: str, rest: str) -> float:
    """Return a file's size, GiB, or its bits per weight."""
    name = {"llama-3.1-8b-f16": "F16", "llama-3.1-8b-q4-k-m": "Q4_K_M"}[model]
    row = read("llm-quality-and-edge/llama_cpp_quant_8B.csv", "quant")[name]
    return float(row["size_GiB" if rest == "size-gib" else "bits_per_weight"])


def of_helix(_model: str, rest: str) -> float:
    """Return ms for one layer."""
    machine, step, tokens = re.fullmatch(r"(\w+)-(prompt|decode)-(\d+)-layer-ms", rest).groups()  # type: ignore[union-attr]
    path = f"helix-llm-profiles/llama1_30b_{machine}_{step}_bs2time.csv"
    return float(read(path, "tokens", ("tokens", "ms"))[tokens]["ms"])


def of_synthesis(model: str, rest: str) -> float:
    """Return a real-time factor, or a size in MB."""
    names = {"piper": "vits-model-en_US-lessac-medium", "matcha": "matcha-icefall-en_US-ljspeech"}
    row = read("sherpa-onnx-tts-rtf/rtf_rpi4.csv", "model")[names.get(model.split("-")[0], "kokoro-en-v0_19")]
    if rest == "size-mb":
        return float(row["size"].removesuffix(" MB"))
    threads = rest.rsplit("-", 1)[1]
    return float(row["rtf_1thread" if threads == "1" else f"rtf_{threads}threads"])


def of_diarisation(model: str, rest: str) -> float:
    """Return a diarisation error rate, %, or seconds per hour of audio."""
    pipeline = model.removeprefix("pyannote-")
    if rest == "ami-ihm-der":
        return float(read("pyannote-diarisation/der.csv", "benchmark")["AMI (IHM)"][f"DER_{pipeline}"])
    rows = read("pyannote-diarisation/speed_h100.csv", "benchmark|pipeline")
    return float(rows[f"DIHARD3 ~5min files|{pipeline}"]["seconds_per_hour_of_audio"])


def of_mlperf(source: str, rest: str) -> float:
    """Return the result or accuracy of the submission that the source names."""
    row = read("mlperf-inference/closed_single_accelerator.csv", "uid")[source.rsplit("#", 1)[1]]
    assert f"--{row['version']}--" in source
    scenario = {"singlestream": "SingleStream", "offline": "Offline"}
    assert row["scenario"] == scenario[source.split("/*/")[0].rsplit("--", 1)[1]]
    return float(row["accuracy" if rest.endswith("accuracy") else "result"])


def of_azure(name: str) -> float:
    """Return a statistic of a trace, worked out from its requests."""
    trace, statistic = re.fullmatch(r"azure-llm-(code|conversation)\.(.+)", name).groups()  # type: ignore[union-attr]
    file = f"azure-llm-trace-2023/AzureLLMInferenceTrace_{trace.replace('conversation', 'conv')}.csv"
    requests = pd.read_csv(DATA / file)
    seconds = (pd.to_datetime(requests["TIMESTAMP"]) - pd.Timestamp("2023-11-16")).dt.total_seconds().to_numpy()
    per_minute = np.bincount(((seconds - seconds[0]) // 60).astype(int))[:-1]  # the last minute is not whole
    gaps = np.diff(seconds)
    simple = {
        "requests": len(requests),
        "length-s": seconds[-1] - seconds[0],
        "arrivals-per-minute-max": per_minute.max(),
        "inter-arrival-cv": gaps.std() / gaps.mean(),
    }
    if statistic in simple:
        return float(simple[statistic])
    of, percentile = statistic.rsplit("-p", 1)
    columns = {"context-tokens": "ContextTokens", "generated-tokens": "GeneratedTokens"}
    return float(np.percentile(requests[columns[of]] if of in columns else per_minute, int(percentile)))


def of_jellybean(rest: str) -> float:
    """Return the latency of the large speech model on a worker."""
    header = ("operator", "worker", "variant", "ms")
    rows = read("jellybean-vqa/execution_profile_p50.csv", "operator|worker|variant", header)
    worker = rest.removesuffix("-ms").replace("jellybean-", "workflow-compute-")
    return float(rows[f"SpeechRecognition|{worker}|wav2vec2-large-960h-lv60-self"]["ms"])


BY_REPOSITORY = {
    "quic/ai-hub-models": of_ai_hub,
    "SYSTRAN/faster-whisper": of_faster_whisper,
    "huggingface/open_asr_leaderboard": of_asr_leaderboard,
    "meta-llama/llama-models": of_model_card,
    "ggml-org/llama.cpp": of_llama_cpp,
    "Thesys-lab/Helix-ASPLOS25": of_helix,
    "k2-fsa/sherpa": of_synthesis,
    "pyannote/pyannote-audio": of_diarisation,
}
NOT_AT_HAND = re.compile(r".*\.(xeon-gold-6226r|v100)-batch-1-(s|mb)|llama-3\.2-[13]b\.parameters-b")
"""From an older page of faster-whisper and the text of a model card, which are not among the published tables."""


def published_figure(name: str, source: str) -> float:
    """Return a measurement as it is published."""
    repository = source.split("@")[0]
    # Versions hold points too: a model's name ends at the last one.
    model, rest = name.rsplit(".", 1)
    if repository == "Azure/AzurePublicDataset":
        return of_azure(name)
    if repository == "mlcommons/cm4mlperf-results":
        return of_mlperf(source, rest)
    if repository == "libertyeagle/JellyBean":
        return of_jellybean(rest)
    return BY_REPOSITORY[repository](model, rest)


@published
def test_measurements() -> None:
    """Every measurement used by both, and of the traces, is the published one; what is computed has 4 decimals."""
    formulas = [catalogue.table(name) for name in ("accuracy", "profiles", "memory")]
    used = {
        name
        for frame in formulas
        for formula in frame.loc[frame["application"].isin([*OPERATORS]), "formula"]
        for name in re.findall(r"\[([^\]]+)\]", formula)
    }
    frame = catalogue.table("measurements")
    rows = frame[frame["measurement"].isin(list(used)) | frame["measurement"].str.startswith("azure-llm-")]
    assert len(rows) == 184
    looked_up = [row for row in rows.itertuples() if not NOT_AT_HAND.fullmatch(row.measurement)]
    assert len(rows) - len(looked_up) == 10
    for row in looked_up:
        assert row.value == pytest.approx(published_figure(row.measurement, row.source), abs=5.1e-5, rel=0), row


@published
def test_measured_rows() -> None:
    """Measured memories, and memories and prices of machines, are the published ones."""
    resident = read("llm-quality-and-edge/llama32_oneplus12_cpu.csv", "model")
    memory = catalogue.table("memory")
    memory = memory[memory["application"].isin([*OPERATORS]) & (memory["mark"] == "measured")]
    assert len(memory) == 12
    for row in memory.itertuples():
        size, precision = row.configuration.removeprefix("llama-3.2-").split("-")
        name = {"bf16": "BF16", "spinquant": "SpinQuant", "qlora": "QLoRA"}[precision]
        assert row.memory_gb == float(resident[f"{size.upper()} {name}"]["rss_MB"]) / 1000
    machines = read("mlperf-inference/closed_single_accelerator.csv", "uid")
    assert machines["db6cc89ca0744579"]["accelerator"].endswith(
        f"Orin {catalogue.unit_memory_gb('jetson-agx-orin'):g}G"
    )
    (gpu,) = {row["hardware"] for row in read("pyannote-diarisation/speed_h100.csv", "pipeline").values()}
    assert f"H100 {catalogue.unit_memory_gb('h100'):g}GB" in gpu
    header = ("instance", "price", "region", "time")
    prices = read("aws-prices-karpenter/on_demand_us_east_1.csv", "instance", header)
    for hardware, instance_type in {"l4": "g6.xlarge", "h100": "p5.4xlarge", "xeon-gold-6226r": "c6i.2xlarge"}.items():
        assert catalogue.unit_price(hardware, "cloud") == float(prices[instance_type]["price"])
