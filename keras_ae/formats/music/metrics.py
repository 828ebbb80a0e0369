"""Metrics of sampled music beside real music: violations of rules, distances, and copies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from keras_ae.formats.music import rules, tonality
from keras_ae.formats.music.copies import longest_copied_run

__all__ = ["Music", "rule_violations", "sample_metrics"]

MAX_EXAMPLES = 1000
"""Examples of each side that metrics are of, evenly spaced, where there are more."""


@dataclass(frozen=True, eq=False)
class Music:
    """Several examples of music.

    Attributes:
        sounding: (n, time, voices), as of `Piece`, with rests after an end.
        onsets: (n, time, voices) bool.
        lengths: (n,), the steps of each before its end.
    """

    sounding: np.ndarray
    onsets: np.ndarray
    lengths: np.ndarray

    def thinned(self, most: int) -> Music:
        """Fewer examples, evenly spaced.

        Args:
            most: The number of examples, at most.

        Returns:
            The examples.
        """
        step = max(1, -(-len(self.sounding) // most))
        return Music(self.sounding[::step], self.onsets[::step], self.lengths[::step])

    def has_bar(self, steps_a_bar: int) -> np.ndarray:
        """Which bars begin before an end.

        Args:
            steps_a_bar: Steps of a bar.

        Returns:
            (n, bars), bool.
        """
        bars = -(-self.sounding.shape[1] // steps_a_bar)
        return np.arange(bars) * steps_a_bar < self.lengths[:, None]


def rule_violations(music: Music, steps_a_bar: int) -> dict[str, np.ndarray]:
    """Violations of the rules of four-part writing in each bar.

    Args:
        music: The music.
        steps_a_bar: Steps of a bar.

    Returns:
        Counts (n, bars) by the name of the rule; 0 after an end.
    """
    counts = {
        "range_violations": rules.range_violations(music.sounding, music.onsets),
        "crossings": rules.voice_crossings(music.sounding),
        "parallels": rules.parallel_motion(music.sounding),
    }
    return {name: rules.sum_over_bars(count, steps_a_bar) for name, count in counts.items()}


def sample_metrics(samples: Music, train: Music, test: Music, steps_a_bar: int) -> dict[str, float]:
    """Metrics of sampled music beside real music.

    range_violations, crossings, parallels: Violations per bar; with `_ratio`, as a multiple of the test
        music's, one half added to each count so that none is 0.
    pitch_class_distance: Total variation, in [0, 1], to the test music, of the pitch classes counted from
        the tonic, because the training music is transposed.
    interval_distance: That of the melodic intervals, a mean over voices.
    longest_copy_bars: Mean over samples of the longest run that occurs in training music, in any key; with
        `_ratio`, as a multiple of the test music's.
    longest_copy_of_all_bars: The longest of any sample.

    Args:
        samples: The sampled music.
        train: That of the training.
        test: That of the test.
        steps_a_bar: Steps of a bar.

    Returns:
        The metrics by name.
    """
    both = samples.thinned(MAX_EXAMPLES), test.thinned(MAX_EXAMPLES)
    metrics: dict[str, float] = {}
    bars = [part.has_bar(steps_a_bar) for part in both]
    pairs = zip(*(rule_violations(part, steps_a_bar).items() for part in both), strict=True)
    for (name, count), (_, others) in pairs:
        own = count[bars[0]]
        metrics[name] = float(own.mean()) if own.size else 0.0
        metrics[f"{name}_ratio"] = _smoothed(own) / _smoothed(others[bars[1]])
    metrics["pitch_class_distance"] = tonality.total_variation(
        *(tonality.degree_frequencies(part.sounding) for part in both)
    )
    metrics["interval_distance"] = tonality.total_variation(
        *(tonality.interval_frequencies(part.sounding, part.onsets) for part in both)
    )
    copied, others = (
        longest_copied_run(part.sounding, train.sounding, any_key=True, lengths=part.lengths) for part in both
    )
    metrics["longest_copy_bars"] = float(copied.mean() / steps_a_bar)
    metrics["longest_copy_bars_ratio"] = float(copied.mean() / max(others.mean(), 1))
    metrics["longest_copy_of_all_bars"] = float(copied.max() / steps_a_bar)
    return metrics


def _smoothed(count: np.ndarray) -> float:
    return float((count.sum() + 0.5) / max(1, count.size))
