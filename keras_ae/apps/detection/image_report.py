"""Writes the results of detection in a folder of images: scores, maps, a contact sheet, a report."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from keras_ae.apps.detection.charts import table_chart
from keras_ae.apps.detection.detector import Detector
from keras_ae.apps.detection.image_folder import FolderOfImages
from keras_ae.apps.detection.image_metrics import folder_metrics
from keras_ae.apps.detection.image_page import image_sections
from keras_ae.apps.detection.image_scoring import ImageMap, ScoredImages, image_maps
from keras_ae.apps.detection.summary import MOST_PRINTED, Summary, rarity, write_page
from keras_ae.data.images.listing import fault_note, none_readable
from keras_ae.files import written_whole
from keras_ae.imaging.contact_sheet import contact_sheet
from keras_ae.imaging.grid import save

__all__ = ["MAPS", "SHEET", "TopImage", "write_images"]

MAPS, SHEET = "maps", "contact_sheet.png"
"""The folder of the maps, and the contact sheet."""

MOST_MAPS, MOST_SHOWN, TOP = 1000, 40, 200
"""Images with a map, those on the contact sheet and in the report, and those of top.csv, at most."""

TITLES = {
    "auroc": "AUROC of images",
    "auprc": "average precision of images",
    "pixel_auroc": "AUROC of pixels",
    "pixel_auprc": "average precision of pixels",
    "pixel_aupro": "overlap of regions (PRO)",
}


COLORS = {1: "gray", 3: "in color"}


@dataclass(frozen=True)
class TopImage:
    """An image with its score.

    Attributes:
        index: Its index.
        name: The path of its file in the folder, with its page where the file has several.
        label: What its folder says of it; "" for nothing.
        score: Its anomaly score.
        p_value: The fraction of normal images that score as high.
        flagged: Whether it is an anomaly.
        peak: Where its map is highest: fractions from the left and from the top.
    """

    index: int
    name: str
    label: str
    score: float
    p_value: float
    flagged: bool
    peak: tuple[float, float]

    def __str__(self) -> str:
        mark = "" if self.flagged else ", not flagged"
        where = f"most {self.peak[0]:.0%} from the left, {self.peak[1]:.0%} from the top"
        return f"{self.name}: score {self.score:.4g}, {rarity(self.p_value)}{mark}; {where}"


def write_images(
    detector: Detector,
    images: FolderOfImages,
    scored: ScoredImages,
    folder: Path,
    model: Mapping[str, str],
    remarks: Sequence[str] = (),
) -> Iterator[str]:
    """Writes what was found in a folder of images.

    Args:
        detector: The detector that scored them.
        images: The images.
        scored: Their scores.
        folder: The folder to write to.
        model: What is known of the model, by name.
        remarks: What to be careful about.

    Yields:
        Lines about the results.

    Raises:
        InputError: No image can be read.
    """
    finite = np.isfinite(scored.scores)
    if not finite.any():
        raise none_readable(images.path, _faults(images, scored))
    each = [_top_image(images, scored, row) for row in range(len(images.frames)) if finite[row]]
    _write_rows(each, images, folder / "scored.csv")
    of_row = {one.index: one for one in each}
    top = [of_row[row] for row in scored.highest(TOP)]
    _write_rows(top, images, folder / "top.csv")
    flagged = [one.index for one in each if one.flagged]
    shown = _write_maps(detector, images, scored, flagged, folder)
    _write_sheet(shown, of_row, folder / SHEET)
    threshold = detector.fitted.value
    scores, flags = scored.scores[finite], scored.flags[finite]
    table_chart(folder / "plot.png", scores, flags, detector.reference, threshold, "images")
    metrics, told = folder_metrics(images, scored)
    told_metrics = {TITLES[name]: value for name, value in metrics.items()}
    summary = _summary(detector, images, scored, model, remarks)
    sections = image_sections(shown, of_row, top, scored, detector, told_metrics, told)
    write_page(summary, sections, folder / "report.html")
    yield from summary.lines
    yield from (f"{name} {value:.3f}" for name, value in told_metrics.items())
    if told:
        yield f"measured on {told}"
    yield from map(str, top[:MOST_PRINTED])
    files = f"scored.csv, top.csv, plot.png, {SHEET}, {MAPS}/"
    yield f"report: {folder / 'report.html'}  (beside it {files})"


def _write_sheet(shown, of_row, target):
    """Writes the contact sheet: images beside their maps, highest scores first; flagged ones have a star."""
    pairs = [np.concatenate([one.view, one.overlay], axis=1) for one in shown]
    images = [of_row[one.index] for one in shown]
    captions = [f"{'* ' if one.flagged else ''}{one.score:.3g} {one.name}" for one in images]
    with written_whole(target) as (partial,):
        save(contact_sheet(pairs, 4, captions), partial)


def _top_image(images, scored, row):
    left, top = scored.peaks[row].tolist()
    return TopImage(
        row,
        str(images.frames[row]),
        images.labels[row],
        float(scored.scores[row]),
        float(scored.p_values[row]),
        bool(scored.flags[row]),
        (left, top),
    )


def _summary(detector, images, scored, model, remarks):
    finite = np.isfinite(scored.scores)
    faults = _faults(images, scored)
    warnings = [*remarks]
    warnings += [fault_note(faults, len(images.frames) + len(images.faults))] if faults else []
    height, width, channels = detector.model.inputs[0].shape[1:]
    color = COLORS.get(channels, f"{channels} bands")
    searched = {
        "images": f"{int(finite.sum()):,}, seen in {width}x{height}, {color}",
        "folders": ", ".join(sorted({label for label in images.labels if label})[:20]),
        "notes": "; ".join(images.notes),
    }
    flagged = int(scored.flags[finite].sum())
    count, fitted = int(finite.sum()), detector.fitted
    return Summary(images.path, "images", count, flagged, fitted, searched, model, tuple(warnings))


def _faults(images, scored):
    """The reason for each image that cannot be read, by its name."""
    return images.faults | {
        str(frame): content
        for frame, content in zip(images.frames, scored.contents, strict=True)
        if isinstance(content, str)
    }


def _write_rows(each: Sequence[TopImage], images: FolderOfImages, target: Path) -> None:
    """Writes a row for each image: its file, its label where there are some, what was found, its map."""
    labeled = any(images.labels)
    with written_whole(target) as (partial,), open(partial, "w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        label = ["label"] if labeled else []
        out.writerow(["file", *label, "score", "p_value", "is_anomaly", "left", "top"])
        for one in each:
            label = [one.label] if labeled else []
            numbers = [f"{one.score:.6g}", f"{one.p_value:.4g}", int(one.flagged)]
            out.writerow([one.name, *label, *numbers, *(f"{part:.3f}" for part in one.peak)])


def _write_maps(
    detector: Detector, images: FolderOfImages, scored: ScoredImages, flagged: Sequence[int], folder: Path
) -> list[ImageMap]:
    """Writes the maps of the images with the highest scores, flagged ones first; returns some to show."""
    highest = scored.highest(len(scored.scores))
    chosen = {*flagged, *highest[:MOST_SHOWN]}
    rows = [row for row in highest if row in chosen][:MOST_MAPS]
    if (folder / MAPS).is_dir():
        shutil.rmtree(folder / MAPS)  # of an earlier detection, which is replaced
    kept: list[ImageMap] = []
    for one in image_maps(detector, images, scored, rows):
        name = str(images.frames[one.index])
        target = folder / MAPS / (name if name.lower().endswith(".png") else f"{name}.png")
        target.parent.mkdir(parents=True, exist_ok=True)
        save(one.overlay, target)
        if len(kept) < MOST_SHOWN:
            kept.append(one)
    return kept
