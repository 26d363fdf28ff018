"""The catalogue as a page of documentation: every figure with its source, and what is weak."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

import pandas as pd

from sloplan.instances.catalogue import TABLES, applications, table
from sloplan.instances.catalogue_coverage import coverage_grid, coverage_totals, mark_counts

_INTRODUCTION: Final = """# The catalogue

Figures of models, machines and networks that instances are made from. This page is generated from the
tables in `src/sloplan/instances/catalogue/` by `tools/update_catalogue_page.py`.

Every row names its source (`repository@commit:file`) and a mark:

- **measured**: as published, at most rounded to 4 decimals or changed in unit;
- **derived**: worked out from published figures; the row says how;
- **assumed**: chosen; the row says why.

A row is marked as its weakest figure is, rules apart: a derived row may follow an assumed rule, which it names. A
pair of model and machine that nobody measured is absent, and so infeasible, unless a named rule fills it; such rows
are derived. Latencies are those of one call at batch 1 where the allocation names no batch. A unit is busy for as
long as one call lasts, where a row says nothing else (rule `busy_per_latency`).
"""

_FORMULAS: Final = """## Formulas

Every derived row says in `formula` how each of its figures comes about, as `figure = expression`, several joined by
"; ":

```
latency_ms = 32 * [yolov5s-640.v100.batch_32_ms_per_image]; busy_ms = [yolov5s-640.v100.batch_32_ms_per_image]
```

A name in brackets is a row of `measurements.csv`, a published figure that no other table holds as it is, or, as
`[rule:name]`, a row of `rules.csv`. There are `+ - * / ( )`, `mean() max() min()`, and numbers for changes of unit
and for counts. `sloplan.instances.catalogue_formulas` works formulas out in exact fractions; the tables hold the
results rounded to four decimals, and a test compares the two. Assumed rows have a formula where they follow a rule;
measured rows have none. `tools/update_catalogue_page.py` writes this page anew after an edit, and prints the digests
of the tables.
"""

_COVERAGE: Final = """\
Configurations with a profile on each machine: m measured, d derived, a assumed, by the best of a configuration's
allocations there; `runs` says how many operators the machine runs. `sloplan instances catalogue` prints the same.
"""

_REASONS: Final = """\
How derived rows come about and why assumed ones are as they are. Reasons that differ in numbers only are shown
once, with those of the first row.
"""

_NUMBER: Final = re.compile(r"\d[\d.,]*")

_WEAKNESSES: Final = """## What is weak

- **Percentiles.** The VQA latencies are medians. The sources of traffic video, AR pose and document questions give one
  number for each model and do not say which statistic it is; instances say `p50` for all.
- **VQA.** The source names no machines: `jellybean-cpu-1` to `jellybean-gpu-3` are its workers, and their memory
  is guessed from the AWS prices that theirs equal. Its kilobytes are 1,024 bytes: 2.00390625 of them are 2,052 bytes,
  512 numbers and a header.
- **Traffic video** is assembled here from separate measurements. Its accuracy is the product of the stream's F1 and
  the detector's COCO mAP relative to the best detector, as if the two were independent. The F1 is that of pedestrian
  detection with detectors of 2017, relative to the undegraded stream. Tracking time is assumed (the source times
  detector and tracker together) and tracking has no accuracy of its own; a tracker takes one core of its machine, or
  of an accelerator's host, as a share of the unit. The vehicle attribute model's latencies equal those of the
  ImageNet classifier with the same backbone in the same list. Ten vehicles for each second are assumed. A batch of 32
  frames is timed as images per second of full batches: its latency is derived, and the wait to fill a batch assumed.
- **AR pose.** Accuracy is measured end to end for each pair. The person detector's time is the pipeline's less the
  pose model's, and these differences vary by a factor of two between pose models. On phones the detectors were not
  measured: near relatives stand in for them; both figures of a Galaxy are of ONNX Runtime. One-stage models were
  measured on other machines than the pairs.
