"""Arrays of the user's own: an .npy file, or an .npz with names."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from keras_ae.data.array_names import EXAMPLES, ArrayRoles, first_of, roles_of
from keras_ae.data.dataset import Dataset
from keras_ae.data.groups import checked_groups
from keras_ae.data.labels import labels_beside
from keras_ae.data.mapped import MOST_IN_MEMORY, split_of
from keras_ae.data.npy import (
    Header,
    bytes_in_memory,
    check_sizes,
    checked,
    headers_of,
    mapped_array,
    readable,
    with_channels,
)
from keras_ae.data.scaling import Scaler
from keras_ae.data.split_rules import around_own
from keras_ae.data.types import Data
from keras_ae.data.values import data_in_domain, like, sample_blobs
from keras_ae.data.weights import checked_weights
from keras_ae.domains import Domain, domain_of
from keras_ae.errors import InputError

__all__ = ["ArrayFile"]


@dataclass(frozen=True)
class ArrayFile(Dataset):
    """A NumPy file of vectors (n, features) or images (n, height, width) or (n, height, width, channels).

    Five axes are clips (n, frames, height, width, channels). With `series`, it holds series (n, time) or (n,
    time, channels). In the categorical domain, it holds the
    numbers of classes, from 0, in any of these shapes; the model takes them one-hot, (..., classes).

    Bytes, uint16 and bool, whole numbers of 0 and 1, and floats within [0, 1] are values in [0, 1]. All
    others are real, and are standardized by the mean and the standard deviation of the training split, per
    feature of vectors and per channel of images.

    An array `weights` has what each example counts in the objective, at least 0.

    Examples are split 80 / 10 / 10 by content; with an array `groups` by group, so that no group is in two
    splits. Arrays named for splits, such as x_train and x_test or train_images and test_images, stay as they
    are.

    Attributes:
        path: The file.
        key: The name of the array in an .npz; None for the first of x, images, imgs, data, examples,
            features, inputs and arr_0, with or without "train", or for the only array.
        domain: "unit", "real" or "categorical"; None to detect it.
        series: Whether the second axis is time.
        full_scale: The whole number that stands for 1, such as 4095; 0 for the type's own (255 in bytes,
            65535 in uint16), None to find it.
        stream: Whether the examples of an .npy stay in the file and are read in batches; None to do so where
            they take more than half a GiB in memory.
    """

    priority: ClassVar[int] = 10
    path: str
    key: str | None = None
    domain: str | None = None
    series: bool = False
    full_scale: int | None = None
    stream: bool | None = field(default=None, kw_only=True)

    def __post_init__(self):
        if self.domain is not None:
            domain_of(self.domain)

    @classmethod
    def accepts(cls, text: str) -> ArrayFile | None:
        return cls(text) if Path(text).suffix.lower() in (".npy", ".npz") and Path(text).is_file() else None

    def load(self) -> Data:
        """Reads the file.

        Raises:
            InputError: For pickled objects, a wrong rank or dtype, values that are not finite or that float32
                cannot tell apart, and labels or groups of another number than examples.
        """
        return self._load()

    def load_like(self, scaler: Scaler) -> Data:
        return like(self, scaler)._load(scaler if scaler.domain.scaled else None)

    def sample(self) -> Data:
        """Blobs of 12 x 12 pixels, with their rows as series, or bright and dark as classes."""
        return sample_blobs(self.series, self._domain)

    @property
    def _domain(self) -> Domain | None:
        return None if self.domain is None else domain_of(self.domain)

    def headers(self) -> dict[str, Header]:
        """Reads the headers of the file's arrays, but not their content.

        Returns:
            Headers by name; that of an .npy is called "array".

        Raises:
            InputError: If the file is not a NumPy file.
        """
        return headers_of(self.path)

    def choose(self, headers: dict[str, Header]) -> str:
        """Chooses the examples among a file's arrays.

        Args:
            headers: Headers of the arrays by name.

        Returns:
            The name of the examples.

        Raises:
            InputError: If the key is unknown, or no array has a known name.
        """
        if self.key is not None:
            if self.key not in headers:
                raise InputError(
                    f"{self.path} holds {', '.join(sorted(headers))}; received data.key={self.key}"
                )
            return self.key
        if len(headers) == 1:
            return next(iter(headers))
        known = first_of(headers, EXAMPLES, ("", "train"))
        if known is None:
            raise InputError(
                f"{self.path} holds {', '.join(sorted(headers)) or 'nothing'}, none of them named "
                f'{", ".join(EXAMPLES)}; say which with SET="data.key=..." (to encode: --key)'
            )
        return known

    def _load(self, learned: Scaler | None = None) -> Data:
        arrays, layout = self._read()
        examples = {part: self._examples(arrays, name) for part, name in layout.examples.items()}
        for part, array in examples.items():
            first = examples["train"]
            if array.shape[1:] != first.shape[1:] or array.dtype != first.dtype:
                raise InputError(
                    f"{layout.examples['train']} and {layout.examples[part]} of {self.path} differ: "
                    f"{first.shape} {first.dtype} and {array.shape} {array.dtype}; save them alike"
                )
        found = labels_beside(
            {part: (name, arrays[name]) for part, name in layout.labels.items()},
            {part: (layout.examples[part], len(array)) for part, array in examples.items()},
        )
        weights = {
            part: checked_weights(arrays[name], len(examples[part]), f"{name} of {self.path}")
            for part, name in layout.weights.items()
        }
        splits, rule = around_own(
            {
                part: replace(split_of(array, found.numbers.get(part)), weights=weights.get(part))
                for part, array in examples.items()
            },
            layout.examples,
            {
                part: checked_groups(arrays[name], len(examples[part]), name)
                for part, name in layout.groups.items()
            },
            layout.groups.get("train", ""),
        )
        data = data_in_domain(Path(self.path).name, splits, self._domain, self.full_scale, learned)
        weighed = [f"{name} is what each example counts in the objective" for name in layout.weights.values()]
        notes = [*found.notes, *data.notes, *weighed, f"split {rule}"]
        fixed = "train" in layout.groups
        return replace(data, label_names=found.names, rule=rule, fixed=fixed, notes=tuple(notes))

    def _examples(self, arrays, name):
        where = f"{self.path}:{name}"
        return with_channels(checked(arrays[name], where), self.series, self._domain, where)

    def _read(self) -> tuple[dict[str, Any], ArrayRoles]:
        """The arrays of examples, labels and groups by name, and what each is."""
        headers = self.headers()
        layout = roles_of(headers, self.choose(headers))
        names = list(dict.fromkeys(name for arrays in layout for name in arrays.values()))
        advice = self._way_to_stream(headers[names[0]])
        if self.stream and advice:
            raise InputError(
                f"expected data.stream=true of an .npy in C order, received {self.path}; {advice}"
            )
        is_large = bytes_in_memory(headers[names[0]]) > MOST_IN_MEMORY
        if not advice and (is_large if self.stream is None else self.stream):
            return {names[0]: mapped_array(self.path)}, layout
        check_sizes(self.path, [headers[name] for name in names], advice or "leave data.stream=false out")
        with readable(self.path):
            if Path(self.path).suffix.lower() == ".npy":
                return {names[0]: np.load(self.path, mmap_mode="r", allow_pickle=False)}, layout
            with np.load(self.path, allow_pickle=False) as archive:
                return {name: archive[name] for name in names}, layout

    def _way_to_stream(self, header: Header) -> str:
        """What makes an array one that may stay in its file; "" if it is one."""
        if Path(self.path).suffix.lower() != ".npy":
            return "save the examples alone as an .npy, which may be larger: numpy.save('x.npy', x)"
        if header.fortran and sum(side > 1 for side in header.shape) > 1:
            return (
                "it is in Fortran order; save it row by row: numpy.save('x.npy', numpy.ascontiguousarray(x))"
            )
        return ""
