"""Published sets of photographs: one to train on, and those to evaluate restoration on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from keras_ae.data.dataset import Dataset
from keras_ae.data.download import download, read_manifest
from keras_ae.data.images.crops import Album, Cropping
from keras_ae.data.images.photos import Photographs, check_channels, data_of, read_photograph
from keras_ae.data.splits import assign
from keras_ae.data.types import Data
from keras_ae.imaging.headers import Header, image_header

__all__ = ["Bsd100", "Bsd400", "Bsds500", "Cbsd68", "Published", "Set5", "Set12", "Set14", "Set68"]

MANIFEST = Path(__file__).with_name("published.sha256")
"""Lines of a file's sha256 and its path below the cache's folder of data sets."""

DENOISING = (
    "https://raw.githubusercontent.com/SaoYan/DnCNN-PyTorch/6b0804951484eadb7f1ea24e8e5c9ede9bea485b/data/"
)
SUPER_RESOLUTION = (
    "https://raw.githubusercontent.com/jbhuang0604/SelfExSR/8f6dd8c1d20cb7e8792a7177b4f6fd677633f598/data/"
)
SEGMENTATION = (
    "https://raw.githubusercontent.com/BIDS/BSDS500/a04b7c6c3a9f0ace74bf205c72a43d32e1c72722/"
    "BSDS500/data/images/"
)
FETCHED_AT_ONCE = 8


@dataclass(frozen=True)
class Published(Dataset):
    """A set of photographs to evaluate on, never to train on: its train and validation splits are empty.

    Attributes:
        cropping: Its size is that of the pieces that are shown.
        channels: 1 for gray, 3 for color; None for the files' own.
        origin: The address of the files' folder.
        folder: The files' folder below the cache's folder of data sets.
        colors: Channels of the set, 1 or 3.
    """

    category: ClassVar[str] = "photographs"
    carried_over: ClassVar[tuple[str, ...]] = ("cropping",)
    origin: ClassVar[str]
    folder: ClassVar[str]
    colors: ClassVar[int]
    held_out: ClassVar[bool] = True

    cropping: Cropping = Cropping()
    channels: int | None = None

    def __post_init__(self):
        check_channels(self.channels)

    def load(self) -> Data:
        album = Album(self._photographs(self.folder, self.origin), self._channels)
        notes = (f"{len(album)} photographs of {self.name}, to evaluate on",)
        return data_of(self.name, {"test": album}, self.cropping, notes)

    def sample(self) -> Data:
        """Crops of a photograph that comes with scikit-learn."""
        return Photographs(self.cropping, self.channels).sample()

    def includes(self, name: str) -> bool:
        """Whether a file of the folder belongs to the set.

        Args:
            name: The file's name.

        Returns:
            Whether it does; by default each.
        """
        return True

    def _to_train_on(self, photographs, tested):
        """Data of photographs, a tenth of which, by content, is the validation split."""
        parts = assign([one.digest for one in photographs], test=0)
        albums = {
            part: Album([photographs[index] for index in parts[part]], self._channels)
            for part in ("train", "validation")
        }
        albums["test"] = Album(tested, self._channels)
        return data_of(self.name, albums, self.cropping, ())

    @property
    def _channels(self) -> int:
        return self.channels or self.colors

    def _photographs(self, folder, origin):
        """The set's photographs, downloaded if they are not in the cache, each checked by its hash."""
        hashes = {name: digest for name, digest in manifest().items() if name.startswith(f"{folder}/")}
        hashes = {name: digest for name, digest in hashes.items() if self.includes(Path(name).name)}

        def fetched(name):
            path = Path(name)
            return download(path.name, origin, str(path.parent), hashes[name])

        with ThreadPoolExecutor(FETCHED_AT_ONCE) as pool:
            files = list(pool.map(fetched, hashes))
        return [
            read_photograph(file, self.channels or min(self.colors, _channels_of(file))) for file in files
        ]


def _channels_of(file):
    """The channels of an image; 3 where its header cannot be read, which is told where it is decoded."""
    header = image_header(file)
    return header.channels if isinstance(header, Header) else 3


class Set5(Published):
    """Five color photographs (Bevilacqua et al. 2012), sides cropped to multiples of 4."""

    name, origin, folder, colors = "Set5", SUPER_RESOLUTION + "Set5/image_SRF_4/", "Set5", 3


class Set14(Published):
    """Fourteen photographs (Zeyde et al. 2010), two of them gray, sides cropped to multiples of 4.

    One of the two is stored with one channel, and keeps it.
    """

    name, origin, folder, colors = "Set14", SUPER_RESOLUTION + "Set14/image_SRF_4/", "Set14", 3


class Bsd100(Published):
    """The 100 test photographs of the Berkeley segmentation set (Martin et al. 2001), in color."""

    name, origin, folder, colors = "BSD100", SUPER_RESOLUTION + "BSD100/image_SRF_4/", "BSD100", 3


class Cbsd68(Bsd100):
    """The photographs of Set68 in color, those numbered 1 to 69 of BSD100 but for 23.

    They have one column and one row less than those on which color denoising is published.
    """

    name = "CBSD68"

    def includes(self, name: str) -> bool:
        number = int(name.split("_")[1])
        return number <= 69 and number != 23


class Set12(Published):
    """Twelve gray photographs to evaluate denoising on (Zhang et al. 2017, arXiv:1608.03981)."""

    name, origin, folder, colors = "Set12", DENOISING + "Set12/", "bsd400/Set12", 1


class Set68(Published):
    """68 gray photographs of the Berkeley set to evaluate denoising on (Roth and Black 2009)."""

    name, origin, folder, colors = "Set68", DENOISING + "Set68/", "bsd400/Set68", 1


class Bsd400(Published):
    """400 gray photographs of 180 x 180 pixels of the Berkeley set to train on (Chen and Pock 2017).

    A tenth of them, by content, is the validation split; Set68 is the test split. None of them is in BSD100.
    """

    name, origin, folder, colors = "bsd400", DENOISING + "train/", "bsd400/train", 1
    held_out = False

    def load(self) -> Data:
        photographs = self._photographs(self.folder, self.origin)
        return self._to_train_on(photographs, self._photographs(Set68.folder, Set68.origin))


class Bsds500(Published):
    """400 color photographs of 481 x 321 pixels to train on (Arbelaez et al. 2011), JPEG.

    They are the folders train and test of the set; its folder val holds the photographs of BSD100, which is
    the test split. A tenth of the 400, by content, is the validation split.
    """

    name, origin, folder, colors = "bsds500", SEGMENTATION, "bsds500", 3
    held_out = False

    def load(self) -> Data:
        parts = ("train", "test")
        photographs = [
            one
            for part in parts
            for one in self._photographs(f"{self.folder}/{part}", f"{self.origin}{part}/")
        ]
        tested = self._photographs(Bsd100.folder, Bsd100.origin)
        return self._to_train_on(photographs, tested)


def manifest() -> dict[str, str]:
    """The sha256 of every published photograph.

    Returns:
        Hashes by the files' paths below the cache's folder of data sets.
    """
    return read_manifest(MANIFEST)
