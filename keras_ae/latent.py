"""What a code looks like from outside: each unit's share, traversals, samples, and the plane of two units."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from scipy.stats import norm

from keras_ae.data.dataset import Units
from keras_ae.drawing import MOST_DRAWN, can_draw, rows_drawn
from keras_ae.heads import Heads, apply
from keras_ae.media import Medium
from keras_ae.metrics import active_units
from keras_ae.pictures import drawable
from keras_ae.samplers import Draw, Sampler, drawing, generate, takes_condition

MOST_UNITS = 10
"""Units that a traversal shows, those that vary most; scalars are written of at most 64."""

STEPS = 9
"""Values that a traversal gives to each unit."""

HEARD = 3
"""Samples that TensorBoard plays."""

SIDE = 15
"""Pictures along each side of the plane of a code of two numbers."""


class Latent(keras.callbacks.Callback):
    """Writes what validation examples' codes show: KL of each unit, active units, and decoded pictures.

    Scalars and a histogram for posteriors; of pictures a traversal, samples where there is a
    sampler, and the plane where the code has two numbers.

    heads: being trained. named: validation examples as heads take them, (n, ...) each.
    units, medium: of the examples. sampler: where codes to generate from are drawn, or None; one that is
        fitted is, while training goes on, fitted to the codes of these examples alone.
    log_dir: the run's folder; all goes to its `validation` run. every: epochs between writings.
    """

    def __init__(
        self,
        heads: Heads,
        named: dict,
        units: Units,
        sampler: Sampler | None,
        log_dir: Path,
        every: int = 1,
        medium: Medium | None = None,
    ):
        super().__init__()
        self.heads = heads
        self.named = named
        self.units, self.medium = units, medium
        self.sampler = sampler
        self.log_dir = log_dir
        self.every = every
        self.writer = None

    def on_train_begin(self, logs=None):
        self.writer = tf.summary.create_file_writer(str(self.log_dir / "validation"))

    def on_epoch_end(self, epoch, logs=None):
        if (epoch + 1) % self.every and epoch + 1 != self.params["epochs"]:
            return
        encoded = {name: np.asarray(value) for name, value in apply(self.heads.encoder, self.named).items()}
        with self.writer.as_default(step=epoch):
            if "log_var" in encoded and self.heads.prior is None:
                _write_posterior(encoded)
            draw = drawing(self.sampler.fit(self.heads, encoded)) if self.sampler else None
            shown = pictures(self.heads, encoded, self.named, self.units, draw, self.medium)
            for name, picture in shown.items():
                tf.summary.image(name, picture[None])
            if draw and hasattr(self.medium, "sound"):
                self._write_sound(draw)

    def _write_sound(self, draw):
        """Samples as they sound; under a name of its own, for a tag belongs to one page."""
        made = self.units.raw(generate(self.heads, draw(HEARD, 0), np.zeros(HEARD, int), 0))
        heard = [self.medium.sound(example) for example in made]
        tf.summary.audio(
            "sound", np.stack([wave for wave, _ in heard])[..., None], heard[0][1], max_outputs=HEARD
        )

    def on_train_end(self, logs=None):
        self.writer.close()


def pictures(
    heads: Heads,
    encoded: dict,
    named: dict,
    units: Units,
    drawn: Draw | None,
    medium: Medium | None = None,
) -> dict[str, np.ndarray]:
    """Grids of decoded codes by name, (height, width, channels) uint8; none for what cannot be drawn.

    encoded: what the encoder gives of the named examples, (n, ...) each. drawn: what draws to generate from.
    """
    shape = heads.decoder.output["reconstruction"].shape[1:]
    if not (heads.takes_code_alone and can_draw(shape, medium)):
        return {}
    classes = np.asarray(named["condition"]).argmax(axis=-1) if takes_condition(heads) else None
    count = named["condition"].shape[-1] if takes_condition(heads) else 0
    codes, found = encoded["code"], {}

    def draw(codes, labels):
        return generate(heads, {"code": codes}, labels, count)

    if codes.ndim == 2 and np.issubdtype(codes.dtype, np.floating):
        label = None if classes is None else classes[0]
        found["traversal"] = _rows(draw, traversal(codes), units, medium, label)
        if codes.shape[1] == 2:
            found["plane"] = _rows(
                draw, plane(codes, "log_var" in encoded and heads.prior is None), units, medium, label
            )
    if drawn is not None:
        labels = np.repeat(np.arange(count), 10) if count else None
        decoded = generate(heads, drawn(10 * (count or 10), 0), labels, count)
        each = 10 if drawable(shape) else MOST_DRAWN
        rows = {str(row): decoded[10 * row : 10 * row + each] for row in range(min(len(decoded) // 10, each))}
        found["samples"] = rows_drawn(rows, units, medium)
    return found


def traversal(codes: np.ndarray) -> np.ndarray:
    """Codes in which one unit at a time takes values over what it takes in the given ones.

    codes: (n, latent_dim). Returns (units, 9, latent_dim): the first code with one unit changed from
    the mean minus 3 standard deviations to the mean plus 3, for the units that vary most.
    """
    mean, deviation = codes.mean(axis=0), codes.std(axis=0)
    units = np.argsort(-deviation)[:MOST_UNITS]
    walked = np.tile(codes[0], (len(units), STEPS, 1))
    for row, unit in enumerate(units):
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


def _rows(draw, codes, units, medium, label):
    rows, columns, width = codes.shape
    labels = None if label is None else np.full(rows * columns, label)
    decoded = draw(codes.reshape(-1, width), labels)
    return rows_drawn({str(row): part for row, part in enumerate(np.split(decoded, rows))}, units, medium)


def _write_posterior(encoded):
    mean, log_var = encoded["mean"], encoded["log_var"]
    units = 0.5 * (np.exp(log_var) + np.square(mean) - 1.0 - log_var).mean(axis=0)
    tf.summary.scalar("posterior/active_units", active_units(mean))
    tf.summary.histogram("posterior/kl_of_units", units)
    for unit, value in enumerate(units[:64]):
        tf.summary.scalar(f"posterior_kl/unit_{unit:02d}", value)
