"""Images in MNIST's own format, as KMNIST, EMNIST and others are published in it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from keras_ae.data.dataset import Dataset
from keras_ae.data.images.mnist import read_idx
from keras_ae.data.memory import Arrays
from keras_ae.data.scaling import Scaler
from keras_ae.data.types import Data
from keras_ae.data.values import sample_blobs
from keras_ae.errors import InputError

__all__ = ["IdxFiles"]

_IMAGES = re.compile(r".*?(train|t10k|test)?[-_.]?images[-.]idx3-ubyte(?:\.gz)?", re.IGNORECASE)


@dataclass(frozen=True)
class IdxFiles(Dataset):
    """Images in idx files, such as train-images-idx3-ubyte.gz, with labels beside them.

    The images of t10k or test are the test split, a tenth of the others, by content, is the validation split.
    Without such a file all are split by content.

    Attributes:
        path: A folder with the files of one set, or one file of images.
    """

    priority: ClassVar[int] = 15
    path: str

    @classmethod
    def accepts(cls, text: str) -> IdxFiles | None:
        return cls(text) if any(_IMAGES.fullmatch(file.name) for file in _files(text)) else None

    def load(self) -> Data:
        """Reads the files.

        Raises:
            InputError: For files of more than one set, and for such as cannot be read.
        """
        return self._with_name(self._arrays().load())

    def load_like(self, scaler: Scaler) -> Data:
        return self._with_name(self._arrays().load_like(scaler))

    def sample(self) -> Data:
        """Blobs of 12 x 12 pixels."""
        return sample_blobs(False, None)

    def _with_name(self, data):
        return replace(data, name=Path(self.path).name)

    def _arrays(self):
        """The images and labels of each part."""
        found: dict[str, Path] = {}
        for file in _files(self.path):
            if match := _IMAGES.fullmatch(file.name):
                part = "train" if (match[1] or "train").lower() == "train" else "test"
                if part in found:
                    raise InputError(
                        f"expected the files of one set in {self.path}, found {found[part].name} and "
                        f"{file.name}; move the others to a folder of their own"
                    )
                found[part] = file
        parts = {part: (read_idx(file), _labels(file)) for part, file in found.items()}
        train = parts.pop("train", None) or parts.pop("test")
        test = parts.get("test")
        return Arrays(*train, test=test if test is None or test[1] is not None else test[0])


def _files(text):
    """The files that a path stands for."""
    path = Path(text)
    return sorted(path.iterdir()) if path.is_dir() else [path] if path.is_file() else []


def _labels(file):
    """The labels beside a file of images; None if there are none."""
    name = re.sub("images", "labels", file.name, flags=re.IGNORECASE).replace("idx3", "idx1")
    others = (file.with_name(name), file.with_name(name.removesuffix(".gz")), file.with_name(f"{name}.gz"))
    return next((read_idx(other) for other in others if other.is_file()), None)
