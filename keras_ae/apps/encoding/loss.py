"""What a quantization of codes costs: the error of reconstructions before it and after it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from keras_ae.apps.encoding.collect import Collected
from keras_ae.apps.encoding.decoder import Decoder

__all__ = ["Comparison", "Loss"]

SMALLEST_ERROR = 1e-10
"""Mean squared error that counts as none: a PSNR of 100 dB."""


@dataclass(frozen=True)
class Loss:
    """The error of reconstructions before a quantization and after it.

    Attributes:
        count: Examples that were compared.
        mse: Mean squared errors, before and after; None where reconstructions cannot be compared.
        psnr: Means of the examples' peak signal-to-noise ratios in dB; None for values beyond [0, 1].
    """

    count: int
    mse: tuple[float, float] | None = None
    psnr: tuple[float, float] | None = None

    @property
    def line(self) -> str:
        """The loss in words; empty where it is not known."""
        if self.mse is None:
            return ""
        before, after = self.mse
        psnr = "" if self.psnr is None else f", PSNR {self.psnr[0]:.2f} -> {self.psnr[1]:.2f} dB"
        return f"reconstructions: MSE {before:.6g} -> {after:.6g}{psnr} ({self.count:,} examples compared)"


class Comparison:
    """Examples beside what a decoder makes of their codes.

    Args:
        collected: The outputs of an encoder, with some of the examples.
        decoder: The decoder; None if there is none.
    """

    def __init__(self, collected: Collected, decoder: Decoder | None):
        self.examples, self.decoder = collected.few, decoder
        takes_labels = decoder is not None and decoder.takes_labels and collected.labels is not None
        self.labels = collected.labels[collected.rows] if takes_labels else None  # type: ignore[index]
        self.codes = collected.outputs["code"][collected.rows]
        self.before = self.errors(self.reconstruct(self.codes))

    def reconstruct(self, codes: np.ndarray, rows: np.ndarray | None = None) -> np.ndarray | None:
        """Decodes codes.

        Args:
            codes: (k, *shape).
            rows: (k,), the examples' rows that they are of; None for all of them.

        Returns:
            (k, ...), numbers; None where no decoder gives any.
        """
        if self.decoder is None:
            return None
        labels = self.labels if self.labels is None or rows is None else self.labels[rows]
        found = self.decoder.decode(codes, labels).get("reconstruction")
        return None if found is None or found.dtype.kind != "f" else found

    def errors(self, reconstructions: np.ndarray | None) -> np.ndarray | None:
        """The errors of reconstructions of all examples.

        Args:
            reconstructions: (k, ...), or None.

        Returns:
            (k,), mean squared errors of the elements that both have; None where examples are no numbers of
            that shape.
        """
        numbers = reconstructions is not None and self.examples.dtype.kind == "f"
        if not numbers or reconstructions.shape != self.examples.shape:  # type: ignore[union-attr]
            return None
        squares = np.square(reconstructions.astype(np.float64) - self.examples)  # type: ignore[union-attr]
        squares = squares.reshape(len(squares), -1)
        there = np.isfinite(squares)  # what follows the end of a sequence is not
        return np.where(there, squares, 0).sum(axis=1) / np.maximum(there.sum(axis=1), 1)

    def decode_flat(self, codes: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Decodes codes that a quantization tries.

        Args:
            codes: (k, dimensions).
            rows: (k,), the examples' rows that they are of.

        Returns:
            (k, ...), numbers.
        """
        shaped = codes.reshape(len(codes), *self.codes.shape[1:]).astype(self.codes.dtype)
        found = self.reconstruct(shaped, rows)
        assert found is not None  # as `before` is not
        return found

    def mean_error(self, reconstructions: np.ndarray) -> float:
        """The mean squared error of reconstructions of all examples.

        Args:
            reconstructions: (k, ...).

        Returns:
            The error.
        """
        errors = self.errors(reconstructions)
        assert errors is not None
        return float(errors.mean())

    def loss(self, codes: np.ndarray, in_unit: bool) -> Loss:
        """What it costs to decode other codes in the place of those of the encoder.

        Args:
            codes: (k, *shape), quantized.
            in_unit: Whether examples lie in [0, 1].

        Returns:
            The loss.
        """
        after = None if self.before is None else self.errors(self.reconstruct(codes))
        if self.before is None or after is None:
            return Loss(len(self.examples))
        mse = float(self.before.mean()), float(after.mean())
        return Loss(len(after), mse, (_psnr(self.before), _psnr(after)) if in_unit else None)


def _psnr(errors: np.ndarray) -> float:
    """The mean of the examples' signal-to-noise ratios, of values in [0, 1]."""
    return float(-10 * np.log10(np.maximum(errors, SMALLEST_ERROR)).mean())
