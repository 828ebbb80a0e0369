"""Shards of codes: their files, the facts that they depend on, and all of them joined into one file."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from keras_ae.apps.encoding.head import Head
from keras_ae.apps.encoding.writers import RowColumns, open_writer, output_paths
from keras_ae.data.streams.rows import Batch
from keras_ae.data.streams.stream import Stream
from keras_ae.errors import InputError
from keras_ae.files import replace_text

__all__ = ["MANIFEST", "Job", "claim", "join", "join_paths"]

MANIFEST = "_manifest.json"
"""The file of facts that the shards depend on; readers of the folder as one table skip its underscore."""

JOINED_ROWS = 4096
"""Rows of a shard that are joined at a time."""


@dataclass(frozen=True)
class Job:
    """The encoding of an input in shards.

    Attributes:
        head: The head.
        input: A data set's name or a path, as `open_stream` takes it.
        split: The split of a named data set, or None.
        key: The name of the array in an .npz, or None.
        count: The examples of the input.
        columns: The columns of the codes besides the outputs.
        folder: The folder of the shards.
        shards: Number of shards.
        suffix: Suffix of their files: ".npy" or ".parquet".
        batch: Examples at a time.
    """

    head: Head
    input: str
    split: str | None
    key: str | None
    count: int
    columns: RowColumns
    folder: Path
    shards: int
    suffix: str
    batch: int

    def file(self, number: int) -> Path:
        """The file of a shard.

        Args:
            number: The shard's number, from 0.

        Returns:
            Its path.
        """
        return self.folder / f"codes-{number:05d}-of-{self.shards:05d}{self.suffix}"

    def note(self, kind: str, number: int) -> Path:
        """The file of a note on a shard.

        Args:
            kind: "left_out", for images that could not be read, or "failed", for the error of the shard.
            number: The shard's number, from 0.

        Returns:
            Its path.
        """
        return self.folder / f"_{kind}-{number:05d}-of-{self.shards:05d}.json"

    def span(self, number: int) -> tuple[int, int]:
        """The examples of a shard.

        Args:
            number: The shard's number, from 0.

        Returns:
            The index of its first example, and the index after its last.
        """
        return self.count * number // self.shards, self.count * (number + 1) // self.shards

    def missing(self) -> list[int]:
        """The shards that have not been written.

        Returns:
            Their numbers.
        """
        return [number for number in range(self.shards) if not self.file(number).exists()]


def claim(job: Job, stream: Stream) -> None:
    """Writes the facts that the shards depend on, or checks that existing shards depend on the same.

    Args:
        job: The encoding.
        stream: Its input.

    Raises:
        InputError: The existing shards depend on other facts, or those cannot be read.
    """
    facts = {
        "weights_sha256": job.head.weights_sha256,
        "input_sha256": stream.sha256(),
        "examples": job.count,
        "shards": job.shards,
        "form": job.suffix,
        "outputs": ",".join(job.head.outputs),
    }
    file = job.folder / MANIFEST
    if not file.exists():
        if any(job.folder.glob("codes-*")):
            raise InputError(f"{job.folder} contains shards of unknown origin; name another folder")
        job.folder.mkdir(parents=True, exist_ok=True)
        replace_text(file, json.dumps(facts, indent=1) + "\n")
        return
    try:
        before = dict(json.loads(file.read_text()))
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"{file} cannot be read ({error}); name another folder") from error
    changed = [name for name in facts if before.get(name) != facts[name]]
    if changed:
        changes = "; ".join(f"{name} was {before.get(name)}, is {facts[name]}" for name in changed)
        raise InputError(f"{job.folder} was started with other settings ({changes}); name another folder")


def join(job: Job, output: Path, force: bool = False) -> int:
    """Writes the rows of all shards, in their order, to one file.

    Args:
        job: The encoding.
        output: An .npy file.
        force: Whether to replace existing files.

    Returns:
        The number of rows.

    Raises:
        InputError: As of `join_paths`, and while a shard is missing.
    """
    paths = join_paths(job, output, force)
    if job.missing():
        raise InputError(
            f"{len(job.missing())} of {job.shards} shards are missing in {job.folder}; encode them first, "
            "with the same arguments"
        )
    [name] = job.head.outputs
    with open_writer(paths, job.head, job.columns) as writer:
        for number in range(job.shards):
            array = np.load(job.file(number), mmap_mode="r", allow_pickle=False)
            names, labels = _beside(job.file(number)) if job.columns.has_names else (None, None)
            for first in range(0, len(array), JOINED_ROWS):
                here = slice(first, first + JOINED_ROWS)
                part = array[here]
                rows = Batch(np.arange(writer.count, writer.count + len(part)), part[:0])
                if names is not None and labels is not None:
                    rows = replace(rows, names=names[here], labels=labels[here])
                writer.add(rows, {name: part})
        return writer.count


def join_paths(job: Job, output: Path, force: bool = False) -> list[Path]:
    """The files that joining writes.

    Args:
        job: The encoding.
        output: An .npy file.
        force: Whether to replace existing files.

    Returns:
        The paths, the output itself last.

    Raises:
        InputError: The shards are no .npy files (readers of others take a folder as one table), the
            output has another suffix, or already exists.
    """
    if job.suffix != ".npy":
        raise InputError(f"--join makes an .npy of .npy shards; read {job.folder} as one table instead")
    if output.suffix != ".npy":
        raise InputError(f"--join makes an .npy, received {str(output)!r}; name a file *.npy")
    return output_paths(output, job.columns, force)


def _beside(file):
    """Names and labels of a shard's rows."""
    path = file.with_name(f"{file.name}.csv")
    with path.open(newline="", encoding="utf-8", errors="surrogateescape") as beside:
        table = list(csv.DictReader(beside))
    return [row["name"] for row in table], [row["label"] for row in table]
