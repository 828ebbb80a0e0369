"""Shards of codes: their files, what they are made of, and all of them as one."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from keras_ae.apps.encoding.head import Head
from keras_ae.apps.encoding.writers import destinations, written
from keras_ae.data.streams.rows import Rows
from keras_ae.data.streams.stream import Stream
from keras_ae.errors import InputError
from keras_ae.files import replace_text

MANIFEST = "_manifest.json"
"""What a folder of shards is made of; the underscore keeps it out of what reads the folder as one table."""

JOINED = 4096
"""Rows of a shard that are joined at a time."""


@dataclass(frozen=True)
class Job:
    """Shards of what a head gives of an input.

    folder: of the shards. form: ".npy" or ".parquet". text, split, key: of the input, as `open_stream`
        takes them; count, named, labeled: what it turned out to hold.
    """

    head: Head
    text: str
    split: str | None
    key: str | None
    count: int
    named: bool
    labeled: bool
    folder: Path
    shards: int
    form: str
    batch: int

    def file(self, number: int) -> Path:
        """A shard."""
        return self.folder / f"codes-{number:05d}-of-{self.shards:05d}{self.form}"

    def note(self, kind: str, number: int) -> Path:
        """What there is to tell of a shard: images `left_out`, or how it `failed`."""
        return self.folder / f"_{kind}-{number:05d}-of-{self.shards:05d}.json"

    def places(self, number: int) -> tuple[int, int]:
        """The first place in the input that is of a shard, and the first that is no more."""
        return self.count * number // self.shards, self.count * (number + 1) // self.shards

    def missing(self) -> list[int]:
        """The shards that are not there."""
        return [number for number in range(self.shards) if not self.file(number).exists()]


def claim(job: Job, stream: Stream) -> None:
    """Writes down what the shards are made of, or makes sure that those there are made of the same.

    Raises InputError where they are not, and where that cannot be told.
    """
    facts = {
        "weights_sha256": job.head.weights_sha256,
        "input_sha256": stream.sha256(),
        "examples": job.count,
        "shards": job.shards,
        "form": job.form,
        "outputs": ",".join(job.head.outputs),
    }
    file = job.folder / MANIFEST
    if not file.exists():
        if any(job.folder.glob("codes-*")):
            raise InputError(f"{job.folder} holds shards of unknown origin; name another folder")
        job.folder.mkdir(parents=True, exist_ok=True)
        replace_text(file, json.dumps(facts, indent=1) + "\n")
        return
    try:
        before = dict(json.loads(file.read_text()))
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"{file} cannot be read ({error}); name another folder") from error
    changed = [name for name in facts if before.get(name) != facts[name]]
    if changed:
        told = "; ".join(f"{name} was {before.get(name)}, is {facts[name]}" for name in changed)
        raise InputError(f"{job.folder} was begun with other things ({told}); name another folder")


def join(job: Job, output: Path, force: bool = False) -> int:
    """Writes the rows of all shards, in their order, to one .npy; returns how many they are.

    Raises InputError as `joined_files` does, and while a shard is missing.
    """
    paths = joined_files(job, output, force)
    if job.missing():
        raise InputError(f"{len(job.missing())} of {job.shards} shards are missing in {job.folder}")
    [name] = job.head.outputs
    with written(paths, job.head, job) as writer:
        for number in range(job.shards):
            array = np.load(job.file(number), mmap_mode="r", allow_pickle=False)
            names, labels = _beside(job.file(number)) if job.named else (None, None)
            for first in range(0, len(array), JOINED):
                here = slice(first, first + JOINED)
                part = array[here]
                rows = Rows(np.arange(writer.count, writer.count + len(part)), part[:0])
                if names is not None:
                    rows = replace(rows, names=names[here], labels=labels[here])
                writer.add(rows, {name: part})
        return writer.count


def joined_files(job: Job, output: Path, force: bool = False) -> list[Path]:
    """The files that joining makes.

    Raises InputError for another form than .npy, which its readers take as a folder, for an output of
    another kind, and without force for one that is there.
    """
    paths = destinations(output, job, force)
    if job.form != ".npy" or output.suffix != ".npy":
        raise InputError(f"--join makes an .npy of .npy shards; read {job.folder} as one table instead")
    return paths


def _beside(file):
    """Names and labels of a shard's rows."""
    path = file.with_name(f"{file.name}.csv")
    with path.open(newline="", encoding="utf-8", errors="surrogateescape") as beside:
        table = list(csv.DictReader(beside))
    return [row["name"] for row in table], [row["label"] for row in table]
