"""Vision transformer as a backbone: an image as a sequence of patches that attend to one another.

Dosovitskiy et al., "An Image is Worth 16x16 Words", ICLR 2021, arXiv:2010.11929, with fixed sines and
cosines for the positions of the patches, as in He et al. 2022.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from keras_ae.backbones.weight_decay import kernel_decay
from keras_ae.blocks.sampling import uniform_noise
from keras_ae.blocks.sub_pixel import Shuffle
from keras_ae.errors import InputError, check_least, check_within
from keras_ae.heads import Backbone

__all__ = ["PatchBackbone", "PositionEncoding", "RandomMasking", "Restore"]


@dataclass(frozen=True)
class PatchBackbone(Backbone):
    """Transformer blocks over square patches, in both directions.

    Attributes:
        patch_size: Side of a patch in pixels, at least 1; images are padded with zeros to a multiple of it.
        width: Numbers in a token, a multiple of 4 and of `heads`.
        depth: Blocks in the encoder, at least 1.
        decoder_depth: Blocks in the decoder, at least 1.
        heads: Attention heads, at least 1.
        l1: Factor of the kernels' absolute weights in the weight decay, at least 0; biases have none.
        l2: Factor of the kernels' squared weights in the weight decay, at least 0.
    """

    patch_size: int = 4
    width: int = 64
    depth: int = 3
    decoder_depth: int = 1
    heads: int = 4
    l1: float = 0.0
    l2: float = 0.0

    def __post_init__(self) -> None:
        check_within(self, l1="[0, inf)", l2="[0, inf)")
        check_least(self, patch_size=1, width=4, depth=1, decoder_depth=1, heads=1)
        if self.width % 4 or self.width % self.heads:
            raise InputError(
                f"width must be a multiple of 4 and of the number of heads, {self.heads}; "
                f"received {self.width}"
            )

    def encode(self, inputs: Any) -> Any:
        """(batch, height, width, channels) -> (batch, patches * token width)."""
        return layers.Flatten(name="encoder_flatten")(self.attend(self.embed(inputs), "encoder", self.depth))

    def decode(self, code: Any, output_shape: tuple[int, ...]) -> Any:
        """(batch, n) -> (batch, height, width, channels), before the output activation."""
        patches = prod(self.grid(output_shape))
        tokens = self._dense(patches * self.width, "decoder_unflatten")(code)
        return self.decode_tokens(
            layers.Reshape((patches, self.width), name="decoder_tokens")(tokens), output_shape
        )

    def embed(self, inputs: Any) -> Any:
        """The tokens of images, each with the encoding of its position.

        Args:
            inputs: Images (batch, height, width, channels).

        Returns:
            Tokens (batch, patches, token width), row by row.
        """
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

    def attend(self, tokens: Any, side: str, depth: int) -> Any:
        """Passes tokens through transformer blocks and a layer normalization.

        Args:
            tokens: Tokens (batch, n, token width), any number n.
            side: "encoder" or "decoder", the prefix of the layers' names.
            depth: Blocks, at least 0.

        Returns:
            Tokens of the same shape.
        """
        for level in range(1, depth + 1):
            tokens = self._block(tokens, f"{side}_block_{level}")
        return layers.LayerNormalization(epsilon=1e-6, name=f"{side}_norm")(tokens)

    def decode_tokens(self, tokens: Any, output_shape: tuple[int, ...]) -> Any:
        """Images from tokens, before the output activation.

        Args:
            tokens: Tokens (batch, patches, token width), row by row, without the encoding of their positions.
            output_shape: (height, width, channels) of an image.

        Returns:
            Images (batch, height, width, channels).
        """
        grid = self.grid(output_shape)
        tokens = PositionEncoding(*grid, name="decoder_places")(tokens)
        tokens = self.attend(tokens, "decoder", self.decoder_depth)
        pixels = self._dense(self.patch_size**2 * output_shape[-1], "decoder_logits")(tokens)
        pixels = layers.Reshape((*grid, self.patch_size**2 * output_shape[-1]), name="decoder_grid")(pixels)
        if self.patch_size > 1:
            pixels = Shuffle(self.patch_size, name="decoder_shuffle")(pixels)
        return pixels[:, : output_shape[0], : output_shape[1], :]

    def grid(self, shape: tuple[int, ...]) -> tuple[int, int]:
        """The numbers of rows and columns of patches in an image.

        Args:
            shape: (height, width, channels) of the image.

        Returns:
            (rows, columns).

        Raises:
            InputError: If the shape is not that of an image.
        """
        if len(shape) != 3:
            raise InputError(
                f"a backbone of patches takes (height, width, channels), received shape {shape}; "
                "take a dense one, and a variant that works with it"
            )
        rows, columns = (-(-side // self.patch_size) for side in shape[:2])
        return rows, columns

    def _block(self, tokens: Any, name: str) -> Any:
        """A pre-norm block: attention, then two dense layers, each added to its own input."""
        # no biases, because the softmax cancels a key's bias, which then would never be trained
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

    def _dense(self, width: int, name: str, activation: str | None = None) -> layers.Layer:
        return layers.Dense(width, activation, kernel_regularizer=kernel_decay(self.l1, self.l2), name=name)


@keras.saving.register_keras_serializable("keras_ae", name="Places")
class PositionEncoding(layers.Layer):
    """Adds to each token sines and cosines of its row and column (Vaswani et al. 2017, in two dimensions).

    Args:
        rows: Rows of the grid from which the tokens are taken row by row, at least 1.
        columns: Columns of the grid, at least 1.
        **kwargs: Arguments of every Keras layer.
    """

    def __init__(self, rows: int, columns: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rows, self.columns = rows, columns

    def call(self, tokens: Any) -> Any:
        """Adds the encoding.

        Args:
            tokens: Tokens (batch, rows * columns, width); the width is a multiple of 4.

        Returns:
            Tokens of the same shape.
        """
        quarter = tokens.shape[-1] // 4
        rates = 10_000.0 ** (-np.arange(quarter) / quarter)
        row, column = np.divmod(np.arange(self.rows * self.columns), self.columns)
        angles = [position[:, None] * rates for position in (row, column)]
        waves = [wave(angle) for angle in angles for wave in (np.sin, np.cos)]
        return tokens + ops.convert_to_tensor(np.concatenate(waves, axis=1), tokens.dtype)

    def get_config(self) -> dict[str, Any]:
        """The arguments of the layer, as JSON takes them."""
        return super().get_config() | {"rows": self.rows, "columns": self.columns}


class RandomMasking(layers.Layer):
    """Hides all but a few random tokens of each example; a batch's seeds choose them.

    Args:
        visible: Tokens of an example that stay visible, at least 1.
        unmasked_fraction: Fraction of the training batches in which all tokens stay visible, in [0, 1];
            where it is above 0 all of them stay visible outside training.
        **kwargs: Arguments of every Keras layer.
    """

    def __init__(self, visible: int, unmasked_fraction: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.visible, self.unmasked_fraction = visible, unmasked_fraction

    def call(self, tokens: Any, seeds: Any, training: bool = False) -> tuple[Any, Any]:
        """Chooses the visible tokens.

        Args:
            tokens: Tokens (batch, n, width).
            seeds: Seeds of the examples, (batch, 2) integers.
            training: Whether the model is training.

        Returns:
            The visible tokens (batch, visible, width), and their indices among all (batch, visible).
        """
        seed = tf.random.experimental.stateless_fold_in(seeds[0], 6)
        priorities = uniform_noise(tf.shape(tokens)[:2], seed)
        unmasked = self.unmasked_fraction > 0
        if training:
            unmasked = tf.random.stateless_uniform((), seed + 1) < self.unmasked_fraction
        indices = tf.math.top_k(priorities, tf.where(unmasked, tokens.shape[1], self.visible)).indices
        return tf.gather(tokens, indices, batch_dims=1), indices

    def compute_output_spec(self, tokens: Any, seeds: Any, training: bool = False) -> tuple[Any, Any]:
        """The shapes and types of the outputs, as Keras asks for them."""
        visible = None if self.unmasked_fraction else self.visible
        return (
            keras.KerasTensor((tokens.shape[0], visible, tokens.shape[2]), tokens.dtype),
            keras.KerasTensor((tokens.shape[0], visible), "int32"),
        )


class Restore(layers.Layer):
    """Puts visible tokens back at their indices, and one learned token at each of the others.

    Args:
        patches: The number of all tokens of an example, at least 1.
        **kwargs: Arguments of every Keras layer.
    """

    def __init__(self, patches: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.patches = patches

    def build(self, tokens_shape: tuple, indices_shape: tuple) -> None:
        """Creates the learned token, (width,)."""
        self.hidden = self.add_weight((tokens_shape[-1],), "random_normal", name="hidden")

    def call(self, tokens: Any, indices: Any) -> Any:
        """Restores the full sequence.

        Args:
            tokens: Visible tokens (batch, visible, width).
            indices: Their indices among all tokens, (batch, visible) integers.

        Returns:
            Tokens (batch, patches, width).
        """
        visible = ops.one_hot(indices, self.patches, dtype=tokens.dtype)
        hidden = 1.0 - ops.sum(visible, axis=1)
        return ops.matmul(ops.transpose(visible, (0, 2, 1)), tokens) + hidden[..., None] * self.hidden

    def compute_output_shape(self, tokens_shape: tuple, indices_shape: tuple) -> tuple:
        """The shape of the output, as Keras asks for it."""
        return (tokens_shape[0], self.patches, tokens_shape[-1])
