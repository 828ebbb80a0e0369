"""What a code looks like from outside: each unit's share, traversals, samples, and the plane of two scaler."""

from __future__ import annotations

import numpy as np
import tensorflow as tf
from scipy.stats import norm

from keras_ae.blocks.samplers import CodeSampler, generate, takes_condition
from keras_ae.data.types import Scaler
from keras_ae.formats import Format
from keras_ae.heads import Heads
from keras_ae.imaging.grid import is_image_shape
from keras_ae.losses import gaussian_kl
from keras_ae.metrics.codes import active_units
from keras_ae.tensorboard.render import MOST_DRAWN, can_draw, rows_drawn

MOST_UNITS = 10
"""Units that a traversal shows, those that vary most; scalars are written of at most 64."""

STEPS = 9
"""Values that a traversal gives to each unit."""


SIDE = 15
"""Images along each side of the plane of a code of two numbers."""


def images(
    heads: Heads,
    encoded: dict,
    named: dict,
    scaler: Scaler,
    drawn: CodeSampler | None,
    format: Format | None = None,
) -> dict[str, np.ndarray]:
    """Grids of decoded codes by name, (height, width, channels) uint8; none for what cannot be drawn.

    encoded: what the encoder gives of the named examples, (n, ...) each. drawn: what draws to generate from.
    """
    shape = heads.decoder.output["reconstruction"].shape[1:]
    if not (heads.takes_code_alone and can_draw(shape, format)):
        return {}
    classes = np.asarray(named["condition"]).argmax(axis=-1) if takes_condition(heads) else None
    count = named["condition"].shape[-1] if takes_condition(heads) else 0
    codes, found = encoded["code"], {}

    def draw(codes, labels):
        return generate(heads, {"code": codes}, labels, count)

    if codes.ndim == 2 and np.issubdtype(codes.dtype, np.floating):
        label = None if classes is None else classes[0]
        found["traversal"] = _rows(draw, traversal(codes), scaler, format, label)
        if codes.shape[1] == 2:
            found["plane"] = _rows(
                draw, plane(codes, "log_var" in encoded and heads.prior is None), scaler, format, label
            )
    if drawn is not None:
        labels = np.repeat(np.arange(count), 10) if count else None
        decoded = generate(heads, drawn(10 * (count or 10), 0), labels, count)
        each = 10 if is_image_shape(shape) else MOST_DRAWN
        rows = {str(row): decoded[10 * row : 10 * row + each] for row in range(min(len(decoded) // 10, each))}
        found["samples"] = rows_drawn(rows, scaler, format)
    return found


def traversal(codes: np.ndarray) -> np.ndarray:
    """Codes in which one unit at a time takes values over what it takes in the given ones.

    codes: (n, latent_dim). Returns (units, 9, latent_dim): the first code with one unit changed from
    the mean minus 3 standard deviations to the mean plus 3, for the units that vary most.
    """
    mean, deviation = codes.mean(axis=0), codes.std(axis=0)
    dimensions = np.argsort(-deviation)[:MOST_UNITS]
    walked = np.tile(codes[0], (len(dimensions), STEPS, 1))
    for row, unit in enumerate(dimensions):
        walked[row, :, unit] = mean[unit] + deviation[unit] * np.linspace(-3, 3, STEPS)
    return walked


def plane(codes: np.ndarray, normal: bool) -> np.ndarray:
    """Codes (15, 15, 2) over a plane, at equal steps of a standard normal's quantiles or of the codes' range.

    codes: (n, 2), whose range is taken unless the prior is `normal`.
    """
    shares = (np.arange(SIDE) + 0.5) / SIDE
    if normal:
        axes = [norm.ppf(shares)] * 2
    else:
        axes = [low + (high - low) * shares for low, high in np.quantile(codes, [0.01, 0.99], axis=0).T]
    return np.stack(np.meshgrid(axes[0], axes[1][::-1]), axis=-1).astype(np.float32)


def _rows(draw, codes, scaler, format, label):
    rows, columns, width = codes.shape
    labels = None if label is None else np.full(rows * columns, label)
    decoded = draw(codes.reshape(-1, width), labels)
    return rows_drawn({str(row): part for row, part in enumerate(np.split(decoded, rows))}, scaler, format)


def _write_posterior(encoded):
    mean, log_var = encoded["mean"], encoded["log_var"]
    kl = np.asarray(gaussian_kl(mean, log_var)).mean(axis=0)
    tf.summary.scalar("posterior/active_units", active_units(mean))
    tf.summary.histogram("posterior/kl_per_dimension", kl)
    for unit, value in enumerate(kl[:64]):
        tf.summary.scalar(f"posterior_kl/dimension_{unit:02d}", value)
