"""What a voice does next, from what it does now: chains without a network, as baselines of music.

Each voice goes by itself. Counts are smoothed by interpolation with those of fewer conditions (Witten and
Bell 1991, doi:10.1109/18.87000): a context seen n times with t different classes weighs n / (n + t).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from keras_ae.formats.music.grid import FIRST, HELD, Vocabulary

CONDITIONS = ("unigram", "class_bigram", "bigram")
"""A class follows whatever came before; the class before; or the pitch that sounds, and whether it is held.

On the validation split of the JSB chorales, 4 bars untransposed: 4.45, 4.15 and 3.60 nats a frame.
"""


@dataclass(frozen=True, eq=False)
class Chain:
    """Chances of a voice's next class in a context.

    condition: one of CONDITIONS. chances: (voices, contexts, classes), each context's sum is 1; the last
    context is that of a window's first step. steps: of a window that is drawn.
    """

    condition: str
    vocabulary: Vocabulary
    chances: np.ndarray
    steps: int

    def nll(self, classes: np.ndarray) -> np.ndarray:
        """-log p of windows (n, time, voices), (n,), nats an example; a frame has 1 / time of it."""
        contexts = _contexts(classes, self.condition, self.vocabulary)
        voices = np.arange(classes.shape[2])
        return -np.log(self.chances[voices, contexts, classes]).sum(axis=(1, 2))

    def sample(self, count: int, seed: int) -> np.ndarray:
        """Windows (count, steps, voices), the same for the same seed."""
        random = np.random.default_rng(seed)
        bounds = self.chances.cumsum(axis=2)
        bounds[..., -1] = 1  # whatever rounding leaves of it
        voices = np.arange(len(bounds))
        windows = np.empty((count, self.steps, len(bounds)), np.int64)
        context = np.full((count, len(bounds)), bounds.shape[1] - 1)
        sounding = np.zeros_like(context)
        for step in range(self.steps):
            chosen = bounds[voices, context] <= random.random((count, len(bounds), 1))
            windows[:, step] = now = chosen.sum(axis=2)
            sounding = np.where(now == HELD, sounding, np.maximum(now - FIRST + 1, 0))
            context = _context(now, sounding, self.condition)
        return windows


def fitted(classes: np.ndarray, vocabulary: Vocabulary, condition: str) -> Chain:
    """A chain of the windows (n, time, voices) that train."""
    contexts = _contexts(classes, condition, vocabulary)
    size, voices = vocabulary.classes, classes.shape[2]
    total = 1 + _first(condition, vocabulary)
    chances = np.empty((voices, total, size))
    for voice in range(voices):
        flat = contexts[..., voice].astype(np.int64) * size + classes[..., voice]
        counts = np.bincount(flat.ravel(), minlength=total * size).reshape(total, size)
        alone = _interpolated(counts.sum(axis=0), 1 / size)
        chances[voice] = _interpolated(counts, alone)
    return Chain(condition, vocabulary, chances, classes.shape[1])


def _interpolated(counts, lower):
    """Chances over the last axis, of counts and of the chances with fewer conditions."""
    kinds = np.maximum((counts > 0).sum(axis=-1, keepdims=True), 1)
    return (counts + kinds * lower) / (counts.sum(axis=-1, keepdims=True) + kinds)


def _first(condition, vocabulary):
    """The context of a first step, which is the last one there is."""
    pitches = vocabulary.classes - FIRST
    return {"unigram": 0, "class_bigram": vocabulary.classes, "bigram": 2 * (pitches + 1)}[condition]


def _contexts(classes, condition, vocabulary):
    """The context of every class (n, time, voices)."""
    contexts = np.empty(classes.shape, np.int32)
    sounding = np.maximum(vocabulary.decoded(classes)[0] - vocabulary.lowest + 1, 0)
    contexts[:, 1:] = _context(classes[:, :-1], sounding[:, :-1], condition)
    contexts[:, 0] = _first(condition, vocabulary)
    return contexts


def _context(classes, sounding, condition):
    """The context that follows classes and what sounds with them, 0 for a rest and 1 for the lowest pitch."""
    if condition == "unigram":
        return np.zeros_like(classes)
    return classes if condition == "class_bigram" else 2 * sounding + (classes == HELD)
