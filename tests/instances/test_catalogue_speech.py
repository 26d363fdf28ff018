"""Speech assistant and meeting companion: formulas, published figures, plans at every tier."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
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
FORMS = {"bf16": "BF16", "spinquant": "SpinQuant", "qlora": "QLoRA"}
VOICES = {
    "piper-lessac-medium": "vits-model-en_US-lessac-medium",
    "matcha-ljspeech": "matcha-icefall-en_US-ljspeech",
    "kokoro-en-v0.19": "kokoro-en-v0_19",
}


def of_phone(model: str, device: str, part: str) -> float:
    """Return the latency of half a Whisper on a phone, ms."""
    rows = read("qualcomm-ai-hub-models/perf.csv", "model|component|precision|device|runtime")
    if model == "small-w8a16":
        key = (
            f"whisper_small_quantized|WhisperSmall{part.title()}Quantizable|w8a16|{PHONES[device]}|precompiled_qnn_onnx"
        )
    else:
        key = f"whisper_{model.replace('-', '_')}|HfWhisper{part.title()}|float|{PHONES[device]}|qnn_context_binary"
    return float(rows[key]["inference_time_ms"])


def of_phone_resnet(device: str) -> float:
    """Return the latency of 8-bit ResNet-50 on a phone, ms."""
    rows = read("qualcomm-ai-hub-models/perf.csv", "model|component|precision|device|runtime")
    return float(rows[f"resnet50|ResNet50|w8a8|{PHONES[device]}|tflite"]["inference_time_ms"])


def of_phone_llm(model: str, device: str, quantity: str) -> float:
    """Return the time to the first token of a full context, ms; or the tokens per second."""
    row = read("qualcomm-ai-hub-models/llm_perf.csv", "model|precision|device")[
        f"{LLAMAS[model]}|w4a16|{PHONES[device]}"
    ]
    assert row["context_length"] == "4096"
    return float(row["tokens_per_second" if quantity == "tokens_per_s" else "ttft_ms_max"])


def of_faster_whisper(model: str, precision: str, machine: str, batch: str, quantity: str) -> float:
    """Return seconds for 13 minutes of audio, or MB."""
    hardware = {"core-i7-12700k": "i7-12700K 8 threads", "rtx-3070-ti": "RTX 3070 Ti 8GB"}[machine]
    rows = read("faster-whisper/faster_whisper_benchmark.csv", "model|hardware|implementation|precision|batch")
    row = rows[f"{model}|{hardware}|faster-whisper|{precision}|{batch}"]
    return float(row["memory_MB" if quantity == "mb" else "seconds_for_13min_audio"])


def of_asr_leaderboard(model: str, quantity: str) -> float:
    """Return a word error rate, %, or a size, 10^9 parameters."""
    names = {name: f"openai/{name}.en" for name in ("whisper-tiny", "whisper-base", "whisper-small")}
    names["wav2vec2-large"] = "facebook/wav2vec2-large-960h-lv60-self"
    columns = {"librispeech_clean_wer": "LS Clean WER", "ami_wer": "AMI WER", "parameters": "Model size (B)"}
    row = read("open-asr-leaderboard/en_shortform.csv", "model")[names.get(model, f"openai/{model}")]
    return float(row[columns[quantity]])


def of_oneplus(size: str, form: str, prompt: str | None) -> float:
    """Return tokens per second on the OnePlus 12, of the prompt or of the reply."""
    row = read("llm-quality-and-edge/llama32_oneplus12_cpu.csv", "model")[f"{size.upper()} {FORMS[form]}"]
    return float(row["prefill_tok_s" if prompt else "decode_tok_s"])


def of_score(model: str, size: str, form: str, score: str) -> float:
    """Return MMLU or ROUGE-L on TLDR9+, %."""
    names = FORMS | {"bf16": "bf16"}
    name = f"Llama-{model}-{size.upper()}" + ("" if model == "3.1" else f" {names[form]}")
    row = read("llm-quality-and-edge/llama32_quant_quality.csv", "model")[name]
    return float(row["MMLU_5shot" if score == "mmlu" else "TLDR9_rougeL"])


def of_file_size(form: str) -> float:
    """Return the size of Llama 3.1 8B in a form of llama.cpp, GiB."""
    return float(read("llm-quality-and-edge/llama_cpp_quant_8B.csv", "quant")[form.upper()]["size_GiB"])


def of_layer(machine: str, step: str, tokens: str) -> float:
    """Return the time of one layer, ms."""
    path = f"helix-llm-profiles/llama1_30b_{machine}_{step}_bs2time.csv"
    return float(read(path, "tokens", ("tokens", "ms"))[tokens]["ms"])


def of_synthesis(model: str, quantity: str) -> float:
    """Return a real-time factor, or a size in MB."""
    row = read("sherpa-onnx-tts-rtf/rtf_rpi4.csv", "model")[VOICES[model]]
    if quantity == "size_mb":
        return float(row["size"].removesuffix(" MB"))
    threads = quantity[-1]
    return float(row["rtf_1thread" if threads == "1" else f"rtf_{threads}threads"])


def of_diarisation_speed(pipeline: str) -> float:
    """Return seconds per hour of audio in files of about five minutes."""
    rows = read("pyannote-diarisation/speed_h100.csv", "benchmark|pipeline")
    return float(rows[f"DIHARD3 ~5min files|{pipeline}"]["seconds_per_hour_of_audio"])


def of_diarisation_error(pipeline: str) -> float:
    """Return the diarisation error rate on AMI with headset microphones, %."""
    return float(read("pyannote-diarisation/der.csv", "benchmark")["AMI (IHM)"][f"DER_{pipeline}"])


def of_worker(worker: str) -> float:
    """Return the latency of JellyBean's large speech model on a worker, ms."""
    header = ("operator", "worker", "variant", "ms")
    rows = read("jellybean-vqa/execution_profile_p50.csv", "operator|worker|variant", header)
    return float(rows[f"SpeechRecognition|workflow-compute-{worker}|wav2vec2-large-960h-lv60-self"]["ms"])


