"""Vision transformer as a backbone: an image as a sequence of patches that attend to one another.

Dosovitskiy et al., "An Image is Worth 16x16 Words", ICLR 2021, arXiv:2010.11929, with fixed sines and
cosines for the places of the patches, as in He et al. 2022.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from keras_ae.backbones.weight_decay import kernel_decay
from keras_ae.errors import InputError, check_least
from keras_ae.heads import Backbone


@dataclass(frozen=True)
class PatchBackbone(Backbone):
    """Transformer blocks over square patches, in both directions.

    patch_size: side of a patch in pixels, at least 1; an image is padded with zeros to a multiple of it.
    width: numbers in a token, a multiple of 4 and of heads.
    depth: blocks before the code, at least 1. decoder_depth: after it, at least 1.
    heads: of the attention, at least 1.
    l1, l2: factors of the kernels' weight decay, each at least 0; biases bear none.
    """

    patch_size: int = 4
    width: int = 64
    depth: int = 3
    decoder_depth: int = 1
    heads: int = 4
    l1: float = 0.0
    l2: float = 0.0

    def __post_init__(self):
        kernel_decay(self.l1, self.l2)
        check_least(self, patch_size=1, depth=1, decoder_depth=1, heads=1)
        if self.width < 4 or self.width % 4 or self.width % self.heads:
            raise ValueError(
                f"width is a multiple of 4 and of the heads, which are {self.heads}; received {self.width}"
            )

    def encode(self, inputs):
        """(batch, height, width, channels) -> (batch, patches * token width)."""
        return layers.Flatten(name="encoder_flatten")(self.attend(self.embed(inputs), "encoder", self.depth))

    def decode(self, code, output_shape):
        """(batch, n) -> (batch, height, width, channels), before the output activation."""
        patches = prod(self.grid(output_shape))
        tokens = self._dense(patches * self.width, "decoder_unflatten")(code)
        return self.paint(layers.Reshape((patches, self.width), name="decoder_tokens")(tokens), output_shape)

    def embed(self, inputs):
        """(batch, height, width, channels) -> (batch, patches, token width), each with its place."""
        shape = tuple(inputs.shape[1:])
        grid = self.grid(shape)
        missing = [cells * self.patch_size - side for cells, side in zip(grid, shape[:2], strict=True)]
        padded = layers.ZeroPadding2D([(0, part) for part in missing], name="encoder_padding")(inputs)
        decay = kernel_decay(self.l1, self.l2)
        cut = layers.Conv2D(
            self.width, self.patch_size, self.patch_size, kernel_regularizer=decay, name="encoder_patches"
        )(padded)
        tokens = layers.Reshape((prod(grid), self.width), name="encoder_tokens")(cut)
        return PositionEncoding(*grid, name="encoder_places")(tokens)

    def attend(self, tokens, side: str, depth: int):
        """(batch, any number, token width) -> the same shape, after so many blocks and a normalization."""
        for level in range(1, depth + 1):
            tokens = self._block(tokens, f"{side}_block_{level}")
        return layers.LayerNormalization(epsilon=1e-6, name=f"{side}_norm")(tokens)

    def paint(self, tokens, output_shape):
        """(batch, patches, token width) -> (batch, height, width, channels), before the activation."""
        grid = self.grid(output_shape)
        tokens = PositionEncoding(*grid, name="decoder_places")(tokens)
        tokens = self.attend(tokens, "decoder", self.decoder_depth)
        pixels = self._dense(self.patch_size**2 * output_shape[-1], "decoder_logits")(tokens)
        pixels = layers.Reshape((*grid, self.patch_size**2 * output_shape[-1]), name="decoder_grid")(pixels)
        if self.patch_size > 1:
            pixels = ops.depth_to_space(pixels, self.patch_size)
        return pixels[:, : output_shape[0], : output_shape[1], :]

    def grid(self, shape: tuple[int, ...]) -> tuple[int, int]:
        """Rows and columns of patches in an image.

        Raises InputError for what is no image.
        """
        if len(shape) != 3:
            raise InputError(
                f"a backbone of patches takes (height, width, channels), received shape {shape}; "
                "take a dense one, and a variant that works with it"
            )
        rows, columns = (-(-side // self.patch_size) for side in shape[:2])
        return rows, columns

    def _block(self, tokens, name):
        """Attention and two dense layers, each added to what it is given normalized (pre-norm)."""
        # without biases, for a key's changes nothing: the softmax does not see it
        attention = layers.MultiHeadAttention(
            self.heads,
            self.width // self.heads,
            use_bias=False,
            kernel_regularizer=kernel_decay(self.l1, self.l2),
            name=f"{name}_attention",
        )
        normed = layers.LayerNormalization(epsilon=1e-6, name=f"{name}_norm_1")(tokens)
        tokens = layers.Add(name=f"{name}_add_1")([tokens, attention(normed, normed)])
        normed = layers.LayerNormalization(epsilon=1e-6, name=f"{name}_norm_2")(tokens)
        wide = self._dense(4 * self.width, f"{name}_wide", "gelu")(normed)
        narrow = self._dense(self.width, f"{name}_narrow")(wide)
        return layers.Add(name=f"{name}_add_2")([tokens, narrow])

    def _dense(self, width, name, activation=None):
        return layers.Dense(width, activation, kernel_regularizer=kernel_decay(self.l1, self.l2), name=name)


@keras.saving.register_keras_serializable("keras_ae", name="Places")
class PositionEncoding(layers.Layer):
    """Adds to each token sines and cosines of its row and column (Vaswani et al. 2017, in two dimensions).

    rows, columns: of the grid that the tokens are read from row by row, each at least 1.
    """

    def __init__(self, rows: int, columns: int, **kwargs):
        super().__init__(**kwargs)
        self.rows, self.columns = rows, columns

    def call(self, tokens):
        """(batch, rows * columns, width) -> the same shape; width is a multiple of 4."""
        quarter = tokens.shape[-1] // 4
        rates = 10_000.0 ** (-np.arange(quarter) / quarter)
        row, column = np.divmod(np.arange(self.rows * self.columns), self.columns)
        angles = [place[:, None] * rates for place in (row, column)]
        waves = [wave(angle) for angle in angles for wave in (np.sin, np.cos)]
        return tokens + ops.convert_to_tensor(np.concatenate(waves, axis=1), tokens.dtype)

    def get_config(self):
        return super().get_config() | {"rows": self.rows, "columns": self.columns}


class RandomMasking(layers.Layer):
    """Keeps a few tokens of each example, chosen anew in each batch by its seeds.

    kept: tokens that stay, at least 1.
    whole: share of the training's batches in which all of them stay, at least 0 and at most 1; where it
        is above 0 all of them stay in validation.
    """

    def __init__(self, kept: int, whole: float = 0.0, **kwargs):
        super().__init__(**kwargs)
        self.kept, self.whole = kept, whole

    def call(self, tokens, seeds, training=False):
        """tokens (batch, n, width), seeds (batch, 2) -> tokens (batch, kept, width), places (batch, kept)."""
        seed = tf.random.experimental.stateless_fold_in(seeds[0], 6)
        chance = tf.random.stateless_uniform(tf.shape(tokens)[:2], seed)
        all_stay = tf.random.stateless_uniform((), seed + 1) < self.whole if training else self.whole > 0
        places = tf.math.top_k(chance, tf.where(all_stay, tokens.shape[1], self.kept)).indices
        return tf.gather(tokens, places, batch_dims=1), places

    def compute_output_spec(self, tokens, seeds, training=False):
        kept = None if self.whole else self.kept
        return (
            keras.KerasTensor((tokens.shape[0], kept, tokens.shape[2]), tokens.dtype),
            keras.KerasTensor((tokens.shape[0], kept), "int32"),
        )


class Restore(layers.Layer):
    """Puts tokens back where they were, and one learned token wherever another was hidden.

    patches: places that there are.
    """

    def __init__(self, patches: int, **kwargs):
        super().__init__(**kwargs)
        self.patches = patches

    def build(self, tokens_shape, places_shape):
        self.hidden = self.add_weight((tokens_shape[-1],), "random_normal", name="hidden")

    def call(self, tokens, places):
        """tokens (batch, kept, width), places (batch, kept) -> (batch, patches, width)."""
        here = ops.one_hot(places, self.patches, dtype=tokens.dtype)
        absent = 1.0 - ops.sum(here, axis=1)
        return ops.matmul(ops.transpose(here, (0, 2, 1)), tokens) + absent[..., None] * self.hidden

    def compute_output_shape(self, tokens_shape, places_shape):
        return (tokens_shape[0], self.patches, tokens_shape[-1])
