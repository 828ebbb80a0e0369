"""Anomaly scores of the images of a folder, some at a time, and maps of what they come from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
from PIL import Image

from keras_ae.apps.detection.detector import Detector
from keras_ae.apps.detection.image_folder import FolderOfImages
from keras_ae.formats.images import Images
from keras_ae.heads import batched
from keras_ae.imaging.frames import pixels_of
from keras_ae.tasks.thresholds import FittedThreshold

__all__ = ["ImageMap", "ScoredImages", "image_maps", "scored_images"]

MOST_AT_ONCE, MOST_VALUES = 256, 2**23
"""Images that are decoded and scored at a time, at most, and values of all of them."""

MOST_RANKED = 2**23
"""Pixels that are ranked by their anomaly scores, at most; else those of some images."""

SMOOTHING = 64
"""Maps are smoothed over this part of their longer side to be looked at; metrics are of them as they are."""

VIEW = 160
"""Pixels of the longer side of an image that is looked at, about."""

RED, STRONGEST = (216, 32, 42), 0.85


@dataclass(frozen=True, eq=False)
class ScoredImages:
    """Anomaly scores of the images of a folder.

    Attributes:
        scores: (n,), NaN for an image that cannot be read.
        p_values: (n,), NaN where there is no score.
        flags: (n,), bool, whether an image is an anomaly.
        peaks: (n, 2), where the map is highest: fractions of the width from the left and of the height from
            the top.
        contents: The hash of each image's content, or why it cannot be read.
        range: The values of maps that show as nothing and as the strongest color.
        maps: (m, height, width), float32, of the images that pixels are ranked in.
        mapped: (m,), the indices of these.
        fitted: The threshold that they are flagged by.
    """

    scores: np.ndarray
    p_values: np.ndarray
    flags: np.ndarray
    peaks: np.ndarray
    contents: tuple[bytes | str, ...]
    range: tuple[float, float]
    maps: np.ndarray
    mapped: np.ndarray
    fitted: FittedThreshold

    def highest(self, count: int) -> list[int]:
        """The images with the highest scores.

        Args:
            count: How many, at most.

        Returns:
            Their indices, the highest first.
        """
        finite = np.flatnonzero(np.isfinite(self.scores))
        return finite[np.argsort(-self.scores[finite], kind="stable")[:count]].tolist()


@dataclass(frozen=True, eq=False)
class ImageMap:
    """An image, and the same with what its score comes from in red.

    Attributes:
        index: The index of the image.
        view: (height, width, 3), uint8: as the model sees it, larger.
        overlay: (height, width, 3), uint8.
    """

    index: int
    view: np.ndarray
    overlay: np.ndarray


def scored_images(detector: Detector, folder: FolderOfImages) -> ScoredImages:
    """Scores the images of a folder; at most some hundred are in memory at a time.

    Args:
        detector: A detector of images.
        folder: The images.

    Returns:
        Their scores.
    """
    count, shape = len(folder.frames), detector.model.inputs[0].shape[1:]
    scores, p_values = np.full(count, np.nan), np.full(count, np.nan)
    flags, peaks, extremes = np.zeros(count, bool), np.zeros((count, 2)), np.full((count, 2), np.nan)
    mapped = _to_rank(folder, shape)
    maps, contents = np.zeros((len(mapped), *shape[:2]), np.float32), []
    for rows, outputs, found in _outputs(detector, folder, range(count)):
        contents += found
        if not len(rows):
            continue
        scores[rows], p_values[rows] = outputs["score"], outputs["p_value"]
        own = outputs["contributions"].sum(axis=-1)
        smooth = _smoothed(own)
        flat = smooth.reshape(len(own), -1)
        extremes[rows] = np.stack([np.quantile(flat, 0.99, axis=1), flat.max(axis=1)], axis=1)
        top, left = np.unravel_index(flat.argmax(axis=1), shape[:2])
        peaks[rows] = np.stack([(left + 0.5) / shape[1], (top + 0.5) / shape[0]], axis=1)
        _, at, of = np.intersect1d(mapped, rows, return_indices=True)
        maps[at] = own[of]
    known = np.isfinite(scores)
    flags[known], fitted = detector.rule.flag(scores[known], p_values[known], detector.fitted)
    limits = _range(extremes, flags)
    return ScoredImages(scores, p_values, flags, peaks, tuple(contents), limits, maps, mapped, fitted)


def _to_rank(folder, shape):
    """The images whose pixels can be ranked: with a mask, and normal ones; some, where they are many."""
    if not folder.layout.masks:
        return np.zeros(0, int)
    normal = folder.anomalous() == 0
    masked = np.array([name in folder.layout.masks for name in folder.layout.names])
    if folder.learned_from is not None and folder.layout.splits:
        normal &= np.array(folder.layout.splits) != "train"
    rows = np.flatnonzero(normal | masked)
    return rows[:: max(1, -(-len(rows) * shape[0] * shape[1] // MOST_RANKED))]


def _outputs(detector, folder, rows):
    """The outputs of the detector for some images at a time: (rows that can be read, outputs, contents)."""
    shape = detector.model.inputs[0].shape[1:]
    at_once = _at_once(shape)
    pixels = np.zeros((at_once, *shape), np.uint8)
    for start in range(0, len(rows), at_once):
        own = list(rows[start : start + at_once])
        part = pixels[: len(own)]
        frames = [folder.frames[row] for row in own]
        images = detector.images or Images()
        contents = pixels_of(folder.path, frames, part, images.full_scale, images.fit)
        good = [at for at, content in enumerate(contents) if isinstance(content, bytes)]
        inputs = {"inputs": part[good].astype(np.float32) / np.float32(255)}
        yield np.array(own)[good], batched(detector.model, inputs) if good else {}, contents


def _at_once(shape):
    return max(1, min(MOST_AT_ONCE, MOST_VALUES // prod(shape)))


def _smoothed(maps):
    sigma = max(maps.shape[1:]) / SMOOTHING
    from scipy.ndimage import gaussian_filter

    return gaussian_filter(maps, (0, sigma, sigma))


def _range(extremes, flags):
    """From what normal images reach in a hundredth of their pixels, to what flagged ones reach."""
    usual, high = extremes[~flags, 0], extremes[flags, 1]
    usual = usual if np.isfinite(usual).any() else extremes[:, 0] / 2
    low = float(np.nanmedian(usual)) if np.isfinite(usual).any() else 0.0
    return low, max(float(np.median(high)) if len(high) else 0.0, 2 * low, 1e-12)


def image_maps(
    detector: Detector, folder: FolderOfImages, scored: ScoredImages, rows: Sequence[int]
) -> Iterator[ImageMap]:
    """Images with maps of what their scores come from, one at a time.

    Args:
        detector: The detector.
        folder: The images.
        scored: Their scores.
        rows: Indices of images that can be read.

    Yields:
        An image with its map, in the order of the indices.
    """
    height, width, channels = detector.model.inputs[0].shape[1:]
    zoom = max(1, round(VIEW / max(height, width)))
    shown = 1 if channels == 2 else 3  # of two bands the first, as in grids
    views = np.zeros((_at_once((height, width, channels)), height * zoom, width * zoom, shown), np.uint8)
    for own, outputs, _ in _outputs(detector, folder, rows):
        frames = [folder.frames[row] for row in own]
        images = detector.images or Images()
        pixels_of(folder.path, frames, views[: len(frames)], images.full_scale, images.fit)
        maps = _smoothed(outputs["contributions"].sum(axis=-1))
        for row, view, one in zip(own, views, maps, strict=False):
            whole = view.repeat(3 // shown, axis=-1)
            yield ImageMap(int(row), whole, _overlay(whole, one, scored.range))


def _overlay(view, values, limits):
    """An image in gray with a map in red."""
    low, high = limits
    strength = np.clip((values - low) / (high - low), 0, 1).astype(np.float32)
    size = view.shape[1::-1]
    alpha = np.asarray(Image.fromarray(strength).resize(size, Image.Resampling.BILINEAR))[..., None]
    gray = view.mean(axis=-1, keepdims=True)
    mixed = gray + (np.array(RED) - gray) * STRONGEST * alpha
    return np.rint(mixed).clip(0, 255).astype(np.uint8)