def of_azure(trace: str, statistic: str) -> float:
    """Return a statistic of a trace, worked out from its requests."""
    file = f"azure-llm-trace-2023/AzureLLMInferenceTrace_{trace.replace('conversation', 'conv')}.csv"
    requests = pd.read_csv(DATA / file)
    seconds = (pd.to_datetime(requests["TIMESTAMP"]) - pd.Timestamp("2023-11-16")).dt.total_seconds().to_numpy()
    per_minute = np.bincount(((seconds - seconds[0]) // 60).astype(int))[:-1]  # the last minute is not whole
    intervals = np.diff(seconds)
    simple = {
        "arrivals_count": len(requests),
        "arrivals_span_s": seconds[-1] - seconds[0],
        "arrivals_per_minute_max": per_minute.max(),
        "arrivals_interval_cv": intervals.std() / intervals.mean(),
    }
    if statistic in simple:
        return float(simple[statistic])
    of, percentile = statistic.rsplit("_p", 1)
    columns = {"context_tokens": "ContextTokens", "generated_tokens": "GeneratedTokens"}
    return float(np.percentile(requests[columns[of]] if of in columns else per_minute, int(percentile)))


def of_mlperf(source: str, quantity: str) -> float:
    """Return the result or accuracy of the submission that the source names."""
    row = read("mlperf-inference/closed_single_accelerator.csv", "uid")[source.rsplit("#", 1)[1]]
    assert f"--{row['version']}--" in source
    scenario = {"singlestream": "SingleStream", "offline": "Offline"}
    assert row["scenario"] == scenario[source.split("/*/")[0].rsplit("--", 1)[1]]
    return float(row["accuracy" if quantity.endswith("accuracy") else "result"])


LOOK_UPS: dict[str, Callable[..., float]] = {
    r"whisper-(.+)\.([\w-]+)\.(encoder|decoder)_ms_per_(?:30_s|token)": of_phone,
    r"aihub-resnet50-w8a8\.([\w-]+)\.ms": of_phone_resnet,
    r"aihub-(llama-.+)\.([\w-]+)\.(tokens_per_s|ttft_ms_4096)": of_phone_llm,
    r"whisper-(.+)-(\w+)\.([\w-]+)\.batch_(\d)_(mb|s_per_13_min)": of_faster_whisper,
    r"(whisper-[\w-]+|wav2vec2-large)\.(librispeech_clean_wer|ami_wer|parameters)": of_asr_leaderboard,
    r"llama-3\.2-(\db)-(\w+)\.oneplus-12\.(prompt_)?tokens_per_s": of_oneplus,
    r"llama-(3\.\d)-(\db)-(\w+)\.(mmlu|tldr9_rouge_l)": of_score,
    r"llama-cpp-llama-3\.1-8b-(\w+)\.size_gib": of_file_size,
    r"helix-llama-30b\.(\w+)\.(prompt|decode)_(\d+)_ms_per_layer": of_layer,
    r"(piper-lessac-medium|matcha-ljspeech|kokoro-en-v0\.19)\.(?:raspberry-pi-4\.)?(rtf_\d|size_mb)": of_synthesis,
    r"pyannote-(.+)\.h100\.s_per_hour": of_diarisation_speed,
    r"pyannote-(.+)\.ami_ihm_der": of_diarisation_error,
    r"jellybean-wav2vec2-large\.(.+)\.ms": of_worker,
    r"azure-llm-(code|conversation)\.(.+)": of_azure,
}
NOT_AT_HAND = re.compile(
    r".*\.(xeon-gold-6226r|v100)\.batch_1_(mb|s_per_13_min)|llama-(30b|3\.2-[13]b|3\.1-8b)\.parameters"
)
"""From an older page of faster-whisper, a model card's text and a paper: not among the published tables."""


def published_figure(name: str, source: str) -> float:
    """Return a measurement as it is published."""
    if source.startswith("mlcommons/"):
        return of_mlperf(source, name)
    found = [(match, look_up) for names, look_up in LOOK_UPS.items() if (match := re.fullmatch(names, name))]
    assert len(found) == 1, (name, found)
    ((match, look_up),) = found
    return look_up(*match.groups())


def measurements() -> pd.DataFrame:
    """Return the measurements that formulas of both applications name, and the statistics of the traces."""
    used = {
        name
        for table in ("accuracy", "profiles", "memory")
        for row in catalogue.table(table).itertuples()
        if row.application in OPERATORS
        for name in re.findall(r"\[([^\]]+)\]", row.formula)
    }
    frame = catalogue.table("measurements")
    return frame[frame["measurement"].isin(list(used)) | frame["measurement"].str.startswith("azure-llm-")]


@published
def test_measurements() -> None:
    """Every measurement is the published one; those worked out from a trace have four decimals."""
    rows = list(measurements().itertuples())
    assert len(rows) == 185
    looked_up = [row for row in rows if not NOT_AT_HAND.fullmatch(row.measurement)]
    assert len(looked_up) == 173
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
        assert row.memory_gb == float(resident[f"{size.upper()} {FORMS[precision]}"]["rss_MB"]) / 1000
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
