"""Anomaly detection in sounds: a network of log-mel spectra, and a detector that takes waveforms."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_ae.blocks.log_mel import LogMel, known_frames
from keras_ae.blocks.scoring import NearestDistance
from keras_ae.data.examples import Split
from keras_ae.data.tensors import values
from keras_ae.data.types import Data
from keras_ae.errors import InputError, check_least
from keras_ae.formats.sounds.spectra import LogMels
from keras_ae.formats.sounds.waveforms import Waveforms
from keras_ae.heads import ServedHead, TrainedHeads, batched
from keras_ae.tasks.anomaly import Anomaly
from keras_ae.tasks.anomaly_scores import (
    Explained,
    NearestCodes,
    Reconstruction,
    Score,
    ScoreInputs,
    Together,
)

__all__ = ["NearestSpectra", "PerFrame", "SoundAnomaly"]


@dataclass(frozen=True)
class PerFrame(Score):
    """Another score in relation to how much of an example is sound, so that silence is no evidence.

    Attributes:
        of: A score that grows with the number of frames: a mean error, or a distance.
        root: Whether it grows with the square root of that number, as distances do.
    """

    of: Score = Reconstruction()
    root: bool = False

    @property
    def takes_network(self) -> bool:
        return self.of.takes_network

    def explained(self, inputs: ScoreInputs) -> Explained:
        """The other score, divided."""
        explained = self.of.explained(inputs)
        known = known_frames(inputs.inputs)
        return explained._replace(score=explained.score / (ops.sqrt(known) if self.root else known))

    def build(self, inputs: ScoreInputs) -> keras.KerasTensor:
        return self.explained(inputs).score


@dataclass(frozen=True)
class NearestSpectra(NearestCodes):
    """The mean distance of the spectra themselves from the nearest ones of training; it takes no network.

    Attributes:
        neighbors: Nearest spectra that the distance is averaged over, at least 1.
        max_codes: Training spectra that are stored, at most; at least as many as neighbors.
    """

    max_codes: int = 2500

    @property
    def takes_network(self) -> bool:
        return False

    def build(self, inputs: ScoreInputs) -> keras.KerasTensor:
        stored = inputs.training.reshape(len(inputs.training), -1)
        count = min(self.max_codes, len(stored))
        return NearestDistance(min(self.neighbors, count), count).fitted(stored)(inputs.flat)


@dataclass(frozen=True)
class SoundAnomaly(Anomaly):
    """Learns log-mel spectra of normal sounds; its detector takes waveforms of the model's rate.

    Attributes:
        score: See `Anomaly`.
        frame: Samples of a frame of the spectra, a multiple of `hop`.
        hop: Samples from one frame to the next.
        bands: Mel bands.
    """

    score: Score = Together(PerFrame(Reconstruction()), PerFrame(NearestSpectra(), root=True))
    frame: int = 256
    hop: int = 128
    bands: int = 32

    def __post_init__(self) -> None:
        super().__post_init__()
        check_least(self, frame=4, hop=1, bands=1)
        if self.frame % self.hop:
            raise InputError(f"frame must be a multiple of hop, {self.hop}; received {self.frame}")

    def prepare(self, data: Data) -> Data:
        """Keeps normal sounds for training, sets a calibration split aside, and takes log-mel spectra."""
        if not isinstance(data.format, Waveforms) or data.train.varies:
            raise InputError(
                f"expected whole sounds, such as a folder of WAV files with a folder good; received "
                f'{data.name}; use other data: SET="data=OneClass(of=WholeClips(...))"'
            )
        rate, samples = data.format.rate, data.train.shape[0]
        data, model = super().prepare(data), self._front(rate, samples)
        splits: dict[str, Any] = {part: _spectra(split, model) for part, split in data.splits.items()}
        return dataclasses.replace(
            data,
            **splits,
            calibration=None if data.calibration is None else _spectra(data.calibration, model),
            format=LogMels(rate, samples, self.frame, self.hop),
        )

    def served_heads(self, trained: TrainedHeads) -> tuple[ServedHead, ...]:
        """The detector, of waveforms."""
        format = trained.data.format
        detector, *others = super().served_heads(trained)
        if not isinstance(format, LogMels):
            return (detector, *others)
        waveform = keras.Input((format.samples,), name="waveform")
        spectra = LogMel(format.rate, self.frame, self.hop, self.bands, name="log_mel")(waveform)
        model = keras.Model({"waveform": waveform}, detector.model({"inputs": spectra}), name="detector")
        random = np.random.default_rng(0)
        examples = (0.1 * random.standard_normal((8, format.samples))).astype(np.float32)
        facts = {**detector.facts, "rate": format.rate, "samples": format.samples}
        return (
            dataclasses.replace(detector, model=model, facts=facts, examples={"waveform": examples}),
            *others,
        )

    def metrics_by_kind(self, served_heads: tuple[ServedHead, ...], data: Data) -> dict:
        """Test metrics by kind of anomaly, by the detector without its front."""
        detector = served_heads[0]
        inner = detector.model.get_layer("detector")
        return super().metrics_by_kind((dataclasses.replace(detector, model=inner),), data)

    def _front(self, rate: int, samples: int) -> keras.Model:
        waveform = keras.Input((samples,), name="inputs")
        layer = LogMel(rate, self.frame, self.hop, self.bands)
        return keras.Model({"inputs": waveform}, {"spectra": layer(waveform)})


def _spectra(split: Split, model: keras.Model) -> Split:
    """A split of sounds as one of spectra."""
    found = batched(model, {"inputs": np.asarray(values(split.examples))})["spectra"]
    return dataclasses.replace(split, examples=np.asarray(found, np.float32))
