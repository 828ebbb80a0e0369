"""An exported restorer: found, checked against its card, and called with tiles."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tensorflow as tf

from keras_ae.errors import InputError
from keras_ae.serving.versions import find_version, head_folders, versions

HEAD = "restorer"


def find_restorer(models: Path, recipe: str, version: int | None = None) -> Path:
    """The folder of a recipe's restorer: the version given, else the one labeled stable.

    Raises InputError where the recipe has none, or not that version.
    """
    if not versions(models / recipe / HEAD):
        there = [folder.parent.name for folder in head_folders(models) if folder.name == HEAD]
        raise InputError(
            f"expected a recipe with a {HEAD} below {models}, received {recipe!r}; there is "
            f"{', '.join(there) or 'none'}; train it first: make train RECIPE={shlex.quote(recipe)}"
        )
    return find_version(models, recipe, HEAD, version)


@dataclass(frozen=True)
class Restorer:
    """An exported restorer, loaded.

    scale: how many times a side of the image grows. reach: pixels of the input around a pixel that
    it depends on. multiple: the network's total stride. channels: 3, or None where it takes any number.
    masked: whether it takes what is missing too. colored: whether it gives gray images colors.
    loaded: the SavedModel, whose variables last as long as it.
    """

    scale: int
    reach: int
    multiple: int
    channels: int | None
    masked: bool
    colored: bool
    loaded: object

    @classmethod
    def of(cls, folder: Path) -> Restorer:
        """Reads a version's card and loads it.

        Raises InputError for a card that tells of no restorer, for a folder that does not load, and
        for a signature that takes or gives something else than images.
        """
        scale, reach, multiple, colored = _facts(folder)
        try:
            loaded = tf.saved_model.load(str(folder))
            function = loaded.signatures["serving_default"]
        except (OSError, ValueError, KeyError, tf.errors.OpError) as error:
            raise InputError(f"{folder} cannot be loaded ({_brief(error)}); export it again") from error
        takes = {name: spec.shape for name, spec in function.structured_input_signature[1].items()}
        channels = takes["inputs"][-1] if takes.get("inputs", tf.TensorShape(None)).rank == 4 else 0
        masked = "mask" in takes
        is_known = set(takes) <= {"inputs", "mask"} and "reconstruction" in function.structured_outputs
        if not is_known or channels not in (None, 3) or (masked and scale != 1):
            raise InputError(
                f"expected a {HEAD} of images in color or of any channels, with a mask at scale 1 only; "
                f"{folder} takes {', '.join(f'{name} {shape}' for name, shape in takes.items())} at scale "
                f"{scale}; export it again"
            )
        return cls(scale, reach, multiple, channels, masked, colored, loaded)

    def __call__(self, tile: np.ndarray, missing: np.ndarray | None = None) -> np.ndarray:
        """What the head makes of a tile (height, width, 1 or 3) float32 in [0, 1]: as many channels.

        missing: (height, width) bool, for a head that takes it.
        Raises InputError where the head fails, and for an output that is not as its card says.
        """
        height, width, channels = tile.shape
        sent = tile.repeat(self.channels // channels, axis=-1) if self.channels else tile
        named = {"inputs": tf.constant(sent[None], tf.float32)}
        if self.masked:
            named["mask"] = tf.constant(missing[None, ..., None], tf.float32)
        try:
            restored = self.loaded.signatures["serving_default"](**named)["reconstruction"].numpy()
        except tf.errors.OpError as error:
            raise InputError(
                f"the {HEAD} fails on a tile of {width}x{height} ({_brief(error)}); try a smaller --tile"
            ) from error
        due = (1, self.scale * height, self.scale * width, sent.shape[-1])
        if restored.shape != due or not np.isfinite(restored).all():
            raise InputError(
                f"expected finite values of shape {due} from the {HEAD}, received shape {restored.shape}, "
                f"{np.isfinite(restored).mean():.0%} of it finite; export another version"
            )
        return restored[0] if sent.shape[-1] == channels else restored[0].mean(axis=-1, keepdims=True)


def _facts(folder):
    """(scale, reach, multiple, colored) as a version's card tells them."""
    try:
        told = json.loads((folder / "card.json").read_text(encoding="utf-8"))[HEAD]
        facts = tuple(told[name] for name in ("scale", "reach", "multiple"))
        if not all(type(fact) is int and fact >= least for fact, least in zip(facts, (1, 0, 1), strict=True)):
            raise ValueError(f"scale, reach and multiple are {facts}")
    except (OSError, ValueError, KeyError, TypeError) as error:
        recipe = folder.parent.parent.name
        raise InputError(
            f"{folder} has no card that tells of a {HEAD} ({error!r}); train and export it again: "
            f"make train RECIPE={shlex.quote(recipe)}"
        ) from error
    return *facts, told.get("colored") is True


def _brief(error):
    return " ".join(str(error).split())[:300] or type(error).__name__
