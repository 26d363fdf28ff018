"""The catalogue as a page of documentation: every figure with its source, and what is weak."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pandas as pd

from sloplan.instances.catalogue import MARKS, TABLES, table

_INTRODUCTION: Final = """# The catalogue

Figures of models, machines and networks that instances are made from. This page is generated from the
tables in `src/sloplan/instances/catalogue/` by `sloplan.instances.catalogue_page`.

Every row names its source (`repository@commit:file`) and a mark:

- **measured**: as published, at most rounded to 4 decimals or changed in unit;
- **derived**: worked out from published figures; the row says how;
- **assumed**: chosen; the row says why.

A row is marked as its weakest figure is. A pair of model and machine that nobody measured is absent, and
so infeasible, unless a row fills it and says how. Latencies are those of one call at batch 1; throughputs at large
batch are not used. A unit is busy for as long as one call lasts, because the sources give no other time (rule
`busy_per_latency`).
"""

_WEAKNESSES: Final = """## What is weak

- **Percentiles.** The VQA latencies are medians. The other sources give one number for each model and do
  not say which statistic it is; instances say `p50` for all.
- **VQA.** The source names no machines: `jellybean-cpu-1` to `jellybean-gpu-3` are its workers, and their memory
  is guessed from the AWS prices that theirs equal. Its kilobytes are 1,024 bytes: 2.00390625 of them are 2,052 bytes,
  512 numbers and a header.
- **Traffic video** is assembled here from separate measurements. Its accuracy is the product of the stream's F1 and
  the detector's COCO mAP relative to the best detector, as if the two were independent. The F1 is that of pedestrian
  detection with detectors of 2017, relative to the undegraded stream. Tracking time is assumed (the source times
  detector and tracker together) and tracking has no accuracy of its own; a tracker takes one core of its machine, or of
  an accelerator's host, as a share of the unit. The vehicle attribute model's latencies equal those of the ImageNet
  classifier with the same backbone in the same list. Ten vehicles for each second are assumed.
- **Batch 32** is timed as images per second of full batches: its latency is derived, and the wait to fill a batch
  assumed.
- **AR pose.** Accuracy is measured end to end for each pair. The person detector's time is the pipeline's less the pose
  model's, and these differences vary by a factor of two between pose models. On phones the detectors were not
  measured: near relatives stand in for them; both figures of a Galaxy are of ONNX Runtime. One-stage models were
  measured on other machines than the pairs.
- **Speech assistant** and **meeting companion** are assembled here from separate measurements, and their accuracy is
  the product of word accuracy, quality of the reply (MMLU) or summary (ROUGE-L on TLDR9+) relative to the best model,
  and that of the voice or of telling speakers apart, as if they were independent. How long an utterance, a prompt, a
  reply and a summary are is assumed (rules). The reply is spoken only when it is complete. Voices have no licensed
  listening test: their accuracies are assumed. Word error rates of the small Whisper models are those of the
  English-only checkpoints, and quantised models count as the originals, for want of their own.
- **Whisper** on phones is timed by window and token, elsewhere by 13 minutes of audio: a short utterance costs a phone
  a whole window, and a server only its part of the 13 minutes. Batches of 8 are used only where the windows of one
  request fill them. Recognisers and summarisers of MLPerf are 90th percentiles over the lengths of its data sets.
- **Language models on GPUs** are not timed in the licensed sources, save LLaMA 30B: smaller ones take its time per
  layer and parameter, as if decoding were bound by memory at every size. 4-bit models have no times on GPUs.
- **Diarisation** is timed on an H100 only, and pyannote's precision-2 is a paid product; other machines take the ratio
  of ResNet-50. **Speech synthesis** is timed on a Raspberry Pi 4 only; other machines take an assumed ratio.
- **Hosted models** are left out: a price per token is not a price per busy hour of a machine.
- **T4** figures come from two sources at two precisions (TensorRT, and Paddle in FP32): a model of one is not
  comparable with a model of the other.
- **Memory** is half a gigabyte and 8 bytes for each parameter, except for machines and models that say more.
- **Edge prices** are assumed purchases over three years at half use; devices are free to who owns them.
- **Networks.** Round trips are quartiles of a student project's RIPE Atlas measurements; uplinks are not measured
  anywhere and should be swept.
"""


def catalogue_page() -> str:
    """Return the page as Markdown text."""
    frames = {name: table(name) for name in TABLES}
    parts = [_INTRODUCTION, "## How much is measured\n", _counts(frames), "## Sources\n", _sources(frames)]
    parts += ["## Formulas and assumptions\n", _reasons(frames), _WEAKNESSES]
    return "\n".join(parts)


def _counts(frames: dict[str, pd.DataFrame]) -> str:
    rows = [[name, *(int((frame["mark"] == mark).sum()) for mark in MARKS)] for name, frame in frames.items()]
    return _markdown(["table", *MARKS], rows)


def _sources(frames: dict[str, pd.DataFrame]) -> str:
    used = pd.concat([frame[["source"]].assign(table=name) for name, frame in frames.items()])
    used = used.assign(source=used["source"].str.split(" + ", regex=False)).explode("source")
    used = used[used["source"] != "assumption"]
    tables = used.groupby("source")["table"].agg(lambda names: ", ".join(dict.fromkeys(names)))
    return _markdown(["source", "tables"], [[f"`{source}`", names] for source, names in sorted(tables.items())])


def _reasons(frames: dict[str, pd.DataFrame]) -> str:
    rows = []
    for name, frame in frames.items():
        for (mark, how), of in frame[frame["how"] != ""].groupby(["mark", "how"], sort=False):
            rows.append([name, _what(of), mark, how])
    return _markdown(["table", "rows", "mark", "how"], rows)


def _what(rows: pd.DataFrame) -> str:
    """Name rows of one reason: the first one, and how many more."""
    labels = ("operator", "from_operator", "configuration", "configurations", "hardware", "network", "quantity", "rule")
    first = rows.iloc[0]
    name = " ".join(first[label] for label in labels if label in rows)
    return name if len(rows) == 1 else f"{name} and {len(rows) - 1} more"


def _markdown(header: list[str], rows: Sequence[Sequence[object]]) -> str:
    lines: list[Sequence[object]] = [header, ["---"] * len(header), *rows]
    return "".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |\n" for line in lines)
