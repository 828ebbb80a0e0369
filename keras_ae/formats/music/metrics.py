"""Metrics of sampled music beside real music: violations of rules, distances, and copies."""

from __future__ import annotations

import numpy as np

from keras_ae.formats.music import rules, tonality
from keras_ae.formats.music.copies import longest_copied_run
from keras_ae.formats.music.grid import Vocabulary

__all__ = ["rule_violations", "sample_metrics"]

MAX_EXAMPLES = 1000
"""Examples of each side that metrics are of, evenly spaced, where there are more."""


def rule_violations(sounding: np.ndarray, onsets: np.ndarray, steps_a_bar: int) -> dict[str, np.ndarray]:
    """Violations of the rules of four-part writing in each bar.

    Args:
        sounding: (n, time, voices), as of `Piece`.
        onsets: (n, time, voices) bool.
        steps_a_bar: Steps of a bar.

    Returns:
        Counts (n, bars) by the name of the rule.
    """
    counts = {
        "range_violations": rules.range_violations(sounding, onsets),
        "crossings": rules.voice_crossings(sounding),
        "parallels": rules.parallel_motion(sounding),
    }
    return {name: rules.sum_over_bars(count, steps_a_bar) for name, count in counts.items()}


def sample_metrics(
    samples: np.ndarray, train: np.ndarray, test: np.ndarray, vocabulary: Vocabulary, steps_a_bar: int
) -> dict[str, float]:
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
        samples: Classes, (n, time, voices).
        train: Classes, (m, time, voices).
        test: Classes, (k, time, voices).
        vocabulary: The meaning of the classes.
        steps_a_bar: Steps of a bar.

    Returns:
        The metrics by name.
    """
    samples, test = (part[:: max(1, -(-len(part) // MAX_EXAMPLES))] for part in (samples, test))
    ours, real = vocabulary.decode(samples), vocabulary.decode(test)
    metrics: dict[str, float] = {}
    pairs = zip(*(rule_violations(*part, steps_a_bar).items() for part in (ours, real)), strict=True)
    for (name, count), (_, others) in pairs:
        metrics[name] = float(count.mean())
        metrics[f"{name}_ratio"] = _smoothed(count) / _smoothed(others)
    degrees, steps = (
        (frequencies(*ours), frequencies(*real)) for frequencies in (_degrees, tonality.interval_frequencies)
    )
    metrics["pitch_class_distance"] = tonality.total_variation(*degrees)
    metrics["interval_distance"] = tonality.total_variation(*steps)
    known = vocabulary.decode(train)[0]
    copied, others = (longest_copied_run(part[0], known, any_key=True) for part in (ours, real))
    metrics["longest_copy_bars"] = float(copied.mean() / steps_a_bar)
    metrics["longest_copy_bars_ratio"] = float(copied.mean() / max(others.mean(), 1))
    metrics["longest_copy_of_all_bars"] = float(copied.max() / steps_a_bar)
    return metrics


def _degrees(sounding: np.ndarray, _: np.ndarray) -> np.ndarray:
    return tonality.degree_frequencies(sounding)


def _smoothed(count: np.ndarray) -> float:
    return float((count.sum() + 0.5) / count.size)
