"""A finished run as something that makes examples: codes drawn, examples decoded, examples encoded."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from keras_ae.blocks.autoregressive import teacher_forced
from keras_ae.blocks.choices import noise_for_classes
from keras_ae.blocks.samplers import apply_temperature, generate, takes_condition
from keras_ae.data.splits import hashes
from keras_ae.data.types import Scaler
from keras_ae.errors import InputError
from keras_ae.formats import Format
from keras_ae.heads import Heads, apply, batched, in_batches, inference_batch
from keras_ae.runs.artifacts import load_artifacts


@dataclass(frozen=True, eq=False)
class Made:
    """Examples that were generated, and what each was made from.

    examples: (n, ...) as people have them. noise: (n, ...) that the sampler took. labels: (n,) or None.
    valid: (n,) bool, as the decoder gave them, or None where no validity is known; kept: the same of what is
    given in the end.
    """

    examples: np.ndarray
    noise: np.ndarray
    labels: np.ndarray | None
    valid: np.ndarray | None = None
    kept: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class Generator:
    """What a run's folder holds to generate with; the data that it learned from is not needed.

    shape: of an example as the heads take it. classes: of the condition that the decoder takes, or 0.
    names: of those classes, () where they are numbers. learned: hashes of the training examples, of whole
    numbers alone.
    """

    heads: Heads
    scaler: Scaler
    sampler: keras.Model | None
    format: Format
    shape: tuple[int, ...]
    classes: int
    names: tuple[str, ...] = ()
    learned: np.ndarray | None = None

    @classmethod
    def of(cls, directory: Path) -> Generator:
        """Raises InputError for a run that is not finished, and for a decoder that wants more than a code."""
        kept = load_artifacts(directory)
        if not kept.heads.takes_code_alone:
            raise InputError(
                f"{directory} has a decoder that takes more than a code, such as one of photographs with "
                "skips; take a recipe that generates: keras-ae list"
            )
        shape = tuple(kept.heads.encoder.get_layer("inputs").output.shape[1:])
        made = tuple(kept.heads.decoder.output["reconstruction"].shape[1:])
        if shape != made or kept.scaler.preprocessor is not None:
            raise InputError(
                f"{directory} turns examples of shape {shape} into {made}, or rows of a table; what "
                "generates gives what it takes: keras-ae list"
            )
        classes = kept.examples["condition"].shape[-1] if takes_condition(kept.heads) else 0
        return cls(
            kept.heads, kept.scaler, kept.sampler, kept.format, shape, classes, kept.label_names, kept.learned
        )

    @property
    def element_shape(self) -> tuple[int, ...]:
        """Of an example as people have it."""
        return self.shape[:-1] if self.scaler.domain.one_hot else self.shape

    def noise(self, count: int, seed: int, temperature: float = 1.0) -> np.ndarray:
        """Standard normal numbers of a seed for the sampler (count, ...); by the temperature they spread.

        Raises InputError for a variant that has nowhere to draw codes from.
        """
        if self.sampler is None:
            raise InputError(
                "this variant draws no codes; take one that generates (variational, conditional, "
                'vector_quantized, ...): SET="variant=Variational"'
            )
        shape = self.sampler.inputs[0].shape[1:]
        drawn = np.random.default_rng(seed).standard_normal((count, *shape)).astype(np.float32)
        return apply_temperature(self.sampler, drawn, temperature)

    def drawn(self, noise: np.ndarray) -> dict[str, np.ndarray]:
        """What the sampler makes of noise (n, ...), by name: codes (n, ...), and for some choices."""
        return batched(lambda inputs: self._sampled(inputs["noise"]), {"noise": noise})

    @cached_property
    def _sampled(self):
        """The sampler as one graph, for a prior that goes code by code is slow op by op."""
        taken = self.sampler.inputs[0]
        return tf.function(
            lambda noise: apply(self.sampler, {"noise": noise}),
            input_signature=[tf.TensorSpec(taken.shape, taken.dtype)],
        )

    def decoded(
        self, codes: np.ndarray | dict[str, np.ndarray], labels: np.ndarray | None = None
    ) -> np.ndarray:
        """Examples (n, ...) as people have them, of codes (n, ...) and, where taken, of labels (n,).

        codes: or what was drawn, choices among it; without those the likeliest are made.
        """
        if self.classes and labels is None:
            raise InputError(f"expected a class beside each code: {self.told_classes}")
        drawn = codes if isinstance(codes, dict) else {"code": codes}
        return self.scaler.inverse_transform(generate(self.heads, drawn, labels, self.classes))

    def encoded(self, examples: np.ndarray, labels: np.ndarray | None = None) -> np.ndarray:
        """Codes (n, ...) of examples (n, ...) as people have them."""
        classes = self.shape[-1]
        whole = examples.dtype.kind in "iu" and examples.min() >= 0 and examples.max() < classes
        if self.scaler.domain.one_hot and not whole:
            raise InputError(
                f"expected whole numbers of classes from 0 to {classes - 1}, received {examples.dtype} from "
                f"{examples.min()} to {examples.max()}; take data of the kind that the model was trained on"
            )

        def encode(rows):
            inputs = {"inputs": self.scaler.transform(examples[rows], classes)}
            if self.classes:
                inputs["condition"] = np.eye(self.classes, dtype=np.float32)[labels[rows]]
            return apply(self.heads.encoder, inputs)

        return in_batches(encode, len(examples), inference_batch(self.shape))["code"]

    def choices_of(self, examples: np.ndarray, codes: np.ndarray) -> dict[str, np.ndarray]:
        """The choices by which a decoder makes just these examples (n, ...) of codes (n, ...), by name.

        Nothing of a decoder that makes no choices. They are what the codes do not tell.
        """
        shape = self.heads.choices_shape
        if not shape:
            return {}
        decoder, axis = self.heads.decoder, self.heads.decoder.get_layer("decoder_steps").axis
        targets = self.scaler.transform(examples, self.shape[-1])
        shares = np.asarray(apply(self._forced, {"code": codes, "targets": targets})["reconstruction"])
        turned = (np.swapaxes(np.asarray(part), 1, 1 + axis) for part in (shares, targets))
        flat = (part.reshape(-1, *shape, self.shape[-1]) for part in turned)
        return {"choices": noise_for_classes(*flat, decoder.get_layer("decoder_spread").scale)}

    @cached_property
    def _forced(self):
        return teacher_forced(self.heads.decoder)

    def draw(self, count: int, seed: int, temperature: float = 1.0, label: int | None = None) -> Made:
        """New examples, the same for the same seed. Of a conditional decoder each code serves every class.

        label: the one class of all; without, a code's examples follow each other class by class.
        """
        labels, each = None, 1
        if self.classes:
            each = 1 if label is not None else self.classes
            labels = np.full(count, label) if label is not None else np.arange(count) % self.classes
        noise = np.repeat(self.noise(-(-count // each), seed, temperature), each, axis=0)[:count]
        return Made(self.decoded(self.drawn(noise), labels), noise, labels)

    def copies(self, examples: np.ndarray) -> np.ndarray:
        """Which examples (n, ...) are ones that were learned from, (n,) bool; of whole numbers alone."""
        if self.learned is None or examples.shape[1:] != self.element_shape:
            return np.zeros(len(examples), bool)
        return np.isin(hashes(examples), self.learned)

    def label_of(self, text: str) -> int:
        """The number of a class by its name or number. Raises InputError for one there is not."""
        if not self.classes:
            raise InputError("the decoder takes no class; leave the label out, or take RECIPE=conditional")
        if text in self.names:
            return self.names.index(text)
        if not text.isdecimal() or int(text) >= self.classes:
            raise InputError(f"expected a class that there is ({self.told_classes}), received {text!r}")
        return int(text)

    @property
    def told_classes(self) -> str:
        """The classes as a user names them."""
        return ", ".join(self.names) or f"0 to {self.classes - 1}"
