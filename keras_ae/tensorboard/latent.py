"""Images and scalars of a latent space: traversals, samples, the plane of a two-number code, divergences."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from keras_ae.blocks.samplers import CodeSampler, generate, takes_condition
from keras_ae.data.scaling import Scaler
from keras_ae.formats import Format
from keras_ae.heads import Heads
from keras_ae.imaging.grid import is_image_shape
from keras_ae.losses import gaussian_kl
from keras_ae.metrics.codes import active_units, traversal_values
from keras_ae.tensorboard.render import MAX_RENDERED, can_render, render_rows

__all__ = ["latent_images", "plane_codes", "traversal_codes", "write_posterior"]

MAX_TRAVERSED = 10
"""Number of dimensions that a traversal shows, the ones that vary most."""

MAX_SCALARS = 64
"""Maximum number of dimensions whose divergence gets its own scalar."""

STEPS = 9
"""Number of values per dimension in a traversal."""

PATTERNS = 16
"""Number of patterns along each side of a dictionary."""

SIDE = 15
"""Number of images along each side of the plane of a two-dimensional code."""


def latent_images(
    heads: Heads,
    encoded: Mapping[str, np.ndarray],
    inputs: Mapping[str, Any],
    scaler: Scaler,
    sample: CodeSampler | None,
    format: Format | None = None,
    learned_classes: np.ndarray | None = None,
    patterns: np.ndarray | None = None,
) -> dict[str, np.ndarray]:
    """Grids of decoded codes: a traversal, samples, the plane of a two-dimensional code, and a dictionary.

    Args:
        heads: Trained heads, or heads in training.
        encoded: The encoder's outputs for some examples by name, (n, ...) each.
        inputs: The examples, as inputs of the heads.
        scaler: The scaler between the examples and their original units.
        sample: Samples codes to generate from; None for a variant that does not generate.
        format: How examples are rendered, where they are not images.
        learned_classes: The classes of which there are training examples, the only ones to be sampled; None
            for all.
        patterns: What each unit of a code adds to a reconstruction, (units, ...), if that is fixed.

    Returns:
        Images by name, (height, width, channels) uint8; none where examples cannot be rendered.
    """
    shape = heads.decoder.output["reconstruction"].shape[1:]
    if not (heads.takes_code_alone and can_render(shape, format, scaler.domain.one_hot)):
        return {}
    conditional = takes_condition(heads)
    classes = np.asarray(inputs["condition"]).argmax(axis=-1) if conditional else None
    count = inputs["condition"].shape[-1] if conditional else 0
    codes, images = encoded["code"], {}

    def decode(codes: np.ndarray, labels: np.ndarray | None) -> np.ndarray:
        return generate(heads, {"code": codes}, labels, count)

    if codes.ndim == 2 and np.issubdtype(codes.dtype, np.floating):
        label = None if classes is None else classes[0]
        names = [f"dimension {dimension}" for dimension in _varying(codes)]
        images["traversal"] = _rows(decode, traversal_codes(codes), scaler, format, label, names)
        if codes.shape[1] == 2:
            normal = "log_var" in encoded and heads.prior is None
            images["plane"] = _rows(decode, plane_codes(codes, normal), scaler, format, label)
    if patterns is not None and is_image_shape(shape):
        images["dictionary"] = _dictionary(patterns, codes, scaler)
    if sample is not None:
        learned = np.arange(count) if learned_classes is None else learned_classes
        labels = np.repeat(learned, 10) if count else None
        decoded = generate(heads, sample(10 * len(learned) if count else 100, 0), labels, count)
        each = 10 if is_image_shape(shape) else MAX_RENDERED
        rows = {str(row): decoded[10 * row : 10 * row + each] for row in range(min(len(decoded) // 10, each))}
        images["samples"] = render_rows(rows, scaler, format)
    return images


def traversal_codes(codes: np.ndarray) -> np.ndarray:
    """Codes in which one dimension at a time runs over its range.

    Args:
        codes: (n, latent_dim), which define the ranges.

    Returns:
        (dimensions, 9, latent_dim): the first code with one dimension changed from the mean minus 3 standard
        deviations to the mean plus 3, for the dimensions that vary most.
    """
    dimensions = _varying(codes)
    changed = np.tile(codes[0], (len(dimensions), STEPS, 1))
    for row, dimension in enumerate(dimensions):
        changed[row, :, dimension] = traversal_values(codes[:, dimension], STEPS)
    return changed


def plane_codes(codes: np.ndarray, normal: bool) -> np.ndarray:
    """Codes over a plane, at equal steps of a normal prior's quantiles or of the codes' range.

    Args:
        codes: (n, 2), which define the range unless the prior is normal.
        normal: Whether the prior is a standard normal distribution.

    Returns:
        (15, 15, 2), float32.
    """
    fractions = (np.arange(SIDE) + 0.5) / SIDE
    if normal:
        from scipy.special import ndtri

        axes = [ndtri(fractions)] * 2
    else:
        axes = [low + (high - low) * fractions for low, high in np.quantile(codes, [0.01, 0.99], axis=0).T]
    return np.stack(np.meshgrid(axes[0], axes[1][::-1]), axis=-1).astype(np.float32)


def write_posterior(encoded: Mapping[str, np.ndarray]) -> None:
    """Writes the divergence of each dimension of a Gaussian posterior, and how many are active.

    Writes to TensorFlow's default summary writer, at its default step.

    Args:
        encoded: "mean" and "log_var" of some examples, (n, latent_dim) each.
    """
    mean, log_var = encoded["mean"], encoded["log_var"]
    kl = np.asarray(gaussian_kl(mean, log_var)).mean(axis=0)
    tf.summary.scalar("posterior/active_units", active_units(mean))
    tf.summary.histogram("posterior/kl_per_dimension", kl)
    for dimension, value in enumerate(kl[:MAX_SCALARS]):
        tf.summary.scalar(f"posterior_kl/dimension_{dimension:02d}", value)


def _dictionary(patterns: np.ndarray, codes: np.ndarray, scaler: Scaler) -> np.ndarray:
    """The patterns of the units that are active most often, the first of them first, mid-gray being 0."""
    often = np.argsort(-(codes != 0).mean(axis=0), kind="stable")[: PATTERNS**2]
    chosen = patterns[often]
    chosen = chosen / np.maximum(np.abs(chosen).max(axis=(1, 2, 3), keepdims=True), 1e-12)
    chosen = chosen * scaler.domain.display[1]
    starts = range(0, len(chosen) - len(chosen) % PATTERNS or len(chosen), PATTERNS)
    rows = {str(start): chosen[start : start + PATTERNS] for start in starts}
    return render_rows(rows, scaler, None)


def _varying(codes: np.ndarray) -> np.ndarray:
    """The dimensions that vary most."""
    return np.argsort(-codes.std(axis=0))[:MAX_TRAVERSED]


def _rows(
    decode: Callable,
    codes: np.ndarray,
    scaler: Scaler,
    format: Format | None,
    label: int | None,
    names: Sequence[str] = (),
) -> np.ndarray:
    """Decoded codes (rows, columns, latent_dim) in rows, which may have names."""
    rows, columns, width = codes.shape
    labels = None if label is None else np.full(rows * columns, label)
    decoded = decode(codes.reshape(-1, width), labels)
    by_name = dict(zip(names or map(str, range(rows)), np.split(decoded, rows), strict=True))
    return render_rows(by_name, scaler, format, captions=bool(names))
