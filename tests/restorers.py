"""Exported restorers of known reach, for tests."""

import json

import numpy as np
import tensorflow as tf

REACH, MULTIPLE = 19, 4


class Network(tf.Module):
    """Convolutions of stride 2 twice, then back: per channel, or over RGB; of what is not missing."""

    def __init__(self, channels, scale, masked):
        super().__init__()
        random, width = np.random.default_rng(0), channels or 1
        self.channels, self.scale, self.masked = channels, scale, masked
        shapes = (3, 3, width + masked, 8), (3, 3, 8, 8), (5, 5, 8, 8), (3, 3, 8, width)
        self.kernels = [tf.Variable(random.normal(0, 0.25, shape).astype(np.float32)) for shape in shapes]

    def __call__(self, inputs, mask=None):
        batch, height, width, channels = tf.unstack(tf.shape(inputs))
        planes = inputs
        if self.channels is None:
            planes = tf.reshape(tf.transpose(inputs, (0, 3, 1, 2)), (-1, height, width, 1))
        seen = planes
        if self.masked:
            mask = tf.repeat(mask, tf.shape(planes)[0] // batch, axis=0)
            seen = tf.concat([planes * (1 - mask), mask], axis=-1)
        down, lower, deep, back = self.kernels
        low = tf.nn.relu(tf.nn.conv2d(seen, down, 2, "SAME"))
        low = tf.nn.relu(tf.nn.conv2d(low, lower, 2, "SAME"))
        low = tf.nn.relu(tf.nn.conv2d(low, deep, 1, "SAME"))
        high = tf.repeat(tf.repeat(low, 4, axis=1), 4, axis=2)[:, :height, :width]
        planes = planes + 0.3 * tf.tanh(tf.nn.conv2d(high, back, 1, "SAME"))
        planes = tf.repeat(tf.repeat(planes, self.scale, axis=1), self.scale, axis=2)
        if self.channels is None:
            planes = tf.reshape(planes, (batch, channels, self.scale * height, self.scale * width))
            planes = tf.transpose(planes, (0, 2, 3, 1))
        return {"reconstruction": tf.clip_by_value(planes, 0.0, 1.0)}


def save_restorer(models, recipe, channels=None, scale=1, masked=False, **card):
    """An exported restorer with its card."""
    network, folder = Network(channels, scale, masked), models / recipe / "restorer" / "1"
    takes = {"inputs": tf.TensorSpec((None, None, None, channels), name="inputs")}
    takes |= {"mask": tf.TensorSpec((None, None, None, 1), name="mask")} if masked else {}

    @tf.function(input_signature=[takes])
    def serve(named):
        return network(**named)

    network.serve = serve
    tf.saved_model.save(network, str(folder), signatures={"serving_default": serve})
    facts = {"scale": scale, "reach": REACH, "multiple": MULTIPLE}
    (folder / "card.json").write_text(json.dumps({"restorer": facts, "recipe": recipe} | card))


def save_restorers(models):
    """`clean` of any channels, `larger` of RGB at twice the size, `filled` of what is missing."""
    save_restorer(models, "clean")
    save_restorer(models, "larger", 3, scale=2)
    save_restorer(models, "filled", masked=True)
    return models
