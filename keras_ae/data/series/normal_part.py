"""The parts that the normal part of a series is cut into, and what to set where they hold too few windows."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from keras_ae.data.series.resample import window_starts

__all__ = ["FEWEST", "TRAIN", "NormalPart", "Remedies", "step_of", "suffices", "too_short"]

MOST_WINDOWED = 2**29
"""Bytes that the windows of a split may take; beyond that, fewer windows are cut, at wider steps."""

TRAIN, VALIDATION = 0.7, 0.15
"""Fractions of the normal part; the rest of it calibrates the threshold."""

LEAST_TRAIN = 0.35
"""The least fraction to train on, where more would leave too few windows to calibrate the threshold."""

FEWEST = 4
"""The fewest windows for each of training, validation and calibration."""

CALIBRATED = 19
"""Windows to calibrate on that parts and remedies aim at: as many as a rate of false alarms of 5 % takes."""

LEAST_WINDOW, MOST_NORMAL = 4, 75
"""The shortest window, and the percentage of a series above which little is left to look for anomalies in."""

PARTS = ("train", "validation", "calibration")


@dataclass(frozen=True, eq=False)
class NormalPart:
    """A series and its normal part.

    Attributes:
        clean: (points, channels), NaN where a value is missing and in known anomalies.
        normal: (first point, one past the last).
        alone: Whether it is not one of many series that calibrate a threshold together.
    """

    clean: np.ndarray
    normal: tuple[int, int]
    alone: bool = True

    def parts(self, window: int) -> Iterator[tuple[str, np.ndarray]]:
        """The consecutive parts of the normal part.

        A short one is cut so that enough windows are left to calibrate on.

        Args:
            window: Points of a window.

        Yields:
            Name and values (points, channels) of those for training, validation and calibration.
        """
        first, last = self.normal
        most = 1 - VALIDATION - (window + CALIBRATED - 1) / max(last - first, 1)
        train = min(TRAIN, max(LEAST_TRAIN, most)) if self.alone else TRAIN
        cuts = first + np.rint((last - first) * np.cumsum([0, train, VALIDATION, 1 - train - VALIDATION]))
        for part, begin, end in zip(PARTS, cuts, cuts[1:], strict=False):
            yield part, self.clean[int(begin) : int(end)]

    def counts(self, window: int) -> dict[str, int]:
        """How many windows each part has.

        Args:
            window: Points of a window.

        Returns:
            The numbers by the names of the parts.
        """
        return {
            part: len(window_starts(values, window, step_of(values, window)))
            for part, values in self.parts(window)
        }


@dataclass(frozen=True, eq=False)
class Remedies:
    """The settings that give more windows to calibrate on.

    Attributes:
        each: The series.
        window: Points of a window.
        fixed: Whether the data set itself says what is normal, so that no setting makes that part longer.
    """

    each: tuple[NormalPart, ...]
    window: int
    fixed: bool = False

    def __call__(self, fewest: int) -> tuple[str, ...]:
        """The settings of which each gives enough windows.

        Args:
            fewest: The fewest windows to calibrate on, of all series together.

        Returns:
            A longer normal part, shorter windows, or both together where neither is enough alone.
        """
        longer, shorter = self._longer(self.window, fewest), self._shorter(fewest)
        texts = [f'a longer normal part, SET="data.normal={longer}%"'] if longer else []
        texts += [f'shorter windows, SET="data.window={shorter}"'] if shorter else []
        if texts:
            return tuple(texts)
        halved = (self.window // 2**halvings for halvings in range(1, self.window.bit_length()))
        sizes = sorted({max(size, LEAST_WINDOW) for size in halved}, reverse=True)
        both = [(percent, size) for size in sizes if (percent := self._longer(size, fewest))]
        percent, size = next((one for one in both if one[0] <= MOST_NORMAL), both[-1] if both else (0, 0))
        text = f'a longer normal part with shorter windows, SET="data.normal={percent}% data.window={size}"'
        return (text,) if both else ()

    def _longer(self, window, fewest):
        """The least percentage of all points that is enough as the normal part; 0 if there is none."""
        if self.fixed or any(one.normal[0] for one in self.each):
            return 0

        def is_enough(percent):
            parts = [replace(one, normal=(0, round(len(one.clean) * percent / 100))) for one in self.each]
            return suffices(parts, window, fewest)

        return (bisect_left(range(101), True, key=is_enough)) % 101

    def _shorter(self, fewest):
        """The most points of a window with which there are enough; 0 if there are none."""
        sizes = range(LEAST_WINDOW, self.window)
        enough = bisect_left(sizes, True, key=lambda size: not suffices(self.each, size, fewest))
        return sizes[enough - 1] if enough else 0


def suffices(each: Sequence[NormalPart], window: int, fewest: int = CALIBRATED) -> bool:
    """Whether series have enough windows; those of which a part has fewer than 4 do not count.

    Args:
        each: The series.
        window: Points of a window.
        fewest: The fewest windows to calibrate on, of all series together.

    Returns:
        Whether they have.
    """
    counts = [one.counts(window) for one in each]
    return sum(one["calibration"] for one in counts if min(one.values()) >= FEWEST) >= max(1, fewest)


def too_short(remedies: Remedies, lacking: str, count: int) -> str:
    """What to say of the normal part of one series that is too short.

    Args:
        remedies: Those for it.
        lacking: The name of the part that has too few windows.
        count: How many it has.

    Returns:
        The message.
    """
    [part] = remedies.each
    first, last = part.normal
    least = round((remedies.window + FEWEST) / VALIDATION)
    left = f"{count} window{'s' * (count != 1)} for {lacking}"
    return (
        f"expected a normal part of at least {least:,} points without gaps for windows of "
        f"{remedies.window}, received {last - first:,}, which leave {left}; use "
        f"{' or '.join(remedies(CALIBRATED)) or 'a longer series'}"
    )


def step_of(values: np.ndarray, window: int) -> int:
    """Points from one window to the next, so that all windows fit in memory.

    Args:
        values: (points, channels).
        window: Points of a window.

    Returns:
        The number of points, at least 1.
    """
    return max(1, -(-values.size * window * 4 // MOST_WINDOWED))
