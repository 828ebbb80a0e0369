"""An exported restorer, checked against its card and called with tiles."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tensorflow as tf

from keras_ae.apps.restoration.request import HEAD
from keras_ae.apps.restoration.tiles import TileRestorer
from keras_ae.errors import InputError
from keras_ae.formats.images import images_of
from keras_ae.imaging.deep import FULL_RANGE, FullScale
from keras_ae.serving.exported import ExportedHead

__all__ = ["Restorer"]


@dataclass(frozen=True)
class Restorer(TileRestorer):
    """An exported restorer, loaded.

    Attributes:
        scale: The factor by which the sides of an image grow.
        reach: Pixels of the input around a pixel that its restoration depends on.
        multiple: The network's total stride in pixels.
        channels: 3, or None if it takes any number.
        masked: Whether it also takes a mask of missing pixels.
        colored: Whether it colors gray images.
        run: Arrays by name -> arrays by name, the exported signature.
        full_scale: The values that stand for white in images of more than 8 bits.
    """

    scale: int
    reach: int
    multiple: int
    channels: int | None
    masked: bool
    colored: bool
    run: Callable[[dict], dict]
    full_scale: FullScale = FULL_RANGE

    @classmethod
    def of(cls, folder: Path) -> Restorer:
        """Reads a version's card and loads it.

        Args:
            folder: The version's folder.

        Returns:
            The restorer.

        Raises:
            InputError: If the card describes no restorer, the folder does not load, or the signature
                does not take and give images.
        """
        exported = ExportedHead(folder)
        scale, reach, multiple, colored = _facts(exported)
        signature = exported.signature()
        shapes = {name: spec.shape for name, spec in signature.inputs.items()}
        channels = shapes["inputs"][-1] if shapes.get("inputs", tf.TensorShape(None)).rank == 4 else 0
        masked = "mask" in shapes
        is_known = set(shapes) <= {"inputs", "mask"} and "reconstruction" in signature.outputs
        if not is_known or channels not in (None, 3) or (masked and scale != 1):
            raise InputError(
                f"expected a {HEAD} of images in color or of any channels, with a mask at scale 1 only; "
                f"{folder} takes {', '.join(f'{name} {shape}' for name, shape in shapes.items())} at scale "
                f"{scale}; export it again"
            )
        full_scale = images_of(exported.card.get("data", {})).full_scale
        return cls(scale, reach, multiple, channels, masked, colored, signature, full_scale)

    def __call__(self, tile: np.ndarray, missing: np.ndarray | None = None) -> np.ndarray:
        """Restores a tile.

        Args:
            tile: (height, width, 1 or 3), float32 in [0, 1].
            missing: Missing pixels, (height, width) bool, for a head that takes a mask.

        Returns:
            The restored tile (scale * height, scale * width, channels), of as many channels.

        Raises:
            InputError: If the head fails, or its output is not what its card describes.
        """
        height, width, channels = tile.shape
        sent = tile.repeat(self.channels // channels, axis=-1) if self.channels else tile
        inputs = {"inputs": sent[None]}
        if self.masked and missing is not None:
            inputs["mask"] = missing[None, ..., None]
        try:
            restored = self.run(inputs)["reconstruction"]
        except InputError as error:
            raise InputError(
                f"the {HEAD} fails on a tile of {width}x{height} ({error}); try a smaller --tile"
            ) from error
        expected = (1, self.scale * height, self.scale * width, sent.shape[-1])
        if restored.shape != expected or not np.isfinite(restored).all():
            raise InputError(
                f"expected finite values of shape {expected} from the {HEAD}, received shape "
                f"{restored.shape}, {np.isfinite(restored).mean():.0%} of it finite; export another version"
            )
        return restored[0] if sent.shape[-1] == channels else restored[0].mean(axis=-1, keepdims=True)


def _facts(exported):
    """(scale, reach, multiple, colored) as a version's card states them."""
    card = exported.card
    if exported.head != HEAD and exported.head not in card:
        raise InputError(
            f"the head {exported.head} of {exported.model} restores no images; leave --head out, which takes "
            f"the {HEAD}"
        )
    try:
        described = card[exported.head]
        facts = tuple(described[name] for name in ("scale", "reach", "multiple"))
        if not all(type(fact) is int and fact >= least for fact, least in zip(facts, (1, 0, 1), strict=True)):
            raise ValueError(f"scale, reach and multiple are {facts}")
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{exported.folder} has no card that describes a {HEAD} ({error!r}); train and export it again: "
            f"make train RECIPE={shlex.quote(exported.recipe)}"
        ) from error
    return *facts, described.get("colored") is True
