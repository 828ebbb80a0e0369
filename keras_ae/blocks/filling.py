"""The filling of holes in images inside a graph, which an inpainting network corrects."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

__all__ = ["FILL_REACH", "smoothly_filled"]

WIDTHS = (2, 6, 16)
"""Pixels around a missing one that planes are fitted to, the nearest first."""

STEPS = 20
"""Steps towards the smoothest filling; in each, a pixel depends on others 2 pixels farther away."""

FILL_REACH = max(WIDTHS) + 2 * STEPS
"""Pixels around a missing one that its filling depends on."""

ENOUGH, ANY = 0.25, 1e-6
"""The fraction of a window that is known from which its plane counts in full; of the widest window."""

RIDGE = 3e-3
"""The penalty of slopes, in squared widths, so that also few known pixels give a plane."""

MOMENTS = ((0, 0), (1, 0), (0, 1), (2, 0), (0, 2), (1, 1))
"""Powers of the distances down and across in sums over a window; the first three of what is fitted, too."""


def smoothly_filled(images: Any, known: Any) -> tf.Tensor:
    """Images whose missing pixels continue the known ones smoothly, also their slopes, up to the border.

    Planes fitted to near pixels are followed by some steps of Nesterov's accelerated descent (1983) towards
    the thin plate, the least sum of squared second differences inside the image; they suffice for holes of a
    few pixels. Nothing is asked of a filling at the border, so that it is not level there.

    Args:
        images: (batch, h, w, c).
        known: (batch, h, w, 1), 1 where a pixel is known.

    Returns:
        (batch, h, w, c) in [0, 1]; known pixels stay as they are.
    """
    factors = tf.constant(_momentum(STEPS), images.dtype)
    inner, missing = [_inner(images, axis) for axis in (1, 2)], 1.0 - known

    def step(number, filled, ahead):
        # 64 is the largest eigenvalue of the bending energy
        stepped = ahead - missing * _bending(ahead, inner) / 64.0
        return number + 1, stepped, stepped + factors[number] * (stepped - filled)

    # a loop in the graph: unrolled, it would take seconds to trace in each signature
    planes = _planes(images, known)
    _, filled, _ = tf.while_loop(lambda number, *_: number < STEPS, step, (0, planes, planes))
    return known * images + missing * tf.clip_by_value(filled, 0.0, 1.0)


def _momentum(steps):
    """How far each step of Nesterov's descent goes on in the direction of the last one: (steps,)."""
    momenta = [1.0]
    for _ in range(steps):
        momenta.append((1.0 + np.sqrt(1.0 + 4.0 * momenta[-1] ** 2)) / 2.0)
    return (np.array(momenta[:-1]) - 1.0) / np.array(momenta[1:])


def _bending(values, inner):
    """The gradient, but for its factor, of the squared second differences, and of the mixed ones twice."""
    down, across = (_second_differences(values, axis) for axis in (1, 2))
    # mirrored at the border, where there is no second difference
    return _second_differences(inner[0] * down + across, 1) + _second_differences(inner[1] * across + down, 2)


def _second_differences(values, axis):
    """Second differences along an axis of (batch, h, w, c), of values mirrored at the border."""
    wide = tf.pad(values, [(int(axis == other),) * 2 for other in range(4)], "SYMMETRIC")
    after, before = (wide[:, 2:], wide[:, :-2]) if axis == 1 else (wide[:, :, 2:], wide[:, :, :-2])
    return after + before - 2.0 * values


def _inner(values, axis):
    """1 along an axis of (batch, h, w, c) but at its two ends, where it is 0."""
    pixels = tf.range(tf.shape(values)[axis])
    inside = tf.cast((pixels > 0) & (pixels < tf.shape(values)[axis] - 1), values.dtype)
    return tf.reshape(inside, [-1 if axis == other else 1 for other in range(4)])


def _planes(images, known):
    """Images whose missing pixels lie on planes through the known ones near them; 0.5 if there are none.

    Normalized convolution (Knutsson and Westin 1993) over wider and wider squares: a narrow one counts by
    the fraction of it that is known, the next ones fill the rest, the widest all of it.
    """
    filled, unfilled = images * known, 1.0 - known
    for width in WIDTHS:
        weight, plane = _fitted(images * known, known, width)
        fraction = unfilled * tf.minimum(weight / (ANY if width == max(WIDTHS) else ENOUGH), 1.0)
        filled, unfilled = filled + fraction * plane, unfilled - fraction
    return filled + 0.5 * unfilled


def _fitted(images, known, width):
    """The fraction (batch, h, w, 1) of the square around each pixel that is known, and a plane's value in it.

    The plane (batch, h, w, c) is fitted by weighted least squares, its slopes with a ridge penalty.
    """
    weight, *moments = _sums(known, width, MOMENTS)
    total = tf.maximum(weight, ANY)
    y, x, yy, xx, xy = (moment / total for moment in moments)
    mean, by_y, by_x = (moment / total for moment in _sums(images, width, MOMENTS[:3]))
    yy, xx, xy = yy - y * y + RIDGE, xx - x * x + RIDGE, xy - x * y
    slopes = (xx * y - xy * x) * (by_y - y * mean) + (yy * x - xy * y) * (by_x - x * mean)
    return weight, mean - slopes / (yy * xx - xy * xy)


def _sums(values, width, moments):
    """Means over `width` pixels each way, by weights that fall to both sides, times powers of the distances.

    The distances are in widths. One of (batch, h, w, c) for each pair of powers, down and across.
    """
    distances = np.arange(-width, width + 1) / width
    weights = np.convolve(np.ones(width + 1), np.ones(width + 1))
    powers = np.stack([weights / weights.sum() * distances**power for power in range(3)])
    apart = np.eye(values.shape[-1])
    orders = range(1 + max(down for down, _ in moments))
    down = np.einsum("pt,cd->tcpd", powers[: len(orders)], apart)
    chosen = np.array([[order == down for down, _ in moments] for order in orders], float)
    across = np.einsum("om,mt,cd->tocmd", chosen, powers[[across for _, across in moments]], apart)
    columns = tf.nn.conv2d(values, _kernel(down, values.shape[-1])[:, None], 1, "SAME")
    rows = tf.nn.conv2d(columns, _kernel(across, columns.shape[-1])[None], 1, "SAME")
    return tf.split(rows, len(moments), axis=-1)


def _kernel(weights, channels):
    """Weights (taps, ...) as those from channels to others, (taps, channels, others)."""
    return weights.reshape(len(weights), channels, -1).astype(np.float32)
