"""Sounds of the user: any folder of recordings, or one long recording."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from keras_ae.counts import counted
from keras_ae.data.dataset import Dataset
from keras_ae.data.examples import LARGEST
from keras_ae.data.images.grouping import check_grouping, split_images
from keras_ae.data.images.listing import fault_note, none_readable, passed_over
from keras_ae.data.scaling import Scaler
from keras_ae.data.sound.clips import Clips, ClipSet
from keras_ae.data.sound.recordings import Recordings
from keras_ae.data.splits import TEST, VALIDATION, digests
from keras_ae.data.types import Data
from keras_ae.errors import InputError, check_within
from keras_ae.files import FolderFiles, files_below
from keras_ae.folder_layout import check_folders, layout_of
from keras_ae.formats.sounds.files import RATES, SUFFIXES, SoundHeader, read_sound, sound_header
from keras_ae.formats.sounds.waveforms import Waveforms
from keras_ae.imaging.frames import in_parallel

__all__ = ["SoundFolder", "sound_files"]

MOST_SECONDS = 3600.0
"""Seconds of a file, at most; a longer one is left out before it is decoded."""


@dataclass(frozen=True)
class SoundFolder(Recordings, Dataset):
    """Every sound below a folder, at one rate and mixed down to one channel; or one file of sound.

    Files are WAV, FLAC, OGG, Opus, AIFF, AU or MP3. They are split by their samples, unless folders `train`
    and `test` or `validation` are the splits; other folders are labels. Fewer than three sounds are each cut
    into a first part to train on, and parts to validate and to test on.

    Attributes:
        path: The folder, or the file.
        rate: Samples per second that the model works at; sounds of other rates are resampled.
        seconds: Of a piece to train on.
        folders: "splits" if folders stand for splits, "labels" if they do not; None to find out by their
            names.
        group: What groups sounds, none of which is in two splits: "folder" for the folder of each, or a
            regular expression in its path, such as "speaker([0-9]+)".
        test_list: A text file that lists the test split, one a line: paths of sounds in the folder, or
            groups.
    """

    category: ClassVar[str] = "sound"
    carried_over: ClassVar[tuple[str, ...]] = ("seconds",)
    holds: ClassVar[str] = "sounds, .wav, .flac, .ogg, .aiff or .mp3"
    priority: ClassVar[int] = 18
    path: str
    rate: int = 8000
    seconds: float = 0.512
    folders: str | None = None
    group: str = ""
    test_list: str = ""

    def __post_init__(self) -> None:
        check_grouping(self)
        check_folders(self.folders)
        check_within(self, rate=f"[{RATES[0]}, {RATES[1]}]")
        self._check_seconds()

    @classmethod
    def accepts(cls, text: str) -> SoundFolder | None:
        """The data set of a folder of sounds with no more images than sounds, or of a file of sound."""
        if os.path.isfile(text):
            return cls(text) if text.lower().endswith(SUFFIXES) else None
        return cls(text) if os.path.isdir(text) and sound_files(text)[0] else None

    def load_like(self, scaler: Scaler) -> Data:
        """Reads the sounds at the rate of a trained model."""
        if isinstance(scaler.format, Waveforms) and scaler.format.rate != self.rate:
            from dataclasses import replace

            return replace(self, rate=scaler.format.rate).load()
        return self.load()

    def clips(self) -> ClipSet:
        names, others = sound_files(self.path)
        if not names:
            raise InputError(
                f"expected sounds ({' '.join(SUFFIXES)}) below {self.path}, found none; check the path"
            )
        layout = layout_of(names, self.path, self.folders, noun="sound")
        headers, faults = self._headers(layout.names)
        self._check_memory(headers)
        results = in_parallel(lambda name: _waveform_or_fault(self._file(name), self.rate), list(headers))
        found = dict(zip(headers, results, strict=True))
        faults |= {name: fault for name, fault in found.items() if isinstance(fault, str)}
        paths = {str(self._file(name)): fault for name, fault in faults.items()}
        if len(faults) == len(layout.names):
            raise none_readable(self.path, paths, "sounds")
        layout = layout.without(faults)
        waveforms = [found[name] for name in layout.names]
        total = sum(map(len, waveforms)) / self.rate
        notes = (
            f"{counted(len(waveforms), 'sound')} in {self.path}, {total:,.0f} s at {self.rate:,} Hz",
            *_read_notes(headers, faults, self.rate),
            *layout.notes,
            *((fault_note(paths, len(paths) + len(waveforms), "sounds"),) if faults else ()),
            *passed_over(others),
        )
        return self._split(layout, waveforms, notes)

    def _split(self, layout: Any, waveforms: list[np.ndarray], notes: tuple[str, ...]) -> ClipSet:
        """The sounds in their splits."""
        name, hashes = f"folder {Path(self.path).resolve().name}", digests(waveforms)
        asked = self.group or self.test_list
        if len(set(hashes)) < 3 and not (layout.splits or asked):
            cut = "fewer than three sounds: the first 80 % of each train, the next 10 % validate"
            return ClipSet(name, self.rate, _cut(waveforms, self.seconds * self.rate), notes=(*notes, cut))
        (parts, rule), split_notes = split_images(layout, hashes, self, "sound")
        labels = layout.index(layout.label_names)
        return ClipSet(
            name,
            self.rate,
            {part: Clips([waveforms[row] for row in rows]) for part, rows in parts.items()},
            None if labels is None else {part: labels[rows] for part, rows in parts.items()},
            layout.label_names,
            (*notes, *split_notes, f"split {rule}"),
            rule,
            bool(asked),
        )

    def _file(self, name: str) -> Path:
        return Path(self.path) if os.path.isfile(self.path) else Path(self.path, name)

    def _headers(self, names: tuple[str, ...]) -> tuple[dict[str, SoundHeader], dict[str, str]]:
        """The headers of files, and the reason for each that is left out."""
        headers, faults = {}, {}
        for name in names:
            try:
                header = sound_header(self._file(name))
                if header.seconds > MOST_SECONDS:
                    raise InputError(f"{header.seconds:,.0f} s long, more than {MOST_SECONDS:,.0f}; cut it")
                headers[name] = header
            except InputError as error:
                faults[name] = str(error)
        return headers, faults

    def _check_memory(self, headers: Mapping[str, SoundHeader]) -> None:
        """Refuses more sound than fits in memory, before it is decoded."""
        size = sum(header.seconds for header in headers.values()) * self.rate * 4
        if size > LARGEST:
            raise InputError(
                f"the sounds below {self.path} take {size / 2**30:.1f} GiB at {self.rate:,} Hz, at most "
                f"{LARGEST / 2**30:.0f} are held in memory; give fewer, or a lower data.rate"
            )


def sound_files(path: str) -> tuple[list[str], FolderFiles]:
    """The files of sound below a folder.

    Args:
        path: The folder, or one file of sound.

    Returns:
        Their paths relative to the folder, in a fixed order; none if there are more images than sounds. And
        the other files.
    """
    if os.path.isfile(path):
        return [os.path.basename(path)], FolderFiles()
    from keras_ae.imaging.headers import SUFFIXES as IMAGES

    files = files_below(path)
    names = [name for name in files.names if name.lower().endswith(SUFFIXES)]
    images = sum(os.path.splitext(name)[1].lower() in IMAGES for name in files.names)
    if images > len(names):
        return [], files
    chosen = set(names)
    return names, FolderFiles([name for name in files.names if name not in chosen], files.hidden)


def _waveform_or_fault(file: Path, rate: int) -> np.ndarray | str:
    try:
        return read_sound(file, rate, MOST_SECONDS)
    except (InputError, MemoryError) as error:
        return str(error) or "it needs more memory than there is"


def _read_notes(headers: Mapping[str, SoundHeader], faults: Mapping[str, str], rate: int) -> list[str]:
    """Notes on what reading changed of how many files."""
    changes = Counter(
        note for name, header in headers.items() if name not in faults for note in header.notes(rate)
    )
    return [f"{counted(count, 'file')}: {note}" for note, count in changes.most_common()]


def _cut(waveforms: list[np.ndarray], least: float) -> dict[str, Clips]:
    """The three parts of each sound."""
    shortest = min(map(len, waveforms))
    if shortest * min(VALIDATION, TEST) < least:
        raise InputError(
            f"expected at least 3 sounds, to train, validate and test on, or longer ones, of "
            f"{10 * least:,.0f} samples; received {shortest:,}; give more sounds, or a smaller data.seconds"
        )
    ends = np.cumsum((0, 1 - VALIDATION - TEST, VALIDATION, TEST))
    return {
        part: Clips([wave[round(len(wave) * low) : round(len(wave) * high)] for wave in waveforms])
        for part, low, high in zip(("train", "validation", "test"), ends, ends[1:], strict=False)
    }
