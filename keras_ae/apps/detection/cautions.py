"""Lines of caution: false alarms by chance, images without labels, series that drifted or have no scores."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from keras_ae.apps.detection.detector import Detector
from keras_ae.apps.detection.image_folder import FolderOfImages
from keras_ae.apps.detection.image_scoring import ScoredImages
from keras_ae.apps.detection.scored_rows import ScoredRows
from keras_ae.data.series.clock import format_times
from keras_ae.data.series.resample import Series
from keras_ae.tasks.thresholds import Conformal

__all__ = ["by_chance", "cautions", "of_unlabeled"]

FEW, RARER = 2, 0.2
"""Times as many as by chance that are still few; the fraction of false alarms that is then advised."""

DRIFTED = 0.2
"""A series has drifted if a larger fraction of it is flagged; a channel, if a larger fraction of it has."""

GROWN, MOVED = 1.3, 1.5
"""Noise that has grown, in the largest of the normal part; a level that has moved, in standard deviations."""

MOST_NAMED = 8
"""Channels that are named at most."""


def by_chance(detector: Detector, flags: np.ndarray) -> Iterator[str]:
    """What to know where about as many would be flagged if all were normal.

    Args:
        detector: The detector.
        flags: (n,), bool, which of the rows or images are flagged.

    Yields:
        A line; none where clearly more are flagged, and where the threshold promises no number.
    """
    count, flagged = len(flags), int(flags.sum())
    chance = detector.rule.false_alarms(count)
    if chance is None or not 0 < flagged <= FEW * chance:
        return
    rate = RARER * chance / count
    enough = Conformal(rate).min_examples <= detector.fitted.count
    fewer = f', or flag fewer, --trained --set "task.threshold=Conformal(alpha={rate:g})"' if enough else ""
    would = f"were all {count:,} normal, about {chance:.0f} would be flagged"
    yield f"{would}: look at the most unlike first{fewer}"


def of_unlabeled(detector: Detector, images: FolderOfImages, scored: ScoredImages) -> Iterator[str]:
    """What to know of images where no folder says which of them are normal.

    Args:
        detector: The detector.
        images: The images.
        scored: Their scores.

    Yields:
        Lines; none where folders say it.
    """
    if (images.anomalous() >= 0).any():
        return
    finite = np.isfinite(scored.scores)
    yield from by_chance(detector, scored.flags[finite])
    learned = int(finite.sum() - images.unseen(scored.contents).sum())
    if learned:
        yield (
            f"{learned:,} of {finite.sum():,} images were learned from or calibrated on, as normal ones: the "
            "learned may score lower, so that anomalies among them are missed; put images that you know to "
            "be normal into a folder good"
        )


def cautions(
    detector: Detector, scored: ScoredRows, parts: Mapping[str, ScoredRows], each: Mapping[str, Series]
) -> Iterator[str]:
    """What to know before one relies on the scores of series.

    Args:
        detector: The detector.
        scored: The scores of all points.
        parts: The scores of each series, by its name.
        each: The series.

    Yields:
        Lines.
    """
    flags = scored.flags[np.isfinite(scored.scores)]
    if flags.sum() > DRIFTED * len(flags):
        yield (
            f"{flags.mean():.0%} of the points are flagged, more than anomalies would be: the series seems "
            "to have drifted from its normal part, in its level, its noise or its cycle; name a later or a "
            "longer one, data.normal=FROM..TO"
        )
    drifts = [line for name, series in each.items() for line in _drifts(detector, parts[name], series, name)]
    yield from drifts[:MOST_NAMED]
    if len(drifts) > MOST_NAMED:
        yield f"and {len(drifts) - MOST_NAMED} more channels have drifted"
    unscored = [name for name, part in parts.items() if not np.isfinite(part.scores).any()]
    if unscored:
        yield f"no scores for {', '.join(unscored)}: training did not learn such series"


def _drifts(detector, scored, series, name):
    """A line for each channel whose noise or level has drifted."""
    if scored.noise is None or detector.points is None or not np.isfinite(scored.noise).all():
        return
    offset, scale = detector.scaling_of(name)
    context = detector.points.model.inputs[0].shape[1]
    for channel, own in enumerate(series.names):
        named = f"{name}: {own}" if name else own
        grown = scored.noise[:, channel] > GROWN
        if grown.mean() > DRIFTED:
            times = np.median(scored.noise[grown, channel])
            yield (
                f"{named}: noise {times:.1f} times the largest of the normal part, first about "
                f"{_first(series, grown)}; the threshold is raised by up to 3 times with it"
            )
        level = (_levels(series.values[:, channel], context) - offset[channel]) / scale[channel]
        moved = np.abs(level) > MOVED
        if moved.mean() > DRIFTED:
            by = np.median(level[moved])
            yield (
                f"{named}: level {abs(by):.1f} standard deviations {'above' if by > 0 else 'below'} that of "
                f"the normal part, first about {_first(series, moved)}"
            )


def _first(series, there):
    return format_times(series, [int(np.argmax(there))])[0]


def _levels(values, context):
    """The median of the context that a point is in; contexts end to end."""
    levels = np.zeros(len(values))
    for first in range(0, len(values), context):
        part = values[first : first + context]
        levels[first : first + context] = (
            np.median(part[np.isfinite(part)]) if np.isfinite(part).any() else np.nan
        )
    return levels
