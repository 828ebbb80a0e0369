"""The files that outputs of a head are written to."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from keras_ae.apps.prediction.summary import words_in
from keras_ae.counts import counted
from keras_ae.errors import InputError
from keras_ae.files import check_folder, check_new, written_whole
from keras_ae.formats import Format
from keras_ae.serving.columns import RowWriter
from keras_ae.serving.typed_rows import ParquetRows, RecordRows, typed

__all__ = ["OutputFiles", "check_output", "output_files", "write"]

ROWS = (".parquet", ".tfrecord")
"""Suffixes of files of rows of typed columns, in which names, words and encoded images have room."""


@dataclass(frozen=True)
class OutputFiles:
    """The files that a prediction writes.

    Attributes:
        images: For each output of encoded images, or of examples, by name, the file of each row; several rows
            may have one file.
        arrays: The .npz, .npy, .csv, .parquet or .tfrecord file of all other outputs, or None.
    """

    images: dict[str, list[Path]] = field(default_factory=dict)
    arrays: Path | None = None

    @property
    def paths(self) -> list[Path]:
        """All files."""
        images = [path for paths in self.images.values() for path in paths]
        return images + ([self.arrays] if self.arrays else [])


def check_output(output: str | None, specs: Mapping[str, dict[str, Any]], force: bool = False) -> None:
    """Checks where outputs go, before the head is loaded.

    Args:
        output: As for `output_files`.
        specs: The outputs to write, as far as they are known; empty if they are not.
        force: Whether to replace existing files.

    Raises:
        InputError: The output has another suffix, cannot hold these outputs, already exists, or cannot be
            written.
    """
    if output is None:
        return
    target = Path(output)
    if output.endswith(("/", os.sep)) or target.is_dir():
        check_folder(target, "--output")
        return
    _check_kind(target, specs)
    check_new(target, force)


def output_files(
    output: str | None,
    specs: Mapping[str, dict[str, Any]],
    names: Sequence[str],
    inputs: Sequence[Path],
    force: bool = False,
    format: Format | None = None,
    sources: Sequence[Path] = (),
) -> OutputFiles:
    """Decides which files a prediction will write.

    Args:
        output: An .npz, .npy, .csv, .parquet or .tfrecord file, or a folder (ending in /) for PNG files;
            None writes nothing.
        specs: The outputs to write, {"shape", "dtype"} by name.
        names: A name for each row, such as its image's path.
        inputs: The paths that are read.
        force: Whether to replace existing files.
        format: The format that writes reconstructions into a folder; None where none does.
        sources: The file of each row, where files hold several.

    Returns:
        The files.

    Raises:
        InputError: The output has another suffix, cannot hold these outputs, already exists, or would
            overwrite an input.
    """
    if output is None:
        return OutputFiles()
    target = Path(output)
    if output.endswith(("/", os.sep)) or target.is_dir():
        files = _in_folder(target, specs, names, format, sources)
    else:
        _check_kind(target, specs)
        files = OutputFiles(arrays=target)
    existing = [path for path in files.paths if path.exists()]
    if existing and not force:
        raise InputError(f"{existing[0]} already exists; name another --output, or overwrite with --force")
    read = {path.resolve() for path in (*(set(sources) or map(Path, names)), *inputs)}
    if any(path.resolve() in read for path in existing):
        raise InputError(f"--output {output} would overwrite an input; name another")
    return files


def _check_kind(target, specs):
    """Raises InputError for a file that is of unknown kind, or cannot hold the outputs."""
    suffix = target.suffix.lower()
    if suffix not in (".npz", ".npy", ".csv", *ROWS):
        raise InputError(
            f"expected --output to end in .npz, .npy, .csv, .parquet or .tfrecord, or in / for a folder; "
            f"received {str(target)!r}"
        )
    if suffix == ".npy" and len(specs) > 1:
        raise InputError(
            f"an .npy holds one output, the head gives {', '.join(specs)}; choose one with --outputs, or "
            "write an .npz or a .csv"
        )
    images = [name for name, spec in specs.items() if _are_images(name, spec)]
    words = [name for name, spec in specs.items() if spec["dtype"] == "string" and name not in images]
    if words and suffix == ".npy":
        raise InputError(f"an .npy holds numbers, {words[0]} is words; write a .csv or an .npz")
    if images and suffix not in (".npz", *ROWS):
        raise InputError(
            f"a {suffix} holds no files, {images[0]} is encoded images; choose others with "
            "--outputs, or write an .npz or a folder"
        )


def _are_images(name, spec):
    """Whether an output is of encoded images; other strings are words."""
    return spec["dtype"] == "string" and name.endswith("_bytes")


def _in_folder(folder, specs, names, format, sources):
    """PNG files named like the rows, or files of a format, and one file for all other outputs."""
    images = [name for name, spec in specs.items() if _are_images(name, spec)]
    stems = _stems(sources) if sources else _stems(names, alone=True)
    several = len(images) > 1
    if format is not None and (name := _written(format, specs)):
        suffix = format.suffix_for(tuple(specs[name]["shape"][1:]))
        stems = [folder / f"{stem}{suffix}" for stem in stems]
        return OutputFiles({name: stems}, folder / "outputs.npz" if len(specs) > 1 else None)
    return OutputFiles(
        {
            name: [folder / (f"{stem}_{name}.png" if several else f"{stem}.png") for stem in stems]
            for name in images
        },
        folder / "outputs.npz" if len(images) < len(specs) else None,
    )


def _stems(names, alone=False):
    """The names of files without folders and suffixes, numbered where those of different ones are equal."""
    keys = range(len(names)) if alone else names
    stems = {key: Path(name).stem for key, name in zip(keys, names, strict=True)}
    if len(set(stems.values())) < len(stems):
        stems = {key: f"{number:05d}_{stem}" for number, (key, stem) in enumerate(stems.items())}
    return [stems[key] for key in keys]


def _written(format, specs):
    """The output that a format writes as files: its examples; "" if there is none."""
    if "reconstruction" in specs:
        return "classes" if "classes" in specs else "reconstruction"  # which has probabilities of these
    return format.served_name if format.served_name in specs else ""


def write(
    files: OutputFiles,
    outputs: Mapping[str, np.ndarray],
    rows: Sequence[int],
    names: Sequence[str] | None,
    columns: Sequence[str] = (),
    format: Format | None = None,
    lengths: np.ndarray | None = None,
    entries: Sequence[str] = (),
) -> list[str]:
    """Writes the outputs of a prediction.

    Args:
        files: The files to write.
        outputs: Arrays by name, a row for each input that could be used.
        rows: The index among all inputs of each of those rows.
        names: The names of all inputs, written into the .npz file as `files`; None writes none.
        columns: The columns of the table that the head was trained on; those of a .csv are called after them.
        format: The format that writes reconstructions into a folder.
        lengths: (n,), how much of each reconstruction counts; None for all.
        entries: The name of each input within its file, for a format that writes several to a file.

    Returns:
        Lines that say what was written.
    """
    lines = []
    for name, paths in files.images.items():
        paths[0].parent.mkdir(parents=True, exist_ok=True)
        own = [paths[row] for row in rows]
        encoded = name.endswith("_bytes")
        if encoded:
            for path, content in zip(own, outputs[name], strict=True):
                with written_whole(path) as (partial,):
                    partial.write_bytes(content)
        elif format is not None:
            sizes = [None] * len(rows) if lengths is None else lengths
            examples = [content[:size] for content, size in zip(outputs[name], sizes, strict=True)]
            _write_examples(format, examples, own, [entries[row] for row in rows] if entries else None)
        what = "image" if encoded else "file"
        lines.append(f"{counted(len(set(own)), what)} of {name} in {paths[0].parent}")
    if files.arrays is not None:
        arrays = {name: array for name, array in outputs.items() if name not in files.images}
        files.arrays.parent.mkdir(parents=True, exist_ok=True)
        with written_whole(files.arrays) as (partial,):
            _write_arrays(partial, arrays, [names[row] for row in rows] if names else None, columns)
        lines.append(f"{len(rows)} rows of {', '.join(arrays)} in {files.arrays}")
    return lines


def _write_examples(format, examples, paths, entries):
    """Writes each example to its file, or those of one file together where they have entries in it."""
    if entries is None:
        for example, path in zip(examples, paths, strict=True):
            format.write(example, path.with_suffix(""))
        return
    for path in dict.fromkeys(paths):
        own = [row for row, one in enumerate(paths) if one == path]
        format.write_several(
            [examples[row] for row in own], [entries[row] for row in own], path.with_suffix("")
        )


def _write_arrays(path, arrays, names, columns):
    """Writes arrays as the file's suffix says; the names of their rows, where it has room for them."""
    if path.suffix == ".csv":
        with path.open("w", newline="", encoding="utf-8", errors="surrogateescape") as file:
            shapes = {name: array.shape[1:] for name, array in arrays.items()}
            writer = RowWriter(file, shapes, ("name",) if names else (), columns)
            writer.add({name: words_in(array) for name, array in arrays.items()}, (names,) if names else ())
    elif path.suffix == ".npy":
        [array] = arrays.values()
        np.save(path, words_in(array))
    elif path.suffix in ROWS:
        _write_rows(path, arrays, names)
    else:
        # strings of a fixed width, as objects would have to be pickled; no PNG ends in the zeros they lose
        arrays = {
            name: array.astype("S") if array.dtype == object else array for name, array in arrays.items()
        }
        np.savez(path, **arrays, **({"files": np.array(names)} if names else {}))


def _write_rows(path, arrays, names):
    """Writes a row for each input, with its name if it has one."""
    rows = {name: array if name.endswith("_bytes") else words_in(array) for name, array in arrays.items()}
    rows = ({"name": np.array(names)} if names else {}) | rows
    columns = {name: typed(array) for name, array in rows.items()}
    file = RecordRows(path) if path.suffix == ".tfrecord" else ParquetRows(path, columns)
    try:
        file.add(rows)
    finally:
        file.close()
