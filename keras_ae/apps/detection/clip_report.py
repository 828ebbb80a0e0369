"""Writes the results of detection in clips: scores of frames, spans, a contact sheet, a report."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from xml.etree.ElementTree import Element

import numpy as np

from keras_ae.apps.detection.charts import table_chart
from keras_ae.apps.detection.clip_scoring import FrameSpan, ScoredClip
from keras_ae.apps.detection.detector import Detector
from keras_ae.apps.detection.request import DetectionRequest
from keras_ae.apps.detection.summary import MOST_PRINTED, Summary, rarity, write_page
from keras_ae.counts import counted
from keras_ae.files import written_whole
from keras_ae.imaging.contact_sheet import contact_sheet
from keras_ae.imaging.grid import save, shown
from keras_ae.reports.elements import element
from keras_ae.reports.histogram import histogram
from keras_ae.reports.images import card, cards, image
from keras_ae.reports.lines import Panel, line_chart
from keras_ae.reports.page import captioned, folded, paragraphs, section, table

__all__ = ["write_clips"]

MOST_SHOWN, MOST_CURVES = 40, 12
"""Spans on the contact sheet and in the report, and clips whose scores are drawn, at most."""

ZOOMED = 96
"""Pixels of the longer side of a frame that is looked at, about."""

READING = (
    "Frames as the model sees them; the most unusual one is in the middle, or where the clip begins or ends "
    "nearer to its edge."
)
SCORES = (
    "Scores of all frames: flagged ones red, others blue. The black outline is the distribution of the most "
    "unusual frames of normal clips held back, the dashed line the threshold."
)


def write_clips(
    detector: Detector,
    clips: Sequence[ScoredClip],
    faults: Mapping[str, str],
    request: DetectionRequest,
    model: Mapping[str, str],
) -> Iterator[str]:
    """Writes what was found in clips.

    Args:
        detector: The detector that scored them.
        clips: The clips with their scores.
        faults: Why others have none, by name.
        request: The folder that was searched, and that of the results.
        model: What is known of the model, by name.

    Yields:
        Lines about the results.
    """
    threshold, folder = detector.fitted.value, request.folder
    spans = sorted((span for clip in clips for span in clip.spans(threshold)), key=lambda span: -span.score)
    _write_scores(clips, threshold, folder / "scored.csv")
    _write_spans(spans, folder / "spans.csv")
    scores = np.concatenate([clip.scores for clip in clips])
    flags = scores > threshold
    table_chart(folder / "plot.png", scores, flags, detector.reference, threshold, "frames")
    views = [_strip(span) for span in spans[:MOST_SHOWN]]
    written = "scored.csv, spans.csv, plot.png"
    if views:
        captions = [f"{span.score:.3g} {span.name} {_frames(span)}" for span in spans]
        with written_whole(folder / "contact_sheet.png") as (partial,):
            save(contact_sheet(views, 2, captions[: len(views)]), partial)
        written += ", contact_sheet.png"
    summary = _summary(detector, clips, faults, spans, request, model)
    chart = histogram(scores, flags, detector.reference, threshold, "frames")
    sections = [
        *_span_section(spans, views),
        section("Scores", captioned(chart, SCORES)),
        *_curves(clips, threshold),
    ]
    write_page(summary, sections, folder / "report.html")
    yield from summary.lines
    yield from map(_line_of, spans[:MOST_PRINTED])
    if len(spans) > MOST_PRINTED:
        yield f"and {len(spans) - MOST_PRINTED:,} more spans"
    yield f"report: {folder / 'report.html'}  (beside it {written})"


def _summary(detector, clips, faults, spans, request, model) -> Summary:
    window, height, width, channels = detector.model.inputs[0].shape[1:]
    count = sum(len(clip.scores) for clip in clips)
    flagged = sum(span.last - span.first for span in spans)
    searched = {
        "clips": f"{len(clips):,}, {count:,} frames",
        "seen in": f"{width}x{height} with {counted(channels, 'channel')}, by windows of {window} frames",
    }
    warnings = [f"{name} has no scores: {reason}" for name, reason in list(faults.items())[:3]]
    warnings += [f"and {len(faults) - 3:,} more clips have none"] if len(faults) > 3 else []
    where = f"in {counted(len(spans), 'span')}"
    return Summary(
        request.source, "frames", count, flagged, detector.fitted, searched, model, tuple(warnings), where
    )


def _line_of(span: FrameSpan) -> str:
    return f"{span.name}: {_frames(span)}, score {span.score:.4g}, {rarity(span.p_value)}"


def _frames(span: FrameSpan) -> str:
    one = span.last - span.first == 1
    return f"frame {span.first}" if one else f"frames {span.first} to {span.last - 1}"


def _strip(span: FrameSpan) -> np.ndarray:
    """The frames around the peak in a row, (height, width, 1 or 3)."""
    frames = shown(span.views)
    zoom = max(1, round(ZOOMED / max(frames.shape[1:3])))
    frames = frames.repeat(zoom, 1).repeat(zoom, 2)
    gap = np.full((frames.shape[1], 2, frames.shape[3]), 128, np.uint8)
    return np.concatenate([part for frame in frames for part in (frame, gap)][:-1], axis=1)


def _span_section(spans: Sequence[FrameSpan], views: Sequence[np.ndarray]) -> Iterator[Element]:
    if not spans:
        return
    each = [
        card(
            [image(view, span.name)],
            [
                element(
                    "span", f"{span.name}, {_frames(span)}: score {span.score:.4g}, {rarity(span.p_value)}"
                )
            ],
            True,
        )
        for span, view in zip(spans, views, strict=False)
    ]
    yield section("The most unlike spans", paragraphs([READING]), cards(each))
    rows = [
        (span.name, str(span.first), str(span.last - 1), f"{span.score:.4g}", f"{span.p_value:.2g}")
        for span in spans
    ]
    listing = table(("clip", "from", "to", "score", "p-value"), rows, ("from", "to", "score", "p-value"))
    yield section("List", folded(f"all {counted(len(spans), 'span')}", listing))


def _curves(clips: Sequence[ScoredClip], threshold: float) -> Iterator[Element]:
    """The scores of the clips with the most unusual frames, over their frames."""
    highest = sorted(clips, key=lambda clip: -clip.scores.max())[:MOST_CURVES]
    charts = []
    for clip in highest:
        red = [(span.first, span.last) for span in clip.spans(threshold)]
        panel = Panel("score", clip.scores, threshold=threshold, red=red)
        chart = line_chart(np.arange(len(clip.scores)), [panel], red, label=f"scores of {clip.name}")
        charts.append(captioned(chart, clip.name))
    yield section("Frame by frame", charts)


def _write_scores(clips: Sequence[ScoredClip], threshold: float, target: Path) -> None:
    """Writes a row for each frame."""
    with written_whole(target) as (partial,), open(partial, "w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(["clip", "frame", "score", "p_value", "is_anomaly"])
        for clip in clips:
            for frame, (score, p_value) in enumerate(zip(clip.scores, clip.p_values, strict=True)):
                out.writerow([clip.name, frame, f"{score:.6g}", f"{p_value:.4g}", int(score > threshold)])


def _write_spans(spans: Sequence[FrameSpan], target: Path) -> None:
    """Writes a row for each span of flagged frames, the most unlike first."""
    with written_whole(target) as (partial,), open(partial, "w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(["clip", "from", "to", "frames", "score", "p_value", "peak"])
        for span in spans:
            numbers = [span.first, span.last - 1, span.last - span.first]
            out.writerow([span.name, *numbers, f"{span.score:.6g}", f"{span.p_value:.4g}", span.peak])
