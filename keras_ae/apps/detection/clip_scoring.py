"""Anomaly scores of the frames of clips, one clip in memory at a time, and the spans of flagged frames."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np

from keras_ae.apps.detection.detector import Detector
from keras_ae.data.examples import LARGEST
from keras_ae.data.series.resample import spans
from keras_ae.data.video.windows import stride_of, window_starts
from keras_ae.errors import InputError
from keras_ae.formats.clips import Clips
from keras_ae.heads import batched
from keras_ae.imaging.animation import read_clip
from keras_ae.tasks.frame_anomaly import FRAME_SCORES
from keras_ae.tasks.thresholds import p_values

__all__ = ["FrameSpan", "ScoredClip", "scored_clips"]


@dataclass(frozen=True, eq=False)
class ScoredClip:
    """A clip with the anomaly scores of its frames.

    Attributes:
        name: Its path in the folder.
        scores: (frames,), the mean of those that a frame has in the windows that hold it.
        p_values: (frames,), the fraction of normal windows that have so odd a frame.
        window_scores: (windows,), the anomaly scores of its windows.
        pixels: (frames, height, width, channels), uint8, as the model sees them.
    """

    name: str
    scores: np.ndarray
    p_values: np.ndarray
    window_scores: np.ndarray
    pixels: np.ndarray

    def spans(self, threshold: float) -> list[FrameSpan]:
        """The runs of frames whose scores are above a threshold.

        Args:
            threshold: The threshold.

        Returns:
            The spans, in their order.
        """
        found = []
        for first, last in spans(self.scores > threshold):
            peak = first + int(self.scores[first:last].argmax())
            score, p_value = float(self.scores[peak]), float(self.p_values[peak])
            views = self.pixels[max(0, peak - AROUND) : peak + AROUND + 1]
            found.append(FrameSpan(self.name, first, last, peak, score, p_value, views))
        return found


AROUND = 3
"""Frames on either side of the most unusual one that a report shows."""


@dataclass(frozen=True, eq=False)
class FrameSpan:
    """A run of flagged frames.

    Attributes:
        name: The path of the clip.
        first: Its first frame, from 0.
        last: One past its last frame.
        peak: The frame of the highest score.
        score: That score.
        p_value: The fraction of normal windows that have so odd a frame.
        views: (n, height, width, channels), uint8: the frames around the peak.
    """

    name: str
    first: int
    last: int
    peak: int
    score: float
    p_value: float
    views: np.ndarray


def scored_clips(
    detector: Detector, clips: Clips, files: Sequence[Path], folder: Path
) -> Iterator[ScoredClip | tuple[str, str]]:
    """Scores clips.

    Args:
        detector: A detector of clips.
        clips: How they are read.
        files: Animations, and folders of frames.
        folder: The folder that they are in.

    Yields:
        Each clip with its scores; or its name, and why it has none.
    """
    shape = tuple(detector.model.inputs[0].shape[1:])
    for file in files:
        name = str(file.relative_to(folder)) if file != folder else file.name
        try:
            yield _scored(detector, name, _pixels(clips, file, shape), shape[0])
        except InputError as error:
            yield name, str(error).removeprefix(f"{file} ")


def _pixels(clips: Clips, file: Path, shape: tuple[int, ...]) -> np.ndarray:
    """All frames of a clip, (frames, height, width, channels), uint8."""
    header = clips.header(file, shape[0])
    if len(header) * prod(shape[1:]) > LARGEST // 4:
        raise InputError(f"{len(header):,} frames take too much memory; cut it into shorter clips")
    pixels = np.empty((len(header), *shape[1:]), np.uint8)
    reason = read_clip(header, pixels, 0, clips.full_scale, clips.fit)
    if reason is not None:
        raise InputError(f"{reason}; replace it")
    return pixels


def _scored(detector: Detector, name: str, pixels: np.ndarray, window: int) -> ScoredClip:
    starts = np.array(window_starts(len(pixels), window, stride_of(window, None), to_end=True))

    def run(tensors):
        rows = np.stack([pixels[start : start + window] for start in np.asarray(tensors["start"])])
        return detector.model({"inputs": rows / np.float32(255)})

    size = max(1, 2**22 // pixels[:window].size)
    outputs = batched(run, {"start": starts}, size)
    each = outputs.get(FRAME_SCORES)
    each = np.repeat(outputs["score"][:, None], window, axis=1) if each is None else each
    sums, counts = np.zeros(len(pixels)), np.zeros(len(pixels))
    for start, own in zip(starts, each, strict=True):
        sums[start : start + window] += own
        counts[start : start + window] += 1
    scores = sums / counts
    return ScoredClip(name, scores, p_values(scores, detector.reference), outputs["score"], pixels)
