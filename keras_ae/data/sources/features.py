"""The features of examples as other formats have them, such as those of tf.train.Example."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from keras_ae.data.array_names import LABELS, SPLITS
from keras_ae.errors import InputError
from keras_ae.names import slug

__all__ = ["IMAGES", "Feature", "features_of", "label_of", "last_part", "pixels_of", "split_of"]

IMAGES = {
    b"\x89PNG\r\n\x1a\n": ".png", b"\xff\xd8\xff": ".jpg", b"GIF8": ".gif", b"BM": ".bmp", b"II*\0": ".tif",
    b"MM\0*": ".tif",
}  # fmt: skip
"""Suffixes of images by their first bytes."""

SIDES = (("height", "rows"), ("width", "columns"), ("depth", "channels"))
"""Names of features that tell the sides of an image of which another holds the plain values."""


class Feature(NamedTuple):
    """A feature, as some examples have it.

    Attributes:
        kind: "image" (the bytes of a file), "pixels" (the plain values of one), "bytes", or that of numbers,
            "float" or "int".
        size: Values in an example.
    """

    kind: str
    size: int

    @property
    def is_array(self) -> bool:
        """Whether each example has several numbers."""
        return self.kind == "pixels" or self.size > 1

    def __str__(self) -> str:
        return self.kind if self.size == 1 else f"{self.size} {self.kind}s"


def features_of(examples: Iterable[Mapping[str, Any]], where: str) -> dict[str, Feature]:
    """The features of examples.

    Args:
        examples: Bytes, and arrays of numbers, by the features' names.
        where: What the examples come from, for messages.

    Returns:
        The features by name.

    Raises:
        InputError: There are none, or an example has another number of values than others.
    """
    features: dict[str, Feature] = {}
    for example in examples:
        for name, value in example.items():
            one = _feature(value, example)
            known = features.setdefault(name, one)
            if known.size != one.size and min(known.size, one.size) > 0:
                raise InputError(
                    f"feature {name!r} of {where} has {known.size} and {one.size} values; pad or cut them to "
                    "one length"
                )
    if not features:
        raise InputError(f"expected examples with features (tf.train.Example) in {where}; check the file")
    return features


def _feature(value: Any, example: Mapping[str, Any]) -> Feature:
    if not isinstance(value, bytes):
        return Feature("float" if value.dtype.kind == "f" else "int", value.size)
    if any(value.startswith(start) for start in IMAGES):
        return Feature("image", 1)
    return Feature("bytes" if pixels_of(value, example) is None else "pixels", 1)


def pixels_of(value: Any, example: Mapping[str, Any]) -> np.ndarray | None:
    """The plain values of an image, as other features of the example tell its sides.

    Args:
        value: Bytes, or an array of numbers.
        example: All of the example's features.

    Returns:
        (height, width) or (height, width, channels); None where no sides are told, or others.
    """
    by_name = {last_part(name): one for name, one in example.items() if not isinstance(one, bytes)}
    sides = [next((by_name[side] for side in names if side in by_name), None) for names in SIDES]
    if sides[0] is None or sides[1] is None or any(side is not None and side.size != 1 for side in sides):
        return None
    shape = [int(side.item()) for side in sides if side is not None]
    flat = np.frombuffer(value, np.uint8) if isinstance(value, bytes) else value
    return flat.reshape(shape) if flat.size > 1 and min(shape) > 0 and np.prod(shape) == flat.size else None


def label_of(features: Mapping[str, Feature]) -> str:
    """The feature that labels examples, by its name.

    Args:
        features: The features.

    Returns:
        Its name, of words before that of numbers; "" for none.
    """
    called = [
        name
        for name, one in features.items()
        if one.size == 1 and (last_part(name) in LABELS or name.endswith("class/text"))
    ]
    return next(iter(sorted(called, key=lambda name: features[name].kind != "bytes")), "")


def last_part(name: str) -> str:
    """The last part of a feature's name.

    Args:
        name: Such as "image/class/label".

    Returns:
        Such as "label".
    """
    return name.rpartition("/")[2].lower()


def split_of(name: str) -> str:
    """The split that a file is of, by its name.

    Args:
        name: Such as "mnist-train.tfrecord-00000-of-00010".

    Returns:
        "train", "validation" or "test"; "" for none.
    """
    words = slug(name.lower()).replace("_", "-").replace(".", "-").split("-")
    splits = [split for split, names in SPLITS.items() if any(word in names for word in words)]
    return splits[0] if len(splits) == 1 else ""
