"""The charts of a task's test metrics: images in TensorBoard, and a page in the run's folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import tensorflow as tf

from keras_ae.files import replace_text
from keras_ae.metrics.titles import title_of
from keras_ae.reports.curves import curves_image
from keras_ae.reports.images import image
from keras_ae.reports.page import captioned, page, section, table

__all__ = ["CURVES_FILE", "write_curves"]

CURVES_FILE = "curves.html"
"""The page in a run's folder."""


def write_curves(
    directory: Path,
    name: str,
    curves: Mapping[str, Mapping[str, Mapping[float, float]]],
    metrics: Mapping[str, Mapping[str, float]],
) -> None:
    """Writes charts as images of TensorBoard, and with the table of the metrics as a page.

    Args:
        directory: The run's folder.
        name: The model's name.
        curves: The charts by title, as `Task.curves` gives them; nothing is written without any.
        metrics: Test metrics by row and name.
    """
    if not curves:
        return
    charts = {title: curves_image(title, lines) for title, lines in curves.items()}
    with tf.summary.create_file_writer(str(directory / "train")).as_default():
        for title, pixels in charts.items():
            tf.summary.image(f"curves/{title}", pixels[None], step=0)
    names = list(dict.fromkeys(metric for row in metrics.values() for metric in row))
    rows = [
        [
            title_of(metric).heading,
            *(f"{row[metric]:.4f}" if metric in row else "-" for row in metrics.values()),
        ]
        for metric in names
    ]
    parts = [section("Charts", [captioned(image(pixels, title)) for title, pixels in charts.items()])]
    parts.append(section("Test metrics", table(["metric", *metrics], rows, numbers=[*metrics])))
    replace_text(directory / CURVES_FILE, page(f"{name}: test metrics", parts))
