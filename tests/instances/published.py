"""The published tables beside the checkout, and how they call what the catalogue holds."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd

DATA = Path(__file__).parents[3] / "shared" / "data"
APPLICATIONS = ("vqa", "traffic-video", "ar-pose", "document-qa")
"""Those whose figures `test_catalogue_sources` and `test_measurement_sources` look up."""
OPERATORS = {"vqa-image": "ExtractImageFeature", "vqa-speech": "SpeechRecognition", "vqa-answer": "VQA"}
GALAXIES = {"galaxy-s24": "Samsung Galaxy S24", "galaxy-s25": "Samsung Galaxy S25"}
RTMPOSE_COLUMNS = {
    "core-i7-11700": "ort_ms_i7-11700",
    "gtx-1660-ti": "trt_fp16_ms_GTX1660Ti",
    "snapdragon-865": "ncnn_fp16_ms_SD865",
}


def of_applications(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `APPLICATIONS`, or the whole of a table without applications."""
    return frame[frame["application"].isin(APPLICATIONS)] if "application" in frame else frame


def read(path: str, header: tuple[str, ...] = ()) -> list[dict[str, str]]:
    """Read a published table."""
    with (DATA / path).open(encoding="utf-8") as file:
        rows = [[field.strip() for field in row] for row in csv.reader(file) if row]
    return [dict(zip(header or rows[0], row, strict=False)) for row in (rows if header else rows[1:])]


def only(rows: list[dict[str, str]], column: str, **keys: str) -> float:
    """Return the figure of the only row with these keys."""
    found = [float(row[column]) for row in rows if all(row[key] == value for key, value in keys.items())]
    assert len(found) == 1, (keys, found)
    return found[0]


def published_map(configuration: str) -> float:
    """Return a detector's published COCO mAP."""
    name, size = configuration.rsplit("-", 1)
    if name.startswith("yolov5"):
        rows = read("ultralytics-yolo/yolov5_v7_v100_b1_b32.csv")
        return only(rows, "mAP50_95", model=name.replace("yolov5", "YOLOv5"), size_px=size)
    if name.startswith("picodet"):
        model = "PicoDet-" + name.removeprefix("picodet-").upper()
        return only(read("paddledetection-picodet/picodet_resolution.csv"), "mAP50_95", model=model, input=size)
    rows = read("ultralytics-yolo/yolo_official_tables.csv")
    return only(rows, "accuracy", task="detect", model=name.replace("yolo", "YOLO"))
