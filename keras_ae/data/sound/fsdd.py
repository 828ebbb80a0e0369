"""The Free Spoken Digit Dataset: 3,000 recordings of the digits 0 to 9 by six speakers."""

from __future__ import annotations

import hashlib
import io
import re
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from keras_ae.data.dataset import Dataset
from keras_ae.data.download import download
from keras_ae.data.sound.clips import Clips, ClipSet
from keras_ae.data.sound.recordings import Recordings
from keras_ae.data.splits import assign, digests
from keras_ae.errors import InputError, check_choices
from keras_ae.formats.sounds.files import read_sound

__all__ = ["SpokenDigits", "recordings_in"]

RATE = 8000
"""Samples per second."""

COMMIT = "26eb9aaf76e81b692f806f9140c2d2777410d7a1"
CONTENT = "80ba44309df09acd810425c56ae19e478fa8cfbb914900d17ae0a0f563a89704"
"""sha256 of the recordings' names and contents in the order of their names; a host may compress them anew."""

RECORDING = re.compile(r"[^/]+/recordings/([0-9])_([a-z]+)_([0-9]{1,2})\.wav")
MOST_RECORDINGS, MOST_BYTES = 3000, 200_000
"""The most recordings, and bytes of one of them."""

TESTED = 5
"""Recordings of each digit and speaker in the test split, the first ones, as the set's authors have it."""

SPEAKERS = ("george", "jackson", "lucas", "nicolas", "theo", "yweweler")


@dataclass(frozen=True)
class SpokenDigits(Recordings, Dataset):
    """The Free Spoken Digit Dataset (CC BY-SA 4.0), WAV files of 8 kHz, 0.14 to 2.3 s.

    Of each digit and speaker the recordings 0 to 4 are the test split, a tenth of the others, by content,
    validates.

    Attributes:
        seconds: Of a piece to train on.
        unseen_speaker: A speaker to leave out of training, who alone is tested then; "" for none.
        label: What the labels are: "digit" or "speaker".
    """

    name: ClassVar[str] = "fsdd"
    origin: ClassVar[str] = "https://github.com/Jakobovski/free-spoken-digit-dataset/archive/"
    file: ClassVar[str] = f"{COMMIT}.tar.gz"
    seconds: float = 0.512
    unseen_speaker: str = ""
    label: str = "digit"

    def __post_init__(self) -> None:
        check_choices(self, unseen_speaker=("", *SPEAKERS), label=("digit", "speaker"))
        self._check_seconds()

    def clips(self) -> ClipSet:
        found = recordings_in(download(self.file, self.origin, "fsdd", None))
        names = sorted(found)
        facts = [name.removesuffix(".wav").split("_") for name in names]
        waveforms = [read_sound(io.BytesIO(found[name]), RATE, 10) for name in names]
        tested = np.array([int(index) < TESTED for _, _, index in facts])
        speakers = np.array([speaker for _, speaker, _ in facts])
        left_out = speakers == self.unseen_speaker
        others = np.flatnonzero(~tested & ~left_out)
        parts = assign(digests(waveforms[row] for row in others), test=0)
        rows = {part: others[parts[part]] for part in ("train", "validation")}
        rows["test"] = np.flatnonzero(tested & (left_out if self.unseen_speaker else True))
        by_digit = self.label == "digit"
        labels = (
            np.array([int(digit) for digit, _, _ in facts])
            if by_digit
            else np.searchsorted(SPEAKERS, speakers)
        )
        return ClipSet(
            self.name,
            RATE,
            {part: Clips([waveforms[row] for row in index]) for part, index in rows.items()},
            {part: labels[index] for part, index in rows.items()},
            tuple(map(str, range(10))) if by_digit else SPEAKERS,
            (f"{self.unseen_speaker} is in the test split alone",) if self.unseen_speaker else (),
        )


def recordings_in(archive: Path) -> dict[str, bytes]:
    """The recordings in the archive of the set; nothing is unpacked to disk.

    Args:
        archive: A .tar.gz of the set's repository.

    Returns:
        The content of each WAV file by its name.

    Raises:
        InputError: If it is another archive, or broken.
    """
    found: dict[str, bytes] = {}
    try:
        with tarfile.open(archive, "r:gz") as tar:
            for member in tar:
                name = RECORDING.fullmatch(member.name)
                if name is None or not member.isfile():
                    continue
                stream = tar.extractfile(member)
                if member.size > MOST_BYTES or len(found) >= MOST_RECORDINGS or stream is None:
                    break
                found[member.name.rpartition("/")[2]] = stream.read()
    except (OSError, tarfile.TarError, EOFError) as error:
        raise InputError(f"{archive} cannot be read ({error}); remove it and try again") from error
    digest = hashlib.sha256()
    for file in sorted(found):
        digest.update(f"{file} ".encode() + hashlib.sha256(found[file]).digest())
    if digest.hexdigest() != CONTENT:
        raise InputError(
            f"expected the {MOST_RECORDINGS:,} recordings of the set in {archive}, received {len(found):,}, "
            f"of sha256 {digest.hexdigest()} in all; remove the file and try again"
        )
    return found