- **Document questions** are assembled here: nobody measured the whole. Its accuracy is the product of six measures of
  six data sets, each relative to the best model, as if independent. How many lines, passages and tokens a page has is
  assumed, and lines are read one after the other. `whole-page`, EasyOCR, TrOCR and nomic-embed-text have
  assumed accuracies. Encoders and rerankers are published as rates at large batch, without the batch: the 32 passages
  of one request are timed as one batch at that rate, which is the least that it can take. T4 and A100 follow from
  V100 by the time of a LLaMA layer over 1,000 tokens on each; the CPU of the source has no name and is taken for the
  Xeon. Layout and text models on the A100 follow from the T4 by the mean of two MLPerf ratios that differ by more
  than a factor of two (0.56, 0.21), both of 90th percentiles; the A100 there has 80 GB. No language model was
  measured on T4, V100 or A100 in a source with a licence: LLaMA-30B's layers, timed one by one on those machines,
  stand for them in proportion to parameters, though the small models' layers are not of its shape. One request is
  timed as two, the fewest measured. SQuAD is that of base models, and what four bits cost is taken from another
  four-bit form. The Galaxy S25's language models were measured on the reference device of its chip.
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
- **T4** figures of image models come from two sources at two precisions (TensorRT, and Paddle in FP32): a model of
  one is not comparable with a model of the other.
- **Memory** is half a gigabyte and 8 bytes for each parameter where a row says nothing else.
- **Edge prices** are assumed purchases over three years at half use; devices are free to who owns them.
- **Networks.** Round trips are quartiles of a student project's RIPE Atlas measurements; uplinks are not measured
  anywhere and should be swept.
"""


def catalogue_page() -> str:
    """Return the page as Markdown text."""
    frames = {name: table(name) for name in TABLES}
    parts = [_INTRODUCTION, "## How much is measured\n", _frame(mark_counts())]
    parts += ["## What is profiled\n", _COVERAGE, *_coverage(), _FORMULAS]
    parts += [
        "## Sources\n",
        _sources(frames),
        "## Reasons and assumptions\n",
        _REASONS,
        *_reasons(frames),
        _WEAKNESSES,
    ]
    return "\n".join(parts)


def _coverage() -> Iterator[str]:
    """Yield the coverage of each application, with its heading."""
    for application in applications():
        yield f"### {application}\n\n{_frame(coverage_grid(application))}\n{coverage_totals(application)}.\n"


def _sources(frames: dict[str, pd.DataFrame]) -> str:
    used = pd.concat([frame[["source"]].assign(table=name) for name, frame in frames.items()])
    used = used.assign(source=used["source"].str.split(" + ", regex=False)).explode("source")
    used = used[used["source"] != "assumption"]
    tables = used.groupby("source")["table"].agg(lambda names: ", ".join(dict.fromkeys(names)))
    return _markdown(["source", "tables"], [[f"`{source}`", names] for source, names in sorted(tables.items())])


def _reasons(frames: dict[str, pd.DataFrame]) -> Iterator[str]:
    """Yield why the rows of each table are as they are; what differs in numbers only is shown once."""
    for name, frame in frames.items():
        given = frame[frame["how"] != ""]
        if given.empty:
            continue
        alike = given["how"].str.replace(_NUMBER, "0", regex=True)
        rows = [
            [_what(of), str(of["mark"].iloc[0]), str(of["how"].iloc[0])]
            for _, of in given.groupby([given["mark"], alike], sort=False)
        ]
        yield f"### {name}\n\n{_markdown(['rows', 'mark', 'how'], rows)}"


def _what(rows: pd.DataFrame) -> str:
    """Name rows of one reason: the first one, and how many more."""
    labels = ("operator", "from_operator", "configuration", "configurations", "hardware", "network", "quantity", "rule")
    first = rows.iloc[0]
    name = " ".join(first[label] for label in labels if label in rows)
    return name if len(rows) == 1 else f"{name} and {len(rows) - 1} more"


def _frame(frame: pd.DataFrame) -> str:
    return _markdown([str(column) for column in frame], frame.to_numpy().tolist())


def _markdown(header: list[str], rows: Sequence[Sequence[object]]) -> str:
    lines: list[Sequence[object]] = [header, ["---"] * len(header), *rows]
    return "".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |\n" for line in lines)
