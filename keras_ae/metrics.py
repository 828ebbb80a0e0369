"""Figures of merit: one value an example, so that means, spreads and worst cases are all to be had."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import tensorflow as tf
from keras import ops

from keras_ae.losses import binary_crossentropy, mean_of_elements, squared_error

SMALLEST_ERROR = 1e-10
"""Mean squared error below which a reconstruction counts as perfect: a PSNR of 100 dB."""


def mae(target, output):
    """Mean absolute error of each example: (batch, ...) twice -> (batch,)."""
    return mean_of_elements(ops.abs(target - output))


def psnr(target, output):
    """Peak signal-to-noise ratio, 10 log10(1 / MSE), in dB, for values in [0, 1].

    (batch, ...) twice -> (batch,), at most 100. The mean over a set is the mean of the
    examples' own ratios, as the denoising literature reports it.
    """
    error = ops.maximum(squared_error(target, output), SMALLEST_ERROR)
    return -10.0 * ops.log(error) / np.log(10.0).astype("float32")


def ssim(target, output):
    """Structural similarity (Wang et al. 2004) of pictures in [0, 1], with its 11-pixel Gaussian window.

    (batch, height, width, channels) twice -> (batch,) in [-1, 1], a mean over channels. A picture of
    fewer than 11 pixels a side takes a window of its own smaller side.
    """
    window = min(11, *target.shape[1:3])
    return tf.image.ssim(target, output, max_val=1.0, filter_size=window)


def excess_crossentropy(target, output):
    """Cross-entropy above its floor, that of the target with itself: 0 for a perfect reconstruction.

    (batch, ...) twice, in [0, 1] -> (batch,). Equal to the mean of KL(target || output).
    """
    return binary_crossentropy(target, output) - binary_crossentropy(target, target)


def measures(domain: str, shape: tuple[int, ...]) -> dict[str, Callable]:
    """The figures that make sense for a domain and an element shape, by their names in tables."""
    if domain != "unit":
        return {"mse": squared_error, "mae": mae}
    pictures = {"ssim": ssim} if len(shape) == 3 and min(shape[:2]) > 1 else {}
    return {
        "psnr": psnr,
        **pictures,
        "mse": squared_error,
        "crossentropy": binary_crossentropy,
        "excess_crossentropy": excess_crossentropy,
    }


def evaluate(predict: Callable, batches: Iterable, domain: str) -> dict[str, float]:
    """Means over all examples of every measure of the domain.

    predict: inputs (batch, ...) -> outputs (batch, ...), as arrays or tensors.
    batches: of (inputs, targets).
    """
    collected: dict[str, list] = {}
    for inputs, targets in batches:
        outputs = tf.convert_to_tensor(predict(inputs), tf.float32)
        for name, measure in measures(domain, tuple(targets.shape[1:])).items():
            collected.setdefault(name, []).append(np.asarray(measure(targets, outputs)))
    return {name: float(np.concatenate(parts).mean(dtype=np.float64)) for name, parts in collected.items()}
