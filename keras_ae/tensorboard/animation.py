"""Animations among TensorBoard's images, which its page plays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from keras_ae.data.scaling import Scaler
from keras_ae.formats import Format

__all__ = ["write_animation"]

TAG = "animation"
"""The animations' tag."""


def write_animation(rows: Mapping[str, Any], scaler: Scaler, format: Format | None, step: int) -> None:
    """Writes the first example of each row, side by side, as an animation, if examples move.

    Writes to TensorFlow's default summary writer.

    Args:
        rows: Rows by name, (n, ...) each, model inputs.
        scaler: The scaler between the examples and their original units.
        format: The examples' format, if they have one.
        step: The epoch.
    """
    if format is None:
        return
    content = format.animation([scaler.inverse_transform(np.asarray(row[:1]))[0] for row in rows.values()])
    if not content:
        return
    width, height = (int.from_bytes(content[at : at + 2], "little") for at in (6, 8))  # of a GIF's header
    tensor = tf.constant([str(width).encode(), str(height).encode(), content])
    from tensorboard.plugins.image import metadata

    about = metadata.create_summary_metadata(None, " / ".join(rows))
    tf.summary.write(TAG, tensor, step=step, metadata=about)
