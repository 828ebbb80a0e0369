"""How far anomaly scores and columns have drifted from those of the normal examples of a detector."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from keras_ae.apps.detection.detector import Detector
from keras_ae.data.precision import standardized
from keras_ae.data.series.resample import Series
from keras_ae.tasks.profiles import Shift, level_of, profiles_from_json

__all__ = ["LEVELS", "VERDICTS", "Drift", "column_shifts", "drift"]

BINS = 10
"""Bins of the population stability index."""

LEVELS = ("none", "some", "much")
VERDICTS = ("as before", "some change: watch it", "much change: retrain")
"""Levels of change, and what to do."""


@dataclass(frozen=True)
class Drift:
    """The drift of anomaly scores.

    Attributes:
        psi: The population stability index, over ten bins that hold equally many reference scores.
        ks: The largest difference of the two distribution functions (Kolmogorov and Smirnov).
        p_value: The p-value of `ks` for independent scores; scores of overlapping windows are not
            independent.
        level: 0 for no change, 1 for some, 2 for much.
    """

    psi: float
    ks: float
    p_value: float
    level: int


def drift(reference: np.ndarray, scores: np.ndarray, overlap: float = 1.0) -> Drift:
    """Compares anomaly scores with those of the normal examples that calibrated a detector.

    Args:
        reference: (n,), scores of those examples.
        scores: (m,), the scores to compare.
        overlap: Windows of a series that hold a point, on average; 1 for independent scores.

    Returns:
        Their drift; no change for what may be chance among so few independent scores.
    """
    edges = np.quantile(reference, np.linspace(0, 1, BINS + 1)[1:-1])
    before, now = (
        (np.bincount(np.searchsorted(edges, part), minlength=BINS) + 0.5) / (len(part) + 0.5 * BINS)
        for part in (reference, scores)
    )
    psi = float(np.sum((now - before) * np.log(now / before)))
    from scipy.stats import ks_2samp

    test = ks_2samp(reference, scores)
    level = level_of(psi, BINS - 1, len(reference) / overlap, len(scores) / overlap)
    return Drift(psi, float(test.statistic), float(test.pvalue), level)


def column_shifts(
    detector: Detector, columns: Mapping[str, np.ndarray] | None, each: Mapping[str, Series] | None
) -> dict[str, Shift] | None:
    """Compares the columns of a file with those of the rows that a detector learned from.

    Args:
        detector: The detector.
        columns: (n,) numbers or words of each column of a table; None for series.
        each: The series by their names; None for a table.

    Returns:
        The shift of each column or channel, the largest first; None where the model does not know.
    """
    if "profiles" not in detector.stored:
        return None
    profiles = profiles_from_json(str(detector.stored["profiles"]))
    now = _of_table(detector, columns) if each is None else _of_series(detector, each)
    scalings = _scaling_of_channels(detector, each)
    shifts = {
        name: profile.shift(now[name], *scalings.get(name, ()))
        for name, profile in profiles.items()
        if len(now.get(name, ()))
    }
    return dict(sorted(shifts.items(), key=lambda item: (-item[1].level, -item[1].psi)))


def _of_table(detector, columns):
    """Columns as the model sees them: numbers are rounded and clipped alike."""
    preprocessor = detector.preprocessor
    seen = preprocessor.columns_of(preprocessor.numbers_of(columns))
    return seen | {name: columns[name] for name in preprocessor.words}


def _of_series(detector, each):
    """The standardized values of the channels of all series that were learned."""
    known = detector.series.groups if detector.series is not None else ()
    parts = [
        standardized(series.values, *detector.scaling_of(name))
        for name, series in each.items()
        if not known or name in known
    ]
    joined = np.concatenate(parts)
    return {name: joined[:, channel] for channel, name in enumerate(next(iter(each.values())).names)}


def _scaling_of_channels(detector, each):
    """Offset and scale of each channel of one series, which is told in its own units; none of other data."""
    if each is None or (detector.series is not None and detector.series.groups):
        return {}
    offset, scale = (np.asarray(part).reshape(-1).tolist() for part in detector.scaling_of())
    [series] = each.values()
    return dict(zip(series.names, zip(offset, scale, strict=True), strict=True))
