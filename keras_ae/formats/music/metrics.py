"""Samples beside a corpus: how often each breaks the rules, what they are made of, and what is copied."""

from __future__ import annotations

import numpy as np

from keras_ae.formats.music import rules, tonality
from keras_ae.formats.music.copies import longest_copied_run
from keras_ae.formats.music.grid import Vocabulary

MOST = 1000
"""Examples of each side that are measured, evenly spaced, where there are more."""


def broken(sounding: np.ndarray, onsets: np.ndarray, steps_a_bar: int) -> dict[str, np.ndarray]:
    """Counts of each bar, (n, bars), by the name of the rule; (n, time, voices) twice, as of `Piece`."""
    counts = {
        "range_violations": rules.out_of_range(sounding, onsets),
        "crossings": rules.crossings(sounding),
        "parallels": rules.parallels(sounding),
    }
    return {name: rules.in_bars(count, steps_a_bar) for name, count in counts.items()}


def sample_metrics(
    samples: np.ndarray, train: np.ndarray, test: np.ndarray, vocabulary: Vocabulary, steps_a_bar: int
) -> dict[str, float]:
    """Measures of samples beside real music; classes (n, time, voices) each.

    range_violations, crossings, parallels: a bar; with `_ratio`, as a multiple of the test music's, half a
        one added to each count so that none is 0.
    pitch_class_distance: total variation, in [0, 1], to the test music, of the pitch classes counted from
        the tonic, for the music that trains is transposed; interval_distance: of the melodic intervals, a
        mean over voices.
    longest_copy_bars: mean over samples of the longest run that is in music that trains, in any key; with
        `_ratio`, as a multiple of the test music's. longest_copy_of_all_bars: the longest of any sample.
    """
    samples, test = (part[:: max(1, -(-len(part) // MOST))] for part in (samples, test))
    ours, real = vocabulary.decoded(samples), vocabulary.decoded(test)
    found: dict[str, float] = {}
    pairs = zip(*(broken(*part, steps_a_bar).items() for part in (ours, real)), strict=True)
    for (name, count), (_, others) in pairs:
        found[name] = float(count.mean())
        found[f"{name}_ratio"] = _smoothed(count) / _smoothed(others)
    degrees, steps = ((measure(*ours), measure(*real)) for measure in (_degrees, tonality.steps))
    found["pitch_class_distance"] = tonality.total_variation(*degrees)
    found["interval_distance"] = tonality.total_variation(*steps)
    known = vocabulary.decoded(train)[0]
    copied, others = (longest_copied_run(part[0], known, any_key=True) for part in (ours, real))
    found["longest_copy_bars"] = float(copied.mean() / steps_a_bar)
    found["longest_copy_bars_ratio"] = float(copied.mean() / max(others.mean(), 1))
    found["longest_copy_of_all_bars"] = float(copied.max() / steps_a_bar)
    return found


def _degrees(sounding, _):
    return tonality.degrees(sounding)


def _smoothed(count):
    return float((count.sum() + 0.5) / count.size)
