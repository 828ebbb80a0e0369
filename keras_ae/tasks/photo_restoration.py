"""Base class of photograph restoration: images of any size, and the served restorer."""

from __future__ import annotations

from typing import Any, ClassVar

import keras
import numpy as np
import tensorflow as tf

from keras_ae.blocks.color import to_rgb
from keras_ae.data.tensors import values
from keras_ae.domains import domain_of
from keras_ae.errors import InputError
from keras_ae.heads import Heads, ServedHead, TrainedHeads
from keras_ae.tasks import Task

__all__ = ["PhotoRestoration", "check_photographs"]

EXAMPLES, SIDE = 8, 64
"""Number of images, and pixels per side, on which an exported restorer is compared."""


def check_photographs(examples: Any, domain: str) -> None:
    """Refuses examples that are not photographs.

    Args:
        examples: (batch, ...).
        domain: The domain of the examples.

    Raises:
        InputError: For anything but images of 1 or 3 channels with values in [0, 1].
    """
    shape = tuple(examples.shape[1:])
    if not domain_of(domain).unit_interval or len(shape) != 3 or shape[-1] not in (1, 3):
        raise InputError(
            "photographs are (height, width, 1 or 3) with values in [0, 1] or bytes, received shape "
            f"{shape} of the {domain} domain; use other data, such as a folder: DATA=folder/of/photos"
        )


class PhotoRestoration(Task):
    """A task whose restorer takes photographs of any size, if the variant does.

    Attributes:
        colored: Whether gray images become colored.
        reach: Distance in pixels over which the restoration depends on other pixels, in addition to the
            network's own.
    """

    colored: ClassVar[bool] = False
    reach: ClassVar[int] = 0

    @property
    def scale(self) -> int:
        """The factor by which the sides of an image grow."""
        return 1

    def restorer(self, heads: Heads) -> keras.Model:
        """Builds the restorer, which takes and returns ordinary images.

        Args:
            heads: Trained heads.

        Returns:
            {"inputs": (batch, h, w, c)} and possibly other inputs -> {"reconstruction": (batch, h', w', c')},
            all in [0, 1].
        """
        raise NotImplementedError

    def restorer_mask(self, images: np.ndarray, seeds: tf.Tensor) -> tf.Tensor | None:
        """Masks of missing pixels to compare an exported restorer on.

        Args:
            images: (batch, h, w, 3).
            seeds: (batch, 2), int64, one seed per image.

        Returns:
            (batch, h, w, 1), 1 where a pixel is missing; None for a restorer that takes no mask.
        """
        return None

    def served_heads(self, trained: TrainedHeads) -> tuple[ServedHead, ...]:
        """The restorer, if the variant takes images of any size.

        Its facts are what restoring in tiles needs: the scale, whether gray images become colored, the reach,
        and the multiple at which tiles begin.
        """
        if trained.reach is None:
            return ()
        images = to_rgb(values(trained.data.test.take(slice(EXAMPLES)).examples)[:, :SIDE, :SIDE])
        rows = tf.range(len(images), dtype=tf.int64)
        mask = self.restorer_mask(images, tf.stack([tf.zeros_like(rows), rows], axis=1))
        examples = {"inputs": images} | ({} if mask is None else {"mask": mask})
        facts = {
            "scale": self.scale,
            "colored": self.colored,
            "reach": trained.reach + self.reach,
            "multiple": trained.multiple,
        }
        restorer = self.restorer(trained.heads)
        examples = {name: np.asarray(value) for name, value in examples.items()}
        return (ServedHead("restorer", restorer, facts, examples, takes_images=True),)
