"""A generator from a trained run: it samples codes, decodes them, and encodes examples."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from keras_ae.blocks.choices import noise_for_classes
from keras_ae.blocks.choosing_decoder import teacher_forced
from keras_ae.blocks.samplers import apply_temperature, generate, takes_condition
from keras_ae.data.labels import are_numbers
from keras_ae.data.scaling import Scaler
from keras_ae.data.splits import hashes
from keras_ae.errors import InputError
from keras_ae.formats import Format, format_of
from keras_ae.heads import Heads, apply, batched, in_batches, inference_batch
from keras_ae.imaging.grid import is_image_shape
from keras_ae.names import nearby
from keras_ae.runs.artifacts import load_artifacts

__all__ = ["Generated", "Generator"]


@dataclass(frozen=True, eq=False)
class Generated:
    """Generated examples, and the noise and classes that they were decoded from.

    Attributes:
        examples: (n, ...), in original units.
        noise: The sampler's input, (n, ...); (n, 0) for joined windows.
        labels: The indices of their classes, (n,), or None.
        valid_as_decoded: Whether each was valid before repair, (n,) bool, or None if validity is unknown.
        valid: Whether each is valid after repair, (n,) bool, or None.
    """

    examples: np.ndarray
    noise: np.ndarray
    labels: np.ndarray | None
    valid_as_decoded: np.ndarray | None = None
    valid: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class Generator:
    """The heads of a run with everything needed to generate examples, without the training data.

    Attributes:
        heads: The trained heads.
        scaler: The scaler between the heads' values and original units.
        sampler: Samples codes from noise; None if the variant does not generate.
        format: The format of examples.
        shape: The shape of an example as the heads take it.
        classes: Classes of the condition that the decoder takes, or 0.
        class_names: Names of those classes, () if they are numbers.
        training_hashes: Hashes of the training examples if they are integers, otherwise None.
        learned_classes: The classes of which there were training examples; None for all.
        learned_counts: How many there were of each of them; None if that is not known.
    """

    heads: Heads
    scaler: Scaler
    sampler: keras.Model | None
    format: Format
    shape: tuple[int, ...]
    classes: int
    class_names: tuple[str, ...] = ()
    training_hashes: np.ndarray | None = None
    learned_classes: np.ndarray | None = None
    learned_counts: np.ndarray | None = None

    @classmethod
    def of(cls, directory: Path) -> Generator:
        """The generator of a run.

        Args:
            directory: The run's folder.

        Returns:
            The generator.

        Raises:
            InputError: If the run is not finished, or its decoder needs more than a code.
        """
        artifacts = load_artifacts(directory)
        if not artifacts.heads.takes_code_alone:
            raise InputError(
                f"{directory} has a decoder that needs more than a code, such as one for photographs with "
                "skip connections; use a recipe that generates: keras-ae list"
            )
        shape = tuple(artifacts.heads.encoder.get_layer("inputs").output.shape[1:])
        decoded = tuple(artifacts.heads.decoder.output["reconstruction"].shape[1:])
        is_detector = artifacts.scaler.preprocessor is not None and not artifacts.scaler.is_of_rows
        if shape != decoded or is_detector:
            raise InputError(
                f"{directory} turns examples of shape {shape} into {decoded}, or rows of a table for "
                "anomalies; a recipe that generates gives what it takes, table_generation rows: keras-ae list"
            )
        classes = artifacts.examples["condition"].shape[-1] if takes_condition(artifacts.heads) else 0
        return cls(
            artifacts.heads,
            artifacts.scaler,
            artifacts.sampler,
            format_of(artifacts.format, artifacts.scaler.domain, shape),
            shape,
            classes,
            artifacts.label_names,
            artifacts.learned,
            artifacts.learned_classes,
            artifacts.learned_counts,
        )

    @property
    def element_shape(self) -> tuple[int, ...]:
        """The shape of an example in original units."""
        if self.scaler.is_of_rows and self.scaler.preprocessor is not None:
            return (len(self.scaler.preprocessor.columns),)
        return self.shape[:-1] if self.scaler.domain.one_hot else self.shape

    def noise(self, count: int, seed: int, temperature: float = 1.0) -> np.ndarray:
        """Standard normal noise for the sampler.

        Args:
            count: Number of codes.
            seed: Random seed.
            temperature: Factor on the noise, above 0.

        Returns:
            (count, ...), float32.

        Raises:
            InputError: If the variant has no sampler, or the temperature is not above 0.
        """
        if self.sampler is None:
            raise InputError(
                "this variant cannot sample codes; use one that generates (variational, conditional, "
                'vector_quantized, ...): SET="variant=Variational"'
            )
        shape = self.sampler.inputs[0].shape[1:]
        noise = np.random.default_rng(seed).standard_normal((count, *shape)).astype(np.float32)
        return apply_temperature(self.sampler, noise, temperature)

    def sample_codes(self, noise: np.ndarray) -> dict[str, np.ndarray]:
        """Samples codes and, if the decoder makes choices, the noise for them.

        Args:
            noise: (n, ...).

        Returns:
            "code" (n, ...) and possibly "choices" (n, ...).
        """
        return batched(lambda inputs: self._sample(inputs["noise"]), {"noise": noise})

    @cached_property
    def _sample(self):
        """The sampler as one graph, because an autoregressive prior is slow in eager mode."""
        noise = self.sampler.inputs[0]
        return tf.function(
            lambda noise: apply(self.sampler, {"noise": noise}),
            input_signature=[tf.TensorSpec(noise.shape, noise.dtype)],
            autograph=False,
        )

    def decode(
        self, codes: np.ndarray | dict[str, np.ndarray], labels: np.ndarray | None = None
    ) -> np.ndarray:
        """Decodes codes.

        Args:
            codes: (n, ...), or by name as returned by `sample_codes`; without choices the likeliest are made.
            labels: Class indices, (n,), if the decoder takes a condition.

        Returns:
            Examples, (n, ...), in original units.

        Raises:
            InputError: If the decoder takes a condition but labels are missing.
        """
        if self.classes and labels is None:
            raise InputError(f"expected a class beside each code: {self.classes_text}")
        named = codes if isinstance(codes, dict) else {"code": codes}
        return self.scaler.inverse_transform(generate(self.heads, named, labels, self.classes))

    def encode(self, examples: np.ndarray, labels: np.ndarray | None = None) -> np.ndarray:
        """Encodes examples.

        Args:
            examples: (n, ...), in original units.
            labels: Class indices, (n,), if the encoder takes a condition.

        Returns:
            Codes, (n, ...).

        Raises:
            InputError: If the examples should be class indices but are not.
        """
        classes = self.shape[-1]
        lowest = -1 if self.format.has_ends else 0
        whole = examples.dtype.kind in "iu" and examples.min() >= lowest and examples.max() < classes
        if self.scaler.domain.one_hot and not whole:
            raise InputError(
                f"expected whole numbers of classes from 0 to {classes - 1}, received {examples.dtype} from "
                f"{examples.min()} to {examples.max()}; use data of the kind that the model was trained on"
            )

        def encode_rows(rows: slice) -> dict:
            inputs = {"inputs": self.scaler.transform(examples[rows], classes)}
            if self.classes and labels is not None:
                inputs["condition"] = np.eye(self.classes, dtype=np.float32)[labels[rows]]
            return apply(self.heads.encoder, inputs)

        return in_batches(encode_rows, len(examples), inference_batch(self.shape))["code"]

    def choices_for(self, examples: np.ndarray, codes: np.ndarray) -> dict[str, np.ndarray]:
        """The noise with which the decoder reproduces given examples exactly.

        Args:
            examples: (n, ...), in original units.
            codes: Their codes, (n, ...).

        Returns:
            "choices" (n, ...); empty for a decoder that makes no choices.
        """
        shape = self.heads.choices_shape
        if not shape or self.scaler.is_of_rows:  # of which the likeliest values are chosen
            return {}
        decoder, axis = self.heads.decoder, self.heads.decoder.get_layer("decoder_steps").axis
        targets = self.scaler.transform(examples, self.shape[-1])
        probabilities = np.asarray(
            apply(self._scoring_model, {"code": codes, "targets": targets})["reconstruction"]
        )
        scores, classes = (
            np.swapaxes(np.asarray(part), 1, 1 + axis).reshape(-1, *shape, self.shape[-1])
            for part in (probabilities, targets)
        )
        return {"choices": noise_for_classes(scores, classes, decoder.get_layer("decoder_spread").scale)}

    @cached_property
    def _scoring_model(self) -> keras.Model:
        return teacher_forced(self.heads.decoder)

    def generate(
        self, count: int, seed: int, temperature: float = 1.0, label: int | None = None
    ) -> Generated:
        """Generates examples, deterministically for a seed.

        Args:
            count: Number of examples.
            seed: Random seed.
            temperature: Factor on the noise, above 0.
            label: The index of the class of all; without it a conditional decoder decodes each code as
                every class in turn, and rows of a table are of each as often as in training.

        Returns:
            The examples.
        """
        labels, each = None, 1
        if self.classes and label is None and self.format.together:
            labels = self._labels_as_learned(count, seed)
        elif self.classes:
            learned = self.sampled_classes if label is None else np.array([label])
            each, labels = len(learned), learned[np.arange(count) % len(learned)]
        noise = np.repeat(self.noise(-(-count // each), seed, temperature), each, axis=0)[:count]
        return Generated(self.decode(self.sample_codes(noise), labels), noise, labels)

    def _labels_as_learned(self, count, seed):
        """Classes as frequent as they were among the training examples."""
        counts = self.learned_counts
        weights = None if counts is None else counts / counts.sum()
        return np.random.default_rng([seed, 1]).choice(self.sampled_classes, count, p=weights)

    def is_copy(self, examples: np.ndarray) -> np.ndarray:
        """Whether examples of integers, or rows of a table, are copies of training examples.

        Args:
            examples: (n, ...), in original units.

        Returns:
            (n,) bool.
        """
        if self.training_hashes is None or examples.shape[1:] != self.element_shape:
            return np.zeros(len(examples), bool)
        keys = self.format.keys(examples) if self.format.together else hashes(examples)
        return np.isin(keys, self.training_hashes)

    def label_index(self, text: str) -> int:
        """The index of a class.

        Args:
            text: Its name or number.

        Returns:
            The index.

        Raises:
            InputError: If the class does not exist, or the decoder takes none.
        """
        if not self.classes:
            raise InputError("the decoder takes no class; leave it out, or use RECIPE=conditional")
        named = text in self.class_names
        numbered = not are_numbers(self.class_names) and text.isdecimal()
        index = self.class_names.index(text) if named else int(text) if numbered else -1
        if index not in self.sampled_classes:
            near = nearby(text, self.class_names)
            raise InputError(
                f"expected an existing class ({self.classes_text}), received {text!r}{near}; name one of them"
            )
        return index

    def condition_index(self, text: str) -> int:
        """The index of the class of rows with a value in a column.

        Args:
            text: Such as "status=paid".

        Returns:
            The index.

        Raises:
            InputError: If rows are not generated for that column, or it has no such value.
        """
        column, equals, value = text.partition("=")
        own = self.format.condition if self.format.together else ""
        if not equals:
            raise InputError(f"expected a column and its value, such as status=paid; received {text!r}")
        if not own:
            raise InputError(
                f"this run generates examples for no column, received {text!r}; train one that does: "
                f'SET="data.condition={column.strip()}"'
            )
        if column.strip() != own:
            raise InputError(
                f"this run generates rows for values of {own}, received {column.strip()!r}; write {own}=..., "
                f'or train for the other column: SET="data.condition={column.strip()}"'
            )
        return self.label_index(value.strip())

    @property
    def gives_images(self) -> bool:
        """Whether examples are images of values in [0, 1]."""
        return self.scaler.domain.unit_interval and is_image_shape(self.element_shape)

    @property
    def sampled_classes(self) -> np.ndarray:
        """The classes of which there were training examples."""
        return np.arange(self.classes) if self.learned_classes is None else self.learned_classes

    @property
    def classes_text(self) -> str:
        """The classes as a user names them, in one line."""
        if not self.class_names and len(self.sampled_classes) == self.classes:
            return f"0 to {self.classes - 1}"
        return ", ".join(self.class_names[i] if self.class_names else str(i) for i in self.sampled_classes)
