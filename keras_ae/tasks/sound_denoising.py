"""Denoising of sounds of any length, with metrics of whole sounds in white and in pink noise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_ae.blocks.any_length import EachAlone
from keras_ae.blocks.samplers import CodeSampler
from keras_ae.data.tensors import values
from keras_ae.data.types import Data
from keras_ae.errors import InputError
from keras_ae.formats.sounds.waveforms import Waveforms
from keras_ae.heads import Heads, ServedHead, TrainedHeads, apply
from keras_ae.metrics.sound import si_sdr
from keras_ae.tasks import Task
from keras_ae.tasks.corruption import Corruption
from keras_ae.tasks.sound_filters import ORACLE, filtered
from keras_ae.tasks.sound_noise import COLORS, SoundNoise, colored_noise

__all__ = ["SoundDenoising"]

TESTED_RATIOS = (0, 5, 10)
"""Signal-to-noise ratios in dB that the test sounds have."""

SECONDS_BEFORE = 0.25
"""Seconds of noise alone before a sound, from which spectral subtraction estimates it."""

MOST_TESTED, MOST_SECONDS = 300, 20.0
"""The most test sounds that are scored, and seconds of each."""

EXAMPLES = 4
"""Sounds of different lengths that an exported restorer is compared on."""


@dataclass(frozen=True)
class SoundDenoising(Task):
    """Adds noise to sounds, which the network takes off again.

    Test metrics are gains in SI-SDR (Le Roux et al. 2019, arXiv:1811.02508) over the noisy sound, of whole
    test sounds in white and in pink noise at 0, 5 and 10 dB, whatever the training's noise is.

    Attributes:
        corruption: The noise in training; new for each piece in each epoch.
    """

    corruption: Corruption = SoundNoise()

    @property
    def compared(self) -> tuple[str, ...]:
        """The mean gain."""
        return ("si_sdr_gain",)

    @property
    def oracles(self) -> tuple[str, ...]:
        """The ideal ratio mask."""
        return (ORACLE,)

    def prepare(self, data: Data) -> Data:
        """Refuses data other than sounds."""
        if not isinstance(data.format, Waveforms) or len(data.train.shape) != 1:
            raise InputError(
                f"expected sounds, such as a folder of WAV or FLAC files; received {data.name}, of examples "
                f"of shape {data.train.shape}; use other data, DATA=folder/of/sounds, or another recipe"
            )
        return data

    def pair(self, examples: Any, seeds: Any, domain: str) -> tuple[Any, Any]:
        """examples (batch, samples) -> (noisy, examples)."""
        return self.corruption(examples, seeds, domain), examples

    def metrics(self) -> dict[str, Any]:
        """None of single reconstructions: gains are measured in noise of their own, as `further_metrics`."""
        return {}

    def rows(self, inputs: Any, targets: Any, reconstruction: Any) -> dict[str, object]:
        """The clean sounds, the noisy ones, and the restored ones."""
        return {"input": targets, "noisy": inputs, "reconstruction": reconstruction}

    def further_metrics(
        self, heads: Heads, data: Data, seed: int, sample_codes: CodeSampler | None
    ) -> dict[str, dict[str, float]]:
        """Gains in SI-SDR: their mean, and for each color of noise and each ratio."""
        format = data.format
        assert isinstance(format, Waveforms)  # as `prepare` has checked
        whole = data.whole if data.whole is not None and heads.any_size else data.test.numbers
        chosen = np.unique(np.linspace(0, len(whole) - 1, MOST_TESTED).round().astype(int))
        numbers = set(chosen.tolist())
        clips = [clip for number, clip in enumerate(whole) if number in numbers]
        taken = [tf.TensorSpec(heads.encoder.inputs[0].shape)]
        restore = tf.function(partial(_restored, heads.end_to_end), input_signature=taken, autograph=False)
        gains: dict[str, dict[str, list[float]]] = {}
        for number, clip in enumerate(clips):
            clean = clip[: int(MOST_SECONDS * format.rate)].astype(np.float64)
            if not clean.any():
                continue
            for color in COLORS:
                noise = _noise_of(color, seed, number, clean, format.rate)
                for ratio in TESTED_RATIOS:
                    row = _gains(clean, noise * 10 ** (-ratio / 20), format, restore)
                    for name, gain in row.items():
                        gains.setdefault(name, {}).setdefault(f"gain_{color}_{ratio}_dB", []).append(gain)
        table: dict[str, dict[str, float]] = {}
        for name, parts in gains.items():
            means = {part: float(np.mean(each)) for part, each in parts.items()}
            table[name] = {"si_sdr_gain": float(np.mean([*means.values()]))} | means
        return table

    def tested(self, data: Data) -> dict[str, int]:
        return {"test sounds": len(data.test if data.whole is None else data.whole)}

    def served_heads(self, trained: TrainedHeads) -> tuple[ServedHead, ...]:
        """The restorer of sounds of different lengths, if the variant takes any length.

        Its facts are what restoring in pieces needs: the rate, the reach and the multiple at which pieces
        begin.
        """
        data, format = trained.data, trained.data.format
        if trained.reach is None or not isinstance(format, Waveforms):
            return ()
        examples = np.asarray(values(data.test.take(slice(EXAMPLES)).examples))
        lengths = np.linspace(examples.shape[1] // 2, examples.shape[1], len(examples)).astype(np.int32)
        inputs = keras.Input((None,), name="inputs")
        known = keras.Input((), dtype="int32", name="lengths")
        # the decoder and the encoder, because a layer in two nested models does not survive a Keras file
        each = EachAlone(trained.heads.encoder, trained.heads.decoder, name="each_alone")
        model = keras.Model(
            {"inputs": inputs, "lengths": known}, {"reconstruction": each(inputs, known)}, name="restorer"
        )
        facts = {"rate": format.rate, "reach": trained.reach, "multiple": trained.multiple}
        return (ServedHead("restorer", model, facts, {"inputs": examples, "lengths": lengths}),)


def _restored(end_to_end: keras.Model, inputs: tf.Tensor) -> tf.Tensor:
    return apply(end_to_end, {"inputs": inputs})["reconstruction"]


def _noise_of(color: str, seed: int, number: int, clean: np.ndarray, rate: int) -> np.ndarray:
    """Noise as loud as a sound, which begins before it; a function of the seed and the sound's number."""
    before = int(SECONDS_BEFORE * rate)
    seeds = tf.constant([[seed, -1 - 2 * number - COLORS.index(color)]], tf.int64)
    noise = np.asarray(colored_noise(color, len(clean) + before, seeds)[0], np.float64)
    return noise * np.sqrt(np.mean(clean**2) / np.mean(noise[before:] ** 2))


def _gains(clean: np.ndarray, noise: np.ndarray, format: Waveforms, restore: Any) -> Mapping[str, float]:
    """The gain of each filter, and of the model, for a sound in noise that begins before it."""
    before = len(noise) - len(clean)
    noisy = clean + noise[before:]
    restored = filtered(clean, noise[before:], noise[:before], format.frame, format.hop)
    restored["model"] = np.asarray(restore(noisy[None].astype(np.float32))[0], np.float64)
    own = si_sdr(clean, noisy)
    return {name: si_sdr(clean, waveform) - own for name, waveform in restored.items()}
